"""Many rows at once, by one prepared statement: building SQL for each batch takes several times as long."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from peewee import Field, JSONField, Model

from portal.models.base import db, is_sqlite


def insert(table: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows that all name the same fields; what they leave out has its default."""
    if not rows:
        return
    fields = [
        field for field in table._meta.sorted_fields if field.name in rows[0] or field.default is not None
    ]
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    marks = ", ".join([_mark()] * len(fields))
    statement = f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({marks})'
    db.cursor().executemany(statement, [[_stored(field, row) for field in fields] for row in rows])


def update(table: type[Model], changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Change rows by their id, each in fields of its own; those that change the same go together."""
    alike: dict[tuple[str, ...], list[list[Any]]] = {}
    for number, values in changes:
        fields = [table._meta.fields[name] for name in sorted(values)]
        stored = [_stored(field, values) for field in fields]
        alike.setdefault(tuple(field.column_name for field in fields), []).append([*stored, number])
    for columns, rows in alike.items():
        assigned = ", ".join(f'"{column}" = {_mark()}' for column in columns)
        db.cursor().executemany(
            f'UPDATE "{table._meta.table_name}" SET {assigned} WHERE id = {_mark()}', rows
        )


def _mark() -> str:
    return "?" if is_sqlite() else "%s"


def _stored(field: Field, row: Mapping[str, Any]) -> Any:
    """Return a row's value, or the field's default, as both engines take it."""
    value = row.get(field.name, field.default)
    value = value() if callable(value) else value
    if isinstance(field, JSONField):
        raise TypeError(f"{field.name} is no plain column")
    return field.db_value(value)
