"""The live update in a real browser: only what changed is replaced, and nothing jumps."""

import re

from playwright.sync_api import expect

from portal.actions import cases
from portal.models import base
from portal.outside import clock
from tests import builders
from tests.clients import DEMO_PASSWORD
from tests.journeys.people import press

QUARTER = 15_000  # milliseconds


def test_news_come_by_themselves_without_a_jump_and_without_taking_the_focus(
    page, live_server, environment, complaints
):
    base.connect(environment["PORTAL_DATABASE"])
    owner = builders.an_owner()
    case = builders.a_sent_case(builders.a_device(builders.a_salon(owner.customer)), owner, clock.now())
    heard, polls = complaints(page.context), []
    page.on("response", lambda answer: polls.append(answer.status) if "/progress" in answer.url else None)
    page.clock.install()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server}/sign-in?next=/cases/{case.number}")
    page.locator("[name=email]").fill(owner.email)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    press(page, "Anmelden")
    page.get_by_role("link", name="Ersatzlink anfragen").focus()
    page.evaluate("scrollTo(0, 200)")

    with page.expect_response("**/progress*"):
        page.clock.fast_forward(QUARTER)
    cases.receive(case, by=builders.a_staff_member(), now=clock.now())
    with page.expect_response("**/progress*"):
        page.clock.fast_forward(QUARTER)

    page.get_by_role("heading", level=1, name="Ihr Kassenserver ist bei uns angekommen").wait_for()
    expect(page.get_by_role("link", name="Vorgang abbrechen")).to_have_count(0)
    expect(page).to_have_title(re.compile("^Ihr Kassenserver ist bei uns angekommen"))
    expect(page.locator("#news")).to_have_text(re.compile("^Neuer Stand"))
    assert page.evaluate("document.activeElement.textContent") == "Ersatzlink anfragen"
    assert page.evaluate("scrollY") == 200
    with page.expect_response("**/progress*"):
        page.clock.fast_forward(QUARTER)
    assert polls == [204, 200, 204]
    assert not heard
    base.db.close_all()
