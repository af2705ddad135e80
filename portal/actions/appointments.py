"""Book, move and cancel appointments, and remind of them; no place is given twice (rules R4, S3, T8).

Who books holds the case, then the kind's row: bookings of a kind come one after the other, and a capacity
or length that is changed at the same moment counts before or after, never in between.
"""

from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any

from peewee import IntegrityError

from portal.actions import cases, endings, queue, rounds, seats
from portal.actions.calendar import (
    SettingsMoved,
    add_holiday,
    remove_holiday,
    set_kind,
    set_salon_hours,
)
from portal.actions.cases import CaseMoved
from portal.actions.seats import SlotTaken
from portal.models import Account, Appointment, CalendarKind, Case, CommissioningTick, Holiday, WeeklyHours
from portal.models.appointments import open_key
from portal.models.base import transaction
from portal.rules import appointments as rules
from portal.rules import berlin
from portal.rules.appointments import AppointmentState, HoursInvalid, Kind, WeekHours
from portal.rules.workflow import State

__all__ = [
    "AlreadyBooked", "CaseMoved", "HoursInvalid", "NotAllowedNow", "NotYours", "SettingsMoved",
    "SlotNotOffered", "SlotTaken", "TooLate", "add_holiday", "book", "cancel", "free_slots",
    "last_change_at", "mark_done", "mark_missed", "move", "remind_due", "remove_holiday", "set_kind",
    "set_salon_hours", "settings_of",
]  # fmt: skip


class SlotNotOffered(ValueError):
    """There is no such slot: not in the hours, too soon, too far ahead, or the kind is not given at all."""


class NotAllowedNow(ValueError):
    """The case is not where such an appointment makes sense, or this deed is not for this person."""


class NotYours(NotAllowedNow):
    """The case belongs to another customer (rule P1)."""


class TooLate(ValueError):
    """The owner may no longer move or cancel it: support counts on it (rule R4)."""


class AlreadyBooked(Exception):
    """The case has an open appointment of this kind already."""


def settings_of(kind: Kind) -> CalendarKind | None:
    """Return how appointments of the kind are given, or None before staff have said so."""
    return CalendarKind.of(kind)


def free_slots(
    kind: Kind,
    *,
    now: datetime,
    first_day: date | None = None,
    days: int = 14,
    salon_hours: WeekHours | None = None,
    for_case: Case | None = None,
    by: Account | None = None,
) -> list[datetime]:
    """Return the beginnings of the slots with a free place, in UTC and in order (rule R4).

    `for_case` is who asks: its own places count as free, it could move there. Staff as `by` see slots
    that owners may no longer, or not yet, book.
    """
    settings = CalendarKind.of(kind)
    if settings is None or not settings.is_offered:
        return []
    terms = settings.terms
    starts = _offered(settings, first_day or berlin.day_of(now), days, salon_hours, now=now, by=by)
    return seats.find_free(kind, starts, terms.length, terms.capacity, for_case=for_case)


def _offered(
    settings: CalendarKind,
    first: date,
    days: int,
    salon_hours: WeekHours | None,
    *,
    now: datetime,
    by: Account | None,
) -> list[datetime]:
    """Return all slots, free or not; owners are given notice, and only so far ahead."""
    for_staff = by is not None and by.is_staff
    notice = timedelta() if for_staff else timedelta(hours=settings.notice_hours)
    last = date.max if for_staff else rules.latest_day(now, settings.ahead_days)
    found = rules.slots(
        WeeklyHours.of(settings.kind),
        settings.terms.length,
        first_day=first,
        days=days,
        earliest=now + notice,
        latest_day=last,
        holidays=Holiday.days_from(first, days),
        salon_hours=salon_hours,
    )
    return list(found)


def last_change_at(appointment: Appointment) -> datetime:
    """Return until when the owner may move or cancel the appointment (rule R4)."""
    settings = CalendarKind.of(appointment.kind)
    return rules.last_change_at(appointment.starts_at, settings.change_hours if settings else 0)


