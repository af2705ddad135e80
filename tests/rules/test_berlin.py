"""Wall time in Berlin and instants in UTC, daylight saving included."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.berlin import BERLIN, aware, day_of, to_berlin, to_utc

lean = settings(deadline=None, max_examples=80)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
days = st.dates(date(2000, 1, 1), date(2090, 1, 1))
NAIVE = datetime(2026, 3, 1, 12)


def test_winter_is_one_hour_ahead_and_summer_two():
    assert to_utc(date(2026, 1, 15), time(7)) == datetime(2026, 1, 15, 6, tzinfo=UTC)
    assert to_utc(date(2026, 7, 15), time(7)) == datetime(2026, 7, 15, 5, tzinfo=UTC)


def test_a_time_that_does_not_exist_moves_forward_by_the_gap():
    moved = to_utc(date(2026, 3, 29), time(2, 30))
    assert moved == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert to_berlin(moved).time() == time(3, 30)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_that_exists_twice_is_the_first(fold):
    first = to_utc(date(2026, 10, 25), time(2, 30, fold=fold))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@lean
@given(days, st.times())
def test_the_wall_shows_the_time_again_or_the_gap_later(day, clock):
    shown = to_berlin(to_utc(day, clock)).replace(tzinfo=None, fold=0)
    asked = datetime.combine(day, clock.replace(fold=0))
    assert shown - asked in (timedelta(0), timedelta(hours=1))
    assert shown == asked or (asked.hour == 2 and asked.month == 3)


@lean
@given(instants, st.integers(-14, 14))
def test_an_instant_stays_the_same_instant_in_utc(moment, hours):
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert aware(elsewhere) == moment
    assert aware(elsewhere).tzinfo is UTC
    assert to_berlin(elsewhere).astimezone(UTC) == moment  # the doubled hour is unequal across zones
    assert to_berlin(elsewhere).tzinfo is BERLIN


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, 59, 999_999, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2028, 2, 28, 23, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_the_day_is_the_one_in_berlin(moment, day):
    assert day_of(moment) == day


@pytest.mark.parametrize("read", [aware, to_berlin, day_of])
def test_a_naive_datetime_is_refused(read):
    with pytest.raises(ValueError, match="naive"):
        read(NAIVE)


def test_a_wall_clock_with_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        to_utc(date(2026, 3, 1), time(7, tzinfo=UTC))
