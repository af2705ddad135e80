"""Bulk data for measuring: realistic customers, devices, cases, history and links, reproducible.

The rows are made in memory (fill_rows and its neighbours) and written in batches; the same seed and day
give the same rows.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime
from itertools import chain, islice
from random import Random
from typing import Any

from peewee import Field, JSONField, Model

from portal.fill_rows import Maker, next_id
from portal.models import Account, Appointment, Case, Consent, Customer, Device, Salon, SubstituteLink, db
from portal.models.base import is_sqlite

BATCH = 2_000  # rows in memory at a time
WITH_IDS = (Customer, Salon, Account, Device, Case, SubstituteLink, Consent, Appointment)
"""The tables whose ids are given here."""


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
    """Write the rows with one prepared statement; building SQL for each batch takes ten times as long."""
    source = iter(rows)
    first = next(source, None)
    if first is None:
        return 0
    fields = [
        field for field in table._meta.sorted_fields if field.name in first or field.default is not None
    ]
    mark = "?" if is_sqlite() else "%s"
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    statement = (
        f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({", ".join([mark] * len(fields))})'
    )
    written = 0
    remaining = chain([first], source)
    while batch := [[_stored(field, row) for field in fields] for row in islice(remaining, BATCH)]:
        db.cursor().executemany(statement, batch)
        written += len(batch)
    return written


def _stored(field: Field, row: dict[str, Any]) -> Any:
    """Return a row's value, or the field's default, in the spelling both engines take."""
    value = row.get(field.name)
    if value is None and field.name not in row:
        value = field.default() if callable(field.default) else field.default
    if isinstance(field, JSONField):
        return json.dumps(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return field.db_value(value)


def _settle_sequences() -> None:
    """Let PostgreSQL go on counting after the ids that were given here."""
    if is_sqlite():
        return
    for table in WITH_IDS:
        name = table._meta.table_name
        db.execute_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), (SELECT max(id) FROM \"{name}\"))"
        )
