"""What must hold before a step that has to do with a quote (rules W3, W4, P4); asked by `conditions`."""

from collections.abc import Sequence

from portal.actions import queue
from portal.models import Case, Quote
from portal.rules import quotes as rules
from portal.rules.quotes import Lack, QuoteState
from portal.rules.warranty import Decision
from portal.rules.workflow import Need, State

ANSWERED = {
    "accept_quote": QuoteState.ACCEPTED,
    "decline_quote": QuoteState.DECLINED,
    "lapse_quote": QuoteState.LAPSED,
}
"""How the newest quote must stand before the case follows it; the same transaction has put it there."""

STEPS = frozenset({*ANSWERED, "send_quote", "make_ready"})


class NotQuotable(ValueError):
    """No quote may be sent: `lacks` tells what is missing."""

    need = Need.CONDITION

    def __init__(self, lacks: Sequence[Lack]) -> None:
        """Keep what is missing."""
        super().__init__(f"no quote can be sent: {', '.join(lacks)}")
        self.lacks = tuple(lacks)


class QuoteNotAnswered(ValueError):
    """The case cannot go on as if the newest quote had been answered: it has not (rules W3, P4)."""

    need = Need.CONDITION


class NotSettled(ValueError):
    """What a chargeable repair came to is not set yet, so nobody knows whether a new quote is due (W3)."""

    need = Need.CONDITION


class Overrun(ValueError):
    """The repair came to more than 10 % above the accepted quote: a new one must be accepted first (W3)."""

    need = Need.CONDITION

    def __init__(self, accepted_cents: int, final_cents: int) -> None:
        """Keep both amounts, VAT included."""
        super().__init__(f"{final_cents} cents are more than 10 % above {accepted_cents}")
        self.accepted_cents = accepted_cents
        self.final_cents = final_cents


def check(step: str, case: Case) -> None:
    """Raise what keeps the case from this step; the case is held until the deed around it is done."""
    held = queue.held(case)
    if step == "send_quote":
        lacks = lacking(held) if Quote.unanswered(held) else (Lack.DRAFT, *lacking(held))
        if lacks:
            raise NotQuotable(lacks)
    elif step == "make_ready":
        _check_settled(held)
    else:
        _check_answered(step, held)


def lacking(case: Case) -> tuple[Lack, ...]:
    """Return what must be known before a quote may be sent (rules W0, W3, W4)."""
    device = case.device if case.device_id else None
    known = {
        Lack.DECISION: case.decision is Decision.CHARGEABLE,
        Lack.PURCHASE_DATE: device is not None and device.purchased_on is not None,
    }
    return tuple(lack for lack, is_known in known.items() if not is_known)


def _check_answered(step: str, case: Case) -> None:
    """Let the case follow the newest quote's answer only: silence never accepts (rules W3, P4)."""
    quote, answer = Quote.last_sent(case), ANSWERED[step]
    if quote is None or quote.state is not answer:
        raise QuoteNotAnswered(f"the newest quote is not {answer}")
    if answer is QuoteState.ACCEPTED and rules.is_over(quote.valid_until, quote.decided_at):
        raise QuoteNotAnswered("the newest quote was answered too late")


def _check_settled(case: Case) -> None:
    """Refuse to make a chargeable repair ready before its price is known, and within the quote (W3)."""
    if case.state is not State.IN_REPAIR or case.decision is not Decision.CHARGEABLE:
        return
    if case.final_cents is None:
        raise NotSettled(f"what the repair of {case.number} came to is not set")
    check_within_quote(case, case.final_cents)


def check_within_quote(case: Case, final_cents: int) -> None:
    """Raise Overrun if this is more than the owner's yes covers; without a yes, QuoteNotAnswered (W3)."""
    quote = Quote.last_sent(case)
    if quote is None or quote.state is not QuoteState.ACCEPTED or quote.total_cents is None:
        raise QuoteNotAnswered("no quote was accepted")
    if rules.needs_new(quote.total_cents, final_cents):
        raise Overrun(quote.total_cents, final_cents)
