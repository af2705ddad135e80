"""Which external backup is the last that can exist?  Rules B1, B2.

The answer is the latest backup possible, never a promise: a server that was switched off at a slot has
missed it (rule B2a).
"""

from datetime import datetime, time, timedelta

from portal.rules.berlin import aware, day_of, to_utc

SLOTS = (time(7), time(21))
"""When the backup runs every day in Berlin, also on the days of the clock change (rule B1)."""

_ONE_DAY = timedelta(days=1)


def last_slot(moment: datetime) -> datetime:
    """Return the latest slot before or at `moment`, in UTC (rule B2); ValueError when naive."""
    return slots_between(aware(moment) - 2 * _ONE_DAY, moment)[-1]


def slots_between(start: datetime, end: datetime) -> list[datetime]:
    """Return all slots from `start` to `end`, both included, oldest first, in UTC (rule B1).

    Empty if `end` is before `start`; ValueError when one is naive.
    """
    first, last = aware(start), aware(end)
    first_day = day_of(first)
    days = (first_day + n * _ONE_DAY for n in range((day_of(last) - first_day).days + 1))
    slots = (to_utc(day, clock) for day in days for clock in SLOTS)
    return [slot for slot in slots if first <= slot <= last]
