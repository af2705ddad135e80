"""The queue's order is the order of harm, and time alone moves a row exactly when foretold.  Rules S5, S6."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import urgency
from portal.rules.links import LinkReason, LinkState, Mode, Provider, end_of
from portal.rules.report import Page
from portal.rules.urgency import TARGET_DAYS, TILL_GRACE, Assessment, Harm, Situation, assess
from portal.rules.workflow import CLOSED, Actor, State, next_actor

lean = settings(deadline=None, max_examples=150)
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LONG_AGO = NOW - timedelta(days=400)


def days(number):
    return timedelta(days=number)


def a_link(ends_in, mode=Mode.FULL, state=State.IN_REPAIR, activated=timedelta(days=20)):
    return Situation(
        state=state,
        link_state=LinkState.ACTIVE,
        link_mode=mode,
        link_activated_at=NOW - activated,
        link_ends_at=NOW + ends_in,
    )


def a_request(reason, state=LinkState.REQUESTED):
    return Situation(link_state=state, link_reason=reason, link_requested_at=NOW - days(1))


def a_till_left(ago, provider=Provider.BY_HAND):
    return Situation(till_left_at=NOW - ago, till_provider=provider)


def test_the_order_is_by_harm_and_the_worst_comes_first():  # rule S5
    assert [harm.name for harm in sorted(Harm)] == [
        "CANNOT_CASH",
        "RECEIPT_LOCK",
        "LINK_ENDS_FIRST",
        "ANSWER_OPEN",
        "DECISION",
        "LINK_OTHER",
        "OVERDUE",
        "TILL_LEFT",
        "STUCK",
    ]


ONE_OF_EACH = [
    (Harm.CANNOT_CASH, a_request(LinkReason.DEFECT), NOW - days(1)),
    (Harm.RECEIPT_LOCK, a_link(days(10), Mode.VIEW_ONLY), NOW - days(20)),
    (Harm.CANNOT_CASH, a_request(LinkReason.DEFECT, LinkState.GRANTED), NOW - days(1)),
    (Harm.RECEIPT_LOCK, replace(a_link(days(10)), link_can_cash=False), NOW - days(20)),
    (Harm.CANNOT_CASH, Situation(State.SUBMITTED, NOW, link_wished_at=NOW - days(1)), NOW - days(1)),
    (Harm.LINK_ENDS_FIRST, a_link(days(5)), NOW - days(2)),
    (Harm.LINK_ENDS_FIRST, replace(a_link(days(20)), link_short_from=NOW - days(3)), NOW - days(3)),
    (Harm.ANSWER_OPEN, Situation(State.IN_REPAIR, NOW, answered_at=NOW - days(1)), NOW - days(1)),
    (Harm.DECISION, Situation(State.SUBMITTED, NOW - days(9)), NOW - days(9)),
    (Harm.LINK_OTHER, a_request(LinkReason.MOVING), NOW - days(1)),
    (Harm.LINK_OTHER, a_request(LinkReason.RENOVATION), NOW - days(1)),
    (Harm.LINK_OTHER, a_request(LinkReason.OTHER), NOW - days(1)),
    (Harm.OVERDUE, Situation(State.ON_ITS_WAY_TO_US, NOW, sent_at=NOW - days(8)), NOW - days(1)),
    (Harm.OVERDUE, Situation(State.ON_ITS_WAY_TO_US, NOW - days(9)), NOW - days(2)),
    (Harm.LINK_OTHER, a_request(LinkReason.MOVING, LinkState.GRANTED), NOW - days(1)),
    (Harm.TILL_LEFT, a_till_left(days(1)), NOW - days(1)),
    (Harm.TILL_LEFT, a_till_left(days(1), Provider.HTTP), NOW - days(1)),
    (Harm.STUCK, Situation(State.IN_DIAGNOSIS, NOW - days(4)), NOW - days(1)),
]


@pytest.mark.parametrize(("harm", "situation", "since"), ONE_OF_EACH)
def test_each_row_says_why_it_stands_where_it_stands_and_since_when(harm, situation, since):  # rule S5
    found = assess(situation, NOW)
    assert (found.harm, found.since) == (harm, since)


@pytest.mark.parametrize("link_state", [LinkState.REQUESTED, LinkState.GRANTED])
@pytest.mark.parametrize("state", State)
def test_a_request_of_a_case_that_is_over_does_not_come_before_salons_that_cannot_cash(
    state, link_state
):  # rule S5
    request = Situation(
        state, NOW, link_state=link_state, link_reason=LinkReason.DEFECT, link_requested_at=NOW
    )
    worst = Harm.LINK_OTHER if state in CLOSED else Harm.CANNOT_CASH
    assert assess(request, NOW).harm is worst


@pytest.mark.parametrize("state", State)
def test_a_dead_till_without_a_customer_cannot_cash_until_the_case_is_over(state):  # rules S5, P1a
    worst = assess(Situation(state, NOW, link_wished_at=NOW), NOW).harm
    assert (worst is Harm.CANNOT_CASH) == (state not in CLOSED)


@pytest.mark.parametrize(
    ("wanted", "running", "waits"),
    [
        ("yes", "no", True),
        ("yes", "unknown", True),
        ("yes", "yes", False),  # it can cash until it is unplugged
        ("no", "no", False),  # as with an ordinary case: nobody waits for a link
        ("", "no", False),
    ],
)
def test_a_report_waits_for_a_link_if_its_till_is_dead_and_it_wishes_for_one(wanted, running, waits):
    # rules S5, C0, L1
    answers = {Page.LINK: {"wanted": wanted}, Page.RUNNING: {"running": running}}
    assert urgency.waits_for_a_link(answers) is waits


def test_of_several_harms_the_worst_is_named():  # rule S5
    worst_first = [
        {"link_state": LinkState.REQUESTED, "link_reason": LinkReason.DEFECT, "link_requested_at": NOW},
        {"answered_at": NOW},
        {"state": State.SUBMITTED, "state_since": LONG_AGO},
    ]
    expected = [Harm.CANNOT_CASH, Harm.ANSWER_OPEN, Harm.DECISION]
    for first, harm in enumerate(expected):
        facts = {name: value for part in worst_first[first:] for name, value in part.items()}
        assert assess(Situation(**facts), NOW).harm is harm


def test_a_receipt_lock_is_worse_than_the_same_links_end():  # rule S5
    assert assess(a_link(days(2), Mode.VIEW_ONLY), NOW).harm is Harm.RECEIPT_LOCK


def test_a_link_is_flagged_from_seven_days_before_its_end():  # rules S5, L10
    assert assess(a_link(days(7) + TICK), NOW).harm is None
    assert assess(a_link(days(7) + TICK), NOW).next_at == NOW + TICK
    assert assess(a_link(days(7)), NOW).harm is Harm.LINK_ENDS_FIRST
    assert assess(a_link(TICK), NOW).harm is Harm.LINK_ENDS_FIRST
    assert assess(a_link(timedelta(0)), NOW).harm is None


def test_a_link_granted_for_less_than_a_week_is_flagged_from_its_start():  # rule L10
    found = assess(a_link(days(2), activated=days(1)), NOW)
    assert (found.harm, found.since) == (Harm.LINK_ENDS_FIRST, NOW - days(1))


def test_a_link_that_is_too_short_by_the_forecast_is_flagged_early():  # rules L10, S5
    soon = replace(a_link(days(20)), link_short_from=NOW + days(4))
    assert assess(soon, NOW) == Assessment(None, None, NOW + days(4))
    found = assess(soon, NOW + days(4))
    assert (found.harm, found.since, found.next_at) == (
        Harm.LINK_ENDS_FIRST,
        NOW + days(4),
        NOW + days(20),
    )


def test_a_good_forecast_does_not_take_the_week_before_the_end_away():  # rule L10
    calm = replace(a_link(days(6)), link_short_from=NOW + days(5))
    assert assess(calm, NOW).since == NOW - days(1)


def test_a_link_is_too_short_no_earlier_than_it_was_given():  # rule L10
    known = replace(a_link(days(9), activated=days(1)), link_short_from=NOW - days(12))
    assert assess(known, NOW).since == NOW - days(1)


def test_waiting_for_an_appointment_is_nobodys_delay():  # rules R4, S6
    until = NOW + days(30)
    booked = Situation(state=State.COMMISSIONING_BOOKED, state_since=NOW - days(20), booked_until=until)
    assert assess(booked, NOW) == Assessment(None, None, until + days(1))
    late = assess(booked, until + days(1))
    assert (late.harm, late.since) == (Harm.STUCK, until + days(1))
    old = replace(booked, booked_until=None)  # from before there were appointments
    assert assess(old, NOW).harm is Harm.STUCK


IN_THE_SALON = {State.DELIVERED, State.COMMISSIONING_BOOKED}


@pytest.mark.parametrize("state", [None, *State])
def test_a_week_before_its_end_a_link_is_flagged_while_the_server_is_away(state):  # rules S5, L10
    flagged = assess(a_link(days(3), state=state), NOW).harm is Harm.LINK_ENDS_FIRST
    assert flagged is (state is not None and state not in CLOSED | IN_THE_SALON)


@pytest.mark.parametrize("state", [None, *State])
def test_the_forecast_counts_until_the_server_may_be_used_again(state):  # rules L10, R1, R2
    short = replace(a_link(days(3), state=state), link_short_from=NOW - days(1))
    flagged = assess(short, NOW).harm is Harm.LINK_ENDS_FIRST
    assert flagged is (state is not None and state not in CLOSED)


def test_a_forecast_beyond_the_links_end_flags_nothing():  # rule L10
    fine = replace(a_link(days(3), state=State.DELIVERED), link_short_from=NOW + days(3))
    assert assess(fine, NOW) == Assessment(None, None, None)


@pytest.mark.parametrize("state", State)
def test_a_salon_whose_link_ran_out_before_the_commissioning_cannot_cash(state):  # rules S5, L10, R1, R2
    found = assess(Situation(state, NOW, link_lost_at=NOW - days(1)), NOW)
    assert (found.harm is Harm.CANNOT_CASH) is (state not in CLOSED)
    assert state in CLOSED or found.since == NOW - days(1)


def test_a_full_link_whose_till_is_still_locked_lets_nobody_cash():  # rules S5, L6
    locked = replace(a_link(days(9)), link_can_cash=False)
    assert assess(locked, NOW).harm is Harm.RECEIPT_LOCK
    assert assess(locked, NOW + days(9)).harm is not Harm.RECEIPT_LOCK
    assert assess(replace(locked, link_can_cash=True), NOW).harm is None


def test_a_till_left_behind_is_shown_at_once_or_after_the_back_ends_time():  # rules L11a, S5
    assert assess(a_till_left(timedelta()), NOW).harm is Harm.TILL_LEFT
    waiting = a_till_left(timedelta(), Provider.HTTP)
    assert assess(waiting, NOW) == Assessment(None, None, NOW + TILL_GRACE)
    assert assess(waiting, NOW + TILL_GRACE - TICK).harm is None
    assert assess(waiting, NOW + TILL_GRACE) == Assessment(Harm.TILL_LEFT, NOW, None)


@pytest.mark.parametrize("link_state", [LinkState.ENDED, LinkState.REFUSED])
def test_a_link_that_is_over_harms_nobody(link_state):  # rule S5
    over = Situation(
        link_state=link_state,
        link_mode=Mode.VIEW_ONLY,
        link_reason=LinkReason.DEFECT,
        link_requested_at=LONG_AGO,
        link_activated_at=LONG_AGO,
        link_ends_at=NOW + days(1),
    )
    found = assess(over, NOW)
    assert (found.harm, found.since, found.next_at) == (None, None, None)


def test_a_parcel_is_overdue_seven_days_after_it_was_sent():  # rule S5
    sent = Situation(State.ON_ITS_WAY_TO_US, NOW, sent_at=NOW)
    assert assess(sent, NOW).next_at == NOW + days(7)
    assert assess(sent, NOW + days(7) - TICK).harm is None
    assert assess(sent, NOW + days(7)).harm is Harm.OVERDUE
    too_many = Situation(State.ON_ITS_WAY_TO_US, NOW, sent_at=NOW, overdue_days=9_999_999)
    assert assess(too_many, NOW).next_at == NOW + days(365)  # a year at most, whatever is stored


@pytest.mark.parametrize("state", State)
def test_waiting_for_the_owner_is_never_the_staffs_delay(state):  # rule S6
    found = assess(Situation(state, LONG_AGO, sent_at=LONG_AGO), NOW)
    if next_actor(state) is not Actor.STAFF:
        assert state not in TARGET_DAYS
        assert found.harm is (Harm.OVERDUE if state is State.ON_ITS_WAY_TO_US else None)
    else:
        assert found.harm is (Harm.DECISION if state is State.SUBMITTED else Harm.STUCK)


@pytest.mark.parametrize("state", [state for state in TARGET_DAYS if state is not State.SUBMITTED])
def test_a_case_is_stuck_once_its_target_time_is_over(state):  # rules S5, S6
    due = NOW + days(TARGET_DAYS[state])
    assert assess(Situation(state, NOW), due - TICK).harm is None
    assert assess(Situation(state, NOW), due - TICK).next_at == due
    assert assess(Situation(state, NOW), due).harm is Harm.STUCK
    assert assess(Situation(state, NOW), due).next_at is None


@pytest.mark.parametrize("state", [State.RECEIVED, State.READY_TO_RETURN])
def test_a_part_that_the_owner_has_to_send_stops_the_clock(state):  # rule S6
    target, came = days(TARGET_DAYS[state]), NOW + days(20)
    waiting = Situation(state, NOW, awaits_part=True)
    assert assess(waiting, NOW + days(300)) == Assessment(None, None, None)
    here = replace(waiting, awaits_part=False, part_came_at=came)
    assert assess(here, came + target - TICK) == Assessment(None, None, came + target)
    assert assess(here, came + target).harm is Harm.STUCK
    early = replace(here, part_came_at=NOW - days(1))
    assert assess(early, NOW + target).harm is Harm.STUCK


def test_a_calm_case_is_never_looked_at_again_by_time_alone():
    for state in (None, *CLOSED, State.DRAFT, State.AWAITING_SHIPMENT):
        found = assess(Situation(state, LONG_AGO), NOW)
        assert (found.harm, found.next_at) == (None, None)


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="naive"):
        assess(Situation(), datetime(2026, 3, 20))
    with pytest.raises(ValueError, match="naive"):
        assess(Situation(answered_at=datetime(2026, 3, 20)), NOW)


near = st.datetimes(datetime(2026, 2, 1), datetime(2026, 4, 1), timezones=st.just(UTC))
maybe_near = st.none() | near


@st.composite
def situations(draw):
    activated = draw(near)
    return Situation(
        state=draw(st.none() | st.sampled_from(State)),
        state_since=draw(near),
        link_state=draw(st.none() | st.sampled_from(LinkState)),
        link_mode=draw(st.sampled_from(Mode)),
        link_reason=draw(st.sampled_from(LinkReason)),
        link_requested_at=draw(near),
        link_activated_at=activated,
        link_ends_at=end_of(activated, draw(st.integers(1, 30))),
        link_can_cash=draw(st.booleans()),
        link_short_from=draw(maybe_near),
        till_left_at=draw(maybe_near),
        till_provider=draw(st.sampled_from(Provider)),
        answered_at=draw(maybe_near),
        sent_at=draw(maybe_near),
    )


@lean
@given(situations(), near, st.data())
def test_the_answer_changes_at_the_foretold_instant_and_not_before(situation, now, data):  # rule S5
    found = assess(situation, now)
    horizon = found.next_at or now + days(4000)
    assert horizon > now
    before = [horizon - TICK, data.draw(st.datetimes(now.replace(tzinfo=None), horizon.replace(tzinfo=None)))]
    for moment in before:
        later = moment.replace(tzinfo=UTC)
        if now <= later < horizon:
            assert assess(situation, later) == found
    if found.next_at is not None:
        assert assess(situation, found.next_at).harm is not found.harm


def test_the_operators_own_target_times_count_instead():  # rule S6
    state = State.IN_DIAGNOSIS
    due = NOW + days(7)
    assert assess(Situation(state, NOW, target_days=7), due - TICK).harm is None
    assert assess(Situation(state, NOW, target_days=7), due).harm is Harm.STUCK
    assert urgency.target_days(state, {state: 7}) == 7
    assert urgency.target_days(state, {}) == urgency.TARGET_DAYS[state]
    assert urgency.target_days(State.AWAITING_SHIPMENT, {State.AWAITING_SHIPMENT: 7}) is None
