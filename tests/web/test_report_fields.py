"""Bad input on every field of the report: a clear German message at the field, and what was typed stays."""

from datetime import date

import pytest
import time_machine

from portal.models import Draft
from portal.rules.report import Page
from tests.builders import NOW, a_device, a_draft, a_salon, an_owner, consent
from tests.clients import page_of
from tests.filled_in import SEND_IN

DETAILS = {"purchase": "unknown", "month": "", "year": "", "tse": "no", "origin": "vendor", "salon": ""}
KNOWN = {"purchase": "known", "month": "5", "year": "2024", "tse": "no", "origin": "vendor"}
RUNNING = {"running": {"running": "yes"}, "data_first": {"upload": "no", "uploaded_at": ""}}
WANTED = {
    "link": {"wanted": "yes"},
    "link_terms": {"consents": [consent(kind) for kind in ("link_temporary", "link_devices", "link_tse")]},
}
REMOTE = {
    "topic": {"topic": "peripheral"},
    "topic_details": {"topic": "peripheral", "bought_from": "elsewhere"},
    "charge": {"consents": [consent("third_party_charge")]},
    "contact": {"contact_name": "Ada", "phone": "+49220212345"},
    "remote": {"rustdesk": "yes", "consents": [consent("remote_terms")]},
}
ADDRESS = {**SEND_IN[Page.ADDRESS], "phone": "02202 12345"}
CHOOSE = "Bitte wählen Sie eine Antwort."
TOO_LONG = "Das ist zu lang."
NO_PHONE = "Das ist keine Telefonnummer."
RIGHT_TO_LEFT = "\u202e\u2067"  # nothing but marks that turn the text around
MARKUP = "<script>alert(1)</script>"

