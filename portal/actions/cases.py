"""Move a case on its way (section S of the rulebook; the table is in rules.workflow)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.actions import conditions, endings, history, hooks, letters, queue, schedule
from portal.models import Account, Case, CommissioningTick, Message, Operator
from portal.models.base import transaction
from portal.rules import parcel, workflow
from portal.rules.carriers import Carrier
from portal.rules.workflow import Need, Role, State, StepRefused


class CaseMoved(Exception):
    """Somebody else was faster: the case is no longer where this deed expected it (rule S3)."""


class NeedMissing(ValueError):
    """A step was asked for without what it needs; `need` tells which (a rules.workflow.Need)."""

    def __init__(self, need: Need) -> None:
        """Keep which need was not met."""
        super().__init__(f"missing: {need}")
        self.need = need


# What the owner is told of (rule S4); steps that owners take themselves need no letter.
TOLD = {
    State.AWAITING_SHIPMENT: "released",
    State.DECLINED: "declined",
    State.SOLVED_REMOTELY: "solved_remotely",
    State.CANCELLED: "cancelled",
    State.ON_ITS_WAY_TO_US: "on_its_way_to_us",
    State.RECEIVED: "received",
    State.NO_FAULT_FOUND: "no_fault_found",
    State.NOT_REPAIRABLE: "not_repairable",
    State.IN_REPAIR: "in_repair",
    State.ON_ITS_WAY_BACK: "on_its_way_back",
    State.COMMISSIONED: "commissioned",
}

ANSWERED = "answered_at"
STAMPED = {"confirm_delivery": "delivered_at"}
"""The steps whose moment the case keeps, whoever takes them."""

REPLIES = frozenset({"release", "ask_back", "decline", "solve_remotely", "receive"})


def advance(
    case: Case,
    step: str,
    *,
    by: Account | None,
    now: datetime,
    why: str = "",
    tells: bool = True,
    role: Role | None = None,
    **columns: Any,
) -> Case:
    """Take one workflow step: state, history, letters, reminders and place in the queue, all or nothing.

    `by` None is the portal itself, or with the `role` of an owner who has the case's secret (P1a);
    `columns` are further columns of the case to set; with `tells` False the deed around this writes a
    letter of its own. Raises StepRefused if the rules forbid the step, NeedMissing if its reason is
    empty, CaseMoved if another request was faster (rule S3), and what `conditions` says.
    """
    role = role or role_of(by)
    target = workflow.take_step(step, case.state, role)
    _check_needs(step, role, why)
    source = case.state
    if step in STAMPED:
        columns.setdefault(STAMPED[step], now)
    if step in REPLIES or target in workflow.CLOSED:
        columns[ANSWERED] = None
    with transaction():
        conditions.check(step, case)
        _move(case, source, target, now, columns)
        if source is State.COMMISSIONING_BOOKED and target not in workflow.CLOSED:
            CommissioningTick.delete().where(CommissioningTick.case == case).execute()  # anew next time; R5
        history.record(case, step, by=by, at=now, source=source, target=target, why=why, **_told(by, role))
        endings.settle(case, step, target, by=by, now=now, why=why)
        if tells and target in TOLD and role is not Role.OWNER:
            letters.tell_owners(case, TOLD[target], now=now, why=why, step=step)
        moved = schedule.plan(queue.reassess_case(case, now=now), now=now)
        hooks.announce(moved, target, at=now)
    return moved


def _move(case: Case, source: State, target: State, now: datetime, columns: dict[str, Any]) -> None:
    unmoved = (Case.id == case.id) & (Case.state == source)
    changes = {"state": target, "state_since": now, "revision": Case.revision + 1, **columns}
    if not Case.update(changes).where(unmoved).execute():
        raise CaseMoved(case.number)


def _check_needs(step: str, role: Role, why: str) -> None:
    for need in workflow.needs_for(step, role) & {Need.REASON, Need.QUESTION, Need.ANSWER}:
        if not why.strip():
            raise NeedMissing(need)


def role_of(by: Account | None) -> Role:
    """Return the role in which somebody acts; None is the portal itself."""
    return by.role if by else Role.SYSTEM


def _told(by: Account | None, role: Role) -> dict[str, Any]:
    """Return what the history says of who has no account here."""
    return {"reporter": True} if by is None and role is Role.OWNER else {}


def release(case: Case, *, by: Account | None, now: datetime, why: str = "") -> Case:
    """Release the report for shipping; the slip is valid for the operator's days (rules S1, C2b)."""
    until = parcel.valid_until(now, Operator.current().release_days)
    return advance(case, "release", by=by, now=now, why=why, released_at=now, valid_until=until)


