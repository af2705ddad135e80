"""What was swapped in the workshop, and what keeps a repair from beginning?  Rules W0, W2–W4, O2, S6."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from portal.rules.parcel import Part
from portal.rules.warranty import FIRST_YEAR_WITH_SPARE_PARTS, Decision
from portal.rules.workflow import AT_THE_WORKSHOP, State


class SwapPart(StrEnum):
    """What was swapped; server, main board and TSE go onto the facts sheet (rule O2)."""

    SERVER = "server"
    MAIN_BOARD = "main_board"
    TSE = "tse"
    DISK = "disk"
    POWER_SUPPLY = "power_supply"
    OTHER = "other"


class Obstacle(StrEnum):
    """What keeps a repair from beginning, in the order in which staff deal with it."""

    PURCHASE_UNKNOWN = "purchase_unknown"
    DECISION_OPEN = "decision_open"
    NO_SPARE_PARTS = "no_spare_parts"
    QUOTE_OPEN = "quote_open"


MAY_DECIDE = frozenset({State.RECEIVED, State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED})
"""Where the decision and the date of purchase may still be changed: no repair is running (rule W0).

Not while the owner decides about a quote: it was made for that decision.
"""

MAY_DIAGNOSE = AT_THE_WORKSHOP
"""Where staff write down what they found: as long as the server is with us."""

MAY_SWAP = frozenset({State.IN_REPAIR, State.NOT_REPAIRABLE})
"""Where a swapped part is recorded: in the repair, or where another server replaces this one (rule O2)."""

WAITS_FOR_PARTS = frozenset({State.RECEIVED, State.READY_TO_RETURN})
"""Where a part that the owner still has to send may bring the case to a standstill (rules S6, C5)."""

ON_FACTS_SHEET = frozenset({SwapPart.SERVER, SwapPart.MAIN_BOARD, SwapPart.TSE})
"""The parts whose change the owner gets on paper (rule O2)."""

PARCEL_PART = {SwapPart.SERVER: Part.SERVER, SwapPart.TSE: Part.TSE_USB}
"""Which swapped parts have a line of their own in the parcel, in and out (rules C4a, C5)."""


def obstacles(
    decision: Decision | None, purchased_on: date | None, *, quote_accepted: bool
) -> tuple[Obstacle, ...]:
    """Name what keeps the repair from beginning; nothing named, it may begin (rules W0, W2–W4).

    Staff have decided, the date of purchase is known, there are spare parts, and what costs something
    was accepted by the owner before.
    """
    too_old = purchased_on is not None and purchased_on.year < FIRST_YEAR_WITH_SPARE_PARTS
    found = {
        Obstacle.PURCHASE_UNKNOWN: purchased_on is None,
        Obstacle.DECISION_OPEN: decision is None,
        Obstacle.NO_SPARE_PARTS: too_old or decision == Decision.NO_SPARE_PARTS,
        Obstacle.QUOTE_OPEN: decision == Decision.CHARGEABLE and not quote_accepted,
    }
    return tuple(obstacle for obstacle, is_there in found.items() if is_there)


def may_swap(state: State, *, was_worked_on: bool) -> bool:
    """Tell whether a swapped part may be recorded or withdrawn (rules W3, O2).

    Nothing is swapped before a repair may begin; what was forgotten is added until the parcel leaves.
    """
    return state in MAY_SWAP or (state == State.READY_TO_RETURN and was_worked_on)


def is_asked_for(state: State, part: Part) -> bool:
    """Tell whether the owner is still asked to send a part that was missing (rules C4, C5).

    Before the way back only for the TSE, without which no parcel leaves; any other part the salon needs
    itself from now on, to put the server into service.
    """
    if state == State.READY_TO_RETURN:
        return part is Part.TSE_USB
    return state in AT_THE_WORKSHOP


def waits_for_owner(state: State, missing: Collection[Part]) -> bool:
    """Tell whether the case stands still for a part that the owner still has to send (rules S6, C5)."""
    return state in WAITS_FOR_PARTS and any(is_asked_for(state, part) for part in missing)
