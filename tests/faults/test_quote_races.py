"""Two at the same quote at the same moment: the first wins, the second is told.  Rules S3, W3, P4."""

from datetime import timedelta
from functools import partial

from portal.actions import quotes
from portal.models import Case, Consent, Letter, Quote
from portal.rules.quotes import QuoteState
from portal.rules.workflow import State
from tests.actions.parallel import at_once, kinds
from tests.builders import (
    NOW,
    a_case_with_quote,
    a_chargeable_case,
    a_staff_member,
    an_offer,
    an_owner,
    consent,
)

YES = {**consent("quote_accepted"), "amount_cents": 23800}
NO = {**consent("quote_declined"), "amount_cents": None}


def letters(event):
    return Letter.select().where(Letter.event == event).count()


def test_colleagues_accept_and_decline_at_once(database):  # rules S3, P4
    case = a_case_with_quote()
    colleague = an_owner(case.customer)
    said = {"now": NOW + timedelta(hours=1)}
    results = at_once(
        partial(quotes.accept, Quote.unanswered(case), YES, by=case.reporter, **said),
        partial(quotes.decline, Quote.unanswered(case), NO, by=colleague, **said),
    )
    assert kinds(results) == ["Quote", "QuoteAnswered"]
    quote = Quote.last_sent(case)
    assert Consent.select().where(Consent.kind.startswith("quote_")).count() == 1
    yes = quote.state is QuoteState.ACCEPTED
    assert quote.decided_by == (case.reporter if yes else colleague)
    assert Case.get_by_id(case.id).state is (State.QUOTE_ACCEPTED if yes else State.QUOTE_DECLINED)
    assert (letters("quote_accepted"), letters("quote_declined")) == ((2, 0) if yes else (0, 2))


def test_a_yes_sent_six_times_at_once_is_one(database):  # rules S3, P4
    case = a_case_with_quote()
    quote = Quote.unanswered(case)
    results = at_once(*[partial(quotes.accept, quote, YES, by=case.reporter, now=NOW)] * 6)
    assert kinds(results) == ["Quote"] + ["QuoteAnswered"] * 5
    assert letters("quote_accepted") == 1


def test_two_senders_send_one_quote(database):  # rule S3
    case, staff = a_chargeable_case(), a_staff_member()
    draft = quotes.save_draft(case, an_offer(), revision=0, by=staff, now=NOW)
    results = at_once(*[partial(quotes.send, draft, revision=1, by=staff, now=NOW)] * 2)
    assert kinds(results) == ["CaseMoved", "Quote"]
    assert letters("quote_sent") == 1


def test_two_first_drafts_are_one(database):  # rule S3
    case, staff = a_chargeable_case(), a_staff_member()
    results = at_once(
        *[
            partial(quotes.save_draft, case, an_offer(net), revision=0, by=staff, now=NOW)
            for net in (100, 200)
        ]
    )
    assert kinds(results) == ["CaseMoved", "Quote"]
    assert Quote.select().count() == 1


def test_at_its_end_a_quote_is_accepted_or_lapses_but_never_both(database):  # rules S3, P4
    case = a_case_with_quote()
    quote = Quote.unanswered(case)
    late = quote.valid_until + timedelta(seconds=1)
    results = at_once(
        partial(quotes.accept, quote, YES, by=case.reporter, now=quote.valid_until),
        partial(quotes.lapse, quote, now=late),
    )
    accepted = Quote.get_by_id(quote.id).state is QuoteState.ACCEPTED
    assert kinds(results) == (["Quote", "Quote"] if accepted else ["Quote", "QuoteOver"])
    assert letters("quote_accepted") + letters("quote_lapsed") == 1
    assert Case.get_by_id(case.id).state is (State.QUOTE_ACCEPTED if accepted else State.QUOTE_DECLINED)
