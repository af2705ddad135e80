"""Keep customers, salons and devices."""

from datetime import datetime
from typing import Any

from portal.models import Customer, Device, Salon
from portal.models.base import searchable


def add(number: str, name: str, *, now: datetime) -> Customer:
    """Add a customer under its customer number."""
    return Customer.create(number=number, name=name, search_name=_search_name(name), created_at=now)


def add_salon(customer: Customer, name: str, **address: Any) -> Salon:
    """Add a salon; `address` has street, postal_code, city, country and phone (E.164)."""
    return Salon.create(customer=customer, name=name, search_name=_search_name(name), **address)


def add_device(salon: Salon, *, now: datetime, **facts: Any) -> Device:
    """Add a device to a salon; what is not given is not known."""
    return Device.create(salon=salon, created_at=now, **facts)


def _search_name(name: str) -> str:
    """Return the name for searching; folding the case makes some names longer ("ß" → "ss")."""
    return searchable(name)[: Customer.search_name.max_length]
