"""Do the letters about a link say which link, what holds now, and what to do?  Section L, rules S4, P5."""

import re
from datetime import timedelta

import pytest
import time_machine
from jinja2 import StrictUndefined

from portal.actions import letters, link_steps, warnings
from portal.models import Case, Letter, Salon, SubstituteLink
from portal.outside.mailer import Mail, message
from portal.rules import numbers
from portal.web import letters as written
from tests.builders import NOW, a_case, an_active_link, an_operator
from tests.queries import counted
from tests.web.test_letters import ABOUT_LINKS, EVENTS, read


def happen(event: str) -> SubstituteLink:
    """Let the event happen, and return the link it is about."""
    EVENTS[event]()
    return SubstituteLink.select().order_by(SubstituteLink.id.desc()).get()


@pytest.mark.parametrize("event", ABOUT_LINKS)
def test_a_letter_about_a_link_names_the_case_or_else_device_and_salon(app, event):  # rule S4
    link = happen(event)
    letter = read(app, event)
    if link.case_id:
        assert numbers.group(link.case.number) in letter.subject
        assert f"Es geht um: {numbers.group(link.case.number)}, Salon Haarwerk" in letter.text
    else:
        assert letter.subject.endswith(": Salon Haarwerk")
        assert f"Es geht um: Kassenserver {link.device.serial}, Salon Haarwerk" in letter.text


EXTREMES = [
    "<script>alert(1)</script> & „Söhne“ 💇‍♀️ " + "x" * 200,
    "Salon\r\nBcc: x@y.example\r\n\r\nSie haben gewonnen\x00\x1b",
    "‮evil",
]


@pytest.fixture
def undefined():
    """Let a word that nobody filled in fail the test."""
    return StrictUndefined


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize("event", [*ABOUT_LINKS, "staff_link_ends_soon", "commissioned"])
def test_no_name_breaks_a_letter_or_its_headers(app, event, name, language):  # rules S4, P5
    EVENTS[event]()
    Salon.update(name=name.replace("\x00", "")[:120], city=name.replace("\x00", "")[:60]).execute()
    Letter.update(language=language).execute()
    letter = read(app, event)
    assert f'lang="{language}"' in letter.html
    assert len(letter.subject) <= written.LONGEST_SUBJECT
    assert "\n" not in letter.subject
    assert "<script>" not in letter.html
    assert not re.search("^Bcc:", letter.text, re.MULTILINE)
    assert not re.search("[\x00\x1b]", letter.subject + letter.text + letter.html)
    mail = Mail("<a@portal.example>", "x@y.example", letter.subject, letter.text, letter.html,
                "reparatur@localhost", None, NOW)  # fmt: skip
    assert "Bcc" not in message(mail)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("event", ["link_locked", "link_read_out_failed", "link_ended"])
def test_what_staff_write_may_be_long_and_strange(app, event, language):  # rule S4
    EVENTS[event]()
    why = "Zeile 1\r\n\r\n<b>💥</b> " + "sehr " * 2000
    for letter in Letter.select().where(Letter.event == event):
        Letter.update(context={**letter.context, "why": why}, language=language).execute()
    found = read(app, event)
    assert "&lt;b&gt;💥&lt;/b&gt;" in found.html
    assert found.text.count("sehr") == 2000


def test_an_unlocked_link_says_that_cashing_goes_and_that_the_end_stays(app):  # rule L6
    happen("link_unlocked")
    letter = read(app, "link_unlocked")
    assert letter.subject.startswith("Ab jetzt können Sie kassieren")
    assert "Das Ende bleibt gleich: Montag, 21. Dezember 2026 um 10:14 Uhr." in letter.text
    assert "Steckt die TSE als USB-Stick im Server" in letter.text  # rule L7


def test_without_a_usb_tse_the_letter_does_not_speak_of_one(app):  # rule L7
    link = happen("link_unlocked")
    link.device.tse_in_server = False
    link.device.save()
    assert "TSE" not in read(app, "link_unlocked").text


def test_a_failed_read_out_is_told_plainly(app):  # rule L6
    happen("link_read_out_failed")
    text = read(app, "link_read_out_failed").text
    for said in (
        "konnten die Daten",
        "bleibt darum zum Ansehen",
        "Wir suchen einen anderen Weg",
        "auf Papier",
    ):
        assert said in text


