"""Is a quote sent once, answered once, and never by silence?  Rules W3, W4, P4, S3, S4, S7."""

from datetime import date, timedelta

import pytest

from portal.actions import cases, operator, quotes
from portal.actions.cases import CaseMoved
from portal.actions.quote_conditions import NotQuotable, NotSettled, Overrun, QuoteNotAnswered
from portal.actions.quotes import QuoteAnswered, QuoteOver
from portal.models import Case, Consent, Device, History, Letter, Quote
from portal.rules.quotes import Lack, OfferUnfit, QuoteState, Unfit
from portal.rules.report import ConsentKind
from portal.rules.workflow import State, StepRefused
from tests.builders import (
    NOW,
    a_case_in_diagnosis,
    a_case_with_quote,
    a_chargeable_case,
    a_device,
    a_staff_member,
    accepted,
    accepting,
    an_offer,
    an_operator,
    an_owner,
    consent,
)

YES = {**consent("quote_accepted"), "amount_cents": 23800}
NO = {**consent("quote_declined"), "amount_cents": None}
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def staff(database):
    return a_staff_member()


@pytest.fixture
def case(staff):
    return a_chargeable_case(staff=staff)


@pytest.fixture
def sent(staff, case):
    """Give the quote that waits for the owner."""
    return Quote.unanswered(a_case_with_quote(case=case, staff=staff))


def fresh(row):
    return type(row).get_by_id(row.id)


def events(case):
    return [row.event for row in Letter.select().where(Letter.case == case).order_by(Letter.id)]


def under_repair(sent, staff):
    """Accept the quote and begin the repair."""
    accepted(sent.case)
    return cases.advance(fresh(sent.case), "start_repair", by=staff, now=NOW)


def test_a_draft_is_written_changed_and_thrown_away(case, staff):  # rule W3
    draft = quotes.save_draft(case, an_offer(), revision=0, by=staff, now=NOW)
    assert (draft.number, draft.state, draft.revision) == (1, QuoteState.DRAFT, 1)
    changed = quotes.save_draft(case, an_offer(100, -50), revision=1, by=staff, now=NOW)
    assert (changed.id, changed.revision) == (draft.id, 2)
    assert [one["net_cents"] for one in changed.positions] == [100, -50]
    quotes.discard(changed, revision=2, by=staff, now=NOW)
    assert Quote.draft(case) is None
    assert Quote.last_sent(case) is None


def test_an_offer_that_is_none_is_not_kept(case, staff):  # rule W3
    with pytest.raises(OfferUnfit) as refused:
        quotes.save_draft(case, an_offer(-1), revision=0, by=staff, now=NOW)
    assert refused.value.why is Unfit.NEGATIVE
    assert not Quote.select().exists()


def test_the_slower_of_two_writers_changes_nothing(case, staff):  # rule S3
    draft = quotes.save_draft(case, an_offer(100), revision=0, by=staff, now=NOW)
    quotes.save_draft(case, an_offer(200), revision=1, by=staff, now=NOW)
    for revision in (0, 1):
        with pytest.raises(CaseMoved):
            quotes.save_draft(case, an_offer(300), revision=revision, by=staff, now=NOW)
    with pytest.raises(CaseMoved):
        quotes.send(draft, revision=1, by=staff, now=NOW)
    with pytest.raises(CaseMoved):
        quotes.discard(draft, revision=1, by=staff, now=NOW)
    assert fresh(draft).positions[0]["net_cents"] == 200


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_only_staff_write_quotes_and_only_in_the_workshop(case, staff):  # rule W3
    with pytest.raises(StepRefused):
        quotes.save_draft(case, an_offer(), revision=0, by=case.reporter, now=NOW)
    Case.update(state=State.RECEIVED).where(Case.id == case.id).execute()
    with pytest.raises(StepRefused):
        quotes.save_draft(fresh(case), an_offer(), revision=0, by=staff, now=NOW)
    with pytest.raises(CaseMoved):  # it was in diagnosis when the page was shown
        quotes.save_draft(case, an_offer(), revision=0, by=staff, now=NOW)


