"""The last backup that can exist, compared with counting by hand.  Rules B1, B2."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.backups import SLOTS, last_slot, slots_between

lean = settings(deadline=None, max_examples=100)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)


def last_sunday(year, month):
    day = date(year, month, 31)  # March and October both have 31 days
    return day - timedelta(days=(day.weekday() + 1) % 7)


def berlin_hours(moment):
    """Return Berlin's distance from UTC by the law: summer time changes at 01:00 UTC."""
    start, end = (
        datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC)
        for sunday in (last_sunday(moment.year, 3), last_sunday(moment.year, 10))
    )
    return 2 if start <= moment < end else 1


def is_slot(moment):
    wall = moment + timedelta(hours=berlin_hours(moment))
    return wall.hour in (7, 21) and wall.minute == wall.second == wall.microsecond == 0


def slot_by_hand(day, hour):
    for hours in (1, 2):
        moment = datetime(day.year, day.month, day.day, hour - hours, tzinfo=UTC)
        if berlin_hours(moment) == hours:
            return moment
    raise AssertionError("no such slot")


CLOCK_CHANGES = [last_sunday(year, month) for year in range(2024, 2031) for month in (3, 10)]
DAYS = [date(2023, 12, 31) + n * ONE_DAY for n in range(2559)]  # to 2031-01-01


@pytest.mark.parametrize("sunday", CLOCK_CHANGES, ids=str)
def test_around_a_clock_change_every_minute_knows_its_last_slot(sunday):  # rules B1, B2
    moment = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - 2 * ONE_DAY
    latest = None
    for _ in range(4 * 24 * 60):
        moment += MINUTE
        latest = moment if is_slot(moment) else latest
        if latest is not None:
            assert last_slot(moment) == latest


def test_on_every_day_of_seven_years_the_slot_counts_from_its_very_instant():  # rules B1, B2
    slots = [slot_by_hand(day, hour) for day in DAYS for hour in (7, 21)]
    for earlier, slot in pairwise(slots):
        assert last_slot(slot) == slot
        assert last_slot(slot - TICK) == earlier
        assert last_slot(slot + TICK) == slot


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (datetime(2026, 1, 15, 6, tzinfo=UTC), datetime(2026, 1, 15, 6, tzinfo=UTC)),
        (datetime(2026, 1, 15, 5, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 1, 14, 20, tzinfo=UTC)),
        (datetime(2026, 7, 15, 19, tzinfo=UTC), datetime(2026, 7, 15, 19, tzinfo=UTC)),
        (datetime(2026, 7, 15, 18, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 7, 15, 5, tzinfo=UTC)),
        (datetime(2026, 3, 29, 5, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (datetime(2026, 3, 29, 4, 59, tzinfo=UTC), datetime(2026, 3, 28, 20, tzinfo=UTC)),
        (datetime(2026, 10, 25, 6, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 10, 25, 5, 59, tzinfo=UTC), datetime(2026, 10, 24, 19, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), datetime(2026, 12, 31, 20, tzinfo=UTC)),
        (datetime(2028, 2, 29, 3, tzinfo=UTC), datetime(2028, 2, 28, 20, tzinfo=UTC)),
        (datetime(2028, 3, 1, 3, tzinfo=UTC), datetime(2028, 2, 29, 20, tzinfo=UTC)),
    ],
)
def test_the_last_backup_is_at_seven_or_at_twenty_one_in_berlin(moment, slot):  # rules B1, B2
    assert last_slot(moment) == slot


@lean
@given(instants, st.integers(-12, 12))
def test_the_last_slot_is_before_or_at_the_moment_and_none_is_between(moment, hours):  # rule B2
    slot = last_slot(moment.astimezone(timezone(timedelta(hours=hours))))
    assert slot.tzinfo is UTC
    assert timedelta(0) <= moment - slot < timedelta(hours=15)
    assert slots_between(slot, moment) == [slot]
    assert slots_between(slot + TICK, moment) == []


def test_there_are_two_slots_a_day_also_on_the_days_of_the_clock_change():  # rule B1
    assert [slot.hour for slot in SLOTS] == [7, 21]
    for sunday in CLOCK_CHANGES:
        slots = [slot_by_hand(sunday, 7), slot_by_hand(sunday, 21)]
        midnight = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC)
        assert slots_between(midnight, midnight + timedelta(hours=22)) == slots


@lean
@given(instants, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_the_slots_between_two_instants_are_the_ones_counted_by_hand(start, length):  # rule B1
    end = start + length
    days = [start.date() + n * ONE_DAY for n in range(-1, length.days + 3)]
    by_hand = [slot_by_hand(day, hour) for day in days for hour in (7, 21)]
    assert slots_between(start, end) == [slot for slot in by_hand if start <= slot <= end]


def test_between_two_instants_both_ends_count():  # rule B1
    first, last = datetime(2026, 1, 15, 6, tzinfo=UTC), datetime(2026, 1, 15, 20, tzinfo=UTC)
    assert slots_between(first, last) == [first, last]
    assert slots_between(last, first) == []


@pytest.mark.parametrize("ask", [last_slot, lambda naive: slots_between(naive, naive)])
def test_a_naive_moment_is_refused(ask):
    with pytest.raises(ValueError, match="naive"):
        ask(datetime(2026, 1, 15, 6))