def test_a_lock_put_on_afterwards_says_stop_at_once(app):  # rule L5
    happen("link_locked")
    letter = read(app, "link_locked")
    assert letter.subject.startswith("Bitte nicht mehr kassieren")
    assert "gilt ab sofort die Belegsperre" in letter.text
    assert "auch wenn die Kasse es noch zulässt" in letter.text


@pytest.mark.parametrize(("days", "said"), [(7, "7 Tagen"), (3, "3 Tagen"), (1, "1 Tag:")])
@pytest.mark.parametrize("event", ["link_ends_soon", "staff_link_ends_soon"])
def test_a_warning_says_how_long_and_until_when(app, event, days, said):  # rule L10
    link = an_active_link()
    warnings.warn(link, now=link.ends_at - timedelta(days=days))
    letter = read(app, event)
    assert f"in höchstens {said}" in letter.text + letter.subject
    assert "Montag, 21. Dezember 2026 um 10:14 Uhr" in letter.text
    if event == "link_ends_soon":
        assert "21. Dezember 2026" in letter.subject


def test_a_warning_says_where_the_server_is_and_what_to_do(app):  # rule L10
    link = happen("link_ends_soon")
    text = read(app, "link_ends_soon").text
    assert "So steht Ihr Vorgang: Ihr Kassenserver ist bei uns angekommen." in text
    assert "melden Sie sich jetzt beim Support" in text
    assert "Kassieren geht damit nicht" in text
    Case.update(state="delivered").where(Case.id == link.case).execute()
    assert "Termin zur Inbetriebnahme" in read(app, "link_ends_soon").text


def test_staff_are_told_whom_to_call_and_whether_the_server_can_be_back(app):  # rule L10
    an_operator(email="team@kasse.example")
    with time_machine.travel(NOW, tick=False):
        link = happen("staff_link_ends_soon")
        letter = read(app, "staff_link_ends_soon")
    row = Letter.get(Letter.event == "staff_link_ends_soon")
    assert (row.recipient, row.account_id, row.language) == ("team@kasse.example", None, "de")
    assert "Salon: Salon Haarwerk, Bergisch Gladbach" in letter.text
    assert "Telefon: 02202 12345" in letter.text
    assert "Server voraussichtlich wieder in Betrieb: etwa" in letter.text
    assert f"/staff/cases/{link.case.number}" in letter.text
    assert f"/staff/links/{link.id}" in letter.text
    assert "Ihre Antwort" not in letter.text
    assert letter.text.startswith("Guten Tag,\n")


def test_staff_are_told_that_a_link_without_a_case_has_no_forecast(app):  # rule L10
    link = an_active_link()
    warnings.warn(link, now=link.ends_at - timedelta(days=1))
    text = read(app, "staff_link_ends_soon").text
    assert "Ohne Vorgang. Grund: Kassenserver ist defekt" in text
    assert "lässt sich nicht vorhersagen" in text
    assert "/staff/cases/" not in text


@pytest.mark.parametrize("had_link", [True, False])
def test_a_commissioned_case_says_that_the_server_may_be_used(app, had_link):  # rules R1, L11a
    if had_link:
        happen("commissioned")
    else:
        case = a_case()
        Case.update(state="commissioned").where(Case.id == case.id).execute()
        letters.tell_owners(Case.get_by_id(case.id), "commissioned", now=NOW, why="")
    text = read(app, "commissioned").text
    assert "Sie können ab sofort wieder damit arbeiten" in text
    assert ("Der Ersatzlink ist beendet" in text) == had_link


def test_an_ended_link_says_when_it_ended_and_how_to_ask_anew(app):  # rules L2, L3
    link = an_active_link(days=1)
    link_steps.expire(link, now=NOW + timedelta(days=3))
    text = read(app, "link_ended").text
    assert "abgelaufen: am Sonntag, 22. November 2026 um 10:14 Uhr" in text
    assert f"/links/new?device={link.device_id}" in text


def test_a_letter_about_a_link_needs_few_queries(app):  # built for size
    EVENTS["link_ends_soon"]()
    letter = Letter.get(Letter.event == "link_ends_soon")
    with app.app_context(), counted() as queries:
        written.render(letter)
    assert len(queries) <= 8, queries
