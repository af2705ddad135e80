"""How many questions does a page ask the database?  Counted where peewee sends them, on either engine.

What is written once the page is out (portal.web.looking) is not counted: nobody waits for it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import request_started, request_tearing_down

READING = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class Queries(logging.Handler):
    """Collects the statements that peewee sends; `len(queries)` counts them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: list[str] = []
        self.is_out = False

    def begin(self, *_sender: object, **_values: object) -> None:
        """Count again: the next page is asked for."""
        self.is_out = False

    def end(self, *_sender: object, **_values: object) -> None:
        """Count no more until the next page."""
        self.is_out = True

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one statement; opening and closing transactions and pragmas are not questions."""
        message = record.msg[0] if isinstance(record.msg, tuple) else str(record.msg)
        if not self.is_out and message.lstrip().upper().startswith(READING):
            self.statements.append(message)

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n".join(self.statements)


@contextmanager
def counted() -> Iterator[Queries]:
    """Count the statements sent within the block."""
    log, queries = logging.getLogger("peewee"), Queries()
    level = log.level
    log.addHandler(queries)
    log.setLevel(logging.DEBUG)
    try:
        with request_started.connected_to(queries.begin), request_tearing_down.connected_to(queries.end):
            yield queries
    finally:
        log.removeHandler(queries)
        log.setLevel(level)
