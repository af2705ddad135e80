"""Does the database itself keep a sent quote and its answer, whoever writes?  Rules W3, P4."""

import pytest
from peewee import IntegrityError

from portal.actions import quotes
from portal.models import Case, Quote, db
from portal.rules.quotes import QuoteState
from tests.builders import (
    NOW,
    a_case_with_quote,
    a_chargeable_case,
    a_staff_member,
    accepted,
    an_offer,
    consent,
)

OFFERED = (
    "total_cents = 1",
    "positions = '[]'",
    "frozen = '{}'",
    "frozen = NULL",
    "valid_until = '2030-01-01T00:00:00.000000Z'",
    "sent_at = '2020-01-01T00:00:00.000000Z'",
)


def refused(statement):
    try:
        with db.atomic():
            db.execute_sql(statement)
    except IntegrityError:
        return True
    return False


def changing(quote, columns):
    return f"UPDATE quote SET {columns} WHERE id = {quote.id}"


def open_quote():
    return Quote.unanswered(a_case_with_quote())


def declined():
    quote = open_quote()
    given = {**consent("quote_declined"), "amount_cents": None}
    return quotes.decline(quote, given, by=quote.case.reporter, now=NOW)


def lapsed():
    quote = open_quote()
    return quotes.lapse(quote, now=quote.valid_until.replace(year=2027))


def yes():
    return accepted(a_case_with_quote())


@pytest.mark.parametrize("made", [open_quote, yes, declined, lapsed])
def test_what_a_sent_quote_offered_stays(database, made):  # rules W3, P4
    quote = made()
    before = Quote.select().dicts().get()
    let_through = [columns for columns in OFFERED if not refused(changing(quote, columns))]
    assert let_through == []
    assert refused(f"DELETE FROM quote WHERE id = {quote.id}")
    assert refused(changing(quote, "state = 'draft', draft_of = case_id, open_of = NULL"))
    assert Quote.select().dicts().get() == before


def test_when_its_case_was_erased_the_paper_may_be_emptied_and_nothing_else(database):  # rules P3, P4
    quote = yes()
    Case.update(erased_at=NOW).execute()
    let_through = [columns for columns in OFFERED if not refused(changing(quote, columns))]
    assert let_through == ["frozen = NULL"]
    assert refused(changing(quote, "frozen = '{}'"))  # nor filled again


@pytest.mark.parametrize("made", [yes, declined, lapsed])
def test_an_answer_stays_as_it_was_given(database, made):  # rules W3, P4
    quote = made()
    others = {"accepted", "declined", "lapsed"} - {quote.state}
    for state in others:
        assert refused(changing(quote, f"state = '{state}'")), state
    assert refused(changing(quote, "state = 'sent', open_of = case_id"))
    if quote.consent_id:
        assert refused(changing(quote, "consent_id = NULL"))
    assert Quote.get_by_id(quote.id).state == quote.state


def test_nothing_is_accepted_without_a_consent(database):  # rules W3, P4, S7
    quote = open_quote()
    assert refused(changing(quote, "state = 'accepted', open_of = NULL"))
    assert Quote.get_by_id(quote.id).state is QuoteState.SENT


def test_a_case_has_one_draft_and_one_unanswered_quote(database):  # rule S3
    case = a_chargeable_case()
    draft = quotes.save_draft(case, an_offer(), revision=0, by=a_staff_member(), now=NOW)
    copied = "vat_percent, days, created_at, revision, introduction, positions"
    assert refused(
        f"INSERT INTO quote (case_id, number, state, draft_of, {copied})"
        f" SELECT case_id, 2, state, draft_of, {copied} FROM quote"
    )
    assert refused(changing(draft, "draft_of = NULL"))  # a draft is always its case's one draft
    sent = quotes.send(draft, revision=1, by=draft.account, now=NOW)
    told = f"{copied}, sent_at, valid_until, total_cents, frozen"
    assert refused(
        f"INSERT INTO quote (case_id, number, state, open_of, {told})"
        f" SELECT case_id, 2, state, open_of, {told} FROM quote"
    )
    assert Quote.get().id == sent.id
