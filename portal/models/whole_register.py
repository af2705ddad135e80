"""The whole register, line by line as the customers' list has it: for who takes it elsewhere."""

from collections.abc import Iterator
from typing import Any

from peewee import JOIN, fn

from portal.models.customers import Customer, Salon
from portal.models.devices import Device
from portal.rules.register import Column

PIECE = 500  # customers at a time


def lines() -> Iterator[dict[Column, Any]]:
    """Yield a line for each device, and one for each salon without; who is locked is left out (rule P3)."""
    last = 0
    while True:
        chosen = Customer.select(Customer.id).where(Customer.id > last).order_by(Customer.id).limit(PIECE)
        ids = [customer.id for customer in chosen]
        if not ids:
            return
        rows = (
            Salon.select(Salon, Customer, Device)
            .join(Customer)
            .switch(Salon)
            .join(Device, JOIN.LEFT_OUTER, attr="kept")
            .where(Salon.customer.in_(ids), Customer.locked_at.is_null())
            .order_by(Customer.id, Salon.id, Device.id)
        )
        yield from (_line(salon) for salon in rows)
        last = ids[-1]


def without_salon() -> int:
    """Return how many customers have no salon: a line of the list cannot say them."""
    is_open = Customer.locked_at.is_null()
    with_one = Salon.select(fn.COUNT(fn.DISTINCT(Salon.customer))).join(Customer).where(is_open).scalar()
    return Customer.select().where(is_open).count() - with_one


def _line(salon: Salon) -> dict[Column, Any]:
    device: Any = getattr(salon, "kept", None)
    said = {
        Column.CUSTOMER_NUMBER: salon.customer.number,
        Column.CUSTOMER_NAME: salon.customer.name,
        Column.SALON_NAME: salon.name,
        **{
            column: getattr(salon, column)
            for column in (Column.STREET, Column.POSTAL_CODE, Column.CITY, Column.COUNTRY, Column.PHONE)
        },
    }
    if device is None or device.id is None:
        return said
    facts = ("purchased_on", "delivered_on", "origin", "tse_in_server", "backup_booked")
    return said | {
        Column.SERIAL: device.serial,
        Column.DEVICE_NAME: device.name,
        **{Column(name): getattr(device, name) for name in facts},
    }
