"""A parcel that nobody announced: it becomes a case at the desk, checked in at once (rules C4, P1a)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from portal.actions import cases, customers, history, hooks, letters, parcels, queue, reports
from portal.actions.cases import CaseMoved
from portal.actions.parcels import PartRecord
from portal.models import Account, Case, Device, Draft, Operator, Salon
from portal.models.accounts import hash_of
from portal.models.base import transaction
from portal.rules import berlin, parcel
from portal.rules.parcel import Arrival, Part
from portal.rules.triage import Hold, Origin, Outcome, Topic
from portal.rules.warranty import Estimate
from portal.rules.workflow import State, StepRefused


@dataclass(frozen=True)
class Sender:
    """Whose parcel it is, as far as anybody knows, and where it goes back to."""

    contact_name: str
    contact_phone: str  # E.164
    name: str
    street: str
    postal_code: str
    city: str
    country: str = "DE"
    device: Device | None = None
    salon: Salon | None = None


def open_at_desk(
    sender: Sender,
    parts: Sequence[PartRecord],
    *,
    once: str,
    seen: int | None = None,
    fault: str = "",
    storage_place: str = "",
    by: Account,
    now: datetime,
) -> Case:
    """Make a case of a parcel without a report: filed, released and checked in, or nothing of it.

    `once` is the form's own key: sent again it leads to the same case (S3). `seen` is the id of the
    device's newest open case that the helper was shown; CaseMoved if there is another by now. Raises
    customers.NumberTaken for a new device with a serial that is known, StepRefused for who is not staff.
    """
    if not by.is_staff:
        raise StepRefused("open_at_desk", State.DRAFT, by.role)
    with transaction():
        draft = _claimed(once, by, now)
        if draft is None:
            return Case.get(Case.draft == Draft.get(Draft.key_hash == hash_of(once)))
        device = sender.device or _device(sender, parts, by=by, now=now)
        _check_nothing_new(device, seen)
        case = _create(sender, device, draft, fault, now)
        history.record(case, "open_at_desk", by=by, at=now, target=case.state, holds=case.holds)
        hooks.announce(case, case.state, at=now)
        until = parcel.valid_until(now, Operator.current().release_days)
        case = cases.advance(case, "release", by=by, now=now, tells=False, released_at=now, valid_until=until)
        case = parcels.check_in(case, parts, storage_place=storage_place, by=by, now=now, tells=False)
        missing = [one.part for one in parts if one.arrival is Arrival.MISSING]
        letters.tell_owners(case, "parcel_without_report", now=now, missing=missing)
    return case


def _claimed(once: str, by: Account, now: datetime) -> Draft | None:
    """Use the form's key up; None if it was used before."""
    try:
        with transaction():  # on its own: the refused insert must not spoil the deed around it
            return Draft.create(
                key_hash=hash_of(once), account=by, started_at=now, changed_at=now, sent_at=now
            )
    except IntegrityError:
        return None


def _device(sender: Sender, parts: Sequence[PartRecord], *, by: Account, now: datetime) -> Device | None:
    """Return the salon's device that nobody has registered yet; a stranger has none."""
    if sender.salon is None:
        return None
    serial = next((one.serial for one in parts if one.part is Part.SERVER and one.serial), None)
    known = None if serial else Device.like(sender.salon, None, Origin.UNKNOWN)
    return known or customers.add_device(sender.salon, now=now, by=by, serial=serial)


def _check_nothing_new(device: Device | None, seen: int | None) -> None:
    if device is None:
        return
    newest = Case.open_of(queue.held(device)).first()
    if newest is not None and newest.id != seen:
        raise CaseMoved(newest.number)


def _create(sender: Sender, device: Device | None, draft: Draft, fault: str, now: datetime) -> Case:
    today = berlin.day_of(now)
    return Case.create(
        number=reports.next_number(today.year),
        device=device,
        draft=draft,
        state=State.SUBMITTED,
        state_since=now,
        topic=Topic.SERVER,
        outcome=Outcome.SEND_IN,
        estimate=device.estimate(today) if device else Estimate.UNKNOWN,
        estimated_on=today,
        fault=fault,
        contact_name=sender.contact_name,
        contact_phone=sender.contact_phone,
        return_name=sender.name,
        return_street=sender.street,
        return_postal_code=sender.postal_code,
        return_city=sender.city,
        return_country=sender.country,
        reported_at=now,
        **_belonging(sender, device),
    )


def _belonging(sender: Sender, device: Device | None) -> dict[str, Any]:
    """Return whose case it is; one that nobody is known for waits to be identified (rule P1a)."""
    salon = device.salon if device else sender.salon
    if salon is None:
        return {"holds": [Hold.NOT_IDENTIFIED]}
    owners = Account.select().where(Account.customer == salon.customer_id, Account.closed_at.is_null())
    owner = owners.order_by(Account.id).first()
    return {
        "customer": salon.customer_id,
        "salon": salon,
        "language": owner.language if owner else "de",
    }
