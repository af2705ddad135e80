"""Do letters say what happened and what comes next, in the reader's language and in both parts?"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import StrictUndefined

from portal.actions import cases, letters, link_steps
from portal.models import Account, Case, Letter
from portal.outside.mailer import Mail, message
from portal.rules import links as link_rules
from portal.rules.carriers import Carrier, tracking_url
from portal.rules.links import Mode
from portal.web import letters as written
from portal.web.letters import Rendered
from tests.builders import (
    NOW,
    SECRET,
    a_case,
    a_device,
    a_link_request,
    a_salon,
    a_staff_member,
    a_waiting_case,
    an_active_link,
    an_operator,
    an_owner,
)
from tests.pages import Page
from tests.queries import counted
from tests.web import (
    letters_of_accounts,
    letters_of_appointments,
    letters_of_coming_in,
    letters_of_emergencies,
    letters_of_links,
    letters_of_parcels,
    letters_of_privacy,
    letters_of_quotes,
    letters_of_reminders,
    letters_of_workshop,
)

# One engine is enough here: a letter reads its case by its key, the rest is templates.

MAIL = Path(__file__).resolve().parents[2] / "templates" / "mail"
REASON = "Weil die Platine <verbrannt> ist & riecht."


def _released() -> None:
    a_case()


def _submitted() -> None:
    a_waiting_case()


def _question() -> None:
    cases.ask_back(a_waiting_case(), REASON, by=a_staff_member(), now=NOW)


def _declined() -> None:
    cases.decline(a_waiting_case(), REASON, by=a_staff_member(), now=NOW)


def _solved() -> None:
    cases.solve_remotely(a_waiting_case(), REASON, by=a_staff_member(), now=NOW)


def _cancelled() -> None:
    cases.cancel(a_waiting_case(), by=a_staff_member(), now=NOW, why=REASON)


def _sent() -> None:
    cases.mark_sent(a_case(), Carrier.DHL, "00340434161094042557", by=a_staff_member(), now=NOW)


def _received() -> None:
    cases.receive(a_case(), by=a_staff_member(), now=NOW)


def _commissioned() -> None:
    """Write the letter; that the step writes it is the cases' own test."""
    case = cases.receive(a_case(), by=a_staff_member(), now=NOW)
    an_active_link(link=a_link_request(case=case))
    Case.update(state="commissioned").where(Case.id == case.id).execute()
    letters.tell_owners(Case.get_by_id(case.id), "commissioned", now=NOW, why="")


EVENTS = {
    "submitted": _submitted,
    "released": _released,
    "question": _question,
    "declined": _declined,
    "solved_remotely": _solved,
    "cancelled": _cancelled,
    "on_its_way_to_us": _sent,
    "received": _received,
    "commissioned": _commissioned,
    **letters_of_accounts.EVENTS,
    **letters_of_appointments.EVENTS,
    **letters_of_coming_in.EVENTS,
    **letters_of_emergencies.EVENTS,
    **letters_of_links.EVENTS,
    **letters_of_parcels.EVENTS,
    **letters_of_privacy.EVENTS,
    **letters_of_quotes.EVENTS,
    **letters_of_reminders.EVENTS,
    **letters_of_workshop.EVENTS,
}
SENT_BACK = {
    "on_its_way_back": tracking_url(Carrier.DHL, "00340434161094042557"),
    "parcel_sent_after": tracking_url(Carrier.GLS, "12345678901"),
}
ABOUT_LINKS = [event for event in EVENTS if event.startswith("link_")]
WITH_REASON = (
    "question", "declined", "solved_remotely", "cancelled", *letters_of_appointments.WITH_REASON,
    *letters_of_links.WITH_REASON, *letters_of_parcels.WITH_REASON, *letters_of_workshop.WITH_REASON,
    *letters_of_coming_in.WITH_REASON,
)  # fmt: skip


@pytest.fixture
def undefined():
    """Let a word that nobody filled in fail the test."""
    return StrictUndefined


@pytest.fixture
def rendered(app: Flask):
    """Give `rendered(event)`: let it happen, and return the letter as people read it."""

    def happen(event: str) -> Rendered:
        EVENTS[event]()
        return read(app, event)

    return happen


def read(app: Flask, event: str) -> Rendered:
    with app.app_context():
        return written.render(Letter.select().where(Letter.event == event).order_by(Letter.id.desc()).get())


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_event_has_its_letter_and_every_letter_its_event(engine):  # rule S4
    folders = {folder.name for folder in MAIL.iterdir() if folder.is_dir()}
    assert folders == set(EVENTS) == set(written.NEXT)
    assert set(cases.TOLD.values()) <= folders


