"""Which steps may staff take with a case now, what does each ask, and which is to be expected?  Section S.

`places` has what is done on a page of its own; everything else staff may do is a button made here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from portal.models import Case
from portal.rules import workflow
from portal.rules.triage import Hold
from portal.rules.warranty import Decision
from portal.rules.workflow import Need, Role, State
from portal.rules.workshop import Obstacle
from portal.web.staff.forms import Ask

_READ = _l("Der Salon liest diesen Text.")
ASKS: Mapping[str, Ask] = {
    "ask_back": Ask("question", _l("Ihre Frage an den Salon"), _READ, _l("Bitte schreiben Sie Ihre Frage.")),
    "decline": Ask("decline_reason", _l("Warum lehnen Sie ab?"), _READ, _l("Bitte geben Sie den Grund an.")),
    "solve_remotely": Ask(
        "solution", _l("Wie wurde es gelöst?"), _READ, _l("Bitte schreiben Sie, wie es gelöst wurde.")
    ),
    "cancel": Ask("cancel_reason", _l("Warum wird abgebrochen?"), _READ, _l("Bitte geben Sie den Grund an.")),
    "no_fault_found": Ask(
        "no_fault", _l("Was haben Sie geprüft?"), _READ, _l("Bitte schreiben Sie, was Sie geprüft haben.")
    ),
    "not_repairable": Ask(
        "not_repairable_reason", _l("Warum geht es nicht?"), _READ, _l("Bitte geben Sie den Grund an.")
    ),
    "refuse": Ask(
        "refusal", _l("Warum lehnen Sie den Ersatzlink ab?"), _READ, _l("Bitte geben Sie den Grund an.")
    ),
}
NAMES: Mapping[str, Any] = {
    "release": _l("Zum Einsenden freigeben"),
    "ask_back": _l("Beim Salon nachfragen"),
    "decline": _l("Meldung ablehnen"),
    "solve_remotely": _l("Ohne Einsendung gelöst"),
    "cancel": _l("Vorgang abbrechen"),
    "mark_sent": _l("Als abgeschickt eintragen"),
    "start_diagnosis": _l("Prüfung beginnen"),
    "start_repair": _l("Reparatur beginnen"),
    "make_ready": _l("Bereit zum Rückversand"),
    "no_fault_found": _l("Kein Fehler gefunden"),
    "not_repairable": _l("Nicht reparierbar"),
    "confirm_delivery": _l("Paket ist im Salon angekommen"),
}
"""The steps that are buttons; what needs a page of its own is in `places`."""
FINAL = frozenset({"decline", "cancel"})  # cannot be undone
FROM_DIAGNOSIS = frozenset({"no_fault_found", "not_repairable"})
"""The steps whose text begins with what staff wrote down as their diagnosis."""


@dataclass(frozen=True)
class StepView:
    """One step that may be taken now, and what it asks for."""

    name: str
    label: Any
    address: str
    expected: bool
    ask: Ask | None = None
    tracking: bool = False
    amount: bool = False  # what a chargeable repair came to (P4)
    prefilled: str = ""

    @property
    def kind(self) -> str:
        """Return how its button looks: the expected one is filled, an ending one is red."""
        if self.name in FINAL:
            return "stop"
        return "go" if self.expected or self.ask or self.tracking or self.amount else "ghost"


def steps_of(case: Case, obstacles: Collection[Obstacle] = ()) -> list[StepView]:
    """Return the steps staff may take now, the expected one first.

    With `obstacles` no repair begins (rules W0–W4): then there is no button for it.
    """
    state, expected = State(case.state), expected_step(case, obstacles)
    names = [name for name in workflow.steps_for(state, Role.STAFF) if name in NAMES]
    names = [name for name in names if not (name == "start_repair" and obstacles)]
    names.sort(key=lambda name: (name != expected, list(NAMES).index(name)))
    return [*(_step(case, name, name == expected) for name in names), *_corrections(case, state)]


def _corrections(case: Case, state: State) -> list[StepView]:
    """Return what can be put right without a step: the number of the parcel on its way back (rule C5)."""
    if state is not State.ON_ITS_WAY_BACK:
        return []
    address = url_for("staff.correct_tracking", number=case.number)
    return [StepView("correct_tracking", _l("Sendungsnummer ändern"), address, expected=False, tracking=True)]


def _step(case: Case, name: str, is_expected: bool) -> StepView:
    needs = workflow.needs_for(name, Role.STAFF)
    amount = asks_amount(case, name)
    return StepView(
        name,
        NAMES[name],
        url_for("staff.step", number=case.number, step=name),
        is_expected,
        ask=ASKS.get(name),
        tracking=Need.TRACKING in needs,
        amount=amount,
        prefilled=case.diagnosis if name in FROM_DIAGNOSIS else "",
    )


def asks_amount(case: Case, step: str) -> bool:
    """Tell whether the step asks what the repair came to: the owner pays, and never much more (P4)."""
    repaired = step == "make_ready" and case.state == State.IN_REPAIR
    return repaired and case.decision is Decision.CHARGEABLE


_EXPECTED: Mapping[State, str] = {
    State.RECEIVED: "start_diagnosis",
    State.IN_REPAIR: "make_ready",
    State.NO_FAULT_FOUND: "make_ready",
    State.NOT_REPAIRABLE: "make_ready",
    State.QUOTE_DECLINED: "make_ready",
}
BEFORE_REPAIR = frozenset({State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED})
"""The states from which a repair begins, once nothing is in its way."""


def expected_step(case: Case, obstacles: Collection[Obstacle] = ()) -> str:
    """Return the step that the facts lead to; staff decide."""
    state = State(case.state)
    if state is State.SUBMITTED:
        return _expected_of_report(case)
    if state in BEFORE_REPAIR:
        if Obstacle.NO_SPARE_PARTS in obstacles:
            return "not_repairable"
        return "" if obstacles else "start_repair"
    return _EXPECTED.get(state, "")


def _expected_of_report(case: Case) -> str:
    """Return what a report leads to.

    A hold that only informs (purchase date unknown, accepted third-party charge) leads to the
    release; one that leaves something open leads to a question.
    """
    if case.customer_id is None:
        return ""  # first of all, whose it is: a page of its own (rule P1a)
    if Hold.NOT_A_SEND_IN in case.holds:
        return "solve_remotely"
    open_points = {Hold.NO_SPARE_PARTS, Hold.CHECKS_OPEN, Hold.ALREADY_SENT_IN}
    return "ask_back" if open_points & set(case.holds) and not case.answered_at else "release"
