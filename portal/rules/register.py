"""What does one line of the customers' list say, and what is wrong with it?  One line is one device.

The list comes from the vendor's own system as CSV: customer, salon and device in one line, German or English
headers in any order. What a line leaves empty is not known, and never wipes out what is known already.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.rules.triage import Origin


class Column(StrEnum):
    """A column of the list, by its name in our own words."""

    CUSTOMER_NUMBER = "customer_number"
    CUSTOMER_NAME = "customer_name"
    SALON_NAME = "salon_name"
    STREET = "street"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    COUNTRY = "country"
    PHONE = "phone"
    SERIAL = "serial"
    DEVICE_NAME = "device_name"
    PURCHASED_ON = "purchased_on"
    DELIVERED_ON = "delivered_on"
    ORIGIN = "origin"
    TSE_IN_SERVER = "tse_in_server"
    BACKUP_BOOKED = "backup_booked"


HEADINGS: Mapping[Column, str] = {
    Column.CUSTOMER_NUMBER: "Kundennummer",
    Column.CUSTOMER_NAME: "Kunde",
    Column.SALON_NAME: "Salon",
    Column.STREET: "Straße",
    Column.POSTAL_CODE: "PLZ",
    Column.CITY: "Ort",
    Column.COUNTRY: "Land",
    Column.PHONE: "Telefon",
    Column.SERIAL: "Seriennummer",
    Column.DEVICE_NAME: "Gerät",
    Column.PURCHASED_ON: "Gekauft am",
    Column.DELIVERED_ON: "Geliefert am",
    Column.ORIGIN: "Herkunft",
    Column.TSE_IN_SERVER: "TSE im Server",
    Column.BACKUP_BOOKED: "Sicherung gebucht",
}
"""The first line as the portal itself writes it; it reads its English words too."""


NEEDED = (Column.CUSTOMER_NUMBER, Column.CUSTOMER_NAME, Column.SALON_NAME)
ADDRESS = (Column.STREET, Column.POSTAL_CODE, Column.CITY)
"""A salon that is not known yet needs these."""

LONGEST: Mapping[Column, int] = {
    Column.CUSTOMER_NUMBER: 20,
    Column.CUSTOMER_NAME: 120,
    Column.SALON_NAME: 120,
    Column.STREET: 100,
    Column.POSTAL_CODE: 10,
    Column.CITY: 80,
    Column.COUNTRY: 2,
    Column.PHONE: 40,
    Column.SERIAL: 60,
    Column.DEVICE_NAME: 80,
}
_YES = frozenset({"ja", "j", "yes", "y", "1", "true", "wahr", "x"})
_NO = frozenset({"nein", "n", "no", "0", "false", "falsch"})
_ORIGINS = {
    "vendor": Origin.VENDOR,
    "hersteller": Origin.VENDOR,
    "wir": Origin.VENDOR,
    "joecash": Origin.VENDOR,
    "elsewhere": Origin.ELSEWHERE,
    "andere": Origin.ELSEWHERE,
    "fremd": Origin.ELSEWHERE,
    "fremdgerät": Origin.ELSEWHERE,
}
FIRST_DAY = date(1990, 1, 1)
"""No device was bought or delivered before; staff's form says so too."""


def possible_days(today: date) -> tuple[date, date]:
    """Return the first and the last day on which a device can have been bought or delivered."""
    return FIRST_DAY, today


_WRECKED = re.compile(r"\d{1,3}([.,]\d+)?E[+-]\d{1,3}", re.IGNORECASE)  # 1,23457E+12
_NUMBERS = (Column.CUSTOMER_NUMBER, Column.SERIAL, Column.POSTAL_CODE, Column.PHONE)
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


class Wrong(StrEnum):
    """What can be wrong with a value."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NO_DAY = "no_day"
    TOO_EARLY = "too_early"
    IN_FUTURE = "in_future"
    WRECKED = "wrecked"
    NO_ANSWER = "no_answer"
    NO_ORIGIN = "no_origin"
    NO_COUNTRY = "no_country"
    NO_PHONE = "no_phone"
    NO_ADDRESS = "no_address"
    ELSEWHERE = "elsewhere"
    TWICE = "twice"
    NOT_TO_USE = "not_to_use"
    OTHER_CUSTOMER = "other_customer"
    OTHER_SALON = "other_salon"
    TOO_MANY_VALUES = "too_many_values"


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a line from being taken; `line` as a spreadsheet counts, the header is 1."""

    line: int
    column: Column | None
    wrong: Wrong
    value: str = ""


@dataclass(frozen=True)
class Line:
    """One line, understood; None or "" is not said."""

    line: int
    customer_number: str
    customer_name: str
    salon_name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""
    serial: str = ""
    device_name: str = ""
    purchased_on: date | None = None
    delivered_on: date | None = None
    origin: Origin | None = None
    tse_in_server: bool | None = None
    backup_booked: bool | None = None