@pytest.mark.parametrize("event", EVENTS)
def test_every_letter_says_what_comes_next_and_who_acts_in_both_parts(rendered, event):  # rule S4
    letter = rendered(event)
    page = Page(letter.html)
    assert letter.subject
    assert "\n" not in letter.subject
    assert page.headline == letter.subject
    reader = Letter.select().where(Letter.event == event).order_by(Letter.id.desc()).get().account
    greeting = f"Guten Tag {reader.name}," if reader else "Guten Tag,"  # nobody's account: no name is known
    for said in ("So geht es weiter", str(written.actor_of(event)), greeting):
        assert said in words(letter.text)
        assert said in page.text
    assert "\n\n\n" not in letter.text
    assert "None" not in letter.text


@pytest.mark.parametrize("event", EVENTS)
def test_both_parts_say_the_same(rendered, event):  # rule S4
    letter = rendered(event)
    page = Page(letter.html)
    body = letter.text.partition("\n--\n")[0]
    for paragraph in re.split(r"\n\s*\n|\n- ", body):
        said = words(re.sub(r":? ?http\S+|-{5,}", "", paragraph)).removeprefix("- ")
        assert said in page.text, f"only in the text: {said}"
    for address in re.findall(r"http\S+", body):
        assert address in page.links


@pytest.mark.parametrize("event", EVENTS)
def test_letters_point_to_the_portals_pages_and_to_the_parcel(rendered, app, event):  # rules S4, L9
    letter = rendered(event)
    addresses = [*re.findall(r"https?://\S+", letter.text), *Page(letter.html).links]
    assert len(addresses) >= 4
    for address in addresses:
        if address == SENT_BACK.get(event):
            continue
        assert address.startswith("http://localhost/")
        assert not address.startswith("http://localhost/l/"), "a door's token must not leave by mail"
    assert not re.search(r"\b(src|background)=|url\(", letter.html), "a letter fetches nothing"


def test_a_door_token_is_in_no_letter(rendered):  # rule L9
    link = an_active_link()
    token = link_rules.door_token(SECRET, link.id, link.generation)
    letter = rendered("link_granted")
    assert token not in letter.text + letter.html
    assert link.till_address not in letter.text + letter.html


@pytest.mark.parametrize("event", WITH_REASON)
def test_what_staff_wrote_is_told_in_full_and_as_text(rendered, event):  # rule S4
    letter = rendered(event)
    assert REASON in letter.text
    assert "&lt;verbrannt&gt; ist &amp; riecht" in letter.html


def test_a_letter_about_a_missing_part_says_what_where_to_and_what_to_keep(
    rendered,
):  # rules C2a, C3, C4, C4a
    text = words(rendered("parcel_incomplete").text)
    for said in (
        "Netzkabel",
        "51465 Bergisch Gladbach",
        "außen auf den Karton",
    ):
        assert said in text
    assert "PIN und PUK der TSE" not in text, "it is the cable that is missing"
    assert "LAN-Kabel" not in text


def test_the_way_back_says_what_must_not_be_done_and_what_may(rendered):  # rules R1, R3
    letter = rendered("on_its_way_back")
    for said in (
        "Arbeiten Sie noch nicht mit diesem Kassenserver",
        "in einem Termin",
        "mehr nicht",
        "buchen Sie",
    ):
        assert said in words(letter.text)
    assert "00340434161094042557" in letter.html


def test_the_released_letter_lists_the_parcel_and_where_it_goes(rendered):  # rules C1, C2a, C3
    text = rendered("released").text
    for said in (
        "Netzkabel",
        "LAN-Kabel",
        "Swissbit-TSE",
        "51465 Bergisch Gladbach",
        "Montag, 21. Dezember 2026",
    ):
        assert said in text
    assert "/slip.pdf" in text
    assert "/parcel" in text


@pytest.mark.parametrize(
    ("tse", "listed", "asked"), [(True, True, False), (False, False, False), (None, False, True)]
)
def test_the_tse_is_named_if_and_only_if_it_is_in_the_server(app, tse, listed, asked):  # rule C1
    a_case(a_device(tse_in_server=tse))
    text = read(app, "released").text
    assert ("- Swissbit-TSE" in text) == listed
    assert ("Steckt die Swissbit-TSE" in text) == asked


def test_the_reasons_for_waiting_are_told(rendered):  # rule S1
    assert "- Nicht alle Schnellprüfungen sind gemacht." in rendered("submitted").text


