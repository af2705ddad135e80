"""The parcel is back in the salon, and its owner has read that it must not be used yet (R1, R3, S7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.actions import cases, history, queue
from portal.actions.cases import CaseMoved
from portal.models import Account, Case, Consent
from portal.models.base import transaction
from portal.rules.report import ConsentKind
from portal.rules.workflow import Role, State, StepRefused

READ = ConsentKind.NOT_BEFORE_COMMISSIONING
IN_THE_SALON = frozenset({State.DELIVERED, State.COMMISSIONING_BOOKED})


class NotRead(ValueError):
    """The owner confirmed the arrival without having confirmed rule R1."""


def confirm(case: Case, read: Mapping[str, Any] | None = None, *, by: Account, now: datetime) -> Case:
    """Record that the parcel has arrived in the salon; `read` is the text of rule R1 that was accepted.

    An owner has to have read it: NotRead without. Staff confirm for the owner, who can confirm the text
    later. Raises StepRefused and CaseMoved as every step.
    """
    if read is None and by.role == Role.OWNER:
        raise NotRead(case.number)
    with transaction():
        moved = cases.advance(case, "confirm_delivery", by=by, now=now)
        if read is not None:
            _keep(moved, read, by, now)
    return moved


def confirm_read(case: Case, read: Mapping[str, Any], *, by: Account, now: datetime) -> Case:
    """Record that the owner has read rule R1 after staff confirmed the arrival; once, a second time is none.

    Raises StepRefused where no returned server waits for its commissioning, CaseMoved if it no longer does.
    """
    if case.state not in IN_THE_SALON or by.role != Role.OWNER:
        raise StepRefused("confirm_read", case.state, by.role)
    with transaction():
        held = queue.held(case)
        if held.state not in IN_THE_SALON:
            raise CaseMoved(case.number)
        if Consent.is_given(held, READ):
            return held
        _keep(held, read, by, now)
        history.record(held, "confirm_read", by=by, at=now)
        Case.update(revision=Case.revision + 1).where(Case.id == held.id).execute()
    return Case.get_by_id(case.id)


def _keep(case: Case, read: Mapping[str, Any], by: Account, now: datetime) -> None:
    names = ("kind", "wording", "version", "language")
    Consent.create(account=by, case=case, at=now, **{name: read[name] for name in names})
