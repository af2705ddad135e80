"""Which state may a case go to, who may send it there, and who acts next?  Section S of the rulebook.

`STEPS` is the one table; everything else asks it.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a case stands, in the order of its way."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AWAITING_INFORMATION = "awaiting_information"
    DECLINED = "declined"
    SOLVED_REMOTELY = "solved_remotely"
    CANCELLED = "cancelled"
    AWAITING_SHIPMENT = "awaiting_shipment"
    ON_ITS_WAY_TO_US = "on_its_way_to_us"
    RECEIVED = "received"
    IN_DIAGNOSIS = "in_diagnosis"
    AWAITING_QUOTE_DECISION = "awaiting_quote_decision"
    QUOTE_ACCEPTED = "quote_accepted"
    QUOTE_DECLINED = "quote_declined"
    IN_REPAIR = "in_repair"
    NO_FAULT_FOUND = "no_fault_found"
    NOT_REPAIRABLE = "not_repairable"
    READY_TO_RETURN = "ready_to_return"
    ON_ITS_WAY_BACK = "on_its_way_back"
    DELIVERED = "delivered"
    COMMISSIONING_BOOKED = "commissioning_booked"
    COMMISSIONED = "commissioned"


class Role(StrEnum):
    """On whose behalf a step is taken."""

    OWNER = "owner"
    STAFF = "staff"
    ADMIN = "admin"
    SYSTEM = "system"


class Actor(StrEnum):
    """Whose turn it is."""

    OWNER = "owner"
    STAFF = "staff"
    CARRIER = "carrier"
    NOBODY = "nobody"


class Need(StrEnum):
    """What a step asks for before it is taken.

    CONDITION asks the person for nothing: a rule that this table cannot see must hold as well, and the
    action checks it (W3 and W4 before a repair, C5 before dispatch, R5 before a case ends, and that there
    is a quote to be sent or answered, an appointment to be booked).
    """

    REASON = "reason"
    QUESTION = "question"
    ANSWER = "answer"
    TRACKING = "tracking"
    CONDITION = "condition"


class StepRefused(ValueError):
    """The rules do not let this role take this step from this state."""

    def __init__(self, step: str, state: str, role: str) -> None:
        """Keep what was tried."""
        super().__init__(f"{role} may not take the step {step} from {state}")
        self.step = step
        self.state = state
        self.role = role


@dataclass(frozen=True)
class Step:
    """One permitted change of state, who may make it and what it asks for."""

    source: frozenset[State]
    target: State
    roles: frozenset[Role]
    needs: frozenset[Need] = frozenset()


_OWNER = frozenset({Role.OWNER})
_TEAM = frozenset({Role.STAFF, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


def _asks(need: Need) -> frozenset[Need]:
    return frozenset({need})


STEPS: dict[str, Step] = {
    "submit": Step(_from(State.DRAFT), State.SUBMITTED, _OWNER),
    "release": Step(
        _from(State.SUBMITTED, State.AWAITING_INFORMATION), State.AWAITING_SHIPMENT, _TEAM | _SYSTEM
    ),
    "ask_back": Step(_from(State.SUBMITTED), State.AWAITING_INFORMATION, _TEAM, _asks(Need.QUESTION)),
    "answer": Step(_from(State.AWAITING_INFORMATION), State.SUBMITTED, _OWNER, _asks(Need.ANSWER)),
    "decline": Step(
        _from(State.SUBMITTED, State.AWAITING_INFORMATION), State.DECLINED, _TEAM, _asks(Need.REASON)
    ),
    "solve_remotely": Step(
        _from(State.SUBMITTED, State.AWAITING_INFORMATION, State.AWAITING_SHIPMENT),
        State.SOLVED_REMOTELY,
        _TEAM,
        _asks(Need.REASON),
    ),
    "cancel": Step(
        _from(State.SUBMITTED, State.AWAITING_INFORMATION, State.AWAITING_SHIPMENT, State.ON_ITS_WAY_TO_US),
        State.CANCELLED,
        _OWNER | _TEAM,
        _asks(Need.REASON),
    ),
    "lapse": Step(_from(State.AWAITING_SHIPMENT), State.CANCELLED, _SYSTEM),
    "mark_sent": Step(
        _from(State.AWAITING_SHIPMENT), State.ON_ITS_WAY_TO_US, _OWNER | _TEAM, _asks(Need.TRACKING)
    ),
    "receive": Step(_from(State.AWAITING_SHIPMENT, State.ON_ITS_WAY_TO_US), State.RECEIVED, _TEAM),
    "start_diagnosis": Step(_from(State.RECEIVED), State.IN_DIAGNOSIS, _TEAM),
    "send_quote": Step(
        _from(State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED, State.IN_REPAIR),
        State.AWAITING_QUOTE_DECISION,
        _TEAM,
        _asks(Need.CONDITION),
    ),
    "accept_quote": Step(
        _from(State.AWAITING_QUOTE_DECISION), State.QUOTE_ACCEPTED, _OWNER, _asks(Need.CONDITION)
    ),
    "decline_quote": Step(
        _from(State.AWAITING_QUOTE_DECISION), State.QUOTE_DECLINED, _OWNER, _asks(Need.CONDITION)
    ),
    "lapse_quote": Step(
        _from(State.AWAITING_QUOTE_DECISION), State.QUOTE_DECLINED, _SYSTEM, _asks(Need.CONDITION)
    ),
    "start_repair": Step(
        _from(State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED), State.IN_REPAIR, _TEAM, _asks(Need.CONDITION)
    ),
    "no_fault_found": Step(_from(State.IN_DIAGNOSIS), State.NO_FAULT_FOUND, _TEAM),
    # After an accepted quote too: where no spare part is to be had after all, no repair ever begins (W0).
    "not_repairable": Step(
        _from(State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED, State.IN_REPAIR), State.NOT_REPAIRABLE, _TEAM
    ),
    "make_ready": Step(
        _from(State.IN_REPAIR, State.NO_FAULT_FOUND, State.NOT_REPAIRABLE, State.QUOTE_DECLINED),
        State.READY_TO_RETURN,
        _TEAM,
        _asks(Need.CONDITION),
    ),
    "dispatch": Step(
        _from(State.READY_TO_RETURN),
        State.ON_ITS_WAY_BACK,
        _TEAM,
        _asks(Need.TRACKING) | _asks(Need.CONDITION),
    ),
    "confirm_delivery": Step(_from(State.ON_ITS_WAY_BACK), State.DELIVERED, _OWNER | _TEAM),
    "book_commissioning": Step(
        _from(State.DELIVERED), State.COMMISSIONING_BOOKED, _OWNER | _TEAM, _asks(Need.CONDITION)
    ),
    "unbook_commissioning": Step(_from(State.COMMISSIONING_BOOKED), State.DELIVERED, _OWNER | _TEAM),
    "commission": Step(_from(State.COMMISSIONING_BOOKED), State.COMMISSIONED, _TEAM, _asks(Need.CONDITION)),
}
"""Every change of state there is; the owner cancels until the parcel is received (rule S2)."""

CLOSED = frozenset({State.DECLINED, State.SOLVED_REMOTELY, State.CANCELLED, State.COMMISSIONED})
"""The states that no step leaves."""

AT_THE_WORKSHOP = frozenset(
    {
        State.RECEIVED,
        State.IN_DIAGNOSIS,
        State.AWAITING_QUOTE_DECISION,
        State.QUOTE_ACCEPTED,
        State.QUOTE_DECLINED,
        State.IN_REPAIR,
        State.NO_FAULT_FOUND,
        State.NOT_REPAIRABLE,
        State.READY_TO_RETURN,
    }
)
"""The states in which the server is with us: its database can be read out (rule L6)."""

SENT_IN = AT_THE_WORKSHOP | {
    State.AWAITING_SHIPMENT,
    State.ON_ITS_WAY_TO_US,
    State.ON_ITS_WAY_BACK,
    State.DELIVERED,
    State.COMMISSIONING_BOOKED,
}
"""The states of a send-in from its release until the server is in service again (rules S1, R1)."""

_OWNERS_TURN = frozenset(
    {
        State.DRAFT,
        State.AWAITING_INFORMATION,
        State.AWAITING_SHIPMENT,
        State.AWAITING_QUOTE_DECISION,
        State.DELIVERED,
    }
)
_UNDER_WAY = frozenset({State.ON_ITS_WAY_TO_US, State.ON_ITS_WAY_BACK})


def take_step(step: str, state: State, role: Role) -> State:
    """Return the state after the step, or raise StepRefused (section S)."""
    found = STEPS.get(step)
    if found is None or state not in found.source or role not in found.roles:
        raise StepRefused(step, state, role)
    return found.target


def steps_for(state: State, role: Role) -> list[str]:
    """Name the steps this role may take now; templates draw their buttons from it (section S)."""
    return [name for name, step in STEPS.items() if state in step.source and role in step.roles]


def needs_for(step: str, role: Role) -> frozenset[Need]:
    """Return what the step asks of this role; an owner cancels without giving a reason (rule S2)."""
    if step == "cancel" and role == Role.OWNER:
        return frozenset()
    return STEPS[step].needs


def next_actor(state: State) -> Actor:
    """Return whose turn it is; waiting for the owner is not the staff's delay (rule S6)."""
    if state in CLOSED:
        return Actor.NOBODY
    if state in _OWNERS_TURN:
        return Actor.OWNER
    return Actor.CARRIER if state in _UNDER_WAY else Actor.STAFF
