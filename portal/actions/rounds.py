"""What the worker's rounds share: each row has its own trouble, and that the round was done is written down.

/readyz and the staff page ask for when that was.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from portal.models import Round


def finish(*, now: datetime, name: str = "worker") -> None:
    """Note when a round was finished; the first one makes the row."""
    if Round.update(at=now).where(Round.name == name).execute():
        return
    Round.insert(name=name, at=now).on_conflict_ignore().execute()


def for_each(rows: Iterable[Any], deed: Callable[[Any], object]) -> int:
    """Do the deed with each row that is due; return with how many it could be done.

    One row in trouble holds up none of the others: its error is raised after them. All rows are read
    first: on SQLite nobody can write while still reading, once another has written meanwhile.
    """
    done = 0
    problem: Exception | None = None
    for row in list(rows):
        try:
            deed(row)
        except Exception as error:
            problem = problem or error
            continue
        done += 1
    if problem:
        raise problem
    return done
