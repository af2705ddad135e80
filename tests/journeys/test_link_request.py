"""A link without a report on a phone: the box follows while one chooses, and nothing needs it (rule L4a)."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules.links import Answer
from tests.journeys.people import (
    Business,
    accept_all,
    choose,
    fill_moment,
    go_on,
    headline,
    press,
    sign_in,
)

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
with_javascript = pytest.mark.parametrize("javascript", [True], indirect=True, ids=[""])


@pytest.fixture
def owner(phone: Page, address: str, business: Business) -> Page:
    """Give the phone with the owner signed in."""
    sign_in(phone, address, business.owner)
    return phone


def _up_to_the_data(owner: Page, address: str) -> None:
    owner.goto(f"{address}/links/new")
    go_on(owner)
    choose(owner, "reason", "moving")
    go_on(owner)
    choose(owner, "when", "at")
    fill_moment(owner, "at", clock.now() - timedelta(hours=1))
    go_on(owner)
    choose(owner, "upload", "no")
    go_on(owner)


@with_javascript
def test_the_box_follows_while_one_chooses(owner: Page, address: str):  # rule L4a
    _up_to_the_data(owner, address)
    box = owner.locator("#so-far")
    expect(box).to_contain_text("hängt noch von Ihren Antworten ab")
    choose(owner, "entered", "yes")
    expect(box.locator("h2")).to_have_text("Vermutlich ein Ersatzlink nur zum Ansehen")
    expect(box.locator(".t-axis")).to_contain_text("nur auf dem Server")
    choose(owner, "entered", "no")
    expect(box.locator("h2")).to_have_text("Vermutlich ein voller Ersatzlink")
    expect(owner.locator('input[name="entered"][value="no"]')).to_be_focused()


@with_javascript
def test_the_box_takes_nobody_away_from_what_they_correct(owner: Page, address: str):
    _up_to_the_data(owner, address)
    go_on(owner)  # without an answer
    expect(owner.locator(".mistakes")).to_be_focused()
    choose(owner, "entered", "yes")
    expect(owner.locator("#so-far h2")).to_have_text("Vermutlich ein Ersatzlink nur zum Ansehen")
    expect(owner.locator('input[name="entered"][value="yes"]')).to_be_focused()


def test_a_running_server_is_saved_first_and_gets_a_full_link(owner: Page, address: str):  # rules C0, L4
    owner.goto(f"{address}/links/new")
    go_on(owner)
    choose(owner, "reason", "renovation")
    go_on(owner)
    choose(owner, "when", "running")
    go_on(owner)
    assert headline(owner) == "Erst Daten sichern, dann abbauen"
    choose(owner, "upload", "now")
    go_on(owner)
    choose(owner, "entered", "no")
    go_on(owner)
    assert headline(owner) == "Stimmt alles?"
    expect(owner.locator("main")).to_contain_text("Vermutlich ein voller Ersatzlink")
    expect(owner.locator(".t-axis")).to_contain_text("von Hand")
    go_on(owner)
    accept_all(owner)
    press(owner, "Anfrage senden")
    assert headline(owner) == "Ihr Ersatzlink ist angefragt"
    assert SubstituteLink.get().expected is Answer.FULL
