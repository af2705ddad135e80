"""The operator record is changed by admins, without a release, and nothing typed is lost."""

from datetime import date

import pytest

from portal.models import History, Operator
from portal.models.operator import DEFAULTS
from tests.builders import a_staff_member, an_admin, an_operator
from tests.clients import page_of


@pytest.fixture
def admin(client, sign_in):
    an_operator(imprint_text="Vertreten durch: Ada", imprint_on=date(2026, 1, 1), inspection_fee_cents=4900)
    sign_in(client, an_admin())
    return client


def send(client, values, do="save"):
    page = client.get("/staff/operator")
    return client.send(page, values, form="/staff/operator", button=("do", do))


def test_what_is_changed_holds_everywhere_at_once_and_stands_in_the_history(admin, app):
    send(admin, {"brand": "Kassenwerk", "phone": "0800 1", "inspection_fee_cents": "59,50"})
    record = Operator.current()
    assert (record.brand, record.phone, record.inspection_fee_cents) == ("Kassenwerk", "0800 1", 5950)
    assert record.imprint_text == "Vertreten durch: Ada"
    assert "Kassenwerk" in app.test_client().get("/").text
    row = History.get(History.what == "change_operator")
    given = {"brand": "Kassenwerk", "phone": "0800 1", "inspection_fee_cents": "5950"}
    assert row.facts == given | {"salt": row.facts["salt"]}
    told = admin.page("/staff/history").text
    assert "Angaben des Betreibers geändert" in told
    assert "Marke, Telefon, Überprüfung (Euro)" in told


def test_an_emptied_fee_is_no_fee(admin):  # rule P4
    send(admin, {"inspection_fee_cents": ""})
    assert Operator.current().inspection_fee_cents is None


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("brand", "", "füllen Sie das aus"),
        ("inspection_fee_cents", "viel", "kein Betrag"),
        ("inspection_fee_cents", "-5", "kein Betrag"),
        ("quote_days", "0", "Bitte 1 bis"),
        ("vat_percent", "101", "Bitte 0 bis 100"),
        ("release_days", "9999999", "Bitte 1 bis 365"),
        ("overdue_days", "0", "Bitte 1 bis 365"),
        ("vat_percent", "neunzehn", "ganze Zahl"),
        ("country", "1!", "zwei Buchstaben des Landes"),
        ("country", "XX", "zwei Buchstaben des Landes"),
        ("phone", "<b>", "keine Telefonnummer"),
        ("phone", "0800", "keine Telefonnummer"),
        ("postal_code", "abc", "fünf Ziffern"),
        ("imprint_on", "2099-12-31", "liegt in der Zukunft"),
        ("imprint_on", "", "von wann der Text ist"),
        ("imprint_on", "31.02.2026", "gibt es nicht"),
        ("helpdesk_url", "ftp://x.example", "keine Adresse"),
        ("helpdesk_url", "http://[", "keine Adresse"),
        ("email", "kein at", "keine E-Mail-Adresse"),
        ("brand", "x" * 41, "zu lang"),
    ],
)
def test_wrong_entries_are_told_at_their_field_and_nothing_is_lost(admin, name, typed, said):
    answer = send(admin, {name: typed, "city": "Neustadt"})
    assert answer.status_code == 422
    page = page_of(answer)
    assert said in page.text
    assert 'value="Neustadt"' in answer.text
    assert Operator.current().city == DEFAULTS["city"]


def test_texts_can_be_looked_at_before_they_are_saved(admin):
    typed = {"privacy_text": "## Überschrift\n\nEin Absatz. <script>", "privacy_on": "2026-01-01"}
    answer = send(admin, typed, do="preview")
    assert "<h2>Überschrift</h2>" in answer.text
    assert "&lt;script&gt;" in answer.text
    assert Operator.current().privacy_text == ""


def test_looking_at_the_texts_finds_what_is_wrong_too(admin):
    answer = send(admin, {"vat_percent": "190", "release_days": "0"}, do="preview")
    assert answer.status_code == 422
    assert "Bitte 0 bis 100." in page_of(answer).text


def test_who_saves_second_is_told_and_keeps_what_was_typed(admin):  # rule S3
    page = admin.get("/staff/operator")
    Operator.update(city="Anderswo").execute()
    answer = admin.send(page, {"brand": "Neu"}, form="/staff/operator", button=("do", "save"))
    assert answer.status_code == 409
    assert 'value="Neu"' in answer.text
    assert Operator.current().brand == DEFAULTS["brand"]


def test_support_does_not_see_it(client, app, sign_in):  # rule P1
    sign_in(client, a_staff_member())
    assert client.get("/staff/operator").status_code == 404
