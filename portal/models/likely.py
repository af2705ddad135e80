"""Which customers may it be who reported without an account?  For staff, with the reasons (rule P1a)."""

from dataclasses import dataclass, field

from portal.models.accounts import Account
from portal.models.base import searchable, starts_with
from portal.models.cases import Case
from portal.models.customers import Customer, Salon
from portal.models.emergencies import Emergency
from portal.rules.emergencies import Fit, weight

AT_MOST = 5
_OF_A_KIND = 20
_SHORTEST_NAME = 4


@dataclass
class Likely:
    """A customer and what speaks for it."""

    customer: Customer
    fits: set[Fit] = field(default_factory=set)


def customers_for(case: Case, emergency: Emergency | None) -> list[Likely]:
    """Return the customers that the report may come from, the likeliest first."""
    found: dict[int, Likely] = {}
    for fit, customers in _by_fit(case, emergency):
        for customer in customers:
            found.setdefault(customer.id, Likely(customer)).fits.add(fit)
    for salon in Salon.select().where(Salon.customer.in_(list(found))):
        if case.return_postal_code and salon.postal_code == case.return_postal_code:
            found[salon.customer_id].fits.add(Fit.PLACE)
    by_weight = sorted(found.values(), key=lambda one: (-weight(one.fits), one.customer.id))
    return by_weight[:AT_MOST]


def _by_fit(case: Case, emergency: Emergency | None):
    if emergency and emergency.customer_number:
        typed = emergency.customer_number.replace(" ", "")
        same = Customer.number.in_([emergency.customer_number, typed, typed.upper()])
        yield Fit.NUMBER, Customer.select().where(same)
    if emergency:
        people = Account.select(Account.customer).where(Account.email == emergency.email)
        yield Fit.EMAIL, Customer.select().where(Customer.id.in_(people))
    yield Fit.PHONE, _with_phone(case)
    name = searchable(case.return_name)
    if len(name) >= _SHORTEST_NAME:
        salons = Salon.select(Salon.customer).where(starts_with(Salon.search_name, name)).limit(_OF_A_KIND)
        yield Fit.NAME, Customer.select().where(Customer.id.in_([one.customer_id for one in salons]))
        named = Customer.select().where(starts_with(Customer.search_name, name))
        yield Fit.NAME, named.limit(_OF_A_KIND)


def _with_phone(case: Case):
    """Select who has this phone: in a salon, or in a report before."""
    salons = Salon.select(Salon.customer).where(Salon.phone == case.contact_phone).limit(_OF_A_KIND)
    earlier = Case.select(Case.customer).where(
        Case.contact_phone == case.contact_phone, Case.customer.is_null(False)
    )
    ids = {row.customer_id for row in [*salons, *earlier.order_by(Case.id.desc()).limit(_OF_A_KIND)]}
    return Customer.select().where(Customer.id.in_(list(ids)))
