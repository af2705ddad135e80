"""What do the lines of one list say about each other?  Two that contradict each other cannot both be taken.

Otherwise the last one would win, and the same list a second time would change it all over again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from portal.models.base import searchable
from portal.rules.register import ADDRESS, Column, Line, Problem, Wrong

_OF_SALON = tuple(column.value for column in (*ADDRESS, Column.COUNTRY, Column.PHONE))
Heard = dict[str, tuple[str, int]]
"""What was said by which line."""


def salon_key(line: Line) -> tuple[str, str]:
    """Return by what the lines about one salon belong together."""
    return line.customer_number, searchable(line.salon_name)


def agreed(lines: Iterable[Line]) -> tuple[list[Line], list[Problem]]:
    """Return the lines that agree with those before them, and what is wrong with the others.

    What one line tells about a salon, every line about it tells then: the address need stand there only once.
    """
    serials: set[str] = set()
    customers: dict[str, Heard] = {}
    salons: dict[tuple[str, str], Heard] = {}
    kept: list[Line] = []
    problems: list[Problem] = []
    for line in lines:
        customer = customers.setdefault(line.customer_number, {})
        salon = salons.setdefault(salon_key(line), {})
        if line.serial and searchable(line.serial) in serials:
            problems.append(Problem(line.line, None, Wrong.TWICE, line.serial))
        elif earlier := _otherwise(line, customer, ("customer_name",)):
            problems.append(Problem(line.line, None, Wrong.OTHER_CUSTOMER, str(earlier)))
        elif earlier := _otherwise(line, salon, _OF_SALON):
            problems.append(Problem(line.line, None, Wrong.OTHER_SALON, str(earlier)))
        else:
            kept.append(line)
            _hear(line, customer, ("customer_name",))
            _hear(line, salon, _OF_SALON)
        serials.add(searchable(line.serial))
    return [_completed(line, salons[salon_key(line)]) for line in kept], problems


def _otherwise(line: Line, heard: Heard, names: Sequence[str]) -> int | None:
    """Return the earlier line that says something else."""
    for name in names:
        said = getattr(line, name)
        if said and name in heard and heard[name][0] != said:
            return heard[name][1]
    return None


def _hear(line: Line, heard: Heard, names: Sequence[str]) -> None:
    for name in names:
        if said := getattr(line, name):
            heard.setdefault(name, (said, line.line))


def _completed(line: Line, heard: Heard) -> Line:
    missing: dict[str, Any] = {name: said for name, (said, _from) in heard.items() if not getattr(line, name)}
    return replace(line, **missing) if missing else line
