"""Do staff write a quote without losing a word, see it as its owner will, and send it once?  Rules W3, S3."""

import pytest
import time_machine

from portal.actions import cases, quotes
from portal.models import Case, Device, Quote
from portal.rules.quotes import QuoteState
from portal.rules.workflow import State
from tests import builders as build
from tests.builders import NOW
from tests.clients import page_of
from tests.queries import counted

# One engine is enough here: the deeds and the races have their own tests on both.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

TYPED = {
    "introduction": "Das Netzteil ist defekt.",
    "text_1": "Netzteil",
    "quantity_1": "2",
    "amount_1": "1.234,50",
}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def case(staff):
    return build.a_chargeable_case(staff=staff)


def address(case, more=""):
    return f"/staff/cases/{case.number}/quote{more}"


def press(client, shown, name, **values):
    return client.send(shown, values, form="/quote", button=("do", name))


def state(case):
    return Case.get_by_id(case.id).state


def test_from_draft_to_preview_to_sent(client, case):  # rules W3, S4
    shown = client.get(address(case))
    assert page_of(shown).headline == "Kostenvoranschlag schreiben"
    preview = press(client, shown, "preview", **TYPED)
    assert preview.request.path == address(case, "/preview")
    text = page_of(preview).text
    for said in ("2.938,11 €", "2 × 1.234,50 €", "Samstag, 5. Dezember 2026", "Das Netzteil ist defekt."):
        assert said in text
    assert state(case) is State.IN_DIAGNOSIS
    sent = client.send(preview, form="/quote/send")
    assert sent.request.path == f"/staff/cases/{case.number}"
    quote = Quote.get()
    assert (quote.state, quote.net_cents, quote.account.name) == (QuoteState.SENT, 246900, "Kim Support")
    assert state(case) is State.AWAITING_QUOTE_DECISION
    assert "Wir warten auf die Antwort des Salons." in client.page(address(case)).text


def test_the_owner_sees_what_the_preview_showed(app, client, case, sign_in):  # rule W3
    preview = press(client, client.get(address(case)), "preview", **TYPED)
    client.send(preview, form="/quote/send")
    owner = app.test_client()
    sign_in(owner, case.reporter)
    read = owner.page(f"/cases/{case.number}/quote").text
    shown = page_of(preview).text
    offered = shown[shown.index("Das ist enthalten") : shown.index("Nach dem Verschicken")]
    assert offered.strip() in read


def test_rows_come_and_go_without_losing_what_was_typed(client, case):  # rule W3
    shown = press(client, client.get(address(case)), "more", **TYPED, text_2="Arbeit", amount_2="45")
    page = page_of(shown)
    assert shown.status_code == 200
    typed = dict(find(page).fields)
    assert (typed["text_1"], typed["amount_1"], typed["text_2"], typed["text_3"]) == (
        "Netzteil", "1.234,50", "Arbeit", "",
    )  # fmt: skip
    shown = press(client, shown, "remove_1")
    typed = dict(find(page_of(shown)).fields)
    assert (typed["text_1"], typed["amount_1"], typed["rows"]) == ("Arbeit", "45", "2")
    assert not Quote.select().exists()


def find(page):
    return next(form for form in page.forms if form.action.endswith("/quote"))


@pytest.mark.parametrize(
    ("typed", "name", "said"),
    [
        ({"amount_1": "acht"}, "amount_1", "1.234,50"),
        ({"quantity_1": "0"}, "quantity_1", "Menge von 1 bis 999"),
        ({"text_1": ""}, "text_1", "wofür der Betrag ist"),
        ({"vat": "101"}, "vat", "0 bis 100"),
        ({"days": "0"}, "days", "1 bis 365"),
        ({"amount_1": "-5"}, "amount_1", "weniger als 0"),
        ({"text_1": "", "amount_1": ""}, "text_1", "mindestens eine Position"),
        ({"amount_1": "999999999"}, "amount_1", "zu groß"),
        ({"text_1": "x" * 201}, "text_1", "zu lang"),
    ],
)
def test_what_is_mistyped_is_said_at_its_field_and_nothing_is_lost(
    client, case, typed, name, said
):  # rule W3
    answer = press(client, client.get(address(case)), "preview", **{**TYPED, **typed})
    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.get_data(as_text=True)
    assert said in page_of(answer).text
    fields = dict(find(page_of(answer)).fields)
    assert {key: fields[key] for key in TYPED} == {**TYPED, **{k: v for k, v in typed.items() if k in TYPED}}
    assert not Quote.select().exists()