def test_sending_freezes_what_is_offered_and_tells_the_owner(case, staff):  # rules W3, S4
    draft = quotes.save_draft(case, an_offer(12345, -345), revision=0, by=staff, now=NOW)
    quote = quotes.send(draft, revision=1, by=staff, now=NOW)
    assert fresh(case).state is State.AWAITING_QUOTE_DECISION
    assert (quote.state, quote.open_of, quote.draft_of) == (QuoteState.SENT, case.id, None)
    assert (quote.net_cents, quote.total_cents) == (12000, 14280)
    said = quote.frozen
    assert (said["case_number"], said["quote_number"], said["sent_on"]) == (case.number, 1, "2026-11-21")
    assert said["valid_until"] == quote.valid_until.isoformat() == "2026-12-05T22:59:59.999999+00:00"
    assert said["positions"][1] == {
        "text": "Arbeit 2", "quantity": 1, "net_cents": -345, "sum_cents": -345,
    }  # fmt: skip
    assert (said["vat_cents"], said["total_cents"], said["replaces"]) == (2280, 14280, None)
    assert said["device"] == {
        "name": "Kassenserver", "serial": case.device.serial, "bought_on": "2023-05-02",
    }  # fmt: skip
    assert said["address"]["name"] == "Salon Haarwerk"
    assert events(case)[-1] == "quote_sent"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_quote_without_the_decision_and_the_date_of_purchase(database, staff):  # rules W0, W3, W4
    case = a_case_in_diagnosis(staff=staff)
    Device.update(purchased_on=None).execute()
    draft = quotes.save_draft(case, an_offer(), revision=0, by=staff, now=NOW)
    with pytest.raises(NotQuotable) as refused:
        quotes.send(draft, revision=1, by=staff, now=NOW)
    assert refused.value.lacks == (Lack.DECISION, Lack.PURCHASE_DATE)
    assert fresh(draft).state is QuoteState.DRAFT
    assert fresh(case).state is State.IN_DIAGNOSIS


def test_accepting_keeps_the_wording_and_begins_nothing_by_itself(sent):  # rules W3, P4, S7
    owner = sent.case.reporter
    quote = quotes.accept(sent, YES, by=owner, now=LATER)
    assert (quote.state, quote.decided_at, quote.decided_by) == (QuoteState.ACCEPTED, LATER, owner)
    kept = Consent.get_by_id(quote.consent_id)
    assert (kept.wording, kept.version, kept.language) == ("Ein Text.", "1", "de")
    assert (kept.kind, kept.amount_cents, kept.at) == (ConsentKind.QUOTE_ACCEPTED, 23800, LATER)
    assert (kept.account, kept.case) == (owner, sent.case)
    assert fresh(sent.case).state is State.QUOTE_ACCEPTED
    assert events(sent.case)[-1] == "quote_accepted"


def test_declining_sends_the_server_back_unrepaired(sent):  # rules W3, S7
    quote = quotes.decline(sent, NO, by=sent.case.reporter, now=LATER, why="Zu teuer")
    assert quote.state is QuoteState.DECLINED
    assert Consent.get_by_id(quote.consent_id).kind == ConsentKind.QUOTE_DECLINED
    assert fresh(sent.case).state is State.QUOTE_DECLINED
    row = History.of_case(sent.case)[-1]
    assert (row.what, row.why) == ("decline_quote", "Zu teuer")
    assert events(sent.case)[-1] == "quote_declined"


def test_an_answer_is_given_once(sent):  # rules P4, S3
    owner = sent.case.reporter
    quotes.accept(sent, YES, by=owner, now=LATER)
    for again in (quotes.accept, quotes.decline):
        with pytest.raises(QuoteAnswered) as told:
            again(sent, NO, by=owner, now=LATER)
        assert told.value.quote.state is QuoteState.ACCEPTED
    assert Consent.select().where(Consent.kind.startswith("quote_")).count() == 1
    assert events(sent.case).count("quote_accepted") == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nobody_else_answers_for_the_owner(sent, staff):  # rules P1, P4
    for stranger in (staff, an_owner()):
        with pytest.raises(StepRefused):
            quotes.accept(sent, YES, by=stranger, now=LATER)
    assert fresh(sent).state is QuoteState.SENT
    assert not Consent.select().where(Consent.kind == "quote_accepted").exists()


def test_after_its_end_a_quote_is_refused_though_no_worker_ran(sent):  # rules W3, P4
    late = sent.valid_until + timedelta(microseconds=1)
    with pytest.raises(QuoteOver) as told:
        quotes.accept(sent, YES, by=sent.case.reporter, now=late)
    assert told.value.quote.state is QuoteState.LAPSED
    assert fresh(sent.case).state is State.QUOTE_DECLINED
    assert events(sent.case)[-1] == "quote_lapsed"
    with pytest.raises(QuoteOver):  # and a clock that goes back revives nothing
        quotes.accept(sent, YES, by=sent.case.reporter, now=LATER)


def test_at_its_last_instant_a_quote_still_holds(sent):  # rule W3
    assert quotes.lapse(sent, now=sent.valid_until).state is QuoteState.SENT
    assert not Quote.over(sent.valid_until).exists()
    quote = quotes.accept(sent, YES, by=sent.case.reporter, now=sent.valid_until)
    assert quote.state is QuoteState.ACCEPTED


