"""Fields as people fill them in: each says in plain words what is wrong and keeps what was typed.

WTForms does the work; here are the portal's own field types and messages. A form is shown
with the macros of templates/macros/forms.html: `form.value(name)` is what was typed,
`form.mistakes` maps field names to messages.
"""

import re
import unicodedata
from datetime import date, datetime, time
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import StopValidation, ValidationError

from portal.rules import berlin

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u2028\u2029\ud800-\udfff]")
BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")  # they turn the text around them


class Form(FlaskForm):
    """A form whose CSRF token is checked for the whole portal, before the view."""

    class Meta:
        csrf = False

    @property
    def mistakes(self) -> dict[str, str]:
        """Return the first message of each wrong field, by the field's name in the page."""
        return {name or "": str(messages[0]) for name, messages in self.errors.items()}

    def value(self, name: str) -> Any:
        """Return what was typed, for showing it again."""
        field = self[name]
        return field.typed if hasattr(field, "typed") else (field.data or "")


class Required:
    """Refuse an empty field with the field's own message."""

    field_flags = {"required": True}

    def __init__(self, message) -> None:
        """Keep what to say."""
        self.message = message

    def __call__(self, _form, field) -> None:
        """Stop at an empty value."""
        if field.data in (None, "", [], ()):
            raise StopValidation(None if field.errors else self.message)


def clean(text: str) -> str:
    """Return what was typed without control characters, in one Unicode form, trimmed."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return BIDI.sub("", CONTROL.sub("", text)).strip()


def seen(text: str) -> str:
    """Return the text, or nothing if nobody could see any of it (zero-width characters only)."""
    return text if any(unicodedata.category(character)[0] in "LNPS" for character in text) else ""


class Line(StringField):
    """One line of text, at most `longest` characters."""

    def __init__(self, label="", validators=None, *, longest: int = 120, **kwargs) -> None:
        """Set the limit."""
        super().__init__(label, validators, **kwargs)
        self.longest = longest
        self.typed = ""

    def process_formdata(self, valuelist) -> None:
        """Take what was typed; line breaks become blanks."""
        self.typed = valuelist[0] if valuelist else ""
        self.data = self.tidy(self.typed)

    def tidy(self, text: str) -> str:
        """Return the value to keep."""
        return seen(" ".join(clean(text).split()))

    def process_data(self, value) -> None:
        """Take a stored value."""
        self.data = value or ""
        self.typed = self.data

    def pre_validate(self, _form) -> None:
        """Refuse what is too long."""
        if len(self.data or "") > self.longest:
            raise StopValidation(
                _l("Das ist zu lang. Bitte höchstens %(longest)s Zeichen.", longest=self.longest)
            )


class Paragraphs(Line):
    """Text of several lines."""

    def tidy(self, text: str) -> str:
        """Return the text with its line breaks."""
        return seen(clean(text))


class Choice(Field):
    """One of a fixed set of values, by radio buttons; `options` may be set later per request."""

    def __init__(self, label="", validators=None, *, options=(), message=None, **kwargs) -> None:
        """Keep the allowed values and what to say when none is chosen."""
        super().__init__(label, validators, **kwargs)
        self.options = tuple(str(option) for option in options)
        self.message = message or _l("Bitte wählen Sie eine Antwort.")

    def process_formdata(self, valuelist) -> None:
        """Take the chosen value."""
        self.data = str(valuelist[0]) if valuelist else ""

    def pre_validate(self, _form) -> None:
        """Refuse no choice and one that was never offered."""
        if self.data not in self.options:
            raise StopValidation(self.message)


class Accept(Field):
    """A box that must be ticked."""

    def __init__(self, label="", validators=None, *, message=None, **kwargs) -> None:
        """Keep what to say when it is not ticked."""
        super().__init__(label, validators, **kwargs)
        self.message = message or _l("Bitte bestätigen Sie das.")

    def process_formdata(self, valuelist) -> None:
        """Take the tick."""
        self.data = bool(valuelist) and valuelist[0] == "yes"

    def pre_validate(self, _form) -> None:
        """Refuse an empty box."""
        if not self.data:
            raise StopValidation(self.message)


class Phone(Line):
    """A phone number; numbers without a country are German ones. `data` is E.164."""

    def pre_validate(self, form) -> None:
        """Refuse what nobody can call, and keep the one spelling."""
        super().pre_validate(form)
        if not self.data:
            return
        try:
            number = phonenumbers.parse(self.data, "DE")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number) or number.national_number < 100_000:
            raise StopValidation(
                _l("Das ist keine Telefonnummer. Bitte mit Vorwahl, zum Beispiel 02202 12345.")
            )
        self.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Email(Line):
    """An e-mail address."""

    def pre_validate(self, form) -> None:
        """Refuse what is no address."""
        super().pre_validate(form)
        if not self.data:
            return
        try:
            self.data = validate_email(self.data, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise StopValidation(
                _l("Das ist keine E-Mail-Adresse. Sie sieht so aus: name@beispiel.de")
            ) from error


class Day(Line):
    """A day from a date field; `data` becomes a date or None. Bounds are set by the view."""

    earliest: date | None = None
    latest: date | None = None

    def pre_validate(self, _form) -> None:
        """Refuse what is no day, and days outside the bounds."""
        if not self.data:
            self.data = None
            return
        found = day_of(self.data)
        if found is None:
            raise StopValidation(_l("Dieses Datum gibt es nicht. Bitte so: 21.11.2026"))
        if self.latest and found > self.latest:
            raise StopValidation(_l("Dieser Tag liegt in der Zukunft."))
        if self.earliest and found < self.earliest:
            raise StopValidation(_l("Dieser Tag liegt zu weit zurück."))
        self.data = found


def day_of(text: str) -> date | None:
    """Return the day of a browser's date field (2026-11-21) or as typed (21.11.2026), or None."""
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y"):
        try:
            found = datetime.strptime(text.replace(" ", ""), form).date()  # noqa: DTZ007
        except ValueError:
            continue
        return found if 1900 <= found.year < 3000 else None  # what is reckoned from it must be a day too
    return None