def test_without_decision_or_date_staff_are_led_to_the_workshop(client, case):  # rules W0, W3, W4
    Case.update(decision=None).execute()
    Device.update(purchased_on=None).execute()
    preview = press(client, client.get(address(case)), "preview", **TYPED)
    page = page_of(preview)
    assert "Entscheiden Sie zuerst" in page.text
    assert "Tragen Sie zuerst das Kaufdatum ein." in page.text
    assert f"/staff/cases/{case.number}/workshop" in page.links
    assert not [form for form in page.forms if form.action.endswith("/send")]


def test_who_writes_on_an_older_draft_is_told_and_loses_no_word(app, client, case, staff):  # rule S3
    shown = client.get(address(case))
    quotes.save_draft(case, build.an_offer(), revision=0, by=staff, now=NOW)
    late = press(client, shown, "save", **TYPED)
    assert late.status_code == 409
    assert dict(find(page_of(late)).fields)["text_1"] == "Netzteil"
    assert Quote.get().positions[0]["text"] == "Arbeit 1"
    again = press(client, late, "save")
    assert again.status_code == 200
    assert Quote.get().positions[0]["text"] == "Netzteil"


def test_the_slower_sender_is_told(client, case, staff):  # rule S3
    preview = press(client, client.get(address(case)), "preview", **TYPED)
    quotes.send(Quote.get(), revision=1, by=staff, now=NOW)
    late = client.send(preview, form="/quote/send")
    assert late.status_code == 409
    assert "Jemand anderes war schneller" in page_of(late).text


def test_who_sends_sees_a_draft_that_was_changed_meanwhile_first(client, case, staff):  # rule S3
    preview = press(client, client.get(address(case)), "preview", **TYPED)
    quotes.save_draft(case, build.an_offer(50000), revision=1, by=staff, now=NOW)
    late = client.send(preview, form="/quote/send")
    assert late.status_code == 409
    assert "595,00 €" in page_of(late).text
    assert state(case) is State.IN_DIAGNOSIS


def test_a_late_draft_is_given_back_to_read(client, case, staff):  # rule S3
    shown = client.get(address(case))
    build.a_case_with_quote(case=case, staff=staff)
    late = press(client, shown, "save", **TYPED)
    assert late.status_code == 409
    text = page_of(late).text
    assert "Das hatten Sie geschrieben:" in text
    assert "Netzteil" in text


def test_for_an_overrun_the_accepted_quote_is_where_one_begins(client, case, staff):  # rules W3, P4
    build.a_case_with_quote(case=case, staff=staff)
    build.accepted(case)
    cases.advance(Case.get_by_id(case.id), "start_repair", by=staff, now=NOW)
    shown = client.get(address(case))
    assert "Höchstens 261,80 € ohne neuen Kostenvoranschlag." in page_of(shown).text
    assert dict(find(page_of(shown)).fields)["text_1"] == "Arbeit 1"
    preview = press(client, shown, "preview", amount_1="300")
    assert "Dieser Kostenvoranschlag ersetzt Nr. 1" in page_of(preview).text
    client.send(preview, form="/quote/send")
    assert "Frühere Kostenvoranschläge" in client.page(address(case)).text


def test_a_draft_is_thrown_away(client, case):  # rule W3
    shown = press(client, client.get(address(case)), "save", **TYPED)
    client.send(shown, form="/quote/discard")
    assert not Quote.select().exists()


@pytest.mark.parametrize("make", [build.a_case, build.a_case_in_repair])
def test_neither_before_the_server_is_here_nor_in_a_free_repair_is_there_a_quote(
    client, staff, make
):  # W0, W3
    case = make()
    assert page_of(client.get(address(case))).headline == "Noch kein Kostenvoranschlag"
    assert client.get(address(case, "/preview"), follow_redirects=True).request.path == address(case)


def test_the_draft_can_be_looked_at_as_paper(client, case, staff):  # rule W3
    assert client.get(address(case, "/preview.pdf")).status_code == 404
    quotes.save_draft(case, build.an_offer(), revision=0, by=staff, now=NOW)
    assert client.get(address(case, "/preview.pdf")).data.startswith(b"%PDF")


def test_the_page_asks_few_questions(client, case, staff):
    build.a_case_with_quote(case=case, staff=staff)
    client.get(address(case))
    with counted() as queries:
        client.get(address(case))
    assert len(queries) <= 9, queries