def book(
    case: Case, kind: Kind, starts_at: datetime, *, by: Account, now: datetime, note: str = ""
) -> Appointment:
    """Book an appointment for the case; the commissioning takes its step with it (rules R4, R5).

    Raises NotAllowedNow (NotYours for a stranger), AlreadyBooked, SlotNotOffered and SlotTaken. Staff
    may take any free place within a year, whatever the hours and the notice.
    """
    _check_yours(case, by)
    with transaction():
        case = queue.held(case)
        _check_kind(case, kind)
        _check_none_open(case, kind, now)
        settings = _held_settings(kind)
        _check_start(settings, starts_at, by=by, now=now)
        booked = _create(case, settings, starts_at, by=by, now=now, note=note)
        seats.take(booked, settings.capacity)
        endings.record(case, "book_appointment", booked, by=by, now=now)
        if kind is Kind.COMMISSIONING and case.state is State.DELIVERED:
            cases.advance(case, "book_commissioning", by=by, now=now)
        return _follow(booked, "appointment_booked", now=now)


def move(appointment: Appointment, starts_at: datetime, *, by: Account, now: datetime) -> Appointment:
    """Move a booked appointment to another slot; it takes the length that is given now (rule R4).

    Raises what `book` raises, TooLate for an owner past the time for changes or once the commissioning
    has begun, and CaseMoved if the appointment is no longer as it was read.
    """
    _check_yours(appointment.case, by)
    with transaction():
        case = queue.held(appointment.case)
        _check_kind(case, appointment.kind)
        settings = _held_settings(appointment.kind)
        _check_change(appointment, by=by, now=now)
        _check_start(settings, starts_at, by=by, now=now)
        moved = _moved(appointment, starts_at, settings, now)
        seats.give_back(moved)
        seats.take(moved, settings.capacity)
        before = {"from_at": appointment.starts_at.isoformat()}
        endings.record(case, "move_appointment", moved, by=by, now=now, **before)
        return _follow(moved, "appointment_moved", now=now, **before)


def cancel(appointment: Appointment, *, by: Account, now: datetime, why: str = "") -> Appointment:
    """Cancel a booked appointment; without its commissioning the case goes back a step (rules R4, R5).

    Raises TooLate for an owner as `move`, CaseMoved if the appointment is no longer as it was read, and
    NotYours.
    """
    _check_yours(appointment.case, by)
    with transaction():
        case = queue.held(appointment.case)
        _check_change(appointment, by=by, now=now)
        if endings.cancel(appointment, by=by, now=now, why=why) is None:
            raise CaseMoved(case.number)
        _go_back(case, appointment, by=by, now=now, why=why)
        return Appointment.get_by_id(appointment.id)


def mark_missed(appointment: Appointment, *, by: Account, now: datetime) -> Appointment:
    """Note that the salon was not there; a missed commissioning can be booked anew (rules R4, R5).

    Only staff, and only once it has begun: NotAllowedNow. CaseMoved as in `cancel`.
    """
    return _close(appointment, AppointmentState.MISSED, by=by, now=now)


def mark_done(appointment: Appointment, *, by: Account, now: datetime) -> Appointment:
    """Note that a call or a session took place; a commissioning is done by its list alone (rule R5).

    Only staff, and only once it has begun: NotAllowedNow. CaseMoved as in `cancel`.
    """
    if appointment.kind is Kind.COMMISSIONING:
        raise NotAllowedNow("the checklist ends a commissioning")
    return _close(appointment, AppointmentState.DONE, by=by, now=now)


def _close(appointment: Appointment, state: AppointmentState, *, by: Account, now: datetime) -> Appointment:
    if not by.is_staff or now < appointment.starts_at:
        raise NotAllowedNow(f"{state} is for staff to say, and not before it has begun")
    with transaction():
        case = queue.held(appointment.case)
        if endings.end(appointment, state, by=by, now=now) is None:
            raise CaseMoved(case.number)
        if state is AppointmentState.MISSED:
            endings.tell(appointment, "appointment_missed", now=now)
        _go_back(case, appointment, by=by, now=now)
        return Appointment.get_by_id(appointment.id)


def _go_back(case: Case, appointment: Appointment, *, by: Account, now: datetime, why: str = "") -> None:
    """Let a case whose commissioning does not take place wait for a new appointment; ticks go with it."""
    if appointment.kind is Kind.COMMISSIONING and case.state is State.COMMISSIONING_BOOKED:
        cases.advance(case, "unbook_commissioning", by=by, now=now, why=why)


def remind_due(*, now: datetime, limit: int = 500) -> int:
    """Remind of every appointment that is a day away; the worker calls it. Returns how many it looked at."""
    return rounds.for_each(Appointment.to_remind(now).limit(limit), lambda one: _remind(one, now))