def extend(case: Case, *, by: Account, now: datetime) -> Case:
    """Let the release be valid anew, from now on for the operator's days (rule C2b).

    Raises StepRefused unless the case waits for its parcel and `by` is one of the staff.
    """
    if case.state != State.AWAITING_SHIPMENT or not by.is_staff:
        raise StepRefused("extend", case.state, by.role)
    until = parcel.valid_until(now, Operator.current().release_days)
    with transaction():
        unmoved = (Case.id == case.id) & (Case.state == case.state) & (Case.revision == case.revision)
        changes = {"valid_until": until, "revision": Case.revision + 1}
        if not Case.update(changes).where(unmoved).execute():
            raise CaseMoved(case.number)
        entry = history.record(case, "extend", by=by, at=now, until=until.isoformat())
        extended = schedule.plan(Case.get_by_id(case.id), now=now)
        letters.tell_owners(extended, "released", now=now, key=f"extend:{entry.id}")
    return extended


def ask_back(case: Case, question: str, *, by: Account, now: datetime) -> Case:
    """Ask the owner something; the case waits for the answer, and that is not staff's delay (S6)."""
    with transaction():
        moved = advance(case, "ask_back", by=by, now=now, why=question)
        message = Message.create(case=case, account=by, text=question, at=now)
        letters.tell_owners(moved, "question", now=now, key=f"question:{message.id}", question=question)
    return moved


def answer(case: Case, text: str, *, by: Account | None, now: datetime, role: Role | None = None) -> Case:
    """Answer the question of support; the case goes back to staff. `role` as for `advance`."""
    with transaction():
        moved = advance(case, "answer", by=by, now=now, role=role, why=text, answered_at=now)
        Message.create(case=case, account=by, text=text, at=now)
    return moved


def decline(case: Case, reason: str, *, by: Account, now: datetime) -> Case:
    """Decline the report, with the reason the owner will read."""
    return advance(case, "decline", by=by, now=now, why=reason)


def solve_remotely(case: Case, how: str, *, by: Account, now: datetime) -> Case:
    """End the case without a parcel: support solved it with the salon."""
    return advance(case, "solve_remotely", by=by, now=now, why=how)


def cancel(case: Case, *, by: Account, now: datetime, why: str = "") -> Case:
    """Cancel the case, until the parcel is received (rule S2)."""
    return advance(case, "cancel", by=by, now=now, why=why)


def mark_sent(
    case: Case,
    carrier: Carrier,
    tracking_number: str,
    *,
    by: Account | None,
    now: datetime,
    role: Role | None = None,
) -> Case:
    """Record that the parcel is on its way; the number may be empty, the owner may add it later.

    `role` as for `advance`.
    """
    sent: dict[str, Any] = {"carrier": carrier, "tracking_number": tracking_number, "sent_at": now}
    return advance(case, "mark_sent", by=by, now=now, role=role, **sent)


def correct_tracking(
    case: Case,
    carrier: Carrier,
    tracking_number: str,
    *,
    by: Account | None,
    now: datetime,
    role: Role | None = None,
) -> Case:
    """Change carrier or number of a parcel that is on its way; StepRefused in any other state."""
    role = role or role_of(by)
    if case.state != State.ON_ITS_WAY_TO_US:
        raise StepRefused("correct_tracking", case.state, role)
    with transaction():
        columns = {"carrier": carrier, "tracking_number": tracking_number, "revision": Case.revision + 1}
        unmoved = (Case.id == case.id) & (Case.state == case.state)
        if not Case.update(columns).where(unmoved).execute():
            raise CaseMoved(case.number)
        told = {"carrier": carrier, "number": tracking_number, **_told(by, role)}
        history.record(case, "correct_tracking", by=by, at=now, **told)
        return schedule.plan(Case.get_by_id(case.id), now=now)


def receive(case: Case, *, by: Account, now: datetime) -> Case:
    """Record that the parcel has arrived; from here on the owner cannot cancel (rule S2)."""
    return advance(case, "receive", by=by, now=now, received_at=now)


def note(case: Case, text: str, *, by: Account, now: datetime) -> Message:
    """Write an internal note; owners never see it (rule S6)."""
    with transaction():
        written = Message.create(case=case, account=by, text=text, internal=True, at=now)
        history.record(case, "note", by=by, at=now)
    return written


# The steps a person takes with one text at most; web draws its forms from the same table.
BY_TEXT: dict[str, Callable[..., Case]] = {
    "ask_back": ask_back,
    "answer": answer,
    "decline": decline,
    "solve_remotely": solve_remotely,
}
