"""What tests about coming in need: somebody who registers, and somebody whom we know from a parcel."""

from datetime import datetime, timedelta

from portal.actions import cases, registrations
from portal.models import Case, Customer, Emergency, Registration
from tests import builders
from tests.builders import NOW

ADA = "ada@haarwerk.example"


def register(email: str = ADA, number: str = "K1", now: datetime = NOW, **said: str) -> Registration | None:
    """Register, let the worker look it up, and return the row that is left of it, if one is."""
    given = {"business": "Haarwerk", "phone": "+49220212345", "language": "de", "address": "", **said}
    registrations.ask(email, given.pop("name", "Ada Muster"), customer_number=number, now=now, **given)
    asked = Registration.select().order_by(Registration.id.desc()).get()
    registrations.look_up_asked(now=now)
    return Registration.get_or_none(Registration.id == asked.id)


def known_from_a_parcel(customer: Customer, email: str = ADA, *, is_here: bool = True) -> Case:
    """Make a report from this mailbox that staff matched to the customer, and whose parcel has arrived."""
    device = builders.a_device(builders.a_salon(customer), now=NOW - timedelta(days=100))
    case = builders.a_sent_case(device)
    Emergency.create(
        case=case, email=email, created_at=NOW, token_hash=f"{case.id:064}", confirmed_at=NOW, matched_at=NOW
    )
    return cases.receive(case, by=builders.a_staff_member(), now=NOW) if is_here else case
