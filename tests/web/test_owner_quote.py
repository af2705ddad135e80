"""Does the owner see at once what is offered, and is the answer a deliberate one?  Rules W3, P4, S3, S7."""

from datetime import date, timedelta

import pytest
import time_machine

from portal.actions import cases, quotes, workshop
from portal.models import Case, Consent, History, Letter, Operator, Quote
from portal.outside import clock
from portal.rules.quotes import QuoteState
from portal.rules.warranty import Decision
from portal.rules.workflow import State
from portal.web import letters
from tests import builders as build
from tests.builders import NOW
from tests.clients import page_of
from tests.queries import counted

# One engine is enough here: the deeds and the races have their own tests on both.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


@pytest.fixture
def case(app):
    build.an_operator(phone="02202 12345", quote_terms="Es gelten die Bedingungen.")
    return build.a_case_with_quote(offer=build.an_offer(8900, -900, introduction="Das Netzteil ist defekt."))


@pytest.fixture
def owner(client, sign_in, case):
    """Sign the owner in."""
    sign_in(client, case.reporter)
    return client


def address(case, answer=""):
    return f"/cases/{case.number}/quote{answer}"


def plain(text):
    return text.replace("\xa0", " ")


def state(case):
    return Case.get_by_id(case.id).state


def consents():
    return list(Consent.select().where(Consent.kind.startswith("quote_")))


def answered(client, case, answer, **values):
    shown = client.get(address(case, f"/1/{answer}"))
    return client.send(shown, {"agreed": "yes", **values}, form=f"/1/{answer}")


def after(today, quote):
    """Let the quote's last instant pass."""
    today.move_to(quote.valid_until + timedelta(seconds=1))


def test_the_page_says_how_much_until_when_what_for_and_what_each_answer_leads_to(
    owner, case
):  # rules W3, P4
    before = History.select().count()
    page = owner.page(address(case))
    assert page.headline == "Dürfen wir Ihren Kassenserver reparieren?"
    for said in (
        "95,20 €", "mit 19 % Umsatzsteuer", "Bitte entscheiden Sie bis Samstag, 5. Dezember 2026", "Arbeit 1",
        "Ohne Ihre Antwort reparieren wir nicht.", "Das Netzteil ist defekt.", "-9,00 €", "15,20 €",
        "Es gelten die Bedingungen.", "unrepariert zurück",
    ):  # fmt: skip
        assert said in page.text, said
    assert "Überprüfung" not in page.text  # no fee was agreed to
    assert History.select().count() == before


def test_to_look_changes_nothing_even_after_the_end(owner, case, today):  # rule P4
    after(today, Quote.get())
    assert "ist abgelaufen" in owner.page(address(case)).text
    looked = owner.get(address(case, "/1/accept"))
    assert looked.status_code == 409
    assert "Ihre Antwort kam danach an" not in looked.text, "who only looks has answered nothing"
    assert Quote.get().state is QuoteState.SENT


def test_a_yes_needs_the_tick_at_the_exact_text_and_is_kept_so(owner, case):  # rules P4, S7
    shown = owner.get(address(case, "/1/accept"))
    refused = owner.send(shown, form="/1/accept")
    assert refused.status_code == 422
    assert "Bitte bestätigen Sie, dass Sie den Kostenvoranschlag annehmen." in page_of(refused).text
    assert state(case) is State.AWAITING_QUOTE_DECISION
    done = owner.send(refused, {"agreed": "yes"}, form="/1/accept")
    assert done.request.path == f"/cases/{case.number}"
    assert state(case) is State.QUOTE_ACCEPTED
    (kept,) = consents()
    assert plain(kept.wording) in page_of(shown).text
    assert "Nr. 1 vom 21. November 2026 über insgesamt 95,20 € an" in plain(kept.wording)
    assert (kept.amount_cents, kept.language, kept.version) == (9520, "de", "2026-11")
    page = owner.page(address(case))
    assert page.headline == "Der Kostenvoranschlag ist angenommen"
    assert plain(kept.wording) in page.text


def test_a_no_may_say_why_and_names_the_agreed_fee(owner, case):  # rules P4, S7
    Operator.update(inspection_fee_cents=4900).execute()
    device = build.a_device(build.a_salon(case.customer), purchased_on=date(2023, 5, 2))
    case = build.a_chargeable_case(device, case.reporter)
    Consent.update(amount_cents=4900).where(Consent.kind == "inspection_fee").execute()
    build.a_case_with_quote(case=case)
    assert "Die Überprüfung kostet dann 49,00 €." in owner.page(address(case)).text
    done = answered(owner, case, "decline", reason="Zu teuer")
    assert done.request.path == f"/cases/{case.number}"
    assert state(case) is State.QUOTE_DECLINED
    (kept,) = consents()
    assert "Die Überprüfung kostet 49,00 €." in plain(kept.wording)
    assert kept.amount_cents == 4900
    assert History.of_case(case)[-1].why == "Zu teuer"


def test_sent_twice_is_once(owner, case):  # rule S3
    shown = owner.get(address(case, "/1/accept"))
    for _time in range(2):
        again = owner.send(shown, {"agreed": "yes"}, form="/1/accept")
        assert again.request.path == f"/cases/{case.number}"
    assert len(consents()) == 1


