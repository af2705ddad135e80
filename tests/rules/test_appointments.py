"""When can support and salon meet?  Rules R4, T7."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from portal.rules.appointments import (
    GRID,
    Fault,
    HoursInvalid,
    Kind,
    Terms,
    cells_in_order,
    check_hours,
    check_terms,
    kinds_for,
    last_change_at,
    may_change,
    remind_at,
    slots,
    week_hours,
)
from portal.rules.berlin import BERLIN, to_berlin
from portal.rules.triage import Outcome
from portal.rules.workflow import CLOSED, State

MONDAY = date(2026, 11, 23)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR = date(2099, 1, 1)
HOUR = timedelta(hours=1)
CHANGES = (date(2026, 3, 29), date(2026, 10, 25))
MINUTE = timedelta(minutes=1)


def offered(hours, length=HOUR, *, first_day=MONDAY, days=1, **limits):
    """Return the slots as the wall clock shows them."""
    limits = {"earliest": LONG_AGO, "latest_day": FAR, **limits}
    return [to_berlin(start) for start in slots(hours, length, first_day=first_day, days=days, **limits)]


def clocks(starts):
    return [f"{start:%H:%M}" for start in starts]


def every_day(*spans):
    return {day: list(spans) for day in range(7)}


def test_slots_follow_one_another_within_the_hours():  # rule R4
    hours = every_day((9 * 60, 12 * 60), (13 * 60, 14 * 60 + 30))
    assert clocks(offered(hours)) == ["09:00", "10:00", "11:00", "13:00"]


def test_hours_off_the_grid_begin_with_the_next_quarter():  # rule R4
    assert clocks(offered(every_day((9 * 60 + 5, 10 * 60 + 20)), GRID)) == [
        "09:15",
        "09:30",
        "09:45",
        "10:00",
    ]


def test_only_days_with_hours_and_no_holiday_have_slots():  # rule R4
    hours = {0: [(540, 600)], 1: [(540, 600)], 2: [(540, 600)]}
    found = offered(hours, days=7, holidays={MONDAY + timedelta(days=1)})
    assert [start.date() for start in found] == [MONDAY, MONDAY + timedelta(days=2)]


def test_notice_counts_to_the_minute_and_the_last_day_is_included():  # rule R4
    hours = every_day((540, 660))
    nine = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert clocks(offered(hours, earliest=nine)) == ["09:00", "10:00"]
    assert clocks(offered(hours, earliest=nine + MINUTE)) == ["10:00"]
    assert len(offered(hours, days=9, latest_day=MONDAY + timedelta(days=1))) == 4


def test_a_slot_is_wholly_within_the_salons_own_hours():  # rule R4
    hours = every_day((540, 1080))
    salon = {0: [(630, 725), (725, 815)]}  # two spans that touch are one
    assert clocks(offered(hours, salon_hours=salon)) == ["11:00", "12:00"]
    assert offered(hours, salon_hours={1: [(0, 1440)]}) == []
    assert len(offered(hours, salon_hours=None)) == 9


def test_the_hour_that_the_clock_skips_has_no_slot():  # rule R4
    found = offered(every_day((60, 240)), GRID, first_day=CHANGES[0])
    assert clocks(found) == ["01:00", "01:15", "01:30", "01:45", "03:00", "03:15", "03:30", "03:45"]


def test_the_hour_that_the_clock_shows_twice_has_its_slots_once():  # rule R4
    found = offered(every_day((120, 180)), GRID, first_day=CHANGES[1])
    assert clocks(found) == ["02:00", "02:15", "02:30", "02:45"]
    assert {start.utcoffset() for start in found} == {timedelta(hours=2)}


def test_days_at_the_end_of_the_calendar_are_no_trouble():
    assert offered(every_day((540, 600)), first_day=date.max, days=400, latest_day=date(2026, 12, 1)) == []
    assert len(offered(every_day((540, 600)), first_day=date.max, days=400, latest_day=date.max)) == 1


fives = some.integers(0, 60) | some.integers(0, 288)  # the small hours more often: there the clock changes
spans = some.lists(some.tuples(fives, fives).map(lambda one: (one[0] * 5, one[1] * 5)), max_size=3)


def valid(found):
    try:
        check_hours({0: found})
    except HoursInvalid:
        return False
    return True


weeks = some.dictionaries(some.integers(0, 6), spans.filter(valid), max_size=7).flatmap(
    lambda week: spans.filter(valid).map(lambda sunday: {**week, 6: sunday})
)


def walk(hours, length, first_day, days, earliest, holidays, salon):
    """Find the slots the slow way: minute by minute, by what the wall clock shows."""
    begin = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC) - timedelta(hours=3)
    minutes = [begin + number * MINUTE for number in range((days * 24 + 6) * 60)]
    shown = {minute: minute.astimezone(BERLIN) for minute in minutes}
    wanted = {first_day + timedelta(days=number) for number in range(days)} - holidays

    def is_open(minute, open_hours, span=None):
        wall = shown.get(minute)
        if wall is None or wall.date() not in wanted or wall.fold:
            return False
        at = wall.hour * 60 + wall.minute
        spans = [span] if span else open_hours.get(wall.weekday(), ())
        return any(opens <= at < closes for opens, closes in spans)

    found = []
    for day in sorted(wanted):
        for span in sorted(hours.get(day.weekday(), ())):
            free_from = None
            for minute in minutes:
                if shown[minute].date() != day or minute.minute % 15 or (free_from and minute < free_from):
                    continue
                if all(is_open(minute + n * MINUTE, hours, span) for n in range(length // MINUTE)):
                    free_from = minute + length
                    in_salon = salon is None or all(
                        is_open(minute + n * MINUTE, salon) for n in range(length // MINUTE)
                    )
                    if in_salon and minute >= earliest:
                        found.append(minute)
    return found


@settings(max_examples=50, deadline=None)
@given(
    hours=weeks,
    salon=some.none() | weeks,
    quarters=some.integers(1, 8),
    first_day=some.sampled_from([day - timedelta(days=1) for day in CHANGES]) | some.dates(
        date(2026, 1, 1), date(2027, 12, 1)
    ),
    off=some.sets(some.integers(0, 1), max_size=1),
    late=some.integers(0, 48 * 60),
)  # fmt: skip
def test_slots_are_what_walking_minute_by_minute_finds(
    hours, salon, quarters, first_day, off, late
):  # rule R4
    length, days = quarters * GRID, 2
    holidays = {first_day + timedelta(days=number) for number in off}
    midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    earliest = midnight + late * MINUTE
    limits = {"first_day": first_day, "days": days, "earliest": earliest, "latest_day": FAR}
    found = list(slots(hours, length, **limits, holidays=holidays, salon_hours=salon))
    assert found == walk(hours, length, first_day, days, earliest, holidays, salon)
    assert len({f"{to_berlin(start):%F %R}" for start in found}) == len(found), "no wall clock time twice"


@pytest.mark.parametrize(
    ("state", "outcome", "kinds"),
    [
        (State.DELIVERED, Outcome.SEND_IN, (Kind.COMMISSIONING, Kind.CALL)),
        (State.COMMISSIONING_BOOKED, Outcome.SEND_IN, (Kind.COMMISSIONING, Kind.CALL)),
        (State.SUBMITTED, Outcome.REMOTE_SESSION, (Kind.REMOTE, Kind.CALL)),
        (State.AWAITING_INFORMATION, Outcome.CHARGEABLE_SERVICE, (Kind.REMOTE, Kind.CALL)),
        (State.SUBMITTED, Outcome.SEND_IN, (Kind.CALL,)),
        (State.IN_REPAIR, Outcome.SEND_IN, (Kind.CALL,)),
        (State.IN_REPAIR, Outcome.REMOTE_SESSION, (Kind.CALL,)),
        (State.DRAFT, Outcome.SEND_IN, ()),
        *((state, Outcome.REMOTE_SESSION, ()) for state in sorted(CLOSED)),
    ],
)
def test_what_an_appointment_may_be_for(state, outcome, kinds):  # rules R4, T7
    assert kinds_for(state, outcome) == kinds


def test_the_owner_changes_until_the_set_time_and_not_later():  # rule R4
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)
    last = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert last_change_at(start, 24) == last
    assert may_change(start, 24, last)
    assert not may_change(start, 24, last + timedelta(microseconds=1))


def test_one_is_reminded_a_day_before_unless_it_is_sooner():  # rule R4
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert remind_at(start, start - timedelta(days=2)) == start - timedelta(days=1)
    assert remind_at(start, start - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        ({7: [(0, 60)]}, Fault.WEEKDAY),
        ({0: [(600, 600)]}, Fault.ORDER),
        ({0: [(600, 540)]}, Fault.ORDER),
        ({0: [(-5, 60)]}, Fault.RANGE),
        ({0: [(1380, 1445)]}, Fault.RANGE),
        ({0: [(541, 600)]}, Fault.STEP),
        ({0: [(540, 720), (715, 800)]}, Fault.OVERLAP),
        ({0: [(715, 800), (540, 720)]}, Fault.OVERLAP),
    ],
)
def test_hours_that_nobody_can_keep_are_refused(hours, fault):  # rule R4
    with pytest.raises(HoursInvalid) as refused:
        check_hours({1: [(0, 1440)], **hours})
    assert (refused.value.fault, refused.value.weekday) == (fault, next(iter(hours)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"minutes": 0}, Fault.MINUTES),
        ({"minutes": 50}, Fault.MINUTES),
        ({"minutes": 8 * 60 + 15}, Fault.MINUTES),
        ({"capacity": -1}, Fault.CAPACITY),
        ({"notice_hours": -1}, Fault.NOTICE_HOURS),
        ({"change_hours": 337}, Fault.CHANGE_HOURS),
        ({"ahead_days": 0}, Fault.AHEAD_DAYS),
    ],
)
def test_terms_that_make_no_sense_are_refused(change, fault):  # rule R4
    usual = {"minutes": 45, "capacity": 2, "notice_hours": 4, "change_hours": 24, "ahead_days": 60}
    check_terms(Terms(**usual))
    with pytest.raises(HoursInvalid) as refused:
        check_terms(Terms(**{**usual, **change}))
    assert refused.value.fault is fault


@pytest.mark.parametrize(("minute", "minutes"), [(5, 30), (0, 20), (0, 0)])
def test_what_does_not_fit_the_grid_takes_up_no_cells(minute, minutes):
    with pytest.raises(ValueError, match="quarters"):
        cells_in_order(datetime(2026, 11, 24, 9, minute, tzinfo=UTC), timedelta(minutes=minutes))


def test_hours_are_read_from_what_json_keeps():
    assert week_hours({"0": [[540, 1080]]}) == {0: [(540, 1080)]}
    assert week_hours(None) is None
    assert week_hours({}) is None
