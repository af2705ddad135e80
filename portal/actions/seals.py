"""Seal what was written into the history, so that nobody can change or remove it unnoticed (rule S).

A deed seals its own rows as the last thing before it commits. The chain has one end: who seals waits for
who is sealing, and holds everything else already, so that two never wait for each other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from portal.actions import rounds
from portal.models import Round, Seal
from portal.models.base import db, is_sqlite, transaction
from portal.rules import seals

PIECE = 1_000
PIECES = 20  # how many one round does, before the others' turn
EVERY = timedelta(minutes=10)  # between two looks at whether anything is unsealed: a look reads it all
TOLD_EVERY = timedelta(days=1)
LOCK = 7042


def seal(ids: Iterable[int]) -> None:
    """Seal rows of the history in their order, inside the caller's transaction; what is sealed stays."""
    _wait_for_my_turn()
    entries = Seal.entries(set(ids))
    before, made = Seal.head(), []
    for entry in entries:
        content = seals.content_of(entry)
        before = seals.digest_of(before, entry, content)
        made.append((entry.id, content, before))
    if made:
        Seal.add(made)


def _wait_for_my_turn() -> None:
    """Be the only one who seals until the transaction ends; on SQLite only one writes at a time anyway."""
    if not is_sqlite():
        db.execute_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def seal_due(*, now: datetime) -> int:
    """Seal what came past the deeds: bulk data, and rows of before there were seals; the worker calls it.

    Looks every ten minutes, and goes on in the next round while there is more. Returns how many.
    """
    last = Round.last_at("seals")
    if last is not None and timedelta() <= now - last < EVERY:
        return 0
    sealed = seal_pending(pieces=PIECES)
    if sealed < PIECE * PIECES:
        rounds.finish(now=now, name="seals")
    return sealed


def seal_pending(*, pieces: int | None = None) -> int:
    """Seal rows that have none, in pieces of their own; returns how many."""
    sealed = after = 0
    while pieces is None or pieces > 0:
        ids = Seal.unsealed(after, PIECE)
        if not ids:
            break
        with transaction():
            seal(ids)
        sealed, after = sealed + len(ids), ids[-1]
        pieces = None if pieces is None else pieces - 1
    return sealed


def head_due(*, now: datetime) -> Seal | None:
    """Return the end of the chain once a day, to be written down where the database's master cannot reach."""
    last = Round.last_at("end of history")
    if last is not None and timedelta() <= now - last < TOLD_EVERY:
        return None
    rounds.finish(now=now, name="end of history")
    return Seal.newest()
