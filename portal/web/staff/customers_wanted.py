"""Who waits for a customer to be added: somebody who registered, or reported without an account (rule P1a).

The address names the row, never what somebody typed: addresses stand in logs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from portal.models import Case, Emergency, Registration
from portal.web import labels
from portal.web.addresses import LARGEST_ID
from portal.web.forms import clean

CASE, REGISTRATION = "case", "registration"


@dataclass(frozen=True)
class Wanted:
    """What somebody typed of themselves, and the page on which the new customer is given to them."""

    field: tuple[str, str]  # keeps it through the form: name and value
    typed: dict[str, str]  # for the fields of the form
    said: list[tuple[str, str]]  # the rest, to be read
    address: str
    with_customer: Callable[[int], str]


def asked_for() -> Wanted | None:
    """Return who the customer is wanted for; None if nobody, or who does not wait any more."""
    case, registration = (clean(request.values.get(name, "")) for name in (CASE, REGISTRATION))
    if case:
        return _reported(case)
    return _registered(registration) if registration else None


def _reported(number: str) -> Wanted | None:
    case = Case.get_or_none(Case.number == number[:20], Case.customer.is_null())
    if case is None:
        return None
    emergency = Emergency.of_case(case)
    email, customer_number = (emergency.email, emergency.customer_number) if emergency else ("", "")
    return Wanted(
        (CASE, case.number),
        {"number": customer_number, "name": case.return_name},
        _said(case.contact_name, email, case.contact_phone),
        *_way_back("staff.match", number=case.number),
    )


def _registered(text: str) -> Wanted | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 0 < number <= LARGEST_ID:
        return None
    found = Registration.get_or_none(Registration.id == number)
    if found is None or found.verdict or found.looks_up_since:
        return None
    return Wanted(
        (REGISTRATION, str(found.id)),
        {"number": found.customer_number, "name": found.business},
        _said(found.name, found.email, found.phone),
        *_way_back("staff.registration", registration=found.id),
    )


def _said(name: str, email: str, phone: str) -> list[tuple[str, str]]:
    return [
        (_("Ansprechperson"), name),
        (_("E-Mail-Adresse"), email),
        (_("Telefonnummer"), labels.phone(phone)),
    ]


def _way_back(page: str, **named: Any) -> tuple[str, Callable[[int], str]]:
    return url_for(page, **named), lambda customer: url_for(page, **named, customer=customer)
