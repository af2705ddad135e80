"""The support's calendar by day and week: who is expected when, and what is still free (rules R4, T7, T8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response, request, url_for
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import appointments as deeds
from portal.models import Appointment, CalendarKind, Case, Holiday, WeeklyHours
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import Kind
from portal.web import appointments, labels
from portal.web.forms import day_of
from portal.web.fragments import page
from portal.web.staff import bp

VIEWS = {"day": 1, "week": 7}
LOOK_AHEAD = 7  # days in which a week without an address looks for its first working day
FIRST, LAST = date(2020, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Entry:
    """One appointment as the calendar shows it."""

    appointment: Appointment
    now: datetime

    @property
    def case(self) -> Case:
        """Return its case."""
        return self.appointment.case

    @property
    def who(self) -> str:
        """Return the salon's name; of a report nobody is known of yet, the return address's."""
        return self.case.salon.name if self.case.salon_id else self.case.return_name

    @property
    def is_begun(self) -> bool:
        """Tell whether its time has come: it can be noted as done or missed."""
        return self.now >= self.appointment.starts_at


@dataclass(frozen=True)
class CalendarDay:
    """One day: who is expected, and what is still free of each kind."""

    day: date
    is_today: bool
    entries: tuple[Entry, ...]
    free: tuple[tuple[Kind, tuple[datetime, ...]], ...]
    holiday: str

    @property
    def short(self) -> str:
        """Return "Di 24.11."."""
        return format_date(self.day, "EEE d.M.").replace(". ", " ", 1)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to show on it."""
        return not (self.entries or self.free or self.holiday)


@dataclass(frozen=True)
class Span:
    """What the calendar shows: a day, or the week that it lies in."""

    view: str
    chosen: date

    @property
    def length(self) -> int:
        """Return how many days it is."""
        return VIEWS[self.view]

    @property
    def first(self) -> date:
        """Return its first day; weeks begin on Monday."""
        return self.chosen - timedelta(days=self.chosen.weekday() if self.view == "week" else 0)

    @property
    def last(self) -> date:
        """Return its last day."""
        return self.first + timedelta(days=self.length - 1)

    @property
    def title(self) -> str:
        """Return "Montag, 23. November 2026", or which week it is."""
        if self.view == "day":
            return labels.day(self.chosen)
        pattern = "d MMMM" if str(get_locale()).startswith("en") else "d. MMMM"
        return _(
            "Woche %(number)s: %(first)s bis %(last)s",
            number=self.chosen.isocalendar().week,
            first=format_date(self.first, pattern),
            last=labels.day(self.last, weekday=False),
        )

    def address(self, days: int = 0) -> str:
        """Return where this view is shown, or one that lies so many days away."""
        return address(self.view, self.chosen + timedelta(days=days))

    def change_address(self, entry: Entry) -> str:
        """Return where the appointment is moved or cancelled; from there one comes back to this view."""
        one = entry.appointment
        return url_for("staff.appointment", number=entry.case.number, kind=one.kind, back=self.address())


@bp.get("/calendar")
def calendar() -> Response:
    """Show a day or a week; whatever the address says instead of a day is today, or this working week."""
    today, view = berlin.day_of(clock.now()), request.args.get("view", "day")
    view = view if view in VIEWS else "day"
    chosen = day_in(request.args.get("day", "")) or (_working_day(today) if view == "week" else today)
    span = Span(view, chosen)
    return page(
        "staff/calendar.html",
        span=span, today=today, without_hours=CalendarKind.without_times(),
        days=[one for one in _days(span.first, span.length) if _is_shown(one, span.length)], **words(),
    )  # fmt: skip


def _working_day(today: date) -> date:
    """Return today, or the next day on which somebody is expected or could be: the week to show (rule R4)."""
    weekdays = {day for kind in Kind for day in WeeklyHours.of(kind)}
    holidays = Holiday.days_from(today, LOOK_AHEAD)
    end = berlin.to_utc(today + timedelta(days=LOOK_AHEAD), time())
    found = Appointment.in_calendar(berlin.to_utc(today, time()), end)
    expected = {berlin.day_of(one.starts_at) for one in found}
    days = (today + timedelta(days=number) for number in range(LOOK_AHEAD))
    return next(
        (day for day in days if day in expected or (day.weekday() in weekdays and day not in holidays)), today
    )


def day_in(text: str) -> date | None:
    """Return the day of this text, or None for none that a calendar could show."""
    found = day_of(text)
    return found if found and FIRST <= found <= LAST else None


def address(view: Any, day: date) -> str:
    """Return where the calendar shows a day."""
    return url_for("staff.calendar", view=view, day=day.isoformat())


def words() -> dict[str, Any]:
    """Return what the staff's templates about appointments need."""
    return {
        "wall_clock": appointments.wall_clock,
        "from_to": appointments.from_to,
        "text_of": appointments.text_of,
        "calendar_address": address,
    }


def _is_shown(one: CalendarDay, length: int) -> bool:
    """Tell whether the day has a column: a weekend without anything in it has none."""
    return length == 1 or one.day.weekday() < 5 or one.is_today or not one.is_empty


def _days(first: date, length: int) -> list[CalendarDay]:
    now, last = clock.now(), first + timedelta(days=length - 1)
    start, end = berlin.to_utc(first, time()), berlin.to_utc(last + timedelta(days=1), time())
    entries = _by_day(Entry(one, now) for one in Appointment.in_calendar(start, end))
    free = {kind: _free_by_day(kind, first, length) for kind in Kind}
    holidays = {one.day: one.name for one in Holiday.between(first, last)}
    return [
        CalendarDay(
            day, day == berlin.day_of(now), tuple(entries.get(day, ())),
            tuple((kind, found[day]) for kind, found in free.items() if day in found), holidays.get(day, ""),
        )
        for day in (first + timedelta(days=number) for number in range(length))
    ]  # fmt: skip


def _by_day(entries: Iterable[Entry]) -> dict[date, list[Entry]]:
    found: dict[date, list[Entry]] = {}
    for entry in entries:
        found.setdefault(berlin.day_of(entry.appointment.starts_at), []).append(entry)
    return found


def _free_by_day(kind: Kind, first: date, length: int) -> dict[date, tuple[datetime, ...]]:
    by = current_user._get_current_object()
    starts = deeds.free_slots(kind, now=clock.now(), first_day=first, days=length, by=by)
    return {one.day: one.times for one in appointments.days_of(starts)}
