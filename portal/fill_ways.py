"""The bulk data's ways through the workflow: where cases stand, and by which steps they got there."""

from collections.abc import Sequence

from portal.rules.workflow import State

Way = Sequence[tuple[str, State]]
"""Steps, each with the state it leads to."""

WHOLE_WAY = (
    ("submit", State.SUBMITTED),
    ("release", State.AWAITING_SHIPMENT),
    ("mark_sent", State.ON_ITS_WAY_TO_US),
    ("receive", State.RECEIVED),
    ("start_diagnosis", State.IN_DIAGNOSIS),
    ("start_repair", State.IN_REPAIR),
    ("make_ready", State.READY_TO_RETURN),
    ("dispatch", State.ON_ITS_WAY_BACK),
    ("confirm_delivery", State.DELIVERED),
    ("book_commissioning", State.COMMISSIONING_BOOKED),
    ("commission", State.COMMISSIONED),
)
TO_DIAGNOSIS = WHOLE_WAY[:5]
TO_QUOTE = (*TO_DIAGNOSIS, ("send_quote", State.AWAITING_QUOTE_DECISION))

# How a case got to a state that does not lie on the whole way.
ASIDE = {
    State.CANCELLED: (*WHOLE_WAY[:1], ("cancel", State.CANCELLED)),
    State.DECLINED: (*WHOLE_WAY[:1], ("decline", State.DECLINED)),
    State.SOLVED_REMOTELY: (*WHOLE_WAY[:1], ("solve_remotely", State.SOLVED_REMOTELY)),
    State.AWAITING_INFORMATION: (*WHOLE_WAY[:1], ("ask_back", State.AWAITING_INFORMATION)),
    State.AWAITING_QUOTE_DECISION: TO_QUOTE,
    State.QUOTE_ACCEPTED: (*TO_QUOTE, ("accept_quote", State.QUOTE_ACCEPTED)),
    State.QUOTE_DECLINED: (*TO_QUOTE, ("decline_quote", State.QUOTE_DECLINED)),
    State.NO_FAULT_FOUND: (*TO_DIAGNOSIS, ("no_fault_found", State.NO_FAULT_FOUND)),
    State.NOT_REPAIRABLE: (*TO_DIAGNOSIS, ("not_repairable", State.NOT_REPAIRABLE)),
}

# How often (in 1,000) a case stands where.
SHARES = (
    (State.COMMISSIONED, 800),
    (State.CANCELLED, 30),
    (State.DECLINED, 30),
    (State.SOLVED_REMOTELY, 40),
    (State.SUBMITTED, 10),
    (State.AWAITING_INFORMATION, 6),
    (State.AWAITING_SHIPMENT, 20),
    (State.ON_ITS_WAY_TO_US, 14),
    (State.RECEIVED, 5),
    (State.IN_DIAGNOSIS, 10),
    (State.AWAITING_QUOTE_DECISION, 5),
    (State.QUOTE_ACCEPTED, 3),
    (State.QUOTE_DECLINED, 3),
    (State.NO_FAULT_FOUND, 3),
    (State.NOT_REPAIRABLE, 3),
    (State.IN_REPAIR, 10),
    (State.READY_TO_RETURN, 5),
    (State.ON_ITS_WAY_BACK, 5),
    (State.DELIVERED, 5),
    (State.COMMISSIONING_BOOKED, 5),
)


def way_to(state: State) -> Way:
    """Return the steps that lead to the state."""
    if state in ASIDE:
        return ASIDE[state]
    reached = [target for _step, target in WHOLE_WAY]
    return WHOLE_WAY[: reached.index(state) + 1]
