"""What a secret address must not give away or let happen.  Rule P1a."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import cases, emergencies
from portal.models import TABLES, Case, Emergency
from portal.outside import clock
from tests.actions.emergency_made import a_confirmed_emergency, an_emergency
from tests.builders import a_case, a_staff_member, an_owner
from tests.clients import page_of


@pytest.fixture
def address(app):
    """Give the secret address of a case."""
    secret = app.config["PORTAL"].secret
    return f"/c/{emergencies.token_of(a_confirmed_emergency(clock.now(), secret), secret)}"


PAGES = ("", "/slip.pdf", "/sent", "/answer", "/email", "/code", "/code/again", "/renew")


def _rows() -> dict[str, list]:
    return {
        table.__name__: list(table.select().order_by(table._meta.primary_key).tuples()) for table in TABLES
    }


def test_looking_changes_nothing(client, address):  # rule P1a: programs look into mails
    before = _rows()
    for page in PAGES:
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(f"{address}{page}", method=method)
    assert _rows() == before


@pytest.mark.parametrize("page", [*PAGES[:5], "x" * 200])
def test_the_address_is_told_to_nobody(client, address, page):  # rule P1a
    answer = client.get(address + page)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_the_secret_signs_nobody_in(client, address):  # rule P1a
    client.get(address)
    number = Case.get().number
    for other in (f"/cases/{number}", f"/cases/{number}/slip.pdf", "/cases", "/account", "/staff/"):
        assert client.get(other).headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "%00", "ü", "..%2f..", "confirm/x", "1.2.3"])
def test_what_is_no_secret_opens_nothing(client, address, token):  # rule P1a
    assert client.get(f"/c/{token}").status_code in (404, 410)


def test_the_secret_of_one_case_is_none_of_another(client, app, address):  # rule P1a
    other = an_emergency(clock.now(), app.config["PORTAL"].secret)
    assert other.case.number not in client.get(address).text.replace("-", "")
    assert client.get(f"{address}/../{other.case.number}").status_code in (302, 404)
    assert client.get(f"/c/{other.token_hash}").status_code == 404  # what a thief of the database has


def test_an_owner_who_opens_it_stays_who_they_are(client, sign_in, address):  # rule P1
    sign_in(client, an_owner(a_case().customer))
    assert client.get(address).status_code == 200
    assert client.get(f"/cases/{Emergency.get().case.number}").status_code == 404


def test_a_form_of_another_site_does_nothing(client, address):  # rule P1a
    assert client.post(f"{address}/renew").status_code == 400
    assert Emergency.get().generation == 1


def test_it_opens_nothing_long_after_the_end(client, address):  # rule P1a
    cases.decline(Case.get(), "Nein.", by=a_staff_member(), now=clock.now())
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        gone = client.get(address)
        assert (gone.status_code, page_of(gone).headline) == (410, "Dieser Link ist abgelaufen")
        for page in PAGES[1:5]:
            assert client.get(address + page).status_code == 410
