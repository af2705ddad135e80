"""How appointments end: cancelled, done or missed; also what is left of them when their case ends (rule R4).

Below `cases`, which asks it in the deed of every step; booking and moving stand above, in `appointments`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.actions import history, letters, seats
from portal.models import Account, Appointment, Case
from portal.rules.appointments import LAST_ALARM, AppointmentState, Kind
from portal.rules.workflow import CLOSED, State


class Because(StrEnum):
    """Why an appointment was cancelled, for the words of the letter."""

    CANCELLED = "cancelled"
    CASE_ENDED = "case_ended"
    DONE_BEFORE = "done_before"


_DEEDS = {
    AppointmentState.CANCELLED: "cancel_appointment",
    AppointmentState.DONE: "finish_appointment",
    AppointmentState.MISSED: "miss_appointment",
}


def end(
    appointment: Appointment, state: AppointmentState, *, by: Account | None, now: datetime, why: str = ""
) -> Appointment | None:
    """End a booked appointment and free its places, inside the deed's transaction.

    Returns None, and changes nothing, if somebody else has moved or ended it meanwhile (rule S3).
    """
    columns = {
        "state": state,
        "open_key": None,
        "ended_at": now,
        "ended_why": why,
        "remind_at": None,
        "changed_at": now,
        "sequence": appointment.sequence + 1,
    }
    if not Appointment.update(columns).where(unmoved(appointment)).execute():
        return None
    seats.give_back(appointment)
    remind_no_more(appointment, now=now)
    ended = Appointment.get_by_id(appointment.id)
    record(ended.case, _DEEDS[state], ended, by=by, now=now, why=why)
    return ended


def cancel(
    appointment: Appointment,
    *,
    by: Account | None,
    now: datetime,
    why: str = "",
    because: Because = Because.CANCELLED,
) -> Appointment | None:
    """Cancel a booked appointment and tell the customer's people and their calendars; None as in `end`."""
    ended = end(appointment, AppointmentState.CANCELLED, by=by, now=now, why=why)
    if ended:
        tell(ended, "appointment_cancelled", now=now, because=because, why=why)
    return ended


def settle(case: Case, step: str, target: State, *, by: Account | None, now: datetime, why: str = "") -> None:
    """Leave no booked appointment behind that the step makes pointless, inside the step's transaction.

    At the case's end what has begun is done, and what was still to come is cancelled; the commissioning
    is done with its step, however early. Without it the case goes back, and its appointment is cancelled.
    """
    if target in CLOSED:
        for appointment in list(Appointment.open_of(case)):
            _settle_one(appointment, step, by=by, now=now)
    elif step == "unbook_commissioning":
        booked = Appointment.commissioning_of(case.id)
        if booked:
            cancel(booked, by=by, now=now, why=why)


def _settle_one(appointment: Appointment, step: str, *, by: Account | None, now: datetime) -> None:
    is_early = appointment.starts_at > now
    still_rings = appointment.starts_at - LAST_ALARM > now
    if step == "commission" and appointment.kind is Kind.COMMISSIONING:
        done = end(appointment, AppointmentState.DONE, by=by, now=now)
        if done and still_rings:
            tell(done, "appointment_cancelled", now=now, because=Because.DONE_BEFORE)
    elif is_early:
        cancel(appointment, by=by, now=now, because=Because.CASE_ENDED)
    else:
        end(appointment, AppointmentState.DONE, by=by, now=now)


def remind_no_more(appointment: Appointment, *, now: datetime) -> None:
    """Call off a reminder that has not left yet: it tells of a time that counts no more."""
    event = "appointment_soon"
    letters.call_off_about(appointment.case, [event], now=now, key=f"{event}:{appointment.id}:")


def unmoved(appointment: Appointment) -> Any:
    """Return the condition that the appointment is booked, and as it was when it was read."""
    is_booked = Appointment.state == AppointmentState.BOOKED
    return (Appointment.id == appointment.id) & (Appointment.sequence == appointment.sequence) & is_booked


def tell(appointment: Appointment, event: str, *, now: datetime, **context: Any) -> None:
    """Write to the customer's people about the appointment as it is now, once per event and change."""
    key = f"{event}:{appointment.id}:{appointment.sequence}"
    letters.tell_owners(appointment.case, event, now=now, key=key, appointment=frozen(appointment), **context)


def frozen(appointment: Appointment) -> dict[str, Any]:
    """Return the appointment as plain data, to be kept with a letter: later changes do not touch it."""
    return {
        "uid": appointment.uid,
        "sequence": appointment.sequence,
        "kind": appointment.kind,
        "state": appointment.state,
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "changed_at": appointment.changed_at.isoformat(),
    }


def record(
    case: Case,
    what: str,
    appointment: Appointment,
    *,
    by: Account | None,
    now: datetime,
    why: str = "",
    **facts: Any,
) -> None:
    """Write down a deed with an appointment, with its kind and times; the owner's page shows it at once."""
    times = {
        "kind": appointment.kind,
        "starts_at": appointment.starts_at.isoformat(),
        "until": appointment.ends_at.isoformat(),
    }
    history.record(case, what, by=by, at=now, why=why, **times, **facts)
    if by is not None:
        Case.update(revision=Case.revision + 1).where(Case.id == case.id).execute()
