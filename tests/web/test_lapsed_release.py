"""Does nobody read "valid until" once a release has lapsed, and what to do instead?  Rules C2b, P1a."""

import pytest
import time_machine

from portal.actions import cases, emergencies, reminders
from portal.models import Letter
from portal.rules.carriers import Carrier
from portal.web import letters
from portal.web.documents import slip as paper
from tests import builders
from tests.actions.emergency_made import an_emergency
from tests.builders import NOW
from tests.outside.reading import text_of

UNTIL = "Montag, 21. Dezember, 10:14 Uhr"
TWO_WAYS = ("Rufen Sie uns an, dann verlängern wir", "Oder melden Sie die Störung")


@pytest.fixture
def case(owner, device):
    """Make a released case."""
    return builders.a_case(device, owner)


@pytest.fixture
def lapsed(case):
    """Let it be two days after the end of the release, and the worker come."""
    with time_machine.travel(case.valid_until, tick=False) as clock:
        reminders.remind_due(now=case.valid_until)
        clock.shift(2 * 24 * 3600)
        yield case


def test_every_page_says_that_it_has_lapsed_when_and_what_to_do(signed_in, lapsed):  # rule C2b
    number = lapsed.number
    for address in (f"/cases/{number}", f"/cases/{number}/parcel", f"/report/sent/{number}"):
        text = signed_in.page(address).text
        assert "abgelaufen" in text
        assert f"Sie galt bis {UNTIL}" in text
        for way in TWO_WAYS:
            assert way in text, address
        for stale in ("gültig bis", "gilt bis", f"bis {UNTIL} ab", "bis 21. Dezember 2026, mit"):
            assert stale not in text, address
    page = signed_in.page(f"/cases/{number}")
    assert {"/report", f"/cases/{number}/sent"} <= set(page.links)


def test_the_letter_says_the_same(app, lapsed):  # rules C2b, S4
    with app.app_context():
        letter = letters.render(Letter.get(Letter.event == "release_lapsed"))
    for part in (" ".join(letter.text.split()), letter.html):
        assert "ist am Montag, 21. Dezember 2026 abgelaufen" in part
        for way in TWO_WAYS:
            assert way in part


def test_the_slip_says_so_too_but_not_once_the_parcel_has_left(app, owner, lapsed):  # rule C2b
    late = lapsed.valid_until
    with app.test_request_context():
        assert "Freigabeabgelaufenam21.Dezember2026" in text_of(paper.made(lapsed))
        sent = cases.mark_sent(lapsed, Carrier.DHL, "", by=owner, now=late)
        slip = paper.of(sent, "x", now=late)
    assert (slip.released, slip.lapsed_on) == (True, "")


def test_staff_see_when_it_lapsed(client, staff, lapsed):  # rule C2b
    text = client.page(f"/staff/cases/{lapsed.number}").text
    assert "Freigabe abgelaufen" in text
    assert "Gültig bis" not in text


def test_who_follows_by_the_secret_link_can_still_say_that_it_is_under_way(client, app):  # rules C2b, P1a
    made = an_emergency(secret=app.config["PORTAL"].secret)
    released = cases.release(made.case, by=builders.a_staff_member(), now=NOW)
    address = f"/c/{emergencies.token_of(made, app.config['PORTAL'].secret)}"
    with time_machine.travel(released.valid_until, tick=False):
        page = client.page(address)
    assert page.headline == "Die Freigabe zum Einsenden ist abgelaufen"
    assert f"{address}/sent" in page.links
    assert f"{address}/slip.pdf" not in page.links