# page, what is in the draft, what is sent beside what stands there, the field, its message
BAD = [
    ("device", {}, {"device": None}, "device", "Bitte wählen Sie Ihren Kassenserver."),
    ("device", {}, {"device": "999999999999999999999"}, "device", "Bitte wählen Sie Ihren Kassenserver."),
    ("device", {}, {"device": MARKUP}, "device", "Bitte wählen Sie Ihren Kassenserver."),
    ("device-details", {}, {**KNOWN, "purchase": None}, "purchase", "ob Sie das Kaufdatum wissen"),
    ("device-details", {}, {**KNOWN, "year": ""}, "year", "Jahr von 2000 bis 2026"),
    ("device-details", {}, {**KNOWN, "year": "zwei"}, "year", "Jahr von 2000 bis 2026"),
    ("device-details", {}, {**KNOWN, "year": "1999"}, "year", "Jahr von 2000 bis 2026"),
    ("device-details", {}, {**KNOWN, "year": "2027"}, "year", "Jahr von 2000 bis 2026"),
    ("device-details", {}, {**KNOWN, "year": "٢٠٢٤"}, "year", "Jahr von 2000 bis 2026"),
    ("device-details", {}, {**KNOWN, "year": "20244"}, "year", TOO_LONG),
    ("device-details", {}, {**KNOWN, "month": ""}, "year", "Bitte wählen Sie den Monat."),
    ("device-details", {}, {**KNOWN, "month": "13"}, "year", "Bitte wählen Sie den Monat."),
    ("device-details", {}, {**KNOWN, "month": "12", "year": "2026"}, "year", "liegt in der Zukunft"),
    ("device-details", {}, {**KNOWN, "tse": "perhaps"}, "tse", CHOOSE),
    ("device-details", {}, {**KNOWN, "origin": None}, "origin", CHOOSE),
    ("device-details", {}, {**KNOWN, "salon": "0"}, "salon", "Bitte wählen Sie einen Salon."),
    ("topic", {}, {"topic": None}, "topic", "was betroffen ist"),
    ("topic", {}, {"topic": "😀"}, "topic", "was betroffen ist"),
    ("topic-details", REMOTE, {"bought_from": "shop"}, "bought_from", CHOOSE),
    ("charge", REMOTE, {"third_party_charge": None}, "third_party_charge", "extra kostet"),
    ("checks", {}, {"power": None}, "power", f"Strom: {CHOOSE}"),
    ("checks", {}, {"restart": "maybe"}, "restart", f"Neustart: {CHOOSE}"),
    ("checks", {}, {"helped": None}, "helped", "ob es geholfen hat"),
    ("fault", {}, {"text": ""}, "text", "beschreiben Sie kurz"),
    ("fault", {}, {"text": " \r\n\t "}, "text", "beschreiben Sie kurz"),
    ("fault", {}, {"text": "\x00\x07\u200b"}, "text", "beschreiben Sie kurz"),
    ("fault", {}, {"text": RIGHT_TO_LEFT}, "text", "beschreiben Sie kurz"),
    ("fault", {}, {"text": "😀" * 2001}, "text", TOO_LONG),
    ("fault", {}, {"on_screen": "x" * 201}, "on_screen", TOO_LONG),
    ("fault", {}, {"since": "2026-11-22"}, "since", "liegt in der Zukunft"),
    ("fault", {}, {"since": "1950-01-01"}, "since", "liegt zu weit zurück"),
    ("fault", {}, {"since": "2026-02-30"}, "since", "Dieses Datum gibt es nicht."),
    ("fault", {}, {"since": "neulich"}, "since", "Dieses Datum gibt es nicht."),
    ("running", {}, {"running": "si"}, "running", CHOOSE),
    ("data-first", RUNNING, {"upload": None}, "upload", CHOOSE),
    ("data-first", RUNNING, {"upload": "at"}, "uploaded_at", "wann Sie hochgeladen haben"),
    (
        "data-first",
        RUNNING,
        {"upload": "at", "uploaded_at_day": "2026-11-22", "uploaded_at_clock": "10:00"},
        "uploaded_at",
        "liegt in der Zukunft",
    ),
    (
        "data-first",
        RUNNING,
        {"upload": "at", "uploaded_at_day": "2025-11-22", "uploaded_at_clock": "10:00"},
        "uploaded_at",
        "liegt zu weit zurück",
    ),
    ("online", {}, {"when": None}, "when", CHOOSE),
    ("online", {}, {"at_day": "", "at_clock": ""}, "at", "Tag und Uhrzeit"),
    ("online", {}, {"at_day": "2026-11-21", "at_clock": ""}, "at", "gültige Uhrzeit"),
    ("online", {}, {"at_day": "2026-11-21", "at_clock": "25:00"}, "at", "gültige Uhrzeit"),
    ("online", {}, {"at_day": "31.02.2026", "at_clock": "9:00"}, "at", "gültiges Datum"),
    ("online", {}, {"at_day": "2999-12-31", "at_clock": "23:59"}, "at", "liegt in der Zukunft"),
    ("online", {}, {"at_day": "1900-01-01", "at_clock": "00:00"}, "at", "liegt zu weit zurück"),
    ("online", {}, {"at_day": "2026-11-21", "at_clock": "10:15"}, "at", "liegt in der Zukunft"),
    ("backup", {}, {"booked": "1"}, "booked", CHOOSE),
    ("entered", {}, {"entered": None}, "entered", CHOOSE),
    ("link", {}, {"wanted": None}, "wanted", CHOOSE),
    ("link-terms", WANTED, {"link_temporary": None}, "link_temporary", "höchstens 30 Tagen"),  # rule L2
    ("link-terms", WANTED, {"link_devices": None}, "link_devices", "Drucker und EC-Terminal"),  # rule L8
    ("link-terms", WANTED, {"link_tse": "no"}, "link_tse", "TSE"),  # rule L7
    ("address", {}, {"name": ""}, "name", "Namen des Salons"),
    ("address", {}, {"name": "x" * 121}, "name", TOO_LONG),
    ("address", {}, {"street": RIGHT_TO_LEFT}, "street", "Straße und Hausnummer"),
    ("address", {}, {"street": "x" * 101}, "street", TOO_LONG),
    ("address", {}, {"postal_code": "123"}, "postal_code", "fünf Ziffern"),
    ("address", {}, {"postal_code": "٥١٤٦٩"}, "postal_code", "fünf Ziffern"),
    ("address", {}, {"city": ""}, "city", "Bitte geben Sie den Ort an."),
    ("address", {}, {"city": "x" * 81}, "city", TOO_LONG),
    ("address", {}, {"country": "XX"}, "country", "Bitte wählen Sie ein Land."),
    ("address", {}, {"contact_name": "\x1b"}, "contact_name", "einen Namen"),
    ("address", {}, {"contact_name": "x" * 121}, "contact_name", TOO_LONG),
    ("address", {}, {"phone": ""}, "phone", "eine Telefonnummer"),
    ("address", {}, {"phone": "anrufen"}, "phone", NO_PHONE),
    ("address", {}, {"phone": MARKUP}, "phone", NO_PHONE),
    ("address", {}, {"phone": "1" * 41}, "phone", TOO_LONG),
    ("contact", REMOTE, {"contact_name": ""}, "contact_name", "einen Namen"),
    ("contact", REMOTE, {"phone": "12"}, "phone", NO_PHONE),
    ("remote", REMOTE, {"rustdesk": None}, "rustdesk", CHOOSE),
    ("remote", REMOTE, {"remote_terms": None}, "remote_terms", "Regeln der Fernwartung"),  # rules T7, T8
    ("costs", {}, {"repair_by_quote": None}, "repair_by_quote", "Kostenvoranschlag"),  # rule W3
]


