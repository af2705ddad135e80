"""How does a server come home: repaired, without a fault, or as it was?  Rules W3, R1, R5.

Whatever it is, the case ends in an appointment: a server that was not repaired stays out of use, and a
replacement goes into service, or the till is closed down with the salon.
"""

from enum import StrEnum

from portal.rules.workflow import State


class Homecoming(StrEnum):
    """What became of the repair."""

    REPAIRED = "repaired"
    NO_FAULT = "no_fault"
    DECLINED = "declined"  # the quote, by word or by silence
    NOT_REPAIRABLE = "not_repairable"

    @property
    def is_unrepaired(self) -> bool:
        """Tell whether the server is as broken as it was."""
        return self in (Homecoming.DECLINED, Homecoming.NOT_REPAIRABLE)


_FROM = {
    State.IN_REPAIR: Homecoming.REPAIRED,
    State.NO_FAULT_FOUND: Homecoming.NO_FAULT,
    State.QUOTE_DECLINED: Homecoming.DECLINED,
    State.NOT_REPAIRABLE: Homecoming.NOT_REPAIRABLE,
}

GOING_HOME = frozenset(
    {
        State.READY_TO_RETURN,
        State.ON_ITS_WAY_BACK,
        State.DELIVERED,
        State.COMMISSIONING_BOOKED,
        State.COMMISSIONED,
    }
)
"""The states behind the workshop: what became of the repair is known."""


def homecoming(made_ready_from: str) -> Homecoming:
    """Return what became of the repair, by the state from which the server was made ready to return.

    One without a history (from an import) counts as repaired: it says nothing alarming.
    """
    return _FROM.get(State(made_ready_from), Homecoming.REPAIRED) if made_ready_from else Homecoming.REPAIRED
