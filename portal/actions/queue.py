"""Keep each case and link at its place in the staff's queue (rules S5, S6).

The place is stored with the row, so that the queue is one indexed question however many
cases there are. It is worked out anew with every deed, and by the worker when time alone
may have changed it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.actions import rounds
from portal.models import Appointment, Case, History, Operator, ParcelItem, SubstituteLink
from portal.models.base import is_sqlite, transaction
from portal.models.durations import StepTime
from portal.rules import forecast, urgency, workshop
from portal.rules.forecast import Times
from portal.rules.links import OPEN_STATES, Ending, LinkState, Mode, TillState
from portal.rules.parcel import Arrival
from portal.rules.triage import Outcome
from portal.rules.urgency import Harm, Situation
from portal.rules.workflow import State

COUNTED_STATES = frozenset({State.ON_ITS_WAY_TO_US, *urgency.TARGET_DAYS})
"""Where a case may become late by the operator's numbers."""


def reassess_case(case: Case, *, now: datetime, times: Times | None = None) -> Case:
    """Work out the case's place in the queue from what is true now, and store it.

    Called inside the deed's own transaction; returns the case as it stands in the database. `times`
    are the measured ones, for who has read them already.
    """
    case = held(case)
    link = (
        SubstituteLink.select().where(SubstituteLink.case == case).order_by(SubstituteLink.id.desc()).first()
    )
    found = urgency.assess(_situation(case, link, times), now)
    return _placed(case, found.harm, found.since, found.next_at)


def reassess_link(link: SubstituteLink, *, now: datetime) -> SubstituteLink:
    """Work out the place of a link and of its case, and store both.

    A link with a case stands there, but for one thing: a till that is left over has its own row.
    """
    link = _reassess_alone(link, now=now)
    if link.case_id:
        reassess_case(Case(id=link.case_id), now=now)
    return link


def _reassess_alone(link: SubstituteLink, *, now: datetime, times: Times | None = None) -> SubstituteLink:
    """Store the link's own place; its case has its own time, and is never held together with it."""
    link = held(link)
    found = urgency.assess(_left_over(link) if link.case_id else _situation(None, link, times), now)
    return _placed(link, found.harm, found.since, found.next_at)


def held(row: Any) -> Any:
    """Return the row as it is now and let nobody else change it until the deed around this is done.

    Or the worker, having read the row, stores a place that a deed in between has changed.
    On SQLite there is one writer at a time.
    """
    found = type(row).select().where(type(row).id == row.id)
    return found.get() if is_sqlite() else found.for_update("FOR NO KEY UPDATE").get()


def _placed(row: Any, harm: int | None, since: datetime | None, next_at: datetime | None) -> Any:
    if (row.harm, row.harm_since, row.reassess_at) != (harm, since, next_at):
        row.harm, row.harm_since, row.reassess_at = harm, since, next_at
        row.save()
    return row


def reassess_due(*, now: datetime, limit: int = 500) -> int:
    """Work out anew what time may have changed; the worker calls it. Returns how many rows."""
    due = [
        *Case.select().where(Case.reassess_at <= now).order_by(Case.reassess_at).limit(limit),
        *SubstituteLink.select()
        .where(SubstituteLink.reassess_at <= now)
        .order_by(SubstituteLink.reassess_at)
        .limit(limit),
    ]
    times = StepTime.measured() if due else {}  # read once for all of them

    def again(row: Any) -> None:
        reassess = reassess_case if isinstance(row, Case) else _reassess_alone
        with transaction():
            reassess(row, now=now, times=times)

    return rounds.for_each(due, again)


def place_anew(states: Iterable[State], *, now: datetime) -> int:
    """Have the worker place all cases in these states anew: what counts as late has changed (rule S6)."""
    return Case.update(reassess_at=now).where(Case.state.in_(list(states))).execute()


def place_unmatched_anew(*, now: datetime) -> int:
    """Have the worker place anew what stands among the decisions and is not matched yet (rules S5, P1a).

    Time alone never would; an earlier release may have placed it, by another rule.
    """
    unmatched = (Case.harm == Harm.DECISION) & Case.customer.is_null()
    return Case.update(reassess_at=now).where(unmatched).execute()


