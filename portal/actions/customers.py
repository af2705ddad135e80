"""Keep customers, salons and devices."""

from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from portal.actions import history
from portal.models import Account, Customer, Device, Salon
from portal.models.base import BaseModel, searchable, transaction


class NumberTaken(ValueError):
    """Another customer has this number, or another device this serial."""


def add(number: str, name: str, *, now: datetime, by: Account | None = None) -> Customer:
    """Add a customer under its customer number. Raises NumberTaken."""
    columns = {"number": number, "name": name, "search_name": search_name(name), "created_at": now}
    return _added(Customer, "add_customer", columns, by=by, now=now)


def add_salon(
    customer: Customer, name: str, *, by: Account | None = None, now: datetime | None = None, **address: Any
) -> Salon:
    """Add a salon; `address` has street, postal_code, city, country and phone (E.164)."""
    columns = {"customer": customer, "name": name, "search_name": search_name(name), **address}
    return _added(Salon, "add_salon", columns, by=by, now=now)


def add_device(salon: Salon, *, now: datetime, by: Account | None = None, **facts: Any) -> Device:
    """Add a device to a salon; what is not given is not known. Raises NumberTaken for a known serial."""
    return _added(Device, "add_device", {"salon": salon, "created_at": now, **facts}, by=by, now=now)


def _added(
    table: type[BaseModel], what: str, columns: dict[str, Any], *, by: Account | None, now: datetime | None
) -> Any:
    """Make the row; where a person did it, that is history."""
    with transaction():
        try:
            with transaction():  # on its own: a refused insert must not spoil what is around it
                row = table.create(**columns)
        except IntegrityError as error:
            raise NumberTaken from error
        if by is not None and now is not None:
            history.record(_owner_of(row), what, by=by, at=now, row=row.get_id(), **_told(columns))
    return row


def change(row: Customer | Salon | Device, values: dict[str, Any], *, by: Account, now: datetime) -> None:
    """Change what is known of a customer, a salon or a device; old and new stand in the history.

    Nothing is written where nothing is different. Raises NumberTaken.
    """
    if "name" in values and not isinstance(row, Device):
        values = {**values, "search_name": search_name(values["name"])}
    before = {name: getattr(row, name) for name in values}
    different = {name: value for name, value in values.items() if before[name] != value}
    if not different:
        return
    for name, value in different.items():
        setattr(row, name, value)
    with transaction():
        try:
            with transaction():
                row.save()
        except IntegrityError as error:
            raise NumberTaken from error
        kind = type(row)._meta.table_name
        old, new = _told({name: before[name] for name in different}), _told(different)
        history.record(_owner_of(row), f"change_{kind}", by=by, at=now, row=row.id, old=old, new=new)


def _owner_of(row: Any) -> Customer:
    """Return the customer a row belongs to: there its history is looked for."""
    if isinstance(row, Customer):
        return row
    return row.customer if isinstance(row, Salon) else row.salon.customer


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    """Return values as the history keeps them: plain, without what is only there for searching."""
    plain: dict[str, Any] = {}
    for name, value in columns.items():
        if name in ("search_name", "created_at"):
            continue
        if isinstance(value, BaseModel):
            value = value.get_id()
        plain[name] = value.isoformat() if isinstance(value, date) else value
    return plain


def search_name(name: str) -> str:
    """Return the name for searching; folding the case makes some names longer ("ß" → "ss")."""
    return searchable(name)[: Customer.search_name.max_length]
