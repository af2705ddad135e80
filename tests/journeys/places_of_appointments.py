"""The pages of appointments: for the owner on a phone, and the calendar at the desk."""

from collections.abc import Iterator
from datetime import datetime

from portal.actions import appointments
from portal.models import Account
from portal.rules import berlin
from portal.rules.appointments import Kind
from tests import builders


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the cases, and return each page's name, its address and who looks at it."""
    staff, owner = builders.a_staff_member(), builders.an_owner()
    salon = builders.a_salon(owner.customer)
    yield from _picked(builders.a_case_delivered(builders.a_device(salon), owner, now, staff), now)
    remote = builders.a_remote_case(builders.a_device(salon), owner, now)
    yield "owner-appointment-kinds", f"/cases/{remote.number}/appointment", owner
    yield "staff-appointment-new", f"/staff/cases/{remote.number}/appointment", staff
    case = builders.a_case_delivered(builders.a_device(salon), owner, now, staff)
    yield from _booked(case, appointments.free_slots(Kind.COMMISSIONING, now=now)[-1], staff, now)
    for kind in Kind:
        yield f"staff-calendar-{kind}", f"/staff/calendar/settings/{kind}", staff
    yield "staff-calendar-settings", "/staff/calendar/settings", staff


def _picked(case, now: datetime) -> Iterator[tuple[str, str, Account]]:
    owner, start = case.reporter, appointments.free_slots(Kind.COMMISSIONING, now=now)[0]
    address = f"/cases/{case.number}/appointment/commissioning"
    yield "owner-appointment-pick", address, owner
    yield "owner-appointment-confirm", f"{address}/confirm?at={start:%Y-%m-%dT%H:%MZ}", owner
    yield "owner-appointment-hours", f"/salons/{case.salon_id}/hours", owner


def _booked(case, start: datetime, staff: Account, now: datetime) -> Iterator[tuple[str, str, Account]]:
    booked, owner = builders.an_appointment(case, starts_at=start, now=now), case.reporter
    day = berlin.day_of(start)
    yield "owner-appointment", f"/cases/{case.number}/appointment", owner
    yield "owner-appointment-move", f"/cases/{case.number}/appointment/commissioning", owner
    yield "owner-appointment-cancel", f"/cases/{case.number}/appointments/{booked.id}/cancel", owner
    yield "owner-appointment-case", f"/cases/{case.number}", owner
    yield "staff-appointment", f"/staff/cases/{case.number}/appointment?kind=commissioning", staff
    yield "staff-calendar-day", f"/staff/calendar?view=day&day={day}", staff
    yield "staff-calendar-week", f"/staff/calendar?view=week&day={day}", staff
