"""Hours of a week as people write them: "9:00–12:30, 13:30–18:00" for a weekday, nothing for a closed one."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from portal.rules.appointments import Fault, HoursInvalid, check_hours
from portal.web.forms import Line

Ranges = list[tuple[int, int]]  # minutes of the day, from and to

MONDAY = date(2024, 1, 1)
_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?(?:uhr|h)?"
_RANGE = re.compile(rf"{_CLOCK}(?:-|bis|to){_CLOCK}")

CLOSED = frozenset({"geschlossen", "zu", "closed", "-"})
UNREADABLE = _l("Bitte so: 9:00–12:30, 13:30–18:00. Leer heißt geschlossen.")
FAULTS: Mapping[Fault, Any] = {
    Fault.ORDER: _l("Das Ende muss nach dem Anfang liegen."),
    Fault.OVERLAP: _l("Diese Zeiten überschneiden sich."),
    Fault.STEP: _l("Bitte nur Zeiten in Schritten von fünf Minuten, zum Beispiel 9:15 oder 9:20."),
}


class Unreadable(ValueError):
    """What was typed names no hours; its text says why."""


def weekday_names() -> list[str]:
    """Return the names of the seven weekdays, Monday first."""
    return [format_date(MONDAY + timedelta(days=number), "EEEE") for number in range(7)]


def ranges_of(text: str) -> Ranges:
    """Return the ranges of a day as typed, in order; Unreadable says what is wrong with them."""
    plain = re.sub(r"[–—−]", "-", re.sub(r"\s", "", text.lower()))
    parts = [] if plain in CLOSED else re.split(r"[,;/+]|und|and", plain)
    found = sorted(_range(part) for part in parts if part)
    try:
        check_hours({0: found})
    except HoursInvalid as problem:
        raise Unreadable(FAULTS.get(problem.fault, UNREADABLE)) from problem
    return found


def _range(text: str) -> tuple[int, int]:
    parts = _RANGE.fullmatch(text)
    if parts is None or max(int(parts[2] or 0), int(parts[4] or 0)) > 59:
        raise Unreadable(UNREADABLE)
    return int(parts[1]) * 60 + int(parts[2] or 0), int(parts[3]) * 60 + int(parts[4] or 0)


def shown(ranges: Sequence[Sequence[int]]) -> str:
    """Return a day's ranges as they are written: "9:00–12:30, 13:30–18:00"."""
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in ranges)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


class Hours(Line):
    """The hours of one weekday; `data` becomes a list of ranges, empty for a closed day."""

    def process_data(self, value: Any) -> None:
        """Take stored ranges."""
        self.data = list(value or [])
        self.typed = shown(self.data)

    def pre_validate(self, form: Any) -> None:
        """Refuse what names no hours."""
        super().pre_validate(form)
        try:
            self.data = ranges_of(self.data)
        except Unreadable as problem:
            raise StopValidation(problem.args[0]) from problem


def day_fields() -> dict[str, Hours]:
    """Return a field for each weekday, `day_0` for Monday."""
    return {f"day_{number}": Hours(longest=100) for number in range(7)}


def week_in(form: Any) -> dict[int, Ranges]:
    """Return the week a valid form holds; closed days are left out."""
    week = {number: form[f"day_{number}"].data for number in range(7)}
    return {number: ranges for number, ranges in week.items() if ranges}


def fields_of(week: Mapping[int, Any] | None) -> dict[str, Any]:
    """Return a week as the values of the form's fields."""
    return {f"day_{number}": (week or {}).get(number, []) for number in range(7)}


def with_days(errors: Mapping[str, str]) -> dict[str, str]:
    """Return the messages for the summary of a form: those about hours begin with their weekday."""
    names = {f"day_{number}": name for number, name in enumerate(weekday_names())}
    return {name: f"{names[name]}: {said}" if name in names else said for name, said in errors.items()}
