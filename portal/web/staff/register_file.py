"""Read the customers' list as spreadsheets save it: commas or semicolons, in one encoding or another."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

import phonenumbers

from portal.outside import clock
from portal.rules import berlin
from portal.rules.register import (
    Column,
    Line,
    Problem,
    Wrong,
    columns_of,
    is_wrecked,
    read_line,
    unshielded,
)

MOST_LINES = 50_000
MOST_BYTES = 20 * 1024 * 1024


class NotAList(ValueError):
    """The file is no text with columns."""


class Unclosed(NotAList):
    """A quotation mark is opened and never closed, or by another one lines later; `line` has the first."""

    def __init__(self, line: int) -> None:
        """Keep the line, as an editor counts it."""
        super().__init__(f"the quotation mark of line {line} is never closed")
        self.line = line


class TooLong(ValueError):
    """The list has more lines than are taken at once."""


def read(content: bytes) -> tuple[list[Line], list[Problem]]:
    """Return the lines that were understood, and everything that is wrong with the others.

    Raises NotAList (Unclosed), TooLong, and rules.register.NoHeader.
    """
    rows = _rows(_text(content))
    columns = columns_of(next(rows, (0, []))[1])
    today = berlin.day_of(clock.now())
    lines: list[Line] = []
    problems: list[Problem] = []
    for count, (number, row) in enumerate(rows):
        if count >= MOST_LINES:
            raise TooLong
        values = {column: unshielded(text) for column, text in zip(columns, row, strict=False) if column}
        if not any(text.strip() for text in row):
            continue
        wrong = [Problem(number, None, Wrong.TOO_MANY_VALUES)] if len(row) > len(columns) else []
        wrong += _phone(number, values)
        found = read_line(number, values, today=today)
        if isinstance(found, Line) and not wrong:
            lines.append(found)
        else:
            problems += wrong + (found if isinstance(found, list) else [])
    return lines, problems


def _text(content: bytes) -> str:
    if b"\x00" in content:
        raise NotAList
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row and the line in which it begins."""
    first = text.lstrip("\ufeff \t\r\n").partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    lines = StringIO(f"{text}\n\n", newline="")  # so that what is left open spans lines at the end too
    begun, taken = 1, list[str]()
    reader = csv.reader(_noted(lines, taken), delimiter=delimiter)
    try:
        for row in reader:
            if len(taken) > 1:
                list(csv.reader(taken, delimiter=delimiter, strict=True))  # minds its quotation marks
            if row:
                yield begun, row
            begun += len(taken)
            taken.clear()
    except csv.Error as error:
        raise Unclosed(begun) if len(taken) > 1 else NotAList from error


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _phone(number: int, values: dict[Column, str]) -> list[Problem]:
    """Bring the phone number into the form in which it is kept; return what is wrong with it."""
    text = values.get(Column.PHONE, "").strip()
    if not text or is_wrecked(text):
        return []
    try:
        found = phonenumbers.parse(text, "DE")
    except phonenumbers.NumberParseException:
        return [Problem(number, Column.PHONE, Wrong.NO_PHONE, text[:30])]
    if not phonenumbers.is_possible_number(found):
        return [Problem(number, Column.PHONE, Wrong.NO_PHONE, text[:30])]
    values[Column.PHONE] = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return []
