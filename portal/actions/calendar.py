"""Say when there are appointments: hours, holidays and terms of each kind, and a salon's own hours (rule R4).

What is booked already stays as it is, whatever is changed here.
"""

from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from portal.actions import history
from portal.models import Account, CalendarKind, Holiday, Salon, WeeklyHours
from portal.models.base import transaction
from portal.rules.appointments import Kind, Terms, WeekHours, check_hours, check_terms
from portal.rules.workflow import StepRefused

LONGEST_NAME = 80


class SettingsMoved(Exception):
    """Somebody else has changed the kind's settings meanwhile (rule S3)."""


def set_kind(
    kind: Kind,
    *,
    minutes: int,
    capacity: int,
    notice_hours: int,
    change_hours: int,
    ahead_days: int,
    is_offered: bool,
    hours: WeekHours,
    revision: int,
    by: Account,
    now: datetime,
) -> CalendarKind:
    """Set how appointments of a kind are given, all at once; `revision` is the one that was seen (0: none).

    Raises HoursInvalid for hours or terms nobody can keep, SettingsMoved if somebody was faster, and
    StepRefused for who is not staff.
    """
    _check_staff("set_calendar", by)
    terms = Terms(minutes, capacity, notice_hours, change_hours, ahead_days)
    check_terms(terms)
    check_hours(hours)
    columns = {**vars(terms), "is_offered": is_offered}
    with transaction():
        _write_kind(kind, columns, revision)
        _write_hours(kind, hours)
        facts = {**columns, "hours": _plain(hours)}
        history.record(None, "set_calendar", by=by, at=now, kind=kind, **facts)
        return CalendarKind.get(CalendarKind.kind == kind)


def _write_kind(kind: Kind, columns: dict[str, Any], revision: int) -> None:
    if not revision:
        try:
            with transaction():  # on its own: the refused insert must not spoil the deed around it
                CalendarKind.create(kind=kind, **columns)
        except IntegrityError as error:
            raise SettingsMoved(kind) from error
        return
    unmoved = (CalendarKind.kind == kind) & (CalendarKind.revision == revision)
    if not CalendarKind.update({**columns, "revision": revision + 1}).where(unmoved).execute():
        raise SettingsMoved(kind)


def _write_hours(kind: Kind, hours: WeekHours) -> None:
    WeeklyHours.delete().where(WeeklyHours.kind == kind).execute()
    rows = [
        {"kind": kind, "weekday": weekday, "opens": opens, "closes": closes}
        for weekday, spans in sorted(hours.items())
        for opens, closes in sorted(spans)
    ]
    if rows:
        WeeklyHours.insert_many(rows).execute()


def add_holiday(day: date, name: str, *, by: Account, now: datetime) -> Holiday:
    """Give no appointments on this day; said again, the day only gets the new name."""
    _check_staff("add_holiday", by)
    called = name.strip()[:LONGEST_NAME]
    with transaction():
        Holiday.insert(day=day, name=called).on_conflict(
            conflict_target=[Holiday.day], update={"name": called}
        ).execute()
        history.record(None, "add_holiday", by=by, at=now, day=day.isoformat(), name=called)
        return Holiday.get(Holiday.day == day)


def remove_holiday(holiday: Holiday, *, by: Account, now: datetime) -> None:
    """Give appointments on this day again; nothing happens if somebody has removed it already."""
    _check_staff("remove_holiday", by)
    with transaction():
        if Holiday.delete().where(Holiday.id == holiday.id).execute():
            day = holiday.day.isoformat()
            history.record(None, "remove_holiday", by=by, at=now, day=day, name=holiday.name)


def set_salon_hours(salon: Salon, hours: WeekHours | None, *, by: Account, now: datetime) -> Salon:
    """Note when the salon is open; None or no hours at all: it does not say, and any slot will do (rule R4).

    Raises HoursInvalid, and StepRefused for an owner of another customer.
    """
    if not by.is_staff and by.customer_id != salon.customer_id:
        raise StepRefused("set_salon_hours", "", by.role)
    told = hours if hours and any(hours.values()) else None
    check_hours(told or {})
    kept = _plain(told) if told else None
    with transaction():
        Salon.update(hours=kept).where(Salon.id == salon.id).execute()
        history.record(None, "set_salon_hours", by=by, at=now, salon=salon.id, name=salon.name, hours=kept)
        return Salon.get_by_id(salon.id)


def _plain(hours: WeekHours) -> dict[str, list[list[int]]]:
    """Return the hours as JSON keeps them; closed days are left out."""
    return {str(day): sorted(map(list, spans)) for day, spans in sorted(hours.items()) if spans}


def _check_staff(step: str, by: Account) -> None:
    if not by.is_staff:
        raise StepRefused(step, "", by.role)
