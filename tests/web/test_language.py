"""German and English: every text is translated, and people get the language they chose (rule P5)."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g

from portal.actions import accounts, links
from portal.models import Account, Letter
from portal.rules.links import Mode
from portal.rules.report import ConsentKind
from portal.web import letters as written
from portal.web import wordings
from tests import builders
from tests.clients import PageClient, page_of

# The language is a matter of templates and catalogues; no database answers differently.

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")

# What support and owner say to each other on the phone: the English word and the German one after it.
KEY_TERMS = {
    "substitute link": "Ersatzlink",
    "receipt lock": "Belegsperre",
    "slip": "Begleitschein",
    "quote": "Kostenvoranschlag",
    "goodwill": "Kulanz",
    "outage record": "Ausfallprotokoll",
    "commissioning": "Inbetriebnahme",
    "third-party hardware": "Fremdhardware",
    "warranty": "Gewährleistung",
    "case number": "Vorgangsnummer",
    "POS server": "Kassenserver",
}
# Headings, labels, buttons: they stand alone, so these always keep the German word.
IS_SHORT = re.compile(r"[^.:!]{1,60}\??")
GERMAN = re.compile(
    r"[äöüßÄÖÜ„]|\b(der|die|das|den|dem|und|ist|nicht|Sie|Ihre?|bitte|mit|für|von|Uhr|wird|eine?|noch|oder|wir|seit)\b"
)


def _messages() -> list[Message]:
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="en") if message.id]


def _pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each German form with its English one."""
    if isinstance(message.id, str):
        yield message.id, message.string
    else:
        yield from zip(message.id, message.string, strict=True)


