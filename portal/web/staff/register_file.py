"""Read the customers' list as spreadsheets save it: commas or semicolons, in one encoding or another."""

import csv
from collections.abc import Iterator
from io import StringIO

import phonenumbers

from portal.rules.register import Column, Line, Problem, Wrong, columns_of, read_line, unshielded

MOST_LINES = 50_000
MOST_BYTES = 20 * 1024 * 1024


class NotAList(ValueError):
    """The file is no text with columns."""


class TooLong(ValueError):
    """The list has more lines than are taken at once."""


def read(content: bytes) -> tuple[list[Line], list[Problem]]:
    """Return the lines that were understood, and everything that is wrong with the others.

    Raises NotAList, TooLong, and rules.register.NoHeader.
    """
    rows = _rows(_text(content))
    columns = columns_of(next(rows, (0, []))[1])
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
        found = read_line(number, values)
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
    first = text.lstrip("\ufeff \t\r\n").partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(";,\t", key=first.count))
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise NotAList from error


def _phone(number: int, values: dict[Column, str]) -> list[Problem]:
    """Bring the phone number into the form in which it is kept; return what is wrong with it."""
    text = values.get(Column.PHONE, "").strip()
    if not text:
        return []
    try:
        found = phonenumbers.parse(text, "DE")
    except phonenumbers.NumberParseException:
        return [Problem(number, Column.PHONE, Wrong.NO_PHONE, text[:30])]
    if not phonenumbers.is_possible_number(found):
        return [Problem(number, Column.PHONE, Wrong.NO_PHONE, text[:30])]
    values[Column.PHONE] = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return []
