"""The database: one proxy for SQLite and PostgreSQL, and the fields all tables share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from peewee import Database, DatabaseProxy, Expression, Field, Model, SqliteDatabase
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

db = DatabaseProxy()

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",  # the last commit survives a power cut
    "foreign_keys": 1,
    "cache_size": -32_000,
    "busy_timeout": 10_000,
    "recursive_triggers": 1,  # or INSERT OR REPLACE deletes a row past the triggers that forbid it
}


def connect(url: str, *, pool: int = 32) -> Database:
    """Open the database of `url` and make it the one all models use.

    `sqlite:///relative/or//absolute/path` or `postgresql://user:password@host:port/name`.
    Raises ValueError for any other address.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        opened = _sqlite(parts.path[1:], pool)
    elif parts.scheme in ("postgresql", "postgres"):
        opened = _postgresql(url, pool)
    else:
        raise ValueError(f"no database address: {parts.scheme or url!r}")
    db.initialize(opened)
    return opened


def _sqlite(path: str, pool: int) -> Database:
    if not path:
        raise ValueError("a SQLite address needs a file: sqlite:///var/portal.sqlite3")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return PooledSqliteDatabase(
        path,
        max_connections=pool,
        pragmas=SQLITE_PRAGMAS,
        timeout=10,
        lock_type="IMMEDIATE",  # or two writers meet in the middle: "database is locked"
        returning_clause=True,
        field_types={"INSTANT": "TEXT"},
        check_same_thread=False,
    )


def _postgresql(url: str, pool: int) -> Database:
    return PooledPostgresqlDatabase(
        url,  # libpq reads the address itself, quoted passwords and socket folders included
        max_connections=pool,
        stale_timeout=300,
        timeout=10,
        prefer_psycopg3=True,
        field_types={"INSTANT": "TIMESTAMPTZ"},
    )


def is_sqlite() -> bool:
    """Tell whether the portal runs on SQLite; the few engine-specific lines ask here."""
    return isinstance(db.obj, SqliteDatabase)


class _Deed(threading.local):
    """What is still to be done before the deed of this thread commits; None outside of one."""

    last: dict[Callable[[list[int]], None], list[int]] | None = None


_deed = _Deed()


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block as one deed: everything in it happens, or nothing.

    One within another is a part of it: what `before_commit` was told is done at the end of the outermost.
    """
    if _deed.last is not None:
        with db.atomic():
            yield
        return
    _deed.last = {}
    try:
        with db.atomic():
            yield
            for finish, ids in _deed.last.items():
                finish(ids)
    finally:
        _deed.last = None


def joined() -> AbstractContextManager[None]:
    """Return the present deed, or one of its own: for what is never undone without the rest."""
    return transaction() if _deed.last is None else nullcontext()


def before_commit(finish: Callable[[list[int]], None], row: int) -> None:
    """Have `finish` called with the ids of all such rows, as the last thing the present deed does.

    A row whose part of the deed was undone is among them. Raises RuntimeError outside of a transaction.
    """
    if _deed.last is None:
        raise RuntimeError("there is no deed that could commit")
    _deed.last.setdefault(finish, []).append(row)


class InstantField(Field):
    """A moment, stored in UTC in one spelling, so that text order is time order.

    Raises ValueError when a naive datetime is to be stored.
    """

    field_type = "INSTANT"

    def db_value(self, value: datetime | None) -> str | None:
        """Return the one spelling of the moment both engines understand."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{self.name} needs a moment with a time zone, got {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def python_value(self, value: str | datetime | None) -> datetime | None:
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        return value.astimezone(UTC)


class BaseModel(Model):
    """What all tables share: the database, and that only changed columns are written."""

    class Meta:
        database = db
        only_save_dirty = True  # or a stale object undoes another request
        legacy_table_names = False


def searchable(text: str) -> str:
    """Return `text` as it is stored for searching: one case, single blanks."""
    return " ".join(text.casefold().split())


def starts_with(column: Field, prefix: str) -> Expression | Any:
    """Return the condition that `column` begins with `prefix`, in a form that uses its index."""
    if is_sqlite():
        return (column >= prefix) & (column < prefix + "\U0010ffff")
    return Expression(column, "LIKE", _escaped(prefix) + "%")


def _escaped(prefix: str) -> str:
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
