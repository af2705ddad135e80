"""The register of customers for staff: lists by name, and what belongs to one customer."""

from typing import Any

from peewee import Tuple, fn

from portal.models.accounts import Account
from portal.models.base import searchable, starts_with
from portal.models.cases import Case
from portal.models.customers import Customer, Salon
from portal.models.devices import Device
from portal.models.registrations import has_come_in
from portal.models.second_factor import Authenticator, Passkey

PAGE = 50


def customers_by_name(after: str = "") -> list[Customer]:
    """Return a page of customers by name and one more; `after` is the key of the last one before."""
    found = _open().order_by(Customer.search_name, Customer.id).limit(PAGE + 1)
    number, _, name = after.partition(":")
    if number.isdigit() and len(number) < 10:
        found = found.where(Tuple(Customer.search_name, Customer.id) > Tuple(name, int(number)))
    return list(found)


def key_of(customer: Customer) -> str:
    """Return where the next page begins after this customer."""
    return f"{customer.id}:{customer.search_name}"


def customers_like(text: str) -> list[Customer]:
    """Return the customers whose number is this, or whose name begins so."""
    exact = list(_open().where(Customer.number == text))
    by_name = _open().where(starts_with(Customer.search_name, searchable(text)))
    return exact or list(by_name.order_by(Customer.search_name, Customer.id).limit(PAGE))


def _open():
    """Select the customers that are not locked (rule P3)."""
    return Customer.select().where(Customer.locked_at.is_null())


def salons_with_devices(customer: Customer) -> list[tuple[Salon, list[Device]]]:
    """Return the customer's salons, each with its devices; two questions."""
    devices: dict[int, list[Device]] = {}
    for device in Device.of(customer):
        devices.setdefault(device.salon_id, []).append(device)
    return [(salon, devices.get(salon.id, [])) for salon in Salon.of(customer)]


def people_of(customer: Customer):
    """Select the customer's people, closed accounts last; each knows whether it `has_come_in`."""
    return (
        Account.select(Account, has_come_in().alias("has_come_in"))
        .where(Account.customer == customer)
        .order_by(Account.closed_at.is_null(False), Account.name, Account.id)
    )


def team():
    """Select the staff, closed accounts last; each knows if it `has_come_in`, `has_app`, `has_passkey`."""
    app = Authenticator.select(Authenticator.id).where(
        Authenticator.account == Account.id, Authenticator.confirmed_at.is_null(False)
    )
    passkey = Passkey.select(Passkey.id).where(Passkey.account == Account.id)
    return (
        Account.select(
            Account,
            has_come_in().alias("has_come_in"),
            fn.EXISTS(app).alias("has_app"),
            fn.EXISTS(passkey).alias("has_passkey"),
        )
        .where(Account.customer.is_null())
        .order_by(Account.closed_at.is_null(False), Account.name, Account.id)
    )


def all_cases(staff: Account, customer: Customer) -> list[Case]:
    """Return all the customer's cases that this person may see, newest first."""
    found: Any = Case.visible_to(staff)
    return list(found.where(Case.customer == customer).order_by(Case.id.desc()))


def newest_cases(staff: Account, customer: Customer, limit: int = 10) -> list[Case]:
    """Return the customer's newest cases."""
    found: Any = Case.visible_to(staff)
    return list(found.where(Case.customer == customer).order_by(Case.id.desc()).limit(limit))
