"""Whatever people try with a case, does it only ever go along the rulebook's arrows?  Section S."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from portal.actions import cases, commissioning, conditions
from portal.actions.cases import CaseMoved, NeedMissing
from portal.actions.conditions import NotCommissioned
from portal.models import Case, CommissioningTick, History
from portal.rules.commissioning import Item
from portal.rules.workflow import StepRefused
from tests.actions.machines import always_holds
from tests.builders import NOW, a_staff_member, a_waiting_case, an_admin

# The rulebook's diagram, copied by hand: state → step → (next state, who may).  o owner, t team, s system.
ARROWS = {
    "submitted": {
        "release": ("awaiting_shipment", "ts"),
        "ask_back": ("awaiting_information", "t"),
        "decline": ("declined", "t"),
        "solve_remotely": ("solved_remotely", "t"),
        "cancel": ("cancelled", "ot"),
    },
    "awaiting_information": {
        "release": ("awaiting_shipment", "ts"),
        "answer": ("submitted", "o"),
        "decline": ("declined", "t"),
        "solve_remotely": ("solved_remotely", "t"),
        "cancel": ("cancelled", "ot"),
    },
    "awaiting_shipment": {
        "solve_remotely": ("solved_remotely", "t"),
        "cancel": ("cancelled", "ot"),
        "lapse": ("cancelled", "s"),
        "mark_sent": ("on_its_way_to_us", "ot"),
        "receive": ("received", "t"),
    },
    "on_its_way_to_us": {"cancel": ("cancelled", "ot"), "receive": ("received", "t")},
    "received": {"start_diagnosis": ("in_diagnosis", "t")},
    "in_diagnosis": {
        "send_quote": ("awaiting_quote_decision", "t"),
        "start_repair": ("in_repair", "t"),
        "no_fault_found": ("no_fault_found", "t"),
        "not_repairable": ("not_repairable", "t"),
    },
    "awaiting_quote_decision": {
        "accept_quote": ("quote_accepted", "o"),
        "decline_quote": ("quote_declined", "o"),
        "lapse_quote": ("quote_declined", "s"),
    },
    "quote_accepted": {
        "send_quote": ("awaiting_quote_decision", "t"),
        "start_repair": ("in_repair", "t"),
        "not_repairable": ("not_repairable", "t"),
    },
    "quote_declined": {"make_ready": ("ready_to_return", "t")},
    "in_repair": {
        "send_quote": ("awaiting_quote_decision", "t"),
        "not_repairable": ("not_repairable", "t"),
        "make_ready": ("ready_to_return", "t"),
    },
    "no_fault_found": {"make_ready": ("ready_to_return", "t")},
    "not_repairable": {"make_ready": ("ready_to_return", "t")},
    "ready_to_return": {"dispatch": ("on_its_way_back", "t")},
    "on_its_way_back": {"confirm_delivery": ("delivered", "ot")},
    "delivered": {"book_commissioning": ("commissioning_booked", "ot")},
    "commissioning_booked": {
        "unbook_commissioning": ("delivered", "ot"),
        "commission": ("commissioned", "t"),
    },
    "commissioned": {},
    "declined": {},
    "solved_remotely": {},
    "cancelled": {},
}
STEPS = sorted({step for steps in ARROWS.values() for step in steps} | {"submit", "fly_away"})
ASKS_STAFF = {"ask_back", "decline", "solve_remotely", "cancel"}


class CaseMachine(RuleBasedStateMachine):
    """Owners, staff, admins and the portal try steps at random; the model is the diagram above."""

    def __init__(self) -> None:
        super().__init__()
        self.case = a_waiting_case()
        self.stale = Case.get_by_id(self.case.id)
        self.state, self.moment, self.is_list_done = "submitted", NOW, False
        self.written = History.select().where(History.case == self.case).count()
        self.people = {
            "owner": self.case.reporter,
            "staff": a_staff_member(),
            "admin": an_admin(),
            "system": None,
        }

    def expected(self, step: str, who: str, why: str) -> str | None:
        if step == "commission" and not self.is_list_done:
            return None
        target, may = ARROWS[self.state].get(step, ("", ""))
        letter = {"owner": "o", "staff": "t", "admin": "t", "system": "s"}[who]
        asked = (step in ASKS_STAFF and letter == "t") or step == "answer"
        return None if letter not in may or (asked and not why) else target

    @rule(
        step=st.sampled_from(STEPS),
        who=st.sampled_from(["owner", "staff", "admin", "system"]),
        why=st.sampled_from(["", "Weil"]),
    )
    def try_any_step(self, step: str, who: str, why: str) -> None:
        self.attempt(step, who, why)

    @precondition(lambda self: ARROWS[self.state])
    @rule(data=st.data())
    def go_on(self, data) -> None:
        step = data.draw(st.sampled_from(sorted(ARROWS[self.state])))
        letter = data.draw(st.sampled_from(ARROWS[self.state][step][1]))
        self.attempt(step, {"o": "owner", "t": "staff", "s": "system"}[letter], "Weil")

    def attempt(self, step: str, who: str, why: str) -> None:
        target = self.expected(step, who, why)
        self.moment += timedelta(minutes=1)
        before = Case.get_by_id(self.case.id)
        if target is None:
            with pytest.raises((StepRefused, NeedMissing, NotCommissioned)):
                cases.advance(before, step, by=self.people[who], now=self.moment, why=why)
            return
        cases.advance(before, step, by=self.people[who], now=self.moment, why=why)
        self.stale, self.state, self.is_list_done = before, target, False
        self.written += 1

    @precondition(lambda self: self.state == "commissioning_booked" and not self.is_list_done)
    @rule()
    def do_the_checklist(self) -> None:
        for item in Item:
            if item not in CommissioningTick.done_of(self.case):
                found = Case.get_by_id(self.case.id)
                commissioning.tick(found, item, by=self.people["staff"], now=self.moment)
        self.is_list_done = True

    @precondition(lambda self: self.stale.state != self.state)
    @rule(step=st.sampled_from(STEPS))
    def be_too_late(self, step: str) -> None:
        with pytest.raises((StepRefused, CaseMoved, NotCommissioned)):
            cases.advance(self.stale, step, by=self.people["staff"], now=self.moment, why="Weil")

    @precondition(lambda self: ARROWS[self.state])
    @rule(data=st.data())
    def run_out_of_ink(self, data) -> None:
        def broken(*_args, **_columns):
            raise RuntimeError("no ink")

        step = data.draw(st.sampled_from(sorted(ARROWS[self.state])))
        who = {"o": "owner", "t": "staff", "s": "system"}[ARROWS[self.state][step][1][-1]]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("portal.actions.queue.reassess_case", broken)
            with pytest.raises((RuntimeError, NotCommissioned)):
                cases.advance(
                    Case.get_by_id(self.case.id), step, by=self.people[who], now=self.moment, why="Weil"
                )

    @invariant()
    def the_case_stands_where_the_diagram_says(self) -> None:
        assert Case.get_by_id(self.case.id).state == self.state

    @invariant()
    def history_grew_by_one_row_for_each_step_taken(self) -> None:
        moves = History.select().where(History.case == self.case, History.what != "tick")
        rows = list(moves.order_by(History.id))
        assert len(rows) == self.written
        assert rows[-1].target == self.state
        assert all(one.target == next_.source for one, next_ in pairwise(rows))


@pytest.fixture
def arrows_only(monkeypatch):
    """Ask for no condition but the checklist: those of repair, quote and parcel have tests of their own."""
    asked = conditions.check

    def check(step: str, case: Case) -> None:
        if step == "commission":
            asked(step, case)

    monkeypatch.setattr(conditions, "check", check)


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 15), ("postgresql", 3)], indirect=["engine"])
def test_a_case_only_goes_along_the_arrows(database, arrows_only, engine, examples):  # rule S
    always_holds(CaseMachine, examples=examples, steps=25)
