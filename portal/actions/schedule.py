"""When is the owner of a case next reminded?  Kept with the case, so that the worker has one question.

Worked out anew in every deed that moves the case or what counts for it (rules C2b, C4, R4, S4).
"""

from datetime import datetime

from portal.actions import letters
from portal.models import Case, Operator, ParcelItem, Quote
from portal.rules import reminders, workshop
from portal.rules.reminders import Standing
from portal.rules.workflow import State

_UNDER_WAY = frozenset({State.ON_ITS_WAY_TO_US, State.ON_ITS_WAY_BACK})


def plan(case: Case, *, now: datetime) -> Case:
    """Set when the owner is next reminded; what fell due before this deed is void by it.

    So is a reminder that has not left yet, or it would tell of a state that is over. Called inside the
    deed's own transaction, with the case as it stands in the database.
    """
    letters.call_off_about(case, reminders.LETTERS, now=now)
    next_at = reminders.next_at(standing_of(case), now) if is_reminded(case) else None
    if next_at is not None or case.remind_at is not None:
        set_next(case, next_at, worked_off_at=now)
    return case


def set_next(case: Case, next_at: datetime | None, *, worked_off_at: datetime | None) -> None:
    """Store when something next falls due, and up to when all was worked off."""
    case.remind_at, case.reminded_at = next_at, worked_off_at
    case.save()


def is_reminded(case: Case) -> bool:
    """Tell whether anything can fall due in the case's state."""
    return case.state in reminders.REMINDED


def standing_of(case: Case) -> Standing:
    """Return the case as the rules for reminders see it."""
    state = State(case.state)
    quote = Quote.unanswered(case) if state is State.AWAITING_QUOTE_DECISION else None
    days = Operator.current().overdue_days if state in _UNDER_WAY else reminders.OVERDUE_DAYS
    return Standing(
        state=state,
        since=case.state_since,
        valid_until=case.valid_until,
        sent_at=case.sent_at,
        quote_valid_until=quote.valid_until if quote else None,
        dispatched_at=case.dispatched_at,
        overdue_days=days,
        part_missing_since=_missing_since(case, state),
    )


def _missing_since(case: Case, state: State) -> datetime | None:
    """Return since when the case stands still for a part of the owner's (rules C4, S6); None: it does not."""
    if state not in workshop.WAITS_FOR_PARTS:
        return None
    missing = list(ParcelItem.missing_of(case))
    if not workshop.waits_for_owner(state, [item.part for item in missing]):
        return None
    return min(item.at for item in missing)