def clock_of(text: str) -> time | None:
    """Return the time of a browser's time field (09:58) or as typed (9.58, 9 Uhr), or None."""
    found = re.fullmatch(
        r"(\d{1,2})(?:[:.](\d{2})(?:[:.]\d{2}(?:\.\d+)?)?)?(?: ?(?:uhr|h))?", text.strip().lower()
    )
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or 0))


class Moment(Field):
    """A day and a time of day in Berlin: two inputs, `<name>_day` and `<name>_clock`.

    `data` is an aware datetime in UTC or None; `day` and `clock` are as typed.
    """

    earliest: datetime | None = None
    latest: datetime | None = None

    def __init__(self, label="", validators=None, *, required=None, **kwargs) -> None:
        """Keep what to say when it is empty; None = it may be."""
        super().__init__(label, validators, **kwargs)
        self.required = required
        self.day = self.clock = ""

    def process(self, formdata, data=None, extra_filters=None) -> None:
        """Take both inputs, or the stored moment."""
        self.process_errors = []
        self.data = data if isinstance(data, datetime) else None
        if self.data:
            shown = berlin.to_berlin(self.data)
            self.day, self.clock = shown.strftime("%Y-%m-%d"), shown.strftime("%H:%M")
        if formdata is not None and (f"{self.name}_day" in formdata or f"{self.name}_clock" in formdata):
            self.day = clean(formdata.get(f"{self.name}_day", ""))[:30]
            self.clock = clean(formdata.get(f"{self.name}_clock", ""))[:30]
            self.data = None

    def pre_validate(self, _form) -> None:
        """Refuse what is no moment, and moments outside the bounds."""
        if not self.day and not self.clock:
            if self.required:
                raise StopValidation(self.required)
            return
        day, clock = day_of(self.day), clock_of(self.clock)
        if day is None:
            raise StopValidation(_l("Bitte geben Sie ein gültiges Datum an, zum Beispiel 21.11.2026."))
        if clock is None:
            raise StopValidation(_l("Bitte geben Sie eine gültige Uhrzeit an, zum Beispiel 9:30."))
        self.data = berlin.to_utc(day, clock)
        if self.latest and self.data > self.latest:
            raise StopValidation(_l("Dieser Zeitpunkt liegt in der Zukunft."))
        if self.earliest and self.data < self.earliest:
            raise StopValidation(_l("Dieser Zeitpunkt liegt zu weit zurück."))


class PostalCode(Line):
    """A postal code: five digits in Germany, letters and digits elsewhere."""

    def pre_validate(self, form) -> None:
        """Refuse what no post office knows."""
        super().pre_validate(form)
        country = form["country"].data if "country" in form else "DE"
        pattern = r"\d{5}" if country in ("", "DE") else r"[A-Za-z0-9][A-Za-z0-9 \-]{2,9}"
        if self.data and not re.fullmatch(pattern, self.data, re.ASCII):
            raise StopValidation(_l("Die Postleitzahl hat fünf Ziffern."))


__all__ = [
    "Accept", "Choice", "Day", "Email", "Form", "Line", "Moment", "Paragraphs", "Phone", "PostalCode",
    "Required", "ValidationError", "clean", "clock_of", "day_of",
]  # fmt: skip
