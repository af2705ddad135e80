"""The door of the link: open while it is active, judged by the clock at the request (rules L3, L9)."""

import pytest
import time_machine

from portal.actions import links
from portal.models import SubstituteLink
from portal.rules.links import Ending, LinkState, Mode, door_token
from tests import builders
from tests.clients import page_of
from tests.web.test_owner_cases import LATER

TILL = "https://till.example/42"


@pytest.fixture(autouse=True)
def the_next_day():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def link(app):
    return builders.an_active_link(secret=app.config["SECRET_KEY"])


@pytest.fixture
def door(app, link):
    return f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}"


def fresh(link):
    return SubstituteLink.get_by_id(link.id)


def test_the_door_says_what_applies_and_leads_on(client, door, link):  # rule L9
    page = client.page(door)
    assert "29 Tage noch, bis Montag, 21. Dezember, 10:14 Uhr" in page.text
    assert f"{door}/go" in page.links
    answer = client.get(f"{door}/go")
    assert (answer.status_code, answer.headers["Location"]) == (302, TILL)
    assert (fresh(link).opened_count, fresh(link).last_opened_at) == (1, LATER)


def test_the_receipt_lock_is_said_before_the_till_is_opened(client, app):  # rule L5
    link = builders.an_active_link(mode=Mode.VIEW_ONLY, secret=app.config["SECRET_KEY"])
    page = client.page(f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}")
    assert page.headline == "Sie können sich hier nur umsehen"
    assert "Kassieren geht mit diesem Link nicht" in page.text
    assert "Nicht gespeichert werden: neue Behandlungen Kundendaten geänderte Preise" in page.text


def test_looking_is_not_opening(client, door, link):
    client.get(door)
    client.head(door)
    client.head(f"{door}/go")
    client.get(f"{door}/go", headers={"Sec-Purpose": "prefetch;prerender"})
    assert fresh(link).opened_count == 0


def test_a_form_is_led_to_the_door_and_opens_nothing(client, door, link):
    page = client.get(door)
    token = next(value for form in page_of(page).forms for name, value in form.fields if name == "csrf_token")
    answer = client.post(door, data={"csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, door)
    assert fresh(link).opened_count == 0


@pytest.mark.parametrize("path", ["", "/go"])
def test_at_its_end_the_door_is_closed_worker_or_no_worker(client, door, link, path):  # rule L9
    with time_machine.travel(link.ends_at, tick=False):
        answer = client.get(door + path)
        assert answer.status_code == 410
        assert "Location" not in answer.headers
    assert f"/links/new?device={link.device_id}" in page_of(answer).links
    assert (fresh(link).state, fresh(link).ending) == (LinkState.ENDED, Ending.EXPIRED)


def test_a_clock_that_goes_back_revives_nothing(client, door, link):  # rule L9
    with time_machine.travel(link.ends_at, tick=False):
        client.get(door)
    assert client.get(f"{door}/go").status_code == 410


def test_one_second_before_its_end_the_door_is_open(client, door, link):  # rule L9
    with time_machine.travel(link.ends_at.timestamp() - 1, tick=False):
        assert client.get(f"{door}/go").status_code == 302


@pytest.mark.parametrize("path", ["", "/go"])
def test_a_link_that_staff_ended_is_gone(client, door, link, path):  # rule L3
    links.delete(link, "Doppelt", by=builders.a_staff_member(), now=LATER)
    assert client.get(door + path).status_code == 410


@pytest.mark.parametrize("token", ["x", "A" * 43, "a" * 5000, "ä", "%00"])
def test_an_unknown_token_is_not_found(client, token):  # rule L9
    assert client.get(f"/l/{token}").status_code == 404
    assert client.get(f"/l/{token}/go").status_code == 404


def test_a_request_has_no_door(client, app):
    link = builders.a_link_request()
    assert client.get(f"/l/{door_token(app.config['SECRET_KEY'], link.id, 0)}").status_code == 404


def test_the_token_alone_opens_for_the_whole_team(client, door):  # rule L9
    assert client.get(door).status_code == 200


def test_another_customer_finds_no_door(client, sign_in, door):  # rule L9
    sign_in(client, builders.an_owner())
    assert client.get(door).status_code == 404
    assert client.get(f"{door}/go").status_code == 404


def test_the_own_customer_and_staff_come_in(client, app, sign_in, door, link):  # rule L9
    sign_in(client, builders.an_owner(link.customer))
    assert client.get(door).status_code == 200
    other = app.test_client()
    sign_in(other, builders.a_staff_member())
    assert other.get(door).status_code == 200


@pytest.mark.parametrize("path", ["", "/go", "x"])
def test_the_address_is_told_to_nobody(client, door, path):
    answer = client.get(door + path)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_a_browser_passes_the_door_under_the_strict_policy(page, live_server, environment):
    """Chromium blocks a form's redirect to another host; the way through the door is a plain link."""
    from portal.config import DEMO_SECRET
    from portal.models import base

    base.connect(environment["PORTAL_DATABASE"])
    link = builders.an_active_link(secret=DEMO_SECRET, now=LATER)
    base.db.close_all()
    page.route("https://till.example/**", lambda route: route.fulfill(body="Die Kasse"))
    page.goto(f"{live_server}/l/{door_token(DEMO_SECRET, link.id, link.generation)}")
    page.get_by_role("link", name="Zur Kasse").click()
    page.wait_for_url(TILL)
    assert "Die Kasse" in page.content()
    assert page.evaluate("document.referrer") == ""
