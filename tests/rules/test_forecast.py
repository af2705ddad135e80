"""When can the server be back, and does the link last until then?  Rules L10, R1, R2, S5."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import forecast
from portal.rules.forecast import ENOUGH, GUIDELINE, NEXT, Usual, reckon, short_from, way_from
from portal.rules.links import MAX_DAYS
from portal.rules.warranty import Estimate
from portal.rules.workflow import CLOSED, STEPS, State

lean = settings(deadline=None, max_examples=150)
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
BACK_WAY = (
    State.READY_TO_RETURN,
    State.ON_ITS_WAY_BACK,
    State.DELIVERED,
    State.COMMISSIONING_BOOKED,
)
UNDER_WAY = frozenset(State) - CLOSED - {State.DRAFT}


def test_every_pair_of_the_usual_way_is_a_step_of_the_workflow():  # rule L10
    steps = {(source, step.target) for step in STEPS.values() for source in step.source}
    branches = {(State.IN_DIAGNOSIS, target) for target in forecast.AFTER_DIAGNOSIS.values()}
    assert set(NEXT.items()) | branches <= steps


def test_every_state_of_a_running_case_has_a_way_and_a_guideline():  # rule L10
    assert set(NEXT) == set(GUIDELINE) == UNDER_WAY
    for estimate in Estimate:
        for state in UNDER_WAY:
            assert way_from(state, estimate)[-1] is State.COMMISSIONING_BOOKED


@pytest.mark.parametrize(
    ("estimate", "between"),
    [
        (Estimate.IN_WARRANTY, (State.IN_REPAIR,)),
        (Estimate.CHARGEABLE, (State.AWAITING_QUOTE_DECISION, State.QUOTE_ACCEPTED, State.IN_REPAIR)),
        (Estimate.UNKNOWN, (State.AWAITING_QUOTE_DECISION, State.QUOTE_ACCEPTED, State.IN_REPAIR)),
        (Estimate.NO_SPARE_PARTS, (State.NOT_REPAIRABLE,)),
    ],
)
def test_the_estimate_says_whether_a_quote_is_still_to_come(estimate, between):  # rules L10, W2, W3
    assert way_from(State.IN_DIAGNOSIS, estimate) == (State.IN_DIAGNOSIS, *between, *BACK_WAY)


@pytest.mark.parametrize(
    ("state", "way"),
    [
        (State.AWAITING_QUOTE_DECISION, (State.QUOTE_ACCEPTED, State.IN_REPAIR, *BACK_WAY)),
        (State.QUOTE_DECLINED, BACK_WAY),
        (State.NO_FAULT_FOUND, BACK_WAY),
        (State.NOT_REPAIRABLE, BACK_WAY),
        (State.DELIVERED, (State.COMMISSIONING_BOOKED,)),  # in the salon, but not to be used yet (R1)
        (State.COMMISSIONING_BOOKED, ()),
    ],
)
def test_a_case_goes_on_from_where_it_stands(state, way):  # rules L10, R1
    assert way_from(state, Estimate.IN_WARRANTY) == (state, *way)


@pytest.mark.parametrize("state", [*sorted(CLOSED), State.DRAFT])
def test_nothing_is_reckoned_for_a_case_that_is_over_or_was_never_sent(state):  # rule L10
    assert reckon(state, NOW, Estimate.CHARGEABLE, {}, NOW) is None
    assert short_from(state, NOW, Estimate.CHARGEABLE, {}, NOW) is None


@pytest.mark.parametrize("estimate", Estimate)
def test_a_full_link_lasts_for_a_case_that_goes_by_the_guideline(estimate):  # rules L2, L10
    found = reckon(State.SUBMITTED, NOW, estimate, {}, NOW)
    assert NOW < found.back_at < NOW + MAX_DAYS * DAY


def test_the_median_counts_from_five_cases_on_and_the_guideline_before():  # rule L10
    few, enough = Usual(9 * DAY, ENOUGH - 1), Usual(9 * DAY, ENOUGH)
    assert forecast.usual_time(State.IN_REPAIR, {}) == Usual(GUIDELINE[State.IN_REPAIR])
    assert forecast.usual_time(State.IN_REPAIR, {State.IN_REPAIR: few}).cases == 0
    assert forecast.usual_time(State.IN_REPAIR, {State.IN_REPAIR: enough}) == enough


def test_the_time_already_spent_counts_and_overstaying_is_not_made_up_for():  # rule L10
    times = {State.DELIVERED: Usual(2 * DAY, 7), State.COMMISSIONING_BOOKED: Usual(3 * DAY, 7)}

    def at(spent):
        return reckon(State.DELIVERED, NOW - spent, Estimate.IN_WARRANTY, times, NOW)

    fresh, half, over = at(0 * DAY), at(DAY), at(9 * DAY)
    assert [leg.left for leg in fresh.legs] == [2 * DAY, 3 * DAY]
    assert fresh.back_at == NOW + 5 * DAY
    assert [leg.left for leg in half.legs] == [DAY, 3 * DAY]
    assert [leg.left for leg in over.legs] == [0 * DAY, 3 * DAY]
    assert [(leg.state, leg.usual, leg.from_cases) for leg in over.legs] == [
        (State.DELIVERED, 2 * DAY, 7),
        (State.COMMISSIONING_BOOKED, 3 * DAY, 7),
    ]
    assert at(-DAY).back_at == fresh.back_at  # a clock that went back makes no step longer


def test_the_gap_is_the_time_without_a_till():  # rule L10
    found = reckon(State.COMMISSIONING_BOOKED, NOW, Estimate.IN_WARRANTY, {}, NOW)
    assert found.gap(NOW + DAY) == GUIDELINE[State.COMMISSIONING_BOOKED] - DAY
    assert found.gap(found.back_at) == timedelta()
    assert found.gap(found.back_at + DAY) == timedelta()


def test_a_link_that_is_too_short_by_the_usual_times_is_so_from_the_start():  # rule L10
    back_at = reckon(State.IN_REPAIR, NOW, Estimate.IN_WARRANTY, {}, NOW).back_at
    assert short_from(State.IN_REPAIR, NOW, Estimate.IN_WARRANTY, {}, back_at) == NOW
    later = short_from(State.IN_REPAIR, NOW, Estimate.IN_WARRANTY, {}, back_at + TICK)
    assert later == NOW + GUIDELINE[State.IN_REPAIR] + TICK


BOOKED = State.COMMISSIONING_BOOKED


def booked(until, *, now=NOW):
    return reckon(BOOKED, NOW - 9 * DAY, Estimate.IN_WARRANTY, {}, now, booked_until=until)


def test_with_an_appointment_the_server_is_back_when_it_ends():  # rules L10, R4
    found = booked(NOW + 3 * DAY)
    assert found.back_at == NOW + 3 * DAY
    assert [(leg.state, leg.left) for leg in found.legs] == [(BOOKED, 3 * DAY)]
    assert booked(NOW - DAY).back_at == NOW, "over, and its end is not known"


def test_an_appointment_after_the_links_end_makes_it_short_at_once():  # rules L10, R4
    def start(until, ends_at):
        return short_from(BOOKED, NOW, Estimate.IN_WARRANTY, {}, ends_at, booked_until=until)

    assert start(NOW + 3 * DAY, NOW + 2 * DAY) == NOW
    assert start(NOW + 3 * DAY, NOW + 4 * DAY) == NOW + 4 * DAY


def test_an_appointment_of_a_case_elsewhere_changes_nothing():  # a call while the server is repaired
    usual = reckon(State.IN_REPAIR, NOW, Estimate.IN_WARRANTY, {}, NOW)
    assert reckon(State.IN_REPAIR, NOW, Estimate.IN_WARRANTY, {}, NOW, booked_until=NOW) == usual


def test_a_naive_time_is_refused():
    naive = NOW.replace(tzinfo=None)
    for since, now in ((naive, NOW), (NOW, naive)):
        with pytest.raises(ValueError, match="naive"):
            reckon(State.RECEIVED, since, Estimate.IN_WARRANTY, {}, now)
        with pytest.raises(ValueError, match="naive"):
            short_from(State.RECEIVED, since, Estimate.IN_WARRANTY, {}, now)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
lengths = st.timedeltas(timedelta(), timedelta(days=40))
measured = st.dictionaries(
    st.sampled_from(sorted(UNDER_WAY)), st.builds(Usual, lengths, st.integers(1, 9)), max_size=9
)
running = st.sampled_from(sorted(UNDER_WAY))
estimates = st.sampled_from(Estimate)


@lean
@given(running, instants, estimates, measured, instants, lengths)
def test_the_link_is_short_exactly_from_the_foretold_instant_on(state, since, estimate, times, end, spent):
    # rule L10: urgency needs no clock of its own
    now = since + spent
    start = short_from(state, since, estimate, times, end)
    for moment in (now, max(start, since), max(start - TICK, since), start + TICK):
        if moment >= since:
            late = reckon(state, since, estimate, times, moment).back_at >= end
            assert late is (moment >= start)


@lean
@given(running, instants, estimates, measured, lengths, lengths)
def test_the_server_never_comes_back_sooner_by_waiting(
    state, since, estimate, times, spent, more
):  # rule L10
    sooner = reckon(state, since, estimate, times, since + spent)
    later = reckon(state, since, estimate, times, since + spent + more)
    assert later.back_at >= sooner.back_at >= since + spent
    assert later.legs[1:] == sooner.legs[1:]
    for found in (sooner, later):
        assert all(timedelta() <= leg.left <= leg.usual for leg in found.legs)
        assert all(leg.from_cases == 0 or leg.from_cases >= ENOUGH for leg in found.legs)


@lean
@given(running, instants, estimates, measured)
def test_a_step_forward_on_the_usual_way_leaves_only_what_was_behind_it(state, now, estimate, times):
    first, *rest = reckon(state, now, estimate, times, now).legs
    if rest:
        following = reckon(rest[0].state, now, estimate, times, now)
        assert following.legs == tuple(rest)
        assert following.back_at + first.left == reckon(state, now, estimate, times, now).back_at


def test_several_visits_to_a_state_add_up_and_the_last_state_has_no_length():  # rule L10
    moves = [
        (NOW, State.SUBMITTED),
        (NOW + DAY, State.AWAITING_INFORMATION),
        (NOW + 3 * DAY, State.SUBMITTED),
        (NOW + 4 * DAY, State.AWAITING_SHIPMENT),
        (NOW + 9 * DAY, State.COMMISSIONED),
    ]
    assert forecast.stays(moves) == {
        State.SUBMITTED: 2 * DAY,
        State.AWAITING_INFORMATION: 2 * DAY,
        State.AWAITING_SHIPMENT: 5 * DAY,
    }
    assert forecast.stays([]) == {}


def test_a_report_released_at_once_never_stood_anywhere():  # rules L10, S1
    moves = [(NOW, State.SUBMITTED), (NOW, State.AWAITING_SHIPMENT), (NOW + DAY, State.RECEIVED)]
    assert forecast.stays(moves) == {State.AWAITING_SHIPMENT: DAY}


def test_a_clock_that_was_set_back_makes_no_stay_negative():
    moves = [(NOW, State.RECEIVED), (NOW - DAY, State.IN_DIAGNOSIS), (NOW + DAY, State.IN_REPAIR)]
    assert forecast.stays(moves) == {State.IN_DIAGNOSIS: 2 * DAY}


def test_the_median_is_of_the_cases_that_stood_there():  # rule L10
    stayed = [{State.IN_REPAIR: days * DAY} for days in (1, 2, 30)] + [{State.RECEIVED: DAY}]
    assert forecast.medians(stayed) == {State.IN_REPAIR: Usual(2 * DAY, 3), State.RECEIVED: Usual(DAY, 1)}
    assert forecast.medians([]) == {}


@lean
@given(st.lists(lengths, min_size=1))
def test_a_median_lies_between_the_quickest_and_the_slowest(stayed):
    found = forecast.medians({State.IN_REPAIR: length} for length in stayed)[State.IN_REPAIR]
    second = timedelta(seconds=1)
    assert min(stayed) - second < found.length < max(stayed) + second
    assert found.cases == len(stayed)