def _situation(case: Case | None, link: SubstituteLink | None, times: Times | None) -> Situation:
    open_link = link if link and link.state in OPEN_STATES else None
    lost_at = link.ended_at if link and link.ending in (Ending.EXPIRED, Ending.DELETED) else None
    own = _left_over(link) if link and case is None else _with_parts(case)
    booked_until = _booked_until(case)
    return replace(
        own,
        state=State(case.state) if case else None,
        state_since=case.state_since if case else None,
        answered_at=case.answered_at if case else None,
        sent_at=case.sent_at if case else None,
        **_allowed_days(case),
        booked_until=booked_until,
        link_state=open_link.state if open_link else None,
        link_mode=open_link.mode if open_link else None,
        link_reason=open_link.reason if open_link else None,
        link_requested_at=open_link.requested_at if open_link else None,
        link_activated_at=open_link.activated_at if open_link else None,
        link_ends_at=open_link.ends_at if open_link else None,
        link_locked_at=_locked_at(open_link),
        link_can_cash=open_link.can_cash if open_link else True,
        link_short_from=_short_from(case, open_link, times, booked_until),
        link_wished_at=_wished_at(case),
        link_lost_at=lost_at,
    )


def _wished_at(case: Case | None) -> datetime | None:
    """Return when somebody whom nobody has found out yet reported a dead till and wished for a link (P1a)."""
    if case is None or case.customer_id is not None or case.outcome is not Outcome.SEND_IN:
        return None
    return case.reported_at if urgency.waits_for_a_link(case.answers) else None


def _allowed_days(case: Case | None) -> dict[str, Any]:
    """Return how long the operator lets a parcel travel, or a case stand where it stands (rules S5, S6)."""
    if case is None or case.state not in COUNTED_STATES:
        return {}
    operator = Operator.current()
    return {
        "overdue_days": operator.overdue_days,
        "target_days": urgency.target_days(State(case.state), operator.target_days),
    }


def _locked_at(link: SubstituteLink | None) -> datetime | None:
    """Return since when a link that was full has its receipt lock (rule L5)."""
    is_locked = link is not None and link.state is LinkState.ACTIVE and link.mode is Mode.VIEW_ONLY
    return History.last_at(link, "lock") if link and is_locked else None


def _with_parts(case: Case | None) -> Situation:
    """Return whether the case waits for a part of the owner's, and when the last late one came (S6, C4)."""
    if case is None or case.state not in workshop.WAITS_FOR_PARTS:
        return Situation()
    parts = list(ParcelItem.of_case(case))
    late = [part.arrived_at for part in parts if part.came_late]
    missing = [part.part for part in parts if part.arrival is Arrival.MISSING]
    return Situation(
        awaits_part=workshop.waits_for_owner(State(case.state), missing),
        part_came_at=max(late, default=None),
    )


def _left_over(link: SubstituteLink) -> Situation:
    """Return the one thing a link's own row says although it has a case: its till is still there."""
    is_left = link.state == LinkState.ENDED and link.till_wanted == TillState.GONE
    if not is_left or link.till_is_confirmed:
        return Situation()
    return Situation(till_left_at=link.ended_at, till_provider=link.provider)


def _booked_until(case: Case | None) -> datetime | None:
    """Return when the appointment ends in which the server is put into service; asked for only then (R4)."""
    is_booked = case is not None and case.state is State.COMMISSIONING_BOOKED
    appointment = Appointment.commissioning_of(case.id) if case and is_booked else None
    return appointment.ends_at if appointment else None


def _short_from(
    case: Case | None, link: SubstituteLink | None, times: Times | None, booked_until: datetime | None
) -> datetime | None:
    """Return from when on the link is too short by the forecast; only a device on its way has one."""
    if case is None or link is None or link.state != LinkState.ACTIVE or not case.is_send_in:
        return None
    return forecast.short_from(
        State(case.state),
        case.state_since,
        case.estimate,
        StepTime.measured() if times is None else times,
        link.ends_at,
        booked_until=booked_until,
    )
