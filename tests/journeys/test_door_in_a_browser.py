"""The substitute till's door in a real browser: does the strict policy let people through?  Rule L9."""

from portal.config import DEMO_SECRET
from portal.models import base
from portal.outside import clock
from portal.rules.links import door_token
from tests import builders

TILL = "https://till.example/42"


def test_a_browser_passes_the_door_under_the_strict_policy(page, live_server, environment):
    """Chromium blocks a form's redirect to another host; the way through the door is a plain link."""
    base.connect(environment["PORTAL_DATABASE"])
    link = builders.an_active_link(secret=DEMO_SECRET, now=clock.now())
    base.db.close_all()
    page.route("https://till.example/**", lambda route: route.fulfill(body="Die Kasse"))
    page.goto(f"{live_server}/l/{door_token(DEMO_SECRET, link.id, link.generation)}")
    page.get_by_role("link", name="Zur Kasse").click()
    page.wait_for_url(TILL)
    assert "Die Kasse" in page.content()
    assert page.evaluate("document.referrer") == ""
