"""Which customers may it be who reported without an account?  What speaks for each, for staff (rule P1a)."""

from dataclasses import dataclass

from portal.models import matches
from portal.models.accounts import Account
from portal.models.cases import Case
from portal.models.customers import Customer, Salon
from portal.models.emergencies import Emergency
from portal.models.matches import Sign


@dataclass(frozen=True)
class Likely:
    """A customer, the signs there are, and what only a report can show."""

    customer: Customer
    signs: tuple[Sign, ...] = ()
    has_account: bool = False  # somebody signs in with this e-mail address
    is_near: bool = False  # a salon with the postal code of the report


def customers_for(case: Case, emergency: Emergency | None) -> list[Likely]:
    """Return the customers that the report may come from, what most speaks for first."""
    email = emergency.email if emergency else ""
    number = emergency.customer_number.replace(" ", "") if emergency else ""
    known = matches.suggestions(
        email=email, number=number, business=case.return_name, phone=case.contact_phone
    )
    signs = {one.customer.id: one.signs for one in known}
    customers = {one.customer.id: one.customer for one in known}
    owner = _with_account(email)
    if owner is not None:
        customers.setdefault(owner.id, owner)
    near, by_email = _near(case, list(customers)), owner.id if owner else None
    found = [
        Likely(one, signs.get(one.id, ()), has_account=one.id == by_email, is_near=one.id in near)
        for one in customers.values()
    ]
    return sorted(found, key=lambda one: -(2 * len(one.signs) + 3 * one.has_account + one.is_near))


def _with_account(email: str) -> Customer | None:
    account = Account.get_or_none(Account.email == email, Account.closed_at.is_null()) if email else None
    return account.customer if account else None


def _near(case: Case, customers: list[int]) -> set[int]:
    here = (Salon.postal_code == case.return_postal_code) & Salon.customer.in_(customers)
    found = Salon.select(Salon.customer).where(here) if case.return_postal_code and customers else ()
    return {salon.customer_id for salon in found}
