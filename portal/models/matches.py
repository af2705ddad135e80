"""Which customer may somebody be whom we do not know yet?  What speaks for each, for staff to judge."""

from dataclasses import dataclass
from enum import StrEnum

from portal.models.accounts import Account
from portal.models.base import searchable, starts_with
from portal.models.cases import Case
from portal.models.customers import Customer, Salon
from portal.models.devices import Device
from portal.models.emergencies import Emergency

AT_MOST = 6


class Sign(StrEnum):
    """What speaks for a customer; the strongest first."""

    REPORTED = "reported"  # reported from this mailbox, and staff matched the case to the customer
    HAD_ACCOUNT = "had_account"  # an account of the customer had this address and was closed
    NUMBER = "number"
    PHONE = "phone"
    NAME = "name"


@dataclass(frozen=True)
class Suggestion:
    """A customer, and what speaks for it."""

    customer: Customer
    signs: tuple[Sign, ...]


def suggestions(*, email: str, number: str, business: str, phone: str) -> list[Suggestion]:
    """Return the customers that may be meant, what most speaks for first; five indexed questions."""
    found: dict[int, tuple[Customer, list[Sign]]] = {}
    for sign, customers in (
        (Sign.REPORTED, _of_reports(_is_confirmed(email))),
        (Sign.HAD_ACCOUNT, _with_closed_account(email)),
        (Sign.NUMBER, numbered(number)),
        (Sign.PHONE, _with_phone(phone)),
        (Sign.NAME, _named(business)),
    ):
        for customer in customers:
            found.setdefault(customer.id, (customer, []))[1].append(sign)
    rows = [Suggestion(customer, tuple(signs)) for customer, signs in found.values()]
    return sorted(rows, key=lambda row: (-len(row.signs), list(Sign).index(row.signs[0])))[:AT_MOST]


def numbered(number: str) -> list[Customer]:
    """Return the customer with this number, however it is written; none that is locked (rule P3)."""
    spellings = sorted({number, number.upper(), number.lower()} - {""})
    return list(_open().where(Customer.number.in_(spellings)).limit(AT_MOST)) if spellings else []


def proven(email: str) -> list[Customer]:
    """Return the customers whose own server came here after a report from this very mailbox (rule P1a).

    The address was confirmed in its mailbox, staff matched the case, and the parcel arrived with a server
    that was the customer's before the report: words alone, a number from an invoice too, prove nothing.
    """
    came_in = Case.received_at.is_null(False) & Case.device.in_(_own_devices_from_before())
    return _of_reports(_is_confirmed(email) & came_in)


def _is_confirmed(email: str):
    is_matched = Emergency.matched_at.is_null(False) & Emergency.confirmed_at.is_null(False)
    return (Emergency.email == email) & (Emergency.email != "") & is_matched  # erased ones have none


def _own_devices_from_before():
    is_own = (Salon.customer == Case.customer) & (Device.created_at < Case.reported_at)
    return Device.select(Device.id).join(Salon).where(is_own)


def _of_reports(which) -> list[Customer]:
    ids = Case.select(Case.customer).join(Emergency, on=(Emergency.case == Case.id)).where(which)
    return list(_open().where(Customer.id.in_(ids)).limit(AT_MOST))


def _with_closed_account(email: str) -> list[Customer]:
    ids = Account.select(Account.customer).where(Account.email == email, Account.closed_at.is_null(False))
    return list(_open().where(Customer.id.in_(ids)).limit(AT_MOST))


def _with_phone(phone: str) -> list[Customer]:
    ids = Salon.select(Salon.customer).where(Salon.phone == phone)
    return list(_open().where(Customer.id.in_(ids)).limit(AT_MOST)) if phone else []


def _named(business: str) -> list[Customer]:
    prefix = searchable(business)
    if len(prefix) < 3:
        return []
    salons = Salon.select(Salon.customer).where(starts_with(Salon.search_name, prefix)).limit(AT_MOST)
    by_salon = list(_open().where(Customer.id.in_(salons)).limit(AT_MOST))
    by_name = list(_open().where(starts_with(Customer.search_name, prefix)).limit(AT_MOST))
    return by_name + [customer for customer in by_salon if customer not in by_name]


def _open():
    return Customer.select().where(Customer.locked_at.is_null())
