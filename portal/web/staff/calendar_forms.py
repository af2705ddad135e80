"""What staff fill in to say when appointments are given: terms and hours, holidays (rule R4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from portal.models import CalendarKind, WeeklyHours
from portal.rules.appointments import HoursInvalid, Kind
from portal.web import hours
from portal.web.forms import Form, Line, Paragraphs, Required, day_of
from portal.web.staff.calendar import FIRST, LAST
from portal.web.staff.forms import Box

LONGEST_NAME = 80
NEVER_SHOWN = -1
NUMBERS: Mapping[str, Any] = {
    "minutes": _l("Bitte 15 bis 480 Minuten, in Viertelstunden."),
    "capacity": _l("Bitte eine ganze Zahl von 0 bis 100."),
    "notice_hours": _l("Bitte eine ganze Zahl von 0 bis 336 Stunden."),
    "change_hours": _l("Bitte eine ganze Zahl von 0 bis 336 Stunden."),
    "ahead_days": _l("Bitte eine ganze Zahl von 1 bis 366 Tagen."),
}
FIRST_TERMS: Mapping[Kind, int] = {Kind.COMMISSIONING: 60, Kind.REMOTE: 45, Kind.CALL: 15}


class Whole(Line):
    """A whole number; which ones make sense is for the rules to say."""

    def process_data(self, value: Any) -> None:
        """Take a stored number."""
        super().process_data("" if value is None else str(value))

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no number."""
        if not (self.data.isascii() and self.data.isdigit() and len(self.data) < 6):
            raise StopValidation(NUMBERS[self.name])
        self.data = int(self.data)


class Seen(Line):
    """The revision that the page showed; what is no number was never shown, so nothing may be saved on it."""

    def pre_validate(self, _form: Any) -> None:
        """Take the number, or one that no settings have (rule S3)."""
        readable = self.data.isascii() and self.data.isdigit() and len(self.data) < 10
        self.data = int(self.data) if readable else NEVER_SHOWN


class KindForm(Form):
    """How appointments of one kind are given, with the hours of seven weekdays."""

    revision = Seen()
    is_offered = Box()
    minutes = Whole()
    capacity = Whole()
    notice_hours = Whole()
    change_hours = Whole()
    ahead_days = Whole()

    @property
    def terms(self) -> dict[str, int]:
        """Return the numbers by their names."""
        return {name: self[name].data for name in NUMBERS}

    def refuse(self, problem: HoursInvalid) -> None:
        """Say at the field what the rules found wrong."""
        if problem.weekday is None:
            self[problem.fault].errors = [NUMBERS[problem.fault]]
        else:
            self[f"day_{problem.weekday}"].errors = [hours.FAULTS.get(problem.fault, hours.UNREADABLE)]


for _name, _field in hours.day_fields().items():
    setattr(KindForm, _name, _field)


def kind_form(kind: Kind, settings: CalendarKind | None) -> KindForm:
    """Return the form with what is stored, or with what one would begin with."""
    data: dict[str, Any] = {
        "revision": str(settings.revision if settings else 0),
        "is_offered": settings.is_offered if settings else True,
        "minutes": FIRST_TERMS[kind], "capacity": 1, "notice_hours": 4, "change_hours": 4, "ahead_days": 42,
        **(vars(settings.terms) if settings else {}),
        **hours.fields_of(WeeklyHours.of(kind)),
    }  # fmt: skip
    return KindForm(data=data)


class HolidaysForm(Form):
    """Days without appointments, one a line: the day, then its name."""

    holidays = Paragraphs(
        validators=[Required(_l("Bitte geben Sie mindestens einen Tag an."))], longest=10_000
    )

    def validate_holidays(self, field: Paragraphs) -> None:
        """Read the lines; the first that names no day is told with its number."""
        lines = [(number, line) for number, line in enumerate(field.data.splitlines(), 1) if line.strip()]
        self.days = [_holiday(number, line) for number, line in lines]


def _holiday(number: int, line: str) -> tuple[date, str]:
    text, _blank, name = line.strip().partition(" ")
    day = day_of(text.rstrip(":,;"))
    if day is None or not FIRST <= day <= LAST or not name.strip():
        raise StopValidation(_("Zeile %(number)s: Bitte so: 2026-12-25 1. Weihnachtstag", number=number))
    if len(name.strip()) > LONGEST_NAME:
        raise StopValidation(_("Zeile %(number)s: Der Name ist zu lang.", number=number))
    return day, name.strip()
