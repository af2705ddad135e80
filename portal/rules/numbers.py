"""How is a case number made, written and read back?  Rules C2, C2a.

A number is one fixed letter, two digits of the year, six of a serial number and a Damm check digit:
`R260042174`, shown as `R26-004-217-4`. After the letter there are digits only, because the number is read
out on the phone and typed on a number pad.
"""

import unicodedata

from stdnum import damm

LETTER = "R"
FIRST_YEAR = 2000
LAST_YEAR = 2099
LAST_SERIAL = 999_999

_LENGTH = 10
_DIGITS = frozenset("0123456789")
_LAYOUT_CHARACTERS = frozenset("\u00ad\u200b\u2043\u2060\u2212\ufeff")


def make(year: int, serial: int) -> str:
    """Return the canonical number of the `serial`-th case of a year (rule C2).

    ValueError outside the years 2000 to 2099 and the serials 1 to 999,999.
    """
    if year not in range(FIRST_YEAR, LAST_YEAR + 1):
        raise ValueError(f"no case numbers for the year {year}")
    if serial not in range(1, LAST_SERIAL + 1):
        raise ValueError(f"no case number with the serial {serial}")
    digits = f"{year % 100:02d}{serial:06d}"
    return f"{LETTER}{digits}{damm.calc_check_digit(digits)}"


def parse(text: str) -> str:
    """Return the canonical number that somebody typed, scanned or pasted (rule C2).

    Forgives case, blanks and dashes of every kind. ValueError for anything else; among that every single
    mistyped character and every swap of two neighbours.
    """
    number = compact(text)
    digits = number[1:]
    if len(number) != _LENGTH or number[0] not in (LETTER, LETTER.lower()) or not _DIGITS.issuperset(digits):
        raise ValueError("not a case number")
    if not damm.is_valid(digits) or int(digits[2:8]) == 0:
        raise ValueError("mistyped case number")
    return LETTER + digits


def group(number: str) -> str:
    """Return the number in the groups in which it is shown and read out: `R26-004-217-4` (rule C2a).

    ValueError if it is not a case number.
    """
    canonical = parse(number)
    return f"{canonical[:3]}-{canonical[3:6]}-{canonical[6:9]}-{canonical[9]}"


def compact(text: str) -> str:
    """Return the text without what only lays it out: blanks, dashes and invisible joints of every kind."""
    return "".join(character for character in text if not _is_layout(character))


def _is_layout(character: str) -> bool:
    return character.isspace() or character in _LAYOUT_CHARACTERS or unicodedata.category(character) == "Pd"