@pytest.mark.parametrize("outcome", ["remote_session", "chargeable_service"])
@pytest.mark.parametrize("make", [_submitted, _question])
def test_a_letter_about_a_remote_session_says_how_it_works(app, make, outcome):  # rules T3, T7, T8
    make()
    letter = Letter.select().order_by(Letter.id.desc()).get()
    case = letter.case
    case.outcome = outcome
    case.save()
    read_letter = read(app, letter.event)
    for part in (read_letter.text, read_letter.html):
        assert "RustDesk" in part
        assert "TeamViewer" in part
        assert "nie im Hintergrund" in part
        assert "unten links" in part
        assert "noch nichts ein" not in part


def test_a_letter_about_a_parcel_says_nothing_of_remote_sessions(rendered):  # rule T8
    assert "RustDesk" not in rendered("submitted").text


@pytest.mark.parametrize(("mode", "locked"), [(Mode.FULL, False), (Mode.VIEW_ONLY, True)])
def test_a_granted_link_says_what_it_can_do_and_when_it_ends(app, mode, locked):  # rules L2, L5, L8
    an_active_link(mode=mode)
    text = read(app, "link_granted").text
    assert ("Belegsperre" in text) == locked
    assert "Montag, 21. Dezember 2026 um 10:14 Uhr" in text
    assert "EC-Terminal" in text


def test_an_expired_link_is_not_said_to_be_ended_by_support(app):  # rule L2
    link = an_active_link(days=1)
    link_steps.expire(link, now=NOW + timedelta(days=1))
    text = read(app, "link_ended").text
    assert "abgelaufen" in text
    assert "Support hat" not in text


def test_a_letter_is_written_in_the_language_of_its_reader(app):  # rules S4, P5
    english = an_owner(language="en")
    a_case(a_device(a_salon(english.customer)), english)
    assert 'lang="en"' in read(app, "released").html
    a_case()
    assert 'lang="de"' in read(app, "released").html


def test_a_language_nobody_speaks_becomes_german(app):  # rule P5
    a_case()
    Letter.update(language="xx").execute()
    assert 'lang="de"' in read(app, "released").html


def test_a_letter_survives_the_account_it_was_for(app):  # rule S4
    a_case()
    Letter.update(account=None).execute()
    assert read(app, "released").text.startswith("Guten Tag,")


def test_control_characters_and_lines_in_a_name_break_no_letter(app):  # rule S4
    a_case()
    Account.update(name="Ada\r\nBcc: x@y.example\x1b").where(Account.role == "owner").execute()
    letter = read(app, "released")
    assert "\x1b" not in letter.text + letter.html
    assert "Bcc" not in letter.subject


def test_the_operator_stands_at_the_foot_and_gets_the_answers(app):  # rule S4
    an_operator(
        brand="Kassenhilfe", email="hilfe@kasse.example", phone="+4922021", support_hours="Mo–Fr 9–17"
    )
    a_case()
    letter = read(app, "released")
    assert letter.reply_to == "hilfe@kasse.example"
    for said in ("Kassenhilfe", "+4922021", "Mo–Fr 9–17", "Ihre Antwort darauf erreicht den Support."):
        assert said in letter.text
        assert said in letter.html


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://reparatur.example:8443/portal", "reparatur.example"),
        ("http://[::1]:8000", "[IPv6:::1]"),
        ("https://müller.example", "xn--mller-kva.example"),
    ],
)
def test_the_message_id_stays_the_same_and_names_the_portals_host(
    app_settings, request, url, domain
):  # rule S4
    app_settings["url"] = url
    app = request.getfixturevalue("app")
    a_case()
    letter = Letter.get()
    with app.app_context():
        assert written.message_id(letter) == f"<{letter.message_id}@{domain}>" == written.message_id(letter)
        rendered = written.render(letter)
    mail = Mail(f"<{letter.message_id}@{domain}>", letter.recipient, rendered.subject, rendered.text,
                rendered.html, "reparatur@localhost", None, NOW)  # fmt: skip
    assert b"Message-ID" in message(mail).as_bytes()


def test_a_letter_needs_few_queries(app):  # built for size
    a_case()
    letter = Letter.get()
    with app.app_context(), counted() as queries:
        written.render(letter)
    assert len(queries) <= 4, queries


def test_a_letter_that_was_told_stays_told(app):  # rule S6
    case = a_case()
    assert letters.tell_owners(case, "released", now=NOW) == []
