"""What the page of a case shows besides its sentence: what stands beside the case, and its cards.

Each is asked for only in the states that can have it: the page is made anew with every change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portal.actions.arrivals import IN_THE_SALON, READ
from portal.models import (
    Appointment,
    Case,
    Consent,
    History,
    Message,
    Quote,
    SubstituteLink,
    Swap,
    following,
)
from portal.rules.appointments import Kind
from portal.rules.quotes import QuoteState
from portal.rules.returns import GOING_HOME, Homecoming, homecoming
from portal.rules.triage import Hold
from portal.rules.workflow import AT_THE_WORKSHOP, CLOSED, Role, State, steps_for
from portal.web import way
from portal.web.owner import buttons, feedback_words, parcel_card, sentences, watching
from portal.web.owner.doors import door_of
from portal.web.owner.sentences import Beside

REASONED = {
    State.DECLINED: "decline",
    State.SOLVED_REMOTELY: "solve_remotely",
    State.CANCELLED: "cancel",
    State.NO_FAULT_FOUND: "no_fault_found",
    State.NOT_REPAIRABLE: "not_repairable",
}
"""Where the owner reads what staff wrote with the step that led here."""

LOOKED_AT = (AT_THE_WORKSHOP | GOING_HOME) - {State.RECEIVED}
"""The states in which there may be quotes and swapped parts."""


def beside_of(cases: Sequence[Case], links: Mapping[int, SubstituteLink]) -> dict[int, Beside]:
    """Return what stands beside each of these cases, by the case's id; `links` by the case's id, too."""
    appointments = following.next_appointments(cases)
    homes = History.made_ready_from([case for case in cases if case.state in GOING_HOME])
    begun = following.begun(cases)
    return {
        case.id: Beside(
            link=links.get(case.id),
            appointment=_next_of(case, appointments.get(case.id, [])),
            home=homecoming(homes.get(case.id, "")) if case.state in GOING_HOME else None,
            has_begun=case.id in begun,
        )
        for case in cases
    }


def _next_of(case: Case, booked: Sequence[Appointment]) -> Appointment | None:
    """Return the appointment the page is about: the commissioning where that is next, else the first."""
    if case.state is State.COMMISSIONING_BOOKED:
        return next((one for one in booked if one.kind is Kind.COMMISSIONING), None)
    return booked[0] if booked else None


def values_of(case: Case, link: SubstituteLink | None, now: datetime) -> dict[str, Any]:
    """Return all that the block of the page needs which changes with the case."""
    history = list(History.of_case(case))
    appointments = following.next_appointments([case]).get(case.id, [])
    beside = Beside(link, _next_of(case, appointments), _home(case, history), _has_begun(case, history))
    said, parcel = sentences.of(case, now, beside), parcel_card.of_case(case)
    if parcel is not None and parcel.missing:
        said = sentences.awaiting_part(said)
    door = door_of(link, now, case=case, history=history)
    holds = [Hold(hold) for hold in case.holds] if case.state is State.SUBMITTED else []
    return {
        "case": case,
        "saying": said,
        "turns": sentences.TURNS,
        "buttons": buttons.of(case, said, now),
        "steps": steps_for(case.state, Role.OWNER),
        "is_lapsed": sentences.is_lapsed(case, now),
        "holds": holds,
        "other": other_send_in(case, holds, now),
        "notices": sentences.notices(case),
        "why": reason_of(case, history),
        "findings": _findings(case, history),
        "messages": list(Message.of_case(case, with_internal=False)),
        "way": way.of(case, history, beside.appointment),
        "appointments": appointments,
        "link": link,
        "door": door,
        "offers_link": door is None and case.is_send_in and _may_ask_for_link(case, beside),
        "watch": watching.is_worth_watching(case, link),
        "parcel_card": parcel,
        "is_closing": case.state is State.COMMISSIONED,
        **_not_yet(case, beside),
        **_work_done(case),
    }


def other_send_in(case: Case, holds: Sequence[Hold], now: datetime) -> Case | None:
    """Return the own case by which the device is being sent in already, if the report waits for it (S1)."""
    return case.other_send_in(now) if Hold.ALREADY_SENT_IN in holds else None


def _home(case: Case, history: Sequence[History]) -> Homecoming | None:
    ready = [row.source for row in history if row.what == "make_ready"]
    return homecoming(ready[-1] if ready else "") if case.state in GOING_HOME else None


def _has_begun(case: Case, history: Sequence[History]) -> bool:
    """Tell whether something of the list is done since the appointment was booked (rule R5)."""
    names = [row.what for row in history if row.what in ("book_commissioning", "tick")]
    return case.state is State.COMMISSIONING_BOOKED and names[-1:] == ["tick"]


def _may_ask_for_link(case: Case, beside: Beside) -> bool:
    """Tell whether a link is still of use: not once the server is being put into service (rule L11a)."""
    return case.device_id is not None and case.state not in CLOSED and not beside.has_begun


def _not_yet(case: Case, beside: Beside) -> dict[str, Any]:
    """Return whether the returned server must stay out of use, and if the owner has yet to confirm that."""
    waits = case.state in IN_THE_SALON
    return {
        "not_yet": case.state in sentences.NOT_YET,
        "is_unrepaired": beside.is_unrepaired,
        "asks_read": waits and not Consent.is_given(case, READ),
    }


def _work_done(case: Case) -> dict[str, Any]:
    """Return what was found, swapped and agreed to: the quote's card, and the closing page's facts."""
    was_looked_at = case.state in LOOKED_AT
    quotes = list(Quote.of_case(case)) if was_looked_at else []
    newest = next((one for one in quotes if one.state is not QuoteState.DRAFT), None)
    accepted = newest.total_cents if newest is not None and newest.state is QuoteState.ACCEPTED else None
    return {
        "quotes": quotes,
        "quote": newest,
        "swaps": list(Swap.of_case(case)) if was_looked_at else [],
        "paid_cents": accepted if case.final_cents is None else case.final_cents,
    }


def feedback_of(case: Case, now: datetime) -> dict[str, Any]:
    """Return what the question "how was it?" needs on the closing page."""
    return {"errors": {}, **feedback_words.values_of(case, now)}


def _findings(case: Case, history: Sequence[History]) -> str:
    """Return the diagnosis, or else what staff wrote when they found nothing or could not repair it."""
    if case.diagnosis or case.state not in GOING_HOME:
        return case.diagnosis
    ended = ("no_fault_found", "not_repairable")
    return next((row.why for row in reversed(history) if row.what in ended), "")


def reason_of(case: Case, history: Sequence[History]) -> str:
    """Return what staff wrote with the step that led here; not again where the diagnosis says the same."""
    step = REASONED.get(case.state)
    rows = (row for row in reversed(history) if row.what == step and row.link_id is None)
    why = next((row.why for row in rows), "")
    return "" if why == case.diagnosis and case.state not in CLOSED else why
