"""Registering, the own business and its people, a new address; and what staff see of it."""

from collections.abc import Iterator
from datetime import datetime

from flask import current_app

from portal.actions import colleagues, email_changes, registrations
from portal.models import Account, Registration
from portal.rules.signing_in import EMAIL_CHANGE, link_token
from tests import builders


def pages(now: datetime) -> Iterator[tuple[str, str, Account | None]]:
    """Make the rows, and return each page's name, its address and who looks at it."""
    staff, owner = builders.a_staff_member(), builders.an_owner(name="Aleksandra Wiśniewska-Schröder")
    other = builders.an_owner(owner.customer)
    builders.a_device(builders.a_salon(owner.customer))
    yield "public-register", "/register", None
    yield "public-forgotten", "/sign-in/link?next=/account/password", None
    yield "owner-email", "/account/email", owner
    change = email_changes.ask(other, "sehr.langer.name.eines.postfachs@haarwerk-am-markt.example", now=now)
    yield "owner-email-waits", "/account/email", other
    token = link_token(current_app.config["PORTAL"].secret, change.new_mark, EMAIL_CHANGE)
    yield "public-email-change", f"/email/{token}", None
    colleagues.invite("bo@haarwerk.example", "Bo Beispiel", by=owner, now=now)
    yield "owner-people", "/people", owner
    yield "owner-people-invite", "/people/invite", owner
    yield "owner-people-remove", f"/people/{other.id}/remove", owner
    yield "owner-people-last", f"/people/{(last := builders.an_owner()).id}/remove", last
    yield "staff-registrations", "/staff/registrations", staff
    for name, asked in (("open", _registered(owner, now)), ("decided", _refused(owner, staff, now))):
        yield f"staff-registration-{name}", f"/staff/registrations/{asked.id}", staff
    yield "staff-person-email", f"/staff/people/{owner.id}/email", staff


def _registered(known: Account, now: datetime) -> Registration:
    """Register as somebody whose number is a customer's and whose address nobody knows."""
    registrations.ask(
        f"neu{known.id}-{Registration.select().count()}@haarwerk.example",
        "Mia Neumann",
        customer_number=known.customer.number if known.customer else "",
        business="Haarwerk",
        phone="+49220212345",
        language="de",
        address="",
        now=now,
    )
    registrations.look_up_asked(now=now)
    return Registration.select().order_by(Registration.id.desc()).get()


def _refused(known: Account, staff: Account, now: datetime) -> Registration:
    asked = _registered(known, now)
    registrations.refuse(asked, "Wir finden Sie nicht unter unseren Kunden.", by=staff, now=now)
    return asked
