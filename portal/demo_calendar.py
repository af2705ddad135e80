"""The demo's calendar: when there are appointments, a holiday, and two that are booked (rule R4)."""

from datetime import UTC, datetime, timedelta

from portal.actions import appointments
from portal.models import Account, Appointment, Case, Salon
from portal.rules import berlin
from portal.rules.appointments import GRID, Kind, week_hours

WEEKDAYS = {day: [(9 * 60, 18 * 60)] for day in range(5)}
SALON_DAYS = {**{day: [(9 * 60, 18 * 60)] for day in range(1, 5)}, 5: [(9 * 60, 14 * 60)]}
MINUTES = {Kind.COMMISSIONING: 60, Kind.REMOTE: 45, Kind.CALL: 15}


def make(*, by: Account, now: datetime) -> None:
    """Give appointments of every kind from Monday to Friday, two at once, not on the next New Year's Day."""
    for kind, minutes in MINUTES.items():
        appointments.set_kind(
            kind,
            minutes=minutes,
            capacity=2,
            notice_hours=4,
            change_hours=24,
            ahead_days=42,
            is_offered=True,
            hours=WEEKDAYS,
            revision=0,
            by=by,
            now=now,
        )
    new_year = berlin.day_of(now).replace(month=1, day=1)
    appointments.add_holiday(new_year.replace(year=new_year.year + 1), "Neujahr", by=by, now=now)


def open_from_tuesday(salon: Salon, *, by: Account, now: datetime) -> None:
    """Let a salon be open from Tuesday to Saturday, as many are, so that only such times are shown."""
    appointments.set_salon_hours(salon, SALON_DAYS, by=by, now=now)


def book_at_once(case: Case, *, by: Account, now: datetime, at: datetime) -> Case:
    """Let support book the commissioning at `at` for the next quarter of an hour from `now`."""
    since = now - datetime(2026, 1, 1, tzinfo=UTC)
    starts_at = now + (-since % GRID or GRID)
    return appointments.book(case, Kind.COMMISSIONING, starts_at, by=by, now=at).case


def book_a_call(case: Case, *, by: Account, now: datetime) -> Appointment:
    """Let an owner ask for a call in the first free slot, in the salon's hours, after tomorrow."""
    day = berlin.day_of(now) + timedelta(days=2)
    free = appointments.free_slots(
        Kind.CALL, now=now, first_day=day, salon_hours=week_hours(case.salon.hours)
    )
    return appointments.book(case, Kind.CALL, free[0], by=by, now=now)
