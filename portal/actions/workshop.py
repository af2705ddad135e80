"""What staff find out and do in the workshop: date of purchase, decision, diagnosis, read-out (W0–W4, L6).

Each deed is written with what was before and what is now. Parts that were swapped are in `swaps`.
"""

from datetime import date, datetime
from typing import Any

from portal.actions import cases, history, queue, quotes, readouts
from portal.actions.cases import CaseMoved, NeedMissing
from portal.models import Account, Case, Device, SubstituteLink
from portal.models.base import transaction
from portal.rules import berlin, workshop
from portal.rules.links import LinkState, Mode
from portal.rules.warranty import Decision
from portal.rules.workflow import AT_THE_WORKSHOP, Need, StepRefused


def decide(case: Case, decision: Decision, why: str, *, by: Account, now: datetime) -> Case:
    """Decide who pays, with a reason; only this counts, and it holds once the repair has begun (rule W0).

    Raises NeedMissing without a reason, StepRefused where nothing may be decided now, CaseMoved if
    somebody else was faster (rule S3).
    """
    _check_allowed(case, "decide", workshop.MAY_DECIDE, by)
    if not why.strip():
        raise NeedMissing(Need.REASON)
    changes = {"decision": decision, "decided_at": now}
    facts = {"decision": decision, "decision_before": case.decision}
    return _write(case, "decide", changes, facts, by=by, now=now, why=why)


def set_purchase_date(case: Case, bought_on: date, *, by: Account, now: datetime) -> Case:
    """Set when the device was bought, and estimate anew what a repair will be (rules W0, W1, W4).

    Raises StepRefused and CaseMoved as `decide`; StepRefused too for a case without a device, ValueError
    for a day to come.
    """
    _check_allowed(case, "set_purchase_date", workshop.MAY_DECIDE, by)
    if case.device_id is None:
        raise StepRefused("set_purchase_date", case.state, by.role)
    today = berlin.day_of(now)
    if bought_on > today:
        raise ValueError(f"bought in the future: {bought_on}")
    with transaction():
        device = queue.held(case.device)  # before the case, as in every deed
        facts = {"bought_on": str(bought_on), "bought_before": _day(device)}
        device.purchased_on = bought_on
        device.save()
        changes = {"estimate": device.estimate(today), "estimated_on": today}
        return _write(case, "set_purchase_date", changes, facts, by=by, now=now)


def diagnose(case: Case, text: str, *, by: Account, now: datetime) -> Case:
    """Write down what was found; the owner reads it. Raises as `decide`."""
    _check_allowed(case, "diagnose", workshop.MAY_DIAGNOSE, by)
    if not text.strip():
        raise NeedMissing(Need.REASON)
    facts = {"diagnosis_before": case.diagnosis} if case.diagnosis else {}
    return _write(case, "diagnose", {"diagnosis": text}, facts, by=by, now=now, why=text)


def no_fault_found(case: Case, text: str, *, by: Account, now: datetime) -> Case:
    """Tell the owner that there is no fault, and what was looked at."""
    return _told(case, "no_fault_found", text, by=by, now=now)


def not_repairable(case: Case, text: str, *, by: Account, now: datetime) -> Case:
    """Tell the owner that the server cannot be repaired, and why."""
    return _told(case, "not_repairable", text, by=by, now=now)


def make_ready(case: Case, final_cents: int | None = None, *, by: Account, now: datetime) -> Case:
    """Let the parcel be packed; a chargeable repair tells first what it came to, VAT included (rule P4).

    Raises what `quotes.settle` and `cases.advance` raise; then nothing is done at all.
    """
    with transaction():
        if final_cents is not None:
            case = quotes.settle(case, final_cents, by=by, now=now)
        return cases.advance(case, "make_ready", by=by, now=now)


def _told(case: Case, step: str, text: str, *, by: Account, now: datetime) -> Case:
    if not text.strip():
        raise NeedMissing(Need.REASON)
    return cases.advance(case, step, by=by, now=now, why=text)


def read_out(case: Case, *, by: Account, now: datetime) -> Case:
    """Record that the server's database has been read out (rule L6).

    A link with receipt lock waits for it: then it is the link's step, and there is no other way to it.
    Raises StepRefused if it was done already or the server is not here, CaseMoved, LinkMoved.
    """
    link = locked_link(case)
    if link is not None:
        readouts.read_out(link, by=by, now=now)
        return Case.get_by_id(case.id)
    _check_allowed(case, "read_out", AT_THE_WORKSHOP, by)
    if case.read_out_at is not None:
        raise StepRefused("read_out", case.state, by.role)
    return _write(case, "read_out", {"read_out_at": now}, {}, by=by, now=now)


def take_back_read_out(case: Case, why: str, *, by: Account, now: datetime) -> Case:
    """Take back a read-out that was recorded by mistake; never one that a link's lock hangs on (rule L6)."""
    _check_allowed(case, "take_back_read_out", AT_THE_WORKSHOP, by)
    if case.read_out_at is None:
        raise StepRefused("take_back_read_out", case.state, by.role)
    if not why.strip():
        raise NeedMissing(Need.REASON)
    facts = {"read_out_at": case.read_out_at.isoformat()}
    return _write(case, "take_back_read_out", {"read_out_at": None}, facts, by=by, now=now, why=why)


def locked_link(case: Case) -> SubstituteLink | None:
    """Return the case's link whose receipt lock waits for the read-out (rules L5, L6)."""
    locked = (SubstituteLink.state == LinkState.ACTIVE) & (SubstituteLink.mode == Mode.VIEW_ONLY)
    return SubstituteLink.get_or_none(SubstituteLink.case == case, locked)


def _check_allowed(case: Case, deed: str, states: frozenset, by: Account) -> None:
    if case.state not in states or not by.is_staff:
        raise StepRefused(deed, case.state, by.role)


def _write(
    case: Case,
    deed: str,
    changes: dict[str, Any],
    facts: dict[str, Any],
    *,
    by: Account,
    now: datetime,
    why: str = "",
) -> Case:
    """Change the case, or tell that somebody else was faster; with history and place in the queue."""
    with transaction():
        hold(case, **changes)
        history.record(case, deed, by=by, at=now, why=why, **facts)
        return queue.reassess_case(case, now=now)


def hold(case: Case, **changes: Any) -> None:
    """Change the case and let nobody else until the deed is done; CaseMoved if somebody was faster (S3)."""
    unmoved = (Case.id == case.id) & (Case.state == case.state) & (Case.revision == case.revision)
    if not Case.update({"revision": Case.revision + 1, **changes}).where(unmoved).execute():
        raise CaseMoved(case.number)


def _day(device: Device) -> str:
    return str(device.purchased_on or device.purchased_in or "")
