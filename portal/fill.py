"""Bulk data for measuring: realistic customers, devices, cases, history and links, reproducible.

The rows are made in memory (fill_rows) and written in batches; the same seed and day give the
same rows.
"""

from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Any

from peewee import Model

from portal.fill_rows import Maker, next_id
from portal.models import Account, Case, Customer, Device, History, Salon, SubstituteLink, db
from portal.models.base import is_sqlite

BATCH = 400  # rows an INSERT carries: below both engines' limit of parameters


def fill(cases: int, *, now: datetime, seed: int = 2026) -> int:
    """Add `cases` cases with all that belongs to them; return how many rows were written."""
    maker = Maker(Random(f"{seed}:{next_id(Case)}"), now.replace(minute=0, second=0, microsecond=0), cases)  # noqa: S311
    written = 0
    with db.atomic():
        for table, rows in maker.tables():
            written += _insert(table, rows)
        _settle_sequences()
    db.execute_sql("ANALYZE")  # so that both engines choose their indexes knowing the sizes
    return written


def _insert(table: type[Model], rows: Iterable[dict[str, Any]]) -> int:
    batch: list[dict[str, Any]] = []
    written = 0
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            table.insert_many(batch).execute()
            written += len(batch)
            batch = []
    if batch:
        table.insert_many(batch).execute()
    return written + len(batch)


def _settle_sequences() -> None:
    """Let PostgreSQL go on counting after the ids that were given here."""
    if is_sqlite():
        return
    for table in (Customer, Salon, Account, Device, Case, SubstituteLink, History):
        name = table._meta.table_name
        db.execute_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), (SELECT max(id) FROM \"{name}\"))"
        )
