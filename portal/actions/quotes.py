"""Write a quote, send it, answer it, let it lapse, and settle what the repair came to (rules W3, P4, S3, S7).

Every deed holds its case first, then the quote: of two at once the first wins, the second is told.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.actions import cases, history, letters, offers, queue, quote_conditions
from portal.actions.cases import CaseMoved
from portal.models import Account, Case, Consent, Letter, Quote
from portal.models.base import transaction
from portal.rules import quotes as rules
from portal.rules import workflow
from portal.rules.quotes import Offer, QuoteState
from portal.rules.warranty import Decision
from portal.rules.workflow import State, StepRefused

QUOTABLE = workflow.STEPS["send_quote"].source
"""The states in which a quote is written and sent."""


class QuoteAnswered(Exception):
    """The quote has its answer already, or another has taken its place: `quote` as it stands now (S3)."""

    def __init__(self, quote: Quote) -> None:
        """Keep the quote."""
        super().__init__(f"quote {quote.number} of case {quote.case_id} is {quote.state}")
        self.quote = quote


class QuoteOver(QuoteAnswered):
    """The quote can no longer be answered: its time was up, and it has lapsed (rule P4)."""


def save_draft(case: Case, offer: Offer, *, revision: int, by: Account, now: datetime) -> Quote:
    """Write the case's draft; `revision` is the one it was written on, 0 for a new draft.

    Raises OfferUnfit, StepRefused where no quote is written or for who is not staff, and CaseMoved if
    somebody else wrote, sent or discarded the draft meanwhile.
    """
    rules.check(offer)
    _check_quotable(case, by)
    with transaction():
        held = queue.held(case)
        if held.state not in QUOTABLE:
            raise CaseMoved(case.number)
        columns = _columns(offer, by)
        if revision:
            _change(held, revision, {**columns, "revision": Quote.revision + 1})
        else:
            _create(held, columns, by=by, now=now)
    return Quote.get(Quote.draft_of == case.id)


def discard(draft: Quote, *, revision: int, by: Account, now: datetime) -> None:
    """Throw the draft away; CaseMoved if it was changed or sent meanwhile."""
    case = draft.case
    _check_quotable(case, by)
    with transaction():
        held = queue.held(case)
        same = (Quote.id == draft.id) & (Quote.draft_of == held.id) & (Quote.revision == revision)
        if not Quote.delete().where(same).execute():
            raise CaseMoved(case.number)
        history.record(held, "discard_quote", by=by, at=now, quote=draft.number)


def _check_quotable(case: Case, by: Account) -> None:
    if case.state not in QUOTABLE or not by.is_staff:
        raise StepRefused("draft_quote", case.state, by.role)


def _columns(offer: Offer, by: Account) -> dict[str, Any]:
    return {
        "introduction": offer.introduction,
        "positions": [position.stored for position in offer.positions],
        "vat_percent": offer.vat_percent,
        "days": offer.days,
        "account": by,
    }


def _create(case: Case, columns: dict[str, Any], *, by: Account, now: datetime) -> None:
    newest = Quote.of_case(case).first()
    if newest and newest.state is QuoteState.DRAFT:
        raise CaseMoved(case.number)
    number = newest.number + 1 if newest else 1
    Quote.create(
        case=case, number=number, state=QuoteState.DRAFT, draft_of=case.id, created_at=now, **columns
    )
    history.record(case, "draft_quote", by=by, at=now, quote=number)


def _change(case: Case, revision: int, columns: dict[str, Any]) -> None:
    unmoved = (Quote.draft_of == case.id) & (Quote.revision == revision)
    if not Quote.update(columns).where(unmoved).execute():
        raise CaseMoved(case.number)


def send(draft: Quote, *, revision: int, by: Account, now: datetime) -> Quote:
    """Send the draft as it was seen at this revision: it is frozen, and the owner is asked (W3, P4, S4).

    Raises NotQuotable if the decision or the purchase date is missing, OfferUnfit, CaseMoved if somebody
    else changed or sent it, and StepRefused.
    """
    with transaction():
        case = queue.held(draft.case)
        quote = Quote.draft(case)
        if quote is None or (quote.id, quote.revision) != (draft.id, revision):
            raise CaseMoved(case.number)
        rules.check(offers.offer_of(quote))
        said = offers.frozen(case, quote, now=now)
        _change(case, revision, _sent(case, said, now))
        moved = cases.advance(case, "send_quote", by=by, now=now, final_cents=None)
        return _told(moved, Quote.get_by_id(quote.id), "quote_sent", now=now)


def _sent(case: Case, said: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "state": QuoteState.SENT,
        "draft_of": None,
        "open_of": case.id,
        "sent_at": now,
        "valid_until": datetime.fromisoformat(said["valid_until"]),
        "net_cents": said["net_cents"],
        "total_cents": said["total_cents"],
        "frozen": said,
    }


def accept(quote: Quote, consent: Mapping[str, Any], *, by: Account, now: datetime) -> Quote:
    """Accept the quote with the exact text that was shown, kept with its amount (rules W3, P4, S7).

    Raises QuoteAnswered if it has an answer already or is not the one to be answered, QuoteOver after its
    end (it has lapsed then, whether or not the worker ran), StepRefused for anybody but the business's own
    people.
    """
    return _answer(quote, "accept_quote", consent, by=by, now=now)


def decline(quote: Quote, consent: Mapping[str, Any], *, by: Account, now: datetime, why: str = "") -> Quote:
    """Decline the quote: the server comes back unrepaired; raises what `accept` raises (W3, P4, S7)."""
    return _answer(quote, "decline_quote", consent, by=by, now=now, why=why)


def _answer(
    quote: Quote, step: str, consent: Mapping[str, Any], *, by: Account, now: datetime, why: str = ""
) -> Quote:
    lapse(quote, now=now)  # written down before anything is refused: a clock that goes back revives nothing
    with transaction():
        case = queue.held(quote.case)
        _check_own(step, case, by)
        found = Quote.get_by_id(quote.id)
        if found.state is not QuoteState.SENT:
            raise QuoteOver(found) if found.state is QuoteState.LAPSED else QuoteAnswered(found)
        kept = _keep(case, consent, by, now)
        _close(found, quote_conditions.ANSWERED[step], now, decided_by=by, consent=kept)
        moved = cases.advance(case, step, by=by, now=now, why=why)
        event = "quote_accepted" if step == "accept_quote" else "quote_declined"
        return _told(moved, Quote.get_by_id(quote.id), event, now=now, wording=kept.wording)


def _check_own(step: str, case: Case, by: Account) -> None:
    if by.is_staff or by.customer_id is None or by.customer_id != case.customer_id:
        raise StepRefused(step, case.state, by.role)


def _keep(case: Case, consent: Mapping[str, Any], by: Account, now: datetime) -> Consent:
    names = ("kind", "wording", "version", "language", "amount_cents")
    return Consent.create(account=by, case=case, at=now, **{name: consent[name] for name in names})


def _close(quote: Quote, state: QuoteState, now: datetime, **answer: Any) -> None:
    unanswered = (Quote.id == quote.id) & (Quote.state == QuoteState.SENT)
    changes = {"state": state, "open_of": None, "decided_at": now, **answer}
    if not Quote.update(changes).where(unanswered).execute():
        raise QuoteAnswered(Quote.get_by_id(quote.id))


def lapse(quote: Quote, *, now: datetime) -> Quote:
    """Let the quote lapse if its end has passed without an answer; else return it as it is (W3, P4)."""
    with transaction():
        case = queue.held(quote.case)
        found = Quote.get_by_id(quote.id)
        if found.state is not QuoteState.SENT or not rules.is_over(found.valid_until, now):
            return found
        _close(found, QuoteState.LAPSED, now)
        moved = cases.advance(case, "lapse_quote", by=None, now=now)
        return _told(moved, Quote.get_by_id(quote.id), "quote_lapsed", now=now)


def remind(quote: Quote, *, now: datetime) -> list[Letter]:
    """Tell the owners that the quote ends soon, once; nobody once it has its answer (rule S4)."""
    if quote.state is not QuoteState.SENT or rules.is_over(quote.valid_until, now):
        return []
    return _tell(quote.case, quote, "quote_ends_soon", now=now)


def _told(case: Case, quote: Quote, event: str, *, now: datetime, **more: Any) -> Quote:
    _tell(case, quote, event, now=now, **more)
    return quote


def _tell(case: Case, quote: Quote, event: str, *, now: datetime, **more: Any) -> list[Letter]:
    return letters.tell_owners(
        case,
        event,
        now=now,
        key=f"{event}:{quote.id}",
        quote=quote.number,
        total_cents=quote.total_cents,
        ends_at=quote.valid_until.isoformat(),
        fee_cents=quote.frozen["inspection_fee_cents"],
        replaces=quote.frozen["replaces"],
        **more,
    )


def settle(case: Case, final_cents: int, *, by: Account, now: datetime) -> Case:
    """Set what the chargeable repair came to, VAT included (rules W3, P4).

    Raises Overrun, which names both amounts, above 110 % of the accepted quote; StepRefused unless the
    chargeable repair is under way and `by` is staff; CaseMoved if the case went on; ValueError below 0.
    """
    if final_cents < 0:
        raise ValueError("a repair never comes to less than nothing")
    if case.state is not State.IN_REPAIR or case.decision is not Decision.CHARGEABLE or not by.is_staff:
        raise StepRefused("settle", case.state, by.role)
    with transaction():
        held = queue.held(case)
        if held.state is not State.IN_REPAIR:
            raise CaseMoved(case.number)
        quote_conditions.check_within_quote(held, final_cents)
        Case.update(final_cents=final_cents, revision=Case.revision + 1).where(Case.id == case.id).execute()
        history.record(held, "settle", by=by, at=now, final_cents=final_cents)
    return Case.get_by_id(case.id)
