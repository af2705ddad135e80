"""What time is it on the wall, and which day is it?  Times are stored in UTC and shown in Europe/Berlin."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def aware(moment: datetime) -> datetime:
    """Return the same instant in UTC; ValueError for a naive datetime, which names no instant."""
    if moment.utcoffset() is None:
        raise ValueError("a naive datetime is not an instant")
    return moment.astimezone(UTC)


def to_berlin(moment: datetime) -> datetime:
    """Return the instant as the clock on a wall in Berlin shows it; ValueError when naive."""
    return aware(moment).astimezone(BERLIN)


def to_utc(day: date, clock: time) -> datetime:
    """Return the instant at which a wall clock in Berlin shows this time on this day.

    A time that the change to summer time skips moves forward by the gap (02:30 → 03:30); one that occurs
    twice in autumn is the first. ValueError if `clock` brings a time zone of its own.
    """
    if clock.tzinfo is not None:
        raise ValueError("a wall clock shows no time zone")
    return datetime.combine(day, clock.replace(fold=0), tzinfo=BERLIN).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """Return the calendar day of the instant in Berlin; ValueError when naive."""
    return to_berlin(moment).date()
