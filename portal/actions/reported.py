"""Which device is a report about, and what is known of it?  Rules P1, S1, L1.

One that is not in the register is added with the report that describes it, and once only.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.actions import customers
from portal.models import Account, Case, Customer, Device, Draft, Salon, SubstituteLink
from portal.rules import berlin, report
from portal.rules.report import DeviceFacts, Page
from portal.rules.triage import Origin


def device_of(draft: Draft, account: Account | None) -> Device | None:
    """Return the device chosen in the report, if it is one of the account's own (rule P1)."""
    chosen = _id(draft.answers.get(Page.DEVICE, {}).get("device"))
    if account is None or account.customer is None or chosen is None:
        return None
    return Device.of(account.customer).where(Device.id == chosen).first()


def _id(given: Any) -> int | None:
    """Return what was given as an id, or None; longer numbers than an id has break the database."""
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def facts_of(
    draft: Draft, device: Device | None, now: datetime, customer: Customer | None = None
) -> DeviceFacts:
    """Return what is known of the report's device, from the register or from the answers.

    One that is described may be the `customer`'s that was described the same way before.
    """
    if device is not None:
        return known_of(device, now)
    facts = report.unlisted_device(draft.answers, berlin.day_of(now))
    same = _described(draft.answers, _named_salon(draft.answers, customer)) if customer else None
    return replace(facts, is_sent_in=is_sent_in(same, now)) if same else facts


def known_of(device: Device, now: datetime) -> DeviceFacts:
    """Return what the register knows of a device; who decides by it holds the device (rules S1, L1)."""
    link = SubstituteLink.open_for(device)
    return DeviceFacts(
        origin=Origin(device.origin),
        tse_in_server=device.tse_in_server,
        backup_booked=device.backup_booked,
        estimate=device.estimate(berlin.day_of(now)),
        link_is_open=link is not None and not link.is_over(now),
        is_sent_in=is_sent_in(device, now),
    )


def is_sent_in(device: Device, now: datetime) -> bool:
    """Tell whether a case is under way by which the device is being sent in (rule S1)."""
    return Case.sent_in_of(device, now).exists()


def register(
    answers: report.Answers, customer: Customer, *, now: datetime, salon: Salon | None = None
) -> Device:
    """Add the device that was described, once, to the salon or to the one that was named.

    Staff complete it later.
    """
    place = salon or _named_salon(answers, customer) or _first_salon(answers, customer)
    return _described(answers, place) or Device.create(
        salon=place,
        purchased_in=_purchased_in(answers),
        origin=_origin(answers),
        tse_in_server=report.yes_no(answers, Page.DEVICE_DETAILS, "tse"),
        backup_booked=report.yes_no(answers, Page.BACKUP, "booked"),
        created_at=now,
    )


def _described(answers: report.Answers, salon: Salon | None) -> Device | None:
    """Return the salon's device that was described the same way before, if there is one."""
    return Device.like(salon, _purchased_in(answers), _origin(answers)) if salon else None


def _purchased_in(answers: report.Answers) -> str | None:
    given = answers.get(Page.DEVICE_DETAILS, {})
    known = given.get("year") and given.get("month")
    return f"{int(given['year']):04d}-{int(given['month']):02d}" if known else None


def _origin(answers: report.Answers) -> Origin:
    return Origin(answers.get(Page.DEVICE_DETAILS, {}).get("origin") or Origin.UNKNOWN)


def _named_salon(answers: report.Answers, customer: Customer) -> Salon | None:
    """Return the customer's salon that was named, else the first one; a new customer has none yet."""
    named = _id(answers.get(Page.DEVICE_DETAILS, {}).get("salon"))
    salons = Salon.of(customer)
    return salons.where(Salon.id == named).first() or salons.first()


def _first_salon(answers: report.Answers, customer: Customer) -> Salon:
    """Add the salon of a customer of whom we have none yet, at the address to return to."""
    given = answers.get(Page.ADDRESS) or answers.get(Page.CONTACT, {})
    address = {name: given.get(name, "") for name in ("street", "postal_code", "city")}
    return customers.add_salon(customer, given.get("name") or customer.name, **address)
