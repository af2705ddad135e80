"""Keep each case and link at its place in the staff's queue (rules S5, S6).

The place is stored with the row, so that the queue is one indexed question however many
cases there are. It is worked out anew with every deed, and by the worker when time alone
may have changed it.
"""

from datetime import datetime
from typing import Any

from portal.models import Case, SubstituteLink
from portal.models.base import is_sqlite, transaction
from portal.rules import urgency
from portal.rules.links import OPEN_STATES, Ending
from portal.rules.urgency import Situation
from portal.rules.workflow import State


def reassess_case(case: Case, *, now: datetime) -> Case:
    """Work out the case's place in the queue from what is true now, and store it.

    Called inside the deed's own transaction; returns the case as it stands in the database.
    """
    case = _held(case)
    link = (
        SubstituteLink.select().where(SubstituteLink.case == case).order_by(SubstituteLink.id.desc()).first()
    )
    found = urgency.assess(_situation(case, link), now)
    return _placed(case, found.harm, found.since, found.next_at)


def reassess_link(link: SubstituteLink, *, now: datetime) -> SubstituteLink:
    """Store the link's place in the queue: on its case, or on itself if it has none."""
    if link.case_id:
        reassess_case(Case(id=link.case_id), now=now)
        return _placed(link, None, None, None) if link.harm or link.reassess_at else link
    link = _held(link)
    found = urgency.assess(_situation(None, link), now)
    return _placed(link, found.harm, found.since, found.next_at)


def _held(row: Any) -> Any:
    """Return the row as it is now and let nobody else change it until this deed is done.

    Or the worker, having read the row, stores a place that a deed in between has changed.
    On SQLite there is one writer at a time.
    """
    found = type(row).select().where(type(row).id == row.id)
    return found.get() if is_sqlite() else found.for_update("FOR NO KEY UPDATE").get()


def _placed(row: Any, harm: int | None, since: datetime | None, next_at: datetime | None) -> Any:
    row.harm, row.harm_since, row.reassess_at = harm, since, next_at
    row.save()
    return row


def reassess_due(*, now: datetime, limit: int = 500) -> int:
    """Work out anew what time may have changed; the worker calls it. Returns how many rows."""
    done = 0
    ways: tuple[tuple[Any, Any], ...] = ((Case, reassess_case), (SubstituteLink, reassess_link))
    for table, again in ways:
        due = table.select().where(table.reassess_at <= now).order_by(table.reassess_at).limit(limit)
        for row in list(due):
            with transaction():
                again(row, now=now)
            done += 1
    return done


def _situation(case: Case | None, link: SubstituteLink | None) -> Situation:
    open_link = link if link and link.state in OPEN_STATES else None
    lost_at = link.ended_at if link and link.ending in (Ending.EXPIRED, Ending.DELETED) else None
    return Situation(
        state=State(case.state) if case else None,
        state_since=case.state_since if case else None,
        answered_at=case.answered_at if case else None,
        sent_at=case.sent_at if case else None,
        link_state=open_link.state if open_link else None,
        link_mode=open_link.mode if open_link else None,
        link_reason=open_link.reason if open_link else None,
        link_requested_at=open_link.requested_at if open_link else None,
        link_activated_at=open_link.activated_at if open_link else None,
        link_ends_at=open_link.ends_at if open_link else None,
        link_lost_at=lost_at,
    )
