"""Where is a case worked on now, page by page, and which page is next?  Rules C4, C5, W0–W4, P4, R4, R5.

Simple steps are buttons; what needs a page of its own is found here.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from portal.models import Case
from portal.rules import appointments
from portal.rules.warranty import Decision
from portal.rules.workflow import AT_THE_WORKSHOP, CLOSED, State
from portal.rules.workshop import Obstacle


@dataclass(frozen=True)
class Place:
    """One work page of a case; `deed` is what the filled button says where it is the next one."""

    endpoint: str
    label: Any
    address: str
    deed: Any = ""
    says: Any = ""

    @property
    def is_expected(self) -> bool:
        """Tell whether the case's next step is done there."""
        return bool(self.deed)


def of_case(case: Case, obstacles: Collection[Obstacle] = ()) -> list[Place]:
    """Return the work pages there are for the case now, in the order of its way.

    `obstacles` is what keeps its repair from beginning.
    """
    state = State(case.state)
    found = [name for name, is_open in _OPEN.items() if is_open(case, state)]
    next_one, deed, says = _next(case, state, obstacles)
    return [
        Place(
            name,
            LABELS[name],
            url_for(name, number=case.number),
            *((deed, says) if name == next_one else ()),
        )
        for name in found
    ]


LABELS: Mapping[str, Any] = {
    "staff.match": _l("Kunden zuordnen"),
    "staff.check_in": _l("Paket annehmen"),
    "staff.parcel": _l("Paket"),
    "staff.workshop": _l("Werkstatt"),
    "staff.quote": _l("Kostenvoranschlag"),
    "staff.appointment": _l("Termin"),
    "staff.commissioning": _l("Inbetriebnahme"),
}
_AWAITED = frozenset({State.AWAITING_SHIPMENT, State.ON_ITS_WAY_TO_US})
_WITH_PARCEL = AT_THE_WORKSHOP | {
    State.ON_ITS_WAY_BACK,
    State.DELIVERED,
    State.COMMISSIONING_BOOKED,
}
_WITH_QUOTE = frozenset({State.AWAITING_QUOTE_DECISION, State.QUOTE_ACCEPTED, State.QUOTE_DECLINED})
_BEFORE_QUOTE = frozenset({State.IN_DIAGNOSIS, State.IN_REPAIR})
_OPEN: Mapping[str, Callable[[Case, State], bool]] = {
    "staff.match": lambda case, state: case.customer_id is None and state not in CLOSED,
    "staff.check_in": lambda _case, state: state in _AWAITED,
    "staff.parcel": lambda _case, state: state in _WITH_PARCEL,
    "staff.workshop": lambda _case, state: state in AT_THE_WORKSHOP,
    "staff.quote": lambda case, state: _has_quote(case, state),
    "staff.appointment": lambda case, state: bool(appointments.kinds_for(state, case.outcome)),
    "staff.commissioning": lambda _case, state: state in (State.COMMISSIONING_BOOKED, State.COMMISSIONED),
}


def _has_quote(case: Case, state: State) -> bool:
    """Tell whether there is a quote, or one may be made: only what costs something gets one (rule W3)."""
    return state in _WITH_QUOTE or (state in _BEFORE_QUOTE and case.decision is Decision.CHARGEABLE)


_NEXT: Mapping[State, tuple[str, Any, Any]] = {
    State.ON_ITS_WAY_TO_US: ("staff.check_in", _l("Paket annehmen"), ""),
    State.READY_TO_RETURN: (
        "staff.parcel",
        _l("Einpacken und verschicken"),
        _l("Ins Paket kommt alles, was angekommen ist."),
    ),
    State.DELIVERED: (
        "staff.appointment",
        _l("Termin zur Inbetriebnahme vereinbaren"),
        _l("Der Salon darf den Server noch nicht benutzen. Er kann den Termin auch selbst buchen."),
    ),
    State.COMMISSIONING_BOOKED: (
        "staff.commissioning",
        _l("Zur Inbetriebnahme"),
        _l("Der Server ist im Salon. In Betrieb geht er nur mit der Checkliste."),
    ),
}
_NOWHERE = ("", "", "")
_BEFORE_RELEASE = frozenset({State.SUBMITTED, State.AWAITING_INFORMATION})


def _next(case: Case, state: State, obstacles: Collection[Obstacle]) -> tuple[str, Any, Any]:
    """Return where the next step is done, what its button says, and what is to be known of it."""
    if case.customer_id is None and state in _BEFORE_RELEASE:
        return "staff.match", _l("Kunden zuordnen"), ""
    if state not in (State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED):
        return _NEXT.get(state, _NOWHERE)
    if Obstacle.NO_SPARE_PARTS in obstacles or not obstacles:
        return _NOWHERE  # a step is next: not repairable, or the repair
    if set(obstacles) == {Obstacle.QUOTE_OPEN}:
        return "staff.quote", _l("Kostenvoranschlag schreiben"), ""
    return "staff.workshop", _l("Prüfen und entscheiden"), ""
