"""The chain over the history: a row that was taken away or changed breaks it (rule S)."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from peewee import JOIN, CharField, Field, ForeignKeyField, fn

from portal.models.base import BaseModel, is_sqlite
from portal.models.history import History
from portal.rules.seals import START, Entry, Link


def _as_it_is(column: Field) -> Any:
    """Select what stands in the column, unread: what was forged may be no moment and no JSON."""
    return fn.COALESCE(column, None).coerce(False)


_COLUMNS = (
    History.id, _as_it_is(History.at), History.account, History.case, History.link, History.what,
    History.source, History.target, History.about, History.why, _as_it_is(History.facts),
    History.address, _as_it_is(History.erased_at),
)  # fmt: skip


class Seal(BaseModel):
    """One link of the chain. Its order is that of the ids; triggers keep it for good.

    `content` is the digest of what the row says, `digest` that of the seal before, the row's own columns
    and `content`. So the words of a row can be erased when their time is over (P3), and nothing else.
    """

    history = ForeignKeyField(History, unique=True, on_delete="RESTRICT")
    content = CharField(max_length=64)
    digest = CharField(max_length=64)

    @classmethod
    def newest(cls) -> "Seal | None":
        """Return the last seal of the chain: its digest stands for everything before it."""
        return cls.select().order_by(cls.id.desc()).first()

    @classmethod
    def head(cls) -> str:
        """Return the digest that the next seal goes on from."""
        last = cls.newest()
        return last.digest if last else START

    @classmethod
    def add(cls, made: list[tuple[int, str, str]]) -> None:
        """Add seals (row, content, digest) in this order; one prepared statement, for there may be many."""
        mark = "?" if is_sqlite() else "%s"
        statement = f"INSERT INTO seal (history_id, content, digest) VALUES ({mark}, {mark}, {mark})"
        cls._meta.database.cursor().executemany(statement, made)

    @classmethod
    def links(cls, piece: int = 5_000) -> Iterator[list[Link]]:
        """Yield the chain in pieces, each seal beside its row; in all as many questions as pieces."""
        last = 0
        while True:
            rows: Any = (
                cls.select(cls.id, cls.history, cls.content, cls.digest, *_COLUMNS)
                .join(History, JOIN.LEFT_OUTER)
                .where(cls.id > last)
                .order_by(cls.id)
                .limit(piece)
                .tuples()
            )
            found = [Link._make((*row[:4], _entry(row[4:]))) for row in rows]
            if not found:
                return
            yield found
            last = found[-1].number

    @classmethod
    def entries(cls, ids: Iterable[int]) -> list[Entry]:
        """Return those of these rows of the history that are there and not sealed, in order."""
        rows = cls._unsealed().where(History.id.in_(list(ids))).order_by(History.id)
        return [entry for row in rows.tuples() if (entry := _entry(row))]

    @classmethod
    def unsealed(cls, after: int, limit: int) -> list[int]:
        """Return the ids of rows without a seal, beyond `after`."""
        rows: Any = cls._unsealed(History.id).where(History.id > after)
        return [row[0] for row in rows.order_by(History.id).limit(limit).tuples()]

    @classmethod
    def unsealed_before(cls, moment: datetime) -> tuple[int, int]:
        """Return how many rows of before this moment have no seal, and the first one's id."""
        found = cls._unsealed(fn.COUNT(History.id), fn.MIN(History.id)).where(History.at < moment)
        return found.scalar(as_tuple=True)

    @classmethod
    def has(cls, number: int, digest: str) -> bool:
        """Tell whether this seal is in the chain; the beginning of its digest will do."""
        seal = cls.get_or_none(cls.id == number)
        return seal is not None and seal.digest.startswith(digest)

    @classmethod
    def digests_of(cls, rows: Iterable[History]) -> dict[int, str]:
        """Return the digests of these rows' seals by the row's id."""
        chosen: Any = cls.select(cls.history, cls.digest).where(cls.history.in_([row.id for row in rows]))
        return dict(chosen.tuples())

    @classmethod
    def _unsealed(cls, *columns: Any) -> Any:
        return History.select(*(columns or _COLUMNS)).left_outer_join(cls).where(cls.id.is_null())


def _entry(row: tuple[Any, ...]) -> Entry | None:
    """Return the row as it stands; what is no moment or no JSON any more is left as it is: it was forged."""
    if row[0] is None:
        return None
    at, facts = row[1], row[10]
    if isinstance(at, datetime):
        at = History.at.db_value(at)
    with suppress(ValueError, TypeError):
        facts = json.loads(facts) if isinstance(facts, str) else facts
    return Entry._make((row[0], at, *row[2:10], facts, row[11], row[12] is not None))