def test_silence_lets_a_quote_lapse_once(sent):  # rules W3, P4
    late = sent.valid_until + timedelta(hours=1)
    assert list(Quote.over(late)) == [sent]
    assert quotes.lapse(sent, now=late).state is QuoteState.LAPSED
    assert quotes.lapse(sent, now=late).state is QuoteState.LAPSED
    assert list(Quote.over(late)) == []
    assert events(sent.case).count("quote_lapsed") == 1
    row = History.of_case(sent.case)[-1]
    assert (row.what, row.account) == ("lapse_quote", None)


def test_before_its_end_the_owner_is_reminded_once(sent):  # rule S4
    quotes.remind(sent, now=LATER)
    quotes.remind(sent, now=LATER)
    assert events(sent.case).count("quote_ends_soon") == 1
    accepted(sent.case)
    quotes.remind(fresh(sent), now=LATER)
    assert events(sent.case).count("quote_ends_soon") == 1


@pytest.mark.parametrize("step", ["accept_quote", "decline_quote", "lapse_quote"])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_case_follows_no_answer_that_was_not_given(sent, step):  # rules W3, P4
    by = None if step == "lapse_quote" else sent.case.reporter
    with pytest.raises(QuoteNotAnswered):
        cases.advance(fresh(sent.case), step, by=by, now=LATER)
    assert fresh(sent.case).state is State.AWAITING_QUOTE_DECISION


def test_an_overrun_is_asked_for_anew_and_the_old_yes_no_longer_counts(sent, staff):  # rules W3, P4
    case = under_repair(sent, staff)
    case = quotes.settle(case, 26180, by=staff, now=NOW)  # 10 % more to the cent
    second = Quote.unanswered(a_case_with_quote(case=case, staff=staff, offer=an_offer(30000)))
    assert (second.number, second.frozen["replaces"]) == (2, 1)
    case = fresh(case)
    assert (case.state, case.final_cents) == (State.AWAITING_QUOTE_DECISION, None)
    with pytest.raises(QuoteAnswered):  # the first one is history
        quotes.accept(sent, YES, by=case.reporter, now=NOW)
    with pytest.raises(QuoteNotAnswered):
        cases.advance(case, "accept_quote", by=case.reporter, now=NOW)
    accepted(case)
    assert fresh(case).state is State.QUOTE_ACCEPTED


def test_a_chargeable_repair_is_ready_once_its_price_is_known(sent, staff):  # rules W3, P4
    case = under_repair(sent, staff)
    with pytest.raises(NotSettled):
        cases.advance(case, "make_ready", by=staff, now=NOW)
    with pytest.raises(Overrun) as refused:
        quotes.settle(case, 26181, by=staff, now=NOW)
    assert (refused.value.accepted_cents, refused.value.final_cents) == (23800, 26181)
    with pytest.raises(StepRefused):
        quotes.settle(case, 100, by=case.reporter, now=NOW)
    case = quotes.settle(case, 26180, by=staff, now=NOW)
    assert case.final_cents == 26180
    assert cases.advance(case, "make_ready", by=staff, now=NOW).state is State.READY_TO_RETURN


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_price_above_the_yes_keeps_the_case_whoever_wrote_it(sent, staff):  # rule W3
    case = under_repair(sent, staff)
    Case.update(final_cents=26181).where(Case.id == case.id).execute()
    with pytest.raises(Overrun):
        cases.advance(fresh(case), "make_ready", by=staff, now=NOW)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("set_now", "agreed", "fee"),
    [(None, 4900, None), (6900, 4900, 4900), (6900, None, None)],
    ids=["no fee any more", "the amount agreed to", "agreed to no amount"],
)
def test_an_inspection_fee_only_as_it_was_agreed_before_sending(database, set_now, agreed, fee):  # rule P4
    vendor = an_operator(inspection_fee_cents=4900)
    device = a_device(purchased_on=date(2023, 5, 2))
    case = a_chargeable_case(device)
    assert accepting(device)["consents"]  # the page on costs asked for it
    Consent.update(amount_cents=agreed).where(Consent.kind == ConsentKind.INSPECTION_FEE).execute()
    operator.change({"inspection_fee_cents": "" if set_now is None else str(set_now)}, by=None, now=NOW)
    assert vendor.id == operator.Operator.current().id
    quote = Quote.unanswered(a_case_with_quote(case=case))
    assert quote.frozen["inspection_fee_cents"] == fee


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_failing_letter_undoes_the_sending(case, staff, monkeypatch):  # rule S4
    def broken(*_args, **_columns):
        raise RuntimeError("no ink")

    draft = quotes.save_draft(case, an_offer(), revision=0, by=staff, now=NOW)
    monkeypatch.setattr("portal.actions.letters.tell_owners", broken)
    with pytest.raises(RuntimeError):
        quotes.send(draft, revision=1, by=staff, now=NOW)
    assert fresh(draft).state is QuoteState.DRAFT
    assert fresh(case).state is State.IN_DIAGNOSIS
