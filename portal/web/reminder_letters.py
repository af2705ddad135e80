"""What letters on the owner's way name: where to act, until when, how the server came home (S4, C2b, R1)."""

from typing import Any

from flask import url_for

from portal.models import Case, History, Letter, ParcelItem, Quote
from portal.outside import clock
from portal.rules import workshop
from portal.rules.parcel import Part
from portal.rules.quotes import QuoteState
from portal.rules.reminders import LAPSE_AFTER, Reminder
from portal.rules.returns import homecoming
from portal.rules.triage import Hold
from portal.rules.workflow import State
from portal.web import parts

EVENTS = frozenset({*Reminder, "cancelled", "commissioned", "not_repairable"})


def values(letter: Letter) -> dict[str, Any]:
    """Return what the letters of reminders, and those at begin and end of a case, need besides the case."""
    case = letter.case if letter.case_id else None
    if letter.event == "submitted":
        waits = case is not None and Hold.ALREADY_SENT_IN in letter.context.get("holds", ())
        return {"other": case.other_send_in(clock.now()) if case is not None and waits else None}
    if case is None or letter.event not in EVENTS:
        return {}
    return {
        "lapses_at": case.valid_until + LAPSE_AFTER if case.valid_until else None,
        "sent_url": _to("mark_sent", case),
        "arrived_url": _to("arrived", case),
        "appointment_url": _to("appointment", case),
        "feedback_url": _to("feedback", case),
        "is_unrepaired": homecoming(History.made_ready_from([case]).get(case.id, "")).is_unrepaired,
        "was_agreed": letter.event == "not_repairable" and _was_agreed(case),
        **_missing(letter, case),
    }


def _missing(letter: Letter, case: Case) -> dict[str, Any]:
    """Return what is asked for when the reminder leaves; some may have come since it was written (C4, C5)."""
    if letter.event != Reminder.PART_AWAITED:
        return {}
    state = State(case.state)
    asked = [item for item in ParcelItem.missing_of(case) if workshop.is_asked_for(state, item.part)]
    return {
        "missing": [parts.name(item) for item in asked],
        "lacks_tse": any(item.part is Part.TSE_USB for item in asked),
    }


def _was_agreed(case: Case) -> bool:
    """Tell whether the owner has accepted a quote for the repair that does not take place (rules W3, P4)."""
    quote = Quote.last_sent(case)
    return quote is not None and quote.state is QuoteState.ACCEPTED


def _to(page: str, case: Case) -> str:
    return url_for(f"owner.{page}", number=case.number, _external=True)
