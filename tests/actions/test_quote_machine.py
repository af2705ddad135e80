"""Whatever staff, owner, worker and clock do with quotes: is a chargeable repair ever begun without a yes?

The model is tiny: which quote was sent last, until when it holds, and what was said to it.  Rules W3, P4.
"""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from portal.actions import cases, quotes
from portal.actions.cases import CaseMoved
from portal.actions.conditions import RepairRefused
from portal.actions.quote_conditions import Overrun, QuoteNotAnswered
from portal.actions.quotes import QuoteAnswered, QuoteOver
from portal.models import Case, Consent, Quote
from portal.rules import quotes as rules
from portal.rules.quotes import QuoteState
from portal.rules.warranty import Decision
from portal.rules.workflow import State, StepRefused
from tests.actions.machines import always_holds
from tests.builders import NOW, a_chargeable_case, a_staff_member, an_offer, consent

WRITTEN = {"in_diagnosis", "quote_accepted", "in_repair"}
AMOUNTS = st.sampled_from([0, 10_000, 20_000, 30_000])


class QuoteMachine(RuleBasedStateMachine):
    """One chargeable case; `answer` is what was said to the newest quote, None as long as nobody did."""

    def __init__(self) -> None:
        super().__init__()
        self.staff = a_staff_member()
        self.case = a_chargeable_case(staff=self.staff)
        self.owner, self.now = self.case.reporter, NOW
        self.state, self.draft, self.sent = "in_diagnosis", 0, 0
        self.until, self.total, self.answer = NOW, 0, ""

    def fresh(self) -> Case:
        return Case.get_by_id(self.case.id)

    def is_over(self) -> bool:
        return self.now > self.until

    @rule(net=AMOUNTS, days=st.integers(1, 3))
    def write_a_draft(self, net: int, days: int) -> None:
        known = Quote.draft(self.case)
        given = {"revision": known.revision if known else 0, "by": self.staff, "now": self.now}
        if self.state not in WRITTEN:
            with pytest.raises(StepRefused):
                quotes.save_draft(self.fresh(), an_offer(net, days=days), **given)
            return
        quotes.save_draft(self.fresh(), an_offer(net, days=days), **given)
        self.draft = 1

    @precondition(lambda self: self.draft)
    @rule(stale=st.booleans())
    def send_it(self, stale: bool) -> None:
        draft = Quote.draft(self.case)
        if stale:
            with pytest.raises(CaseMoved):
                quotes.send(draft, revision=draft.revision + 1, by=self.staff, now=self.now)
            return
        quote = quotes.send(draft, revision=draft.revision, by=self.staff, now=self.now)
        self.state, self.draft, self.sent, self.answer = "awaiting_quote_decision", 0, quote.number, ""
        self.until, self.total = rules.valid_until(self.now, quote.days), quote.total_cents

    @precondition(lambda self: self.sent)
    @rule(yes=st.booleans(), data=st.data())
    def answer_some_quote(self, yes: bool, data) -> None:
        number = data.draw(st.sampled_from([self.sent, max(1, self.sent - 1)]))
        quote, kind = Quote.of_number(self.case, number), "quote_accepted" if yes else "quote_declined"
        given = {**consent(kind, self.now), "amount_cents": quote.total_cents}
        answer = quotes.accept if yes else quotes.decline
        if number != self.sent or self.answer or self.is_over():
            late = number == self.sent and self.answer in ("", "lapsed")
            with pytest.raises(QuoteOver if late else QuoteAnswered):
                answer(quote, given, by=self.owner, now=self.now)
            if late:
                self.state, self.answer = "quote_declined", "lapsed"
            return
        answer(quote, given, by=self.owner, now=self.now)
        self.answer = "accepted" if yes else "declined"
        self.state = f"quote_{self.answer}"

    @precondition(lambda self: self.sent)
    @rule()
    def let_the_worker_look(self) -> None:
        quotes.lapse(Quote.of_number(self.case, self.sent), now=self.now)
        if not self.answer and self.is_over():
            self.state, self.answer = "quote_declined", "lapsed"

    @rule(hours=st.sampled_from([1, 26, 80, -30]))
    def let_the_clock_jump(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(step=st.sampled_from(["accept_quote", "decline_quote", "lapse_quote"]))
    def try_to_go_around(self, step: str) -> None:
        with pytest.raises((QuoteNotAnswered, StepRefused)):
            cases.advance(self.fresh(), step, by=None if step == "lapse_quote" else self.owner, now=self.now)

    @rule()
    def begin_the_repair(self) -> None:
        if self.state != "quote_accepted":
            with pytest.raises((RepairRefused, StepRefused)):
                cases.advance(self.fresh(), "start_repair", by=self.staff, now=self.now)
            return
        self.state = str(cases.advance(self.fresh(), "start_repair", by=self.staff, now=self.now).state)

    @precondition(lambda self: self.state == "in_repair")
    @rule(percent=st.sampled_from([0, 100, 110, 111]))
    def settle(self, percent: int) -> None:
        final = self.total * percent // 100
        if final > self.total * 1.1:
            with pytest.raises(Overrun):
                quotes.settle(self.fresh(), final, by=self.staff, now=self.now)
            return
        assert quotes.settle(self.fresh(), final, by=self.staff, now=self.now).final_cents == final

    @invariant()
    def the_case_stands_where_the_model_says(self) -> None:
        assert self.fresh().state == self.state
        newest = Quote.last_sent(self.case)
        assert (newest.number if newest else 0) == self.sent
        assert newest is None or newest.state == (self.answer or "sent")

    @invariant()
    def no_chargeable_repair_without_a_yes_in_time(self) -> None:
        case = self.fresh()
        if case.decision is not Decision.CHARGEABLE:
            return
        if case.state in (State.QUOTE_ACCEPTED, State.IN_REPAIR):
            newest = Quote.last_sent(case)
            assert newest.state is QuoteState.ACCEPTED
            assert Consent.get_by_id(newest.consent_id).at <= newest.valid_until


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 15), ("postgresql", 4)], indirect=["engine"])
def test_a_quote_is_never_accepted_by_silence(database, engine, examples):  # rules W3, P4
    always_holds(QuoteMachine, examples=examples, steps=25)
