"""How many questions does a page ask the database?  Counted where peewee sends them, on either engine."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

READING = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class Queries(logging.Handler):
    """Collects the statements that peewee sends; `len(queries)` counts them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one statement; opening and closing transactions and pragmas are not questions."""
        message = record.msg[0] if isinstance(record.msg, tuple) else str(record.msg)
        if message.lstrip().upper().startswith(READING):
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
        yield queries
    finally:
        log.removeHandler(queries)
        log.setLevel(level)