MESSAGES = _messages()
PAIRS = [pair for message in MESSAGES for pair in _pairs(message)]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile the catalogue if that has not been done since it was changed, as make does."""
    target = CATALOGUE.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= CATALOGUE.stat().st_mtime:
        return
    made = target.with_suffix(f".{os.getpid()}")
    with CATALOGUE.open("rb") as source, made.open("wb") as file:
        write_mo(file, read_po(source, locale="en"))
    made.replace(target)


@pytest.fixture(autouse=True)
def saturday_morning() -> Iterator[None]:
    """It is Saturday, 10:14, in every test."""
    with time_machine.travel(builders.NOW, tick=False):
        yield


@pytest.fixture
def english(client: PageClient, owner: Account, sign_in) -> PageClient:
    """Sign an owner in who has chosen English."""
    sign_in(client, owner)
    choose(client, "en")
    return client


def choose(client: PageClient, language: str) -> None:
    client.send(client.get("/help"), form="/language", button=("language", language))


def bare(text: str) -> str:
    """Return the text without what stands in brackets, and without what people typed."""
    return re.sub(r"\([^()]*\)", "", text)


# The catalogue


def test_the_catalogue_has_every_text_of_code_and_templates():  # rule P5
    check = subprocess.run(
        ["scripts/translations.sh", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_every_text_is_translated_and_none_is_a_guess():  # rule P5
    assert len(MESSAGES) > 1000
    assert [german for german, english in PAIRS if not english.strip()] == []
    assert [message.id for message in MESSAGES if message.fuzzy] == []


def test_the_same_places_are_filled_in_in_both_languages():  # rule P5
    def places(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    assert [german for german, english in PAIRS if places(german) != places(english)] == []


def test_line_breaks_and_blanks_at_the_ends_are_kept():
    def shape(text: str) -> tuple[int, str, str]:
        return text.count("\n"), text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    assert [german for german, english in PAIRS if shape(german) != shape(english)] == []


def test_quotation_marks_are_those_of_the_language():
    assert [english for _, english in PAIRS if "„" in english] == []
    assert [english for german, english in PAIRS if ("„" in german) != ("“" in english)] == []


@pytest.mark.parametrize(("term", "german"), KEY_TERMS.items())
def test_a_key_term_that_stands_alone_keeps_its_german_word(term, german):  # rule P5
    named = re.compile(rf"\b{term}s?\b", re.IGNORECASE)
    with_term = [
        (source, text)
        for source, text in PAIRS
        if german in source and named.search(text) and IS_SHORT.fullmatch(source)
    ]
    assert [text for _, text in with_term if german not in text] == []


def test_the_same_german_term_is_the_same_english_term():  # rule P5
    for term, german in KEY_TERMS.items():
        alone = re.compile(rf"\b{german}\b")
        strange = [text for source, text in PAIRS if alone.search(source) and german in text]
        assert all(term.lower() in text.lower() for text in strange), (term, strange)


# The pages


def test_one_tap_changes_the_language_and_comes_back_to_the_page(client):  # rule P5
    assert 'lang="de"' in client.get("/help").get_data(as_text=True)
    answer = client.send(client.get("/help"), form="/language", button=("language", "en"))
    assert answer.request.path == "/help"
    assert '<html lang="en">' in answer.get_data(as_text=True)
    assert "Who helps with what?" in page_of(answer).text
    answer = client.send(answer, form="/language", button=("language", "de"))
    assert '<html lang="de">' in answer.get_data(as_text=True)
    assert "Wer hilft wobei?" in page_of(answer).text


def test_german_is_shown_until_somebody_chooses(client):  # rule P5
    answer = client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="de">' in answer.get_data(as_text=True)


def test_an_unknown_language_changes_nothing(client):
    choose(client, "en")
    answer = client.send(client.get("/help"), form="/language", button=("language", "xx"))
    assert '<html lang="en">' in answer.get_data(as_text=True)


def test_the_choice_goes_with_the_account_to_another_device(app, client, owner, sign_in):  # rule P5
    sign_in(client, owner)
    choose(client, "en")
    assert Account.get_by_id(owner.id).language == "en"
    elsewhere = app.test_client()
    sign_in(elsewhere, owner)
    assert elsewhere.page("/cases").headline == "Your cases"


@pytest.mark.parametrize("address", ["/", "/help", "/sign-in", "/report", "/nowhere", "/privacy", "/imprint"])
def test_a_page_for_everybody_is_english_throughout(client, address):  # rule P5
    builders.an_operator(
        company="Repair Ltd", person="Ann", street="Way 1", city="Town", country="", phone="",
        support_hours="", imprint_text="Text", privacy_text="Text", accessibility_text="Text",
    )  # fmt: skip
    choose(client, "en")
    page = page_of(client.get(address))
    assert GERMAN.search(bare(page.text).replace("Deutsch", "")) is None, page.text


def test_a_case_its_link_and_its_parcel_are_english_throughout(english, owner):  # rule P5
    salon = builders.a_salon(owner.customer, name="Hair", street="Way 1", city="Town")
    device = builders.a_device(salon, name="Server 1")
    builders.an_operator(company="Repair Ltd", street="Way 2", support_hours="", phone="")
    case = builders.a_case(
        device, owner, fault={"text": "It fails.", "since": "2026-11-20", "on_screen": "No connection"}
    )
    link = builders.an_active_link(link=builders.a_link_request(case=case), mode=Mode.FULL)
    for address in (
        "/cases",
        f"/cases/{case.number}",
        f"/cases/{case.number}/parcel",
        f"/cases/{case.number}/sent",
        f"/cases/{case.number}/cancel",
        f"/links/{link.id}",
        f"/links/{link.id}/withdraw",
        f"/report/sent/{case.number}",
    ):
        text = bare(english.page(address).text).replace("Deutsch", "")
        text = text.replace("Lindenstraße 8", "")
        assert GERMAN.search(text) is None, (address, text)


@pytest.mark.parametrize(
    "address", ["/", "/help", "/links/new", "/cases/{case}", "/cases/{case}/parcel", "/links/{link}"]
)
def test_at_its_first_use_on_a_page_a_key_term_has_its_german_word(english, owner, address):  # rule P5
    device = builders.a_device(builders.a_salon(owner.customer))
    case = builders.a_case(device, owner)
    link = builders.an_active_link(
        link=builders.a_link_request(case=case, entered_since=True), mode=Mode.VIEW_ONLY
    )
    text = english.page(address.format(case=case.number, link=link.id)).text
    for term, german in KEY_TERMS.items():
        first = re.search(rf"\b{term}s?\b(.{{0,30}})", text, re.IGNORECASE)
        assert first is None or german in first[1], f"{address}: {first[0]}"


def test_a_time_reads_as_english_does(english, owner):
    case = builders.a_case(builders.a_device(builders.a_salon(owner.customer)), owner)
    text = english.page(f"/cases/{case.number}").text
    assert "until Monday, 21 December, 10:14" in text
    assert "today, 10:14" in text


# What goes out and what is kept


def _letter(app: Flask, event: str, to: Account) -> written.Rendered:
    with app.app_context():
        mine = Letter.select().where(Letter.event == event, Letter.account == to)
        return written.render(mine.order_by(Letter.id.desc()).get())


def test_letters_follow_the_accounts_language_not_the_browsers(app, client, owner, sign_in):  # rules P5, S4
    accounts.speak(owner, "en")
    device = builders.a_device(builders.a_salon(owner.customer))
    case = builders.a_case(device, Account.get_by_id(owner.id))
    letter = _letter(app, "released", owner)
    assert letter.subject.startswith("Please send in")
    assert '<html lang="en"' in letter.html
    assert "slip (Begleitschein)" in letter.text
    assert "POS server (Kassenserver)" in letter.text
    assert "What happens next" in letter.text
    staff = builders.a_staff_member()
    sign_in(client, staff)
    request = builders.a_link_request(case=case)
    links.refuse(request, "No backup.", by=staff, now=builders.NOW)
    assert "substitute link (Ersatzlink)" in _letter(app, "link_refused", owner).subject


def test_a_letter_in_german_stays_german_beside_an_english_one(app):  # rules P5, S4
    german, english = builders.an_owner(), builders.an_owner()
    accounts.speak(english, "en")
    for account in (german, Account.get_by_id(english.id)):
        builders.a_case(builders.a_device(builders.a_salon(account.customer)), account)
    assert _letter(app, "released", german).subject.startswith("Bitte einsenden")
    assert _letter(app, "released", english).subject.startswith("Please send in")
    assert '<html lang="de"' in _letter(app, "released", german).html


def test_what_is_accepted_is_kept_in_the_language_it_was_read_in(app):  # rules P5, S7
    operator = builders.an_operator()
    for language, said in (("de", "gilt höchstens 30 Tage"), ("en", "is valid for 30 days at most")):
        with app.test_request_context("/"):
            g.language = language
            kept = wordings.accept([ConsentKind.LINK_TEMPORARY], operator, builders.NOW)[0]
        assert kept["language"] == language
        assert said in kept["wording"]