def test_the_slower_colleague_is_told_and_loses_no_word(app, owner, case, sign_in):  # rule S3
    colleague = app.test_client()
    sign_in(colleague, build.an_owner(case.customer))
    shown = colleague.get(address(case, "/1/decline"))
    answered(owner, case, "accept")
    late = colleague.send(shown, {"agreed": "yes", "reason": "Viel zu teuer"}, form="/1/decline")
    assert late.status_code == 409
    text = page_of(late).text
    assert "wurde schon angenommen" in text
    assert "Viel zu teuer" in text
    assert state(case) is State.QUOTE_ACCEPTED


def test_after_its_end_a_yes_is_refused_and_explained_though_no_worker_ran(owner, case, today):  # rule P4
    shown = owner.get(address(case, "/1/accept"))
    after(today, Quote.get())
    late = owner.send(shown, {"agreed": "yes"}, form="/1/accept")
    assert late.status_code == 409
    assert "galt bis Samstag, 5. Dezember 2026. Ihre Antwort kam danach an." in page_of(late).text
    assert (state(case), consents()) == (State.QUOTE_DECLINED, [])


def test_a_replaced_quote_cannot_be_answered(owner, case):  # rule S3
    shown = owner.get(address(case, "/1/accept"))
    build.accepted(case, now=clock.now())
    build.a_case_with_quote(case=Case.get_by_id(case.id), now=clock.now(), offer=build.an_offer(30000))
    late = owner.send(shown, {"agreed": "yes"}, form="/1/accept")
    assert late.status_code == 409
    text = page_of(late).text
    assert "Das war ein früherer Kostenvoranschlag." in text
    assert "Dieser Kostenvoranschlag ersetzt Nr. 1" in text
    assert state(case) is State.AWAITING_QUOTE_DECISION
    assert owner.get(address(case, "/9/accept")).status_code == 404
    assert owner.get(address(case, "/2/maybe")).status_code == 404


def test_nobody_else_sees_or_answers_it(client, case, sign_in):  # rules P1, P4
    sign_in(client, build.an_owner())
    for path in ("", "/1/accept", "/1/decline"):
        assert client.get(address(case, path)).status_code == 404
    assert client.post(address(case, "/1/accept"), data={"agreed": "yes"}).status_code in (400, 404)
    client.get("/sign-out")
    assert state(case) is State.AWAITING_QUOTE_DECISION


def test_staff_cannot_answer(client, case, sign_in):  # rule P4
    sign_in(client, build.a_staff_member())
    assert client.get(address(case, "/1/accept")).status_code == 404


def test_the_text_that_is_kept_is_the_one_that_was_read(owner, case):  # rule S7
    shown = owner.get(address(case, "/1/accept"))
    owner.send(shown, form="/language", button=("language", "en"))  # in another tab
    changed = owner.send(shown, {"agreed": "yes"}, form="/1/accept")
    assert changed.status_code == 422
    assert consents() == []
    owner.send(changed, {"agreed": "yes"}, form="/1/accept")
    assert [kept.language for kept in consents()] == ["en"]


def test_a_draft_is_not_shown(client, app, sign_in):  # rule W3
    case = build.a_chargeable_case()
    quotes.save_draft(case, build.an_offer(), revision=0, by=build.a_staff_member(), now=NOW)
    sign_in(client, case.reporter)
    assert client.get(address(case)).status_code == 404
    assert client.get(address(case, "/1/accept")).status_code == 404


def test_the_page_asks_few_questions(owner, case):
    owner.get(address(case))
    with counted() as queries:
        owner.get(address(case))
    assert len(queries) <= 6, queries


def test_an_accepted_repair_goes_on(owner, case):  # rule W3
    answered(owner, case, "accept")
    assert "angenommen" in owner.page(f"/cases/{case.number}").headline
    moved = cases.advance(Case.get_by_id(case.id), "start_repair", by=build.a_staff_member(), now=NOW)
    assert moved.state is State.IN_REPAIR


def test_staff_end_an_agreed_repair_that_lacks_a_part_and_the_owner_reads_why(
    app, owner, case, sign_in
):  # rules W0, W3, S4
    answered(owner, case, "accept")
    staff = build.a_staff_member()
    workshop.decide(Case.get_by_id(case.id), Decision.NO_SPARE_PARTS, "Weil", by=staff, now=NOW)
    desk = app.test_client()
    sign_in(desk, staff)
    shown = desk.get(f"/staff/cases/{case.number}")
    assert "Für dieses Gerät gibt es keine Ersatzteile." in page_of(shown).text
    reason = {"not_repairable_reason": "Das Netzteil wird nicht mehr gebaut."}
    desk.send(shown, reason, form="/steps/not_repairable")
    page = owner.page(f"/cases/{case.number}")
    assert page.headline == "Ihr Kassenserver lässt sich nicht reparieren"
    with app.app_context():
        letter = letters.render(Letter.get(Letter.event == "not_repairable"))
    for told in (page.text, " ".join(letter.text.split()), letter.html):
        assert "Das Netzteil wird nicht mehr gebaut." in told
        assert "Diese Reparatur machen wir nicht. Wir berechnen sie Ihnen auch nicht." in told