def _remind(appointment: Appointment, now: datetime) -> None:
    """Remind once: whoever takes the time out of the row first writes the letter; none for what has begun."""
    due = endings.unmoved(appointment) & (Appointment.remind_at == appointment.remind_at)
    with transaction():
        case = queue.held(appointment.case)
        is_ours = Appointment.update(remind_at=None).where(due).execute()
        if is_ours and now < appointment.starts_at:
            endings.record(case, "remind_appointment", appointment, by=None, now=now)
            _tell(appointment, "appointment_soon", now=now)


def _check_yours(case: Case, by: Account) -> None:
    if not by.is_staff and (by.customer_id is None or by.customer_id != case.customer_id):
        raise NotYours(case.number)


def _check_kind(case: Case, kind: Kind) -> None:
    if kind not in rules.kinds_for(case.state, case.outcome):
        raise NotAllowedNow(f"no {kind} while the case is {case.state}")


def _check_none_open(case: Case, kind: Kind, now: datetime) -> None:
    """Refuse a second one; a call or session that is over, and that nobody said anything of, was held."""
    before = Appointment.open_for(case, kind)
    if before is None:
        return
    if kind is Kind.COMMISSIONING or now < before.ends_at:
        raise AlreadyBooked(f"{kind} of {case.number}")
    endings.end(before, AppointmentState.DONE, by=None, now=now)


def _check_change(appointment: Appointment, *, by: Account, now: datetime) -> None:
    if not by.is_staff and (now > last_change_at(appointment) or _has_begun(appointment)):
        raise TooLate(appointment.starts_at.isoformat())


def _has_begun(appointment: Appointment) -> bool:
    """Tell whether support is at the commissioning already: the link may be gone by now (rules R5, L11a)."""
    is_commissioning = appointment.kind is Kind.COMMISSIONING
    return is_commissioning and bool(CommissioningTick.done_of(appointment.case))


def _held_settings(kind: Kind) -> CalendarKind:
    settings = CalendarKind.of(kind)
    if settings is None:
        raise SlotNotOffered(f"no {kind} is given")
    return queue.held(settings)


def _check_start(settings: CalendarKind, starts_at: datetime, *, by: Account, now: datetime) -> None:
    if by.is_staff:
        is_offered = rules.is_on_grid(starts_at) and now < starts_at <= now + rules.FARTHEST
    else:
        day = berlin.day_of(starts_at)  # whatever the salon's hours: they narrow what is shown, no more
        is_offered = settings.is_offered and starts_at in _offered(settings, day, 1, None, now=now, by=by)
    if not is_offered:
        raise SlotNotOffered(starts_at.isoformat())


def _create(
    case: Case, settings: CalendarKind, starts_at: datetime, *, by: Account, now: datetime, note: str
) -> Appointment:
    try:
        with transaction():  # on its own: the refused insert must not spoil the deed around it
            return Appointment.create(
                case=case,
                kind=settings.kind,
                state=AppointmentState.BOOKED,
                starts_at=berlin.aware(starts_at),
                ends_at=berlin.aware(starts_at) + settings.terms.length,
                open_key=open_key(case.id, settings.kind),
                uid=token_hex(16),
                note=note.strip(),
                booked_at=now,
                changed_at=now,
                account=by,
                remind_at=rules.remind_at(starts_at, now),
            )
    except IntegrityError as error:
        raise AlreadyBooked(f"{settings.kind} of {case.number}") from error


def _moved(
    appointment: Appointment, starts_at: datetime, settings: CalendarKind, now: datetime
) -> Appointment:
    start = berlin.aware(starts_at)
    columns = {
        "starts_at": start,
        "ends_at": start + settings.terms.length,
        "sequence": appointment.sequence + 1,
        "changed_at": now,
        "remind_at": rules.remind_at(start, now),
    }
    if not Appointment.update(columns).where(endings.unmoved(appointment)).execute():
        raise CaseMoved(appointment.case.number)
    endings.remind_no_more(appointment, now=now)
    return Appointment.get_by_id(appointment.id)


def _follow(appointment: Appointment, event: str, *, now: datetime, **context: Any) -> Appointment:
    """Tell the customer's people, and put the case where the appointment places it in the queue (rule S5)."""
    _tell(appointment, event, now=now, **context)
    queue.reassess_case(appointment.case, now=now)
    return Appointment.get_by_id(appointment.id)


def _tell(appointment: Appointment, event: str, *, now: datetime, **context: Any) -> None:
    """Tell the customer's people of an appointment to come, and until when they may change it."""
    until = last_change_at(appointment).isoformat()
    endings.tell(appointment, event, now=now, change_until=until, **context)
