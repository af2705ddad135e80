"""What an owner follows: the own cases, the own turn before all others, what is over last (rules P1, S6).

Pages are asked for by the key of the last row, so that nothing is shown twice or left out.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import SQL, fn
from peewee import Case as Switch

from portal.models.accounts import Account
from portal.models.appointments import Appointment
from portal.models.cases import Case
from portal.models.commissioning import CommissioningTick
from portal.models.links import SubstituteLink
from portal.models.parcels import ParcelItem
from portal.rules.appointments import AppointmentState
from portal.rules.links import Ending, LinkState
from portal.rules.parcel import Arrival, Part
from portal.rules.workflow import AT_THE_WORKSHOP, CLOSED, Actor, State, next_actor
from portal.rules.workshop import is_asked_for

OWN_TURN = frozenset(state for state in State if next_actor(state) is Actor.OWNER)
HEADED_BY_LINK = frozenset(State) - OWN_TURN - CLOSED - {State.COMMISSIONING_BOOKED}
"""The states in which the end of the link makes it the owner's turn."""


def by_turn(account: Account, now: datetime, *, after: tuple[int, int] | None = None, limit: int = 20):
    """Select cases this account may see: own turn, then open, then over, the newest first.

    Each has `rank`, 0 for the own turn, 1 for open and 2 for over: with its id it is the key; `after` is
    the last row's.
    """
    rank = Switch(None, [(Case.state.in_(list(CLOSED)), 2), (_is_own_turn(now), 0)], 1)
    cases = Case.visible_to(account).select_extend(rank.alias("rank"))
    if after is not None:
        last, below = after
        cases = cases.where((rank > last) | ((rank == last) & (Case.id < below)))
    return cases.order_by(rank, Case.id.desc()).limit(limit)


def _is_own_turn(now: datetime) -> Any:
    late = (ParcelItem.arrival == Arrival.MISSING) & ~_is_still_asked_for()
    asked = ParcelItem.select(SQL("1")).where(ParcelItem.case == Case.id, _is_asked_about(), ~late)
    return (
        Case.state.in_(list(OWN_TURN))
        | fn.EXISTS(asked)
        | (Case.state.in_(list(HEADED_BY_LINK)) & fn.EXISTS(_newest_link_over(now)))
    )


def _is_still_asked_for() -> Any:
    """Hold of a missing part that the owner shall still send, as `workshop.is_asked_for` says (C4, C5)."""
    for_any = [state for state in AT_THE_WORKSHOP if is_asked_for(state, Part.OTHER)]
    for_tse = [state for state in AT_THE_WORKSHOP if is_asked_for(state, Part.TSE_USB)]
    return Case.state.in_(for_any) | (Case.state.in_(for_tse) & (ParcelItem.part == Part.TSE_USB))


def _is_asked_about() -> Any:
    """Hold of a part that is missing (rule C4), and of a TSE its owner has to decide about (rule C4a)."""
    is_open = ParcelItem.consent.is_null() & ParcelItem.departure.is_null()
    return (ParcelItem.arrival == Arrival.MISSING) | (ParcelItem.disposal_asked_at.is_null(False) & is_open)


def asked_parts(cases: Iterable[Case]) -> dict[int, list[ParcelItem]]:
    """Return the parts about which the owners of these open cases are asked, by the case's id (C4, C4a)."""
    ids = [case.id for case in cases if case.received_at is not None and case.state not in CLOSED]
    found: dict[int, list[ParcelItem]] = {}
    if ids:
        for row in ParcelItem.select().where(ParcelItem.case.in_(ids), _is_asked_about()):
            found.setdefault(row.case_id, []).append(row)
    return found


def _newest_link_over(now: datetime):
    """Select the case's newest link if it has run out, also where nobody wrote that down yet (rule L9)."""
    link, other = SubstituteLink.alias("last_link"), SubstituteLink.alias("any_link")
    newest = other.select(fn.MAX(other.id)).where(other.case == Case.id)
    noted = (link.state == LinkState.ENDED) & (link.ending == Ending.EXPIRED)
    unnoted = (link.state == LinkState.ACTIVE) & (link.ends_at <= now)
    return link.select(SQL("1")).where(link.id == newest, noted | unnoted)


def next_appointments(cases: Iterable[Case]) -> dict[int, list[Appointment]]:
    """Return the booked appointments of those of the cases that are not over, by the case's id, in order."""
    ids = [case.id for case in cases if case.state not in CLOSED]
    found: dict[int, list[Appointment]] = {}
    if ids:
        booked = Appointment.state == AppointmentState.BOOKED
        rows = Appointment.select().where(Appointment.case.in_(ids), booked)
        for row in rows.order_by(Appointment.starts_at):
            found.setdefault(row.case_id, []).append(row)
    return found


def begun(cases: Iterable[Case]) -> set[int]:
    """Return the ids of the cases whose commissioning has begun: something on its list is done (rule R5)."""
    ids = [case.id for case in cases if case.state is State.COMMISSIONING_BOOKED]
    if not ids:
        return set()
    rows: Any = CommissioningTick.select(CommissioningTick.case).where(CommissioningTick.case.in_(ids))
    return {case for (case,) in rows.distinct().tuples()}