@pytest.fixture(autouse=True)
def saturday_morning():
    """It is Saturday, 10:14, in every test."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client, sign_in):
    """Give `ask(page, changes)`: the owner's browser on a page of a report that is complete."""

    def on_the_page(page, changes):
        salon = a_salon()
        a_salon(salon.customer, "Zweiter Salon")
        device = a_device(salon, purchased_on=date(2022, 1, 3), backup_booked=None)
        owner = an_owner(salon.customer)
        given = {
            "backup": {"booked": "yes"},
            "costs": {"consents": [consent("repair_by_quote")]},
            "address": ADDRESS,
            **changes,
        }
        if page == "device-details":
            given |= {"device_details": DETAILS}
        device = None if page == "device-details" else device
        _, key = a_draft(device, owner, **given)
        sign_in(client, owner)
        with client.session_transaction() as session:
            session["draft"] = key
        shown = client.get(f"/report/{page}")
        assert shown.status_code == 200, shown.headers.get("Location")
        return shown

    return on_the_page


@pytest.mark.parametrize(
    ("asked", "changes", "values", "field", "message"),
    BAD,
    ids=[f"{bad[0]}-{bad[3]}-{n}" for n, bad in enumerate(BAD)],
)
def test_bad_input_has_a_clear_message_and_stays(client, ask, asked, changes, values, field, message):
    before = ask(asked, changes)
    answers = Draft.get().answers
    answer = client.send(before, values, form=f"/report/{asked}")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{field}"' in html
    assert message in html.split(f'id="{field}-error"')[1][:300]
    assert Draft.get().answers == answers
    assert MARKUP not in html
    typed = {
        name: value
        for name, value in values.items()
        if name in ("text", "on_screen", "since", "name", "street", "phone", "year", "at_day", "at_clock")
    }
    fields = dict(next(form for form in page_of(answer).forms if f"/report/{asked}" in form.action).fields)
    for name, value in typed.items():
        assert fields[name].replace("\r\n", "\n").strip() == value.replace("\r\n", "\n").strip()


GOOD = "Zeile eins\r\n<b>fett</b> 😀 שלום \u202e\x00Ende"


def test_odd_but_honest_text_is_kept_clean_on_either_engine(client, ask):
    client.send(ask("fault", {}), {"text": GOOD, "since": "20.11.2026"}, form="/report/fault")
    kept = Draft.get().answers["fault"]
    assert kept["text"] == "Zeile eins\n<b>fett</b> 😀 שלום Ende"
    assert kept["since"] == "2026-11-20"
    html = client.get("/report/check").get_data(as_text=True)
    assert "&lt;b&gt;fett&lt;/b&gt; 😀" in html
    assert "<b>fett</b>" not in html


def test_a_time_that_is_not_asked_for_is_no_mistake(client, ask):
    page = ask("online", {})
    answer = client.send(page, {"when": "unknown", "at_day": "31.02.2026"}, form="/report/online")
    assert answer.status_code == 200
    assert Draft.get().answers["online"] == {"when": "unknown", "at": ""}


def test_a_phone_number_is_kept_in_one_spelling_and_shown_as_written(client, ask):
    client.send(ask("address", {}), {"phone": "0 22 02 / 12 34 5"}, form="/report/address")
    assert Draft.get().answers["address"]["phone"] == "+49220212345"
    assert 'value="02202 12345"' in client.get("/report/address").get_data(as_text=True)


def test_free_text_says_what_not_to_enter(client, ask):  # rule C4a
    text = page_of(ask("fault", {})).text
    assert "Passwörter, PIN, PUK und Daten Ihrer Kundschaft. Das gilt auch für Fotos." in text
