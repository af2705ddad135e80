"""Find out whose a report is: it becomes a customer's ordinary case, with its whole history (rule P1a)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.actions import cases, history, hooks, letters, link_steps, links, people, queue, reported
from portal.actions.cases import CaseMoved
from portal.actions.links import BackupFacts
from portal.models import Account, Case, Consent, Customer, Device, Emergency, Operator, Salon
from portal.models.base import transaction
from portal.rules import berlin, report
from portal.rules.links import LinkReason
from portal.rules.report import DeviceFacts, Page
from portal.rules.triage import Hold, Outcome
from portal.rules.workflow import State, StepRefused


class NotTheirs(ValueError):
    """The salon or the device is not the chosen customer's."""


class NotConfirmed(ValueError):
    """Nobody is invited to an address that is not known to be theirs."""


@dataclass(frozen=True)
class Owner:
    """Whose case it is; without a device it is the one that was described, without a salon the first."""

    customer: Customer
    salon: Salon | None = None
    device: Device | None = None


def match(case: Case, owner: Owner, *, by: Account, now: datetime, invites: bool = False) -> Case:
    """Give the case to its customer; released at once if nothing else holds it, its link asked for (S1, L1).

    With `invites` who reported it gets an account of the customer's. Raises CaseMoved if somebody else
    was faster (S3), NotTheirs, NotConfirmed, people's EmailTaken, and StepRefused for who is not staff.
    """
    if not by.is_staff:
        raise StepRefused("match", case.state, by.role)
    with transaction():
        device = _device(case, owner, now)
        emergency = Emergency.of_case(case)
        facts = reported.known_of(device, now)
        matched = _give(case, owner.customer, device, facts, emergency, now)
        told = {"customer": owner.customer.number, "device": device.serial or device.name}
        history.record(matched, "match", by=by, at=now, **told)
        if emergency is not None:
            Emergency.update(matched_at=now, matched_by=by).where(Emergency.id == emergency.id).execute()
        if invites:
            _invite(matched, owner.customer, emergency, by, now)
        _ask_for_link(matched, device, facts, now)
        hooks.announce(matched, "matched", at=now)
        return _released(matched, facts, now)


def _device(case: Case, owner: Owner, now: datetime) -> Device:
    device, salon = owner.device, owner.salon
    if device is not None:
        if device.salon.customer_id != owner.customer.id:
            raise NotTheirs(device.id)
        return queue.held(device)  # before the case, as in every deed
    if salon is not None and salon.customer_id != owner.customer.id:
        raise NotTheirs(salon.id)
    return queue.held(reported.register(case.answers, owner.customer, now=now, salon=salon))


def _give(
    case: Case,
    customer: Customer,
    device: Device,
    facts: DeviceFacts,
    emergency: Emergency | None,
    now: datetime,
) -> Case:
    """Put the case into the customer's hands, if nobody else has given it to anybody meanwhile (S3)."""
    reporter = _person(customer, emergency)
    columns: dict[str, Any] = {
        "customer": customer,
        "salon": device.salon_id,
        "device": device,
        "reporter": reporter or case.reporter_id,
        "holds": _holds(case, facts),
        "estimate": facts.estimate,
        "estimated_on": berlin.day_of(now),
        "revision": Case.revision + 1,
    }
    if not Case.update(columns).where(Case.id == case.id, Case.customer.is_null()).execute():
        raise CaseMoved(case.number)
    return Case.get_by_id(case.id)


def _person(customer: Customer, emergency: Emergency | None) -> Account | None:
    """Return the customer's person whose confirmed address it is; an address as such proves nothing."""
    if emergency is None or emergency.confirmed_at is None:
        return None
    return Account.get_or_none(Account.email == emergency.email, Account.customer == customer)


def _holds(case: Case, facts: DeviceFacts) -> list[str]:
    """Return what holds the case now that it is known whose it is and which device (rules S1, W2, W4)."""
    if report.outcome(case.answers) is None:  # made at the desk: nobody has answered anything
        return [hold for hold in case.holds if hold != Hold.NOT_IDENTIFIED]
    return list(report.holds(case.answers, facts, identified=True))


def _invite(case: Case, customer: Customer, emergency: Emergency | None, by: Account, now: datetime) -> None:
    """Let who reported sign in from now on; a mistyped address must not open a stranger the register."""
    if emergency is None or emergency.confirmed_at is None:
        raise NotConfirmed(case.number)
    name, language = case.contact_name, case.language
    invited = people.invite(emergency.email, name, by=by, now=now, customer=customer, language=language)
    Case.update(reporter=invited).where(Case.id == case.id).execute()


def _ask_for_link(case: Case, device: Device, facts: DeviceFacts, now: datetime) -> None:
    """Ask for the link that was wished for; one that is open already joins the case (rule L1)."""
    if case.outcome is not Outcome.SEND_IN:
        return
    existing = link_steps.open_now(device, now=now)
    if existing is not None:
        links.join(existing, case, now=now)
        return
    is_waiting = case.state in (State.SUBMITTED, State.AWAITING_INFORMATION, State.AWAITING_SHIPMENT)
    if not (report.yes_no(case.answers, Page.LINK, "wanted") and is_waiting):
        return
    told = BackupFacts(
        backup_booked=facts.backup_booked,
        last_online_at=case.last_online_at,
        uploaded_at=case.uploaded_at,
        entered_since=report.entered_since(case.answers, facts),
    )
    reporter = case.reporter if case.reporter_id else None
    link = links.request(device, told, by=reporter, now=now, reason=LinkReason.DEFECT, case=case)
    terms = Consent.kind.in_([str(kind) for kind in report.ConsentKind if kind.startswith("link_")])
    Consent.update(link=link).where(Consent.case == case, Consent.link.is_null(), terms).execute()


def _released(case: Case, facts: DeviceFacts, now: datetime) -> Case:
    """Release the case if all is known and accepted now (rule S1), else tell its people that it waits."""
    fee = Operator.current().inspection_fee_cents is not None
    is_settled = report.costs_are_accepted(case.answers, facts, inspection_fee=fee)
    if case.state is State.SUBMITTED and not case.holds and is_settled:
        return cases.release(case, by=None, now=now)
    if case.state in (State.SUBMITTED, State.AWAITING_INFORMATION):
        letters.tell_owners(case, "submitted", now=now, holds=case.holds)
    elif case.state is State.AWAITING_SHIPMENT:  # released before it was known whose it is
        letters.tell_owners(case, "released", now=now)
    return queue.reassess_case(case, now=now)