class NoHeader(ValueError):
    """The first line does not name the columns that are needed; `missing` tells which."""

    def __init__(self, missing: Sequence[Column]) -> None:
        """Keep the missing columns."""
        super().__init__(f"missing columns: {', '.join(missing)}")
        self.missing = tuple(missing)


_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # the wide ones count too


def shielded(cell: str) -> str:
    """Return a cell so that no spreadsheet takes it for a formula; `unshielded` gives it back as it was."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unshielded(cell: str) -> str:
    """Return what `shielded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def columns_of(header: Sequence[str]) -> list[Column | None]:
    """Return what each column of the first line holds; None is passed over. Raises NoHeader."""
    found = [HEADERS.get(_plain(name)) for name in header]
    missing = [column for column in NEEDED if column not in found]
    if missing:
        raise NoHeader(missing)
    return found


def _plain(name: str) -> str:
    words = name.casefold().replace("_", " ").replace("ß", "ss").strip("\ufeff \t")
    return " ".join(words.split())


HEADERS: Mapping[str, Column] = {
    **{_plain(name): column for column, name in HEADINGS.items()},
    **{column.value.replace("_", " "): column for column in Column},
}


def cells_of(said: Mapping[Column, str | bool | date | None]) -> list[str]:
    """Return a line's cells in the order of HEADINGS, each as `read_line` reads it."""
    return [_cell(said.get(column)) for column in HEADINGS]


def _cell(value: str | bool | date | None) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, Origin):
        return {Origin.VENDOR: "wir", Origin.ELSEWHERE: "andere"}.get(value, "")
    return value.isoformat() if isinstance(value, date) else value or ""


def is_wrecked(text: str) -> bool:
    """Tell whether a spreadsheet made a short form of a long number, so that its digits are lost."""
    return _WRECKED.fullmatch(text.strip()) is not None


def read_line(number: int, values: Mapping[Column, str], *, today: date) -> Line | list[Problem]:
    """Return what a line says, or everything that is wrong with it."""
    texts = {column: " ".join(text.split()) for column, text in values.items()}
    problems = [Problem(number, column, Wrong.MISSING) for column in NEEDED if not texts.get(column)] + [
        Problem(number, column, Wrong.TOO_LONG, texts[column][:30])
        for column, most in LONGEST.items()
        if len(texts.get(column, "")) > most
    ]
    problems += [
        Problem(number, column, Wrong.WRECKED, texts[column][:30])
        for column in _NUMBERS
        if is_wrecked(texts.get(column, ""))
    ]
    told = _Reader(number, texts, problems, possible_days(today))
    line = Line(
        number,
        **{column.value: texts.get(column, "") for column in LONGEST if column is not Column.COUNTRY},
        country=told.country(),
        purchased_on=told.day(Column.PURCHASED_ON),
        delivered_on=told.day(Column.DELIVERED_ON),
        origin=told.origin(),
        tse_in_server=told.answer(Column.TSE_IN_SERVER),
        backup_booked=told.answer(Column.BACKUP_BOOKED),
    )
    return problems or line


class _Reader:
    """Reads the values that are no plain text, and notes what is wrong with them."""

    def __init__(
        self, number: int, texts: Mapping[Column, str], problems: list[Problem], days: tuple[date, date]
    ) -> None:
        self.number, self.texts, self.problems, self.days = number, texts, problems, days

    def _wrong(self, column: Column, wrong: Wrong) -> None:
        self.problems.append(Problem(self.number, column, wrong, self.texts[column][:30]))

    def day(self, column: Column) -> date | None:
        text = self.texts.get(column, "")
        if not text:
            return None
        german = _GERMAN_DAY.fullmatch(text)
        try:
            day = date(int(german[3]), int(german[2]), int(german[1])) if german else date.fromisoformat(text)
        except ValueError:
            self._wrong(column, Wrong.NO_DAY)
            return None
        earliest, latest = self.days
        if not earliest <= day <= latest:
            self._wrong(column, Wrong.TOO_EARLY if day < earliest else Wrong.IN_FUTURE)
        return day

    def answer(self, column: Column) -> bool | None:
        text = self.texts.get(column, "").casefold()
        if text and text not in _YES | _NO:
            self._wrong(column, Wrong.NO_ANSWER)
        return True if text in _YES else False if text in _NO else None

    def origin(self) -> Origin | None:
        text = self.texts.get(Column.ORIGIN, "").casefold()
        if text and text not in _ORIGINS:
            self._wrong(Column.ORIGIN, Wrong.NO_ORIGIN)
        return _ORIGINS.get(text)

    def country(self) -> str:
        text = self.texts.get(Column.COUNTRY, "").upper()
        if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
            self._wrong(Column.COUNTRY, Wrong.NO_COUNTRY)
        return text
