"""A link runs out: both sides are warned 7, 3 and 1 days before, then it is shut.  Rules L3, L9, L10, S4."""

import email
import re
from collections.abc import Callable
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.config import DEMO_SECRET
from portal.models import Letter, SubstituteLink
from portal.outside import clock
from tests import builders
from tests.engines import wait_until
from tests.journeys.people import Business, headline, press, sign_in
from tests.movable import Clock

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def told(folder: Path, address: str) -> list[EmailMessage]:
    """Return the letters about a coming end that this reader got."""
    found = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("*.eml")
    ]
    return [letter for letter in found if letter["To"] == address and " endet " in letter["Subject"]]


@pytest.mark.parametrize(("engine", "javascript"), [("sqlite", True)], indirect=True)
def test_a_link_runs_out_after_three_warnings_to_both_sides(
    business: Business,
    phone: Page,
    till: str,
    movable: Clock,
    start_server: Callable,
    start_command: Callable,
    environment: dict[str, str],
):
    link = builders.an_active_link(
        business.device,
        now=clock.now(),
        staff=business.staff,
        link=builders.a_link_request(business.device, business.owner, clock.now()),
        secret=DEMO_SECRET,
    )
    SubstituteLink.update(till_address=till).where(SubstituteLink.id == link.id).execute()
    server = start_server(**movable.settings)
    start_command("worker", **movable.settings)
    folder = Path(environment["PORTAL_MAIL_FOLDER"])
    sign_in(phone, server.address, business.owner)
    for count, days in enumerate((7, 3, 1), start=1):
        movable.move(timedelta(days=30 - days) + HOUR)
        wait_until(
            lambda count=count: len(told(folder, business.owner.email)) == count,
            f"the warning {days} days before",
        )
        phone.goto(f"{server.address}/links/{link.id}")
        assert headline(phone) == ("Ihr Ersatzlink läuft" if days == 7 else "Ihr Ersatzlink endet bald")
    press(phone, "Ersatzlink öffnen")
    door = phone.url
    expect(phone.locator("main")).to_contain_text(re.compile(r"\d+ Stunden"))
    movable.move(timedelta(days=30))
    assert phone.goto(door).status == 410
    phone.goto(f"{server.address}/links/{link.id}")
    assert headline(phone) == "Der Ersatzlink ist abgelaufen"
    wait_until(lambda: not Letter.count_open(), "the delivery of all letters")
    for reader in (business.owner, business.staff):
        letters = told(folder, reader.email)
        assert len(letters) == 3, [letter["Subject"] for letter in letters]
        assert len({letter["Message-ID"] for letter in letters}) == 3
    phone.goto(f"{server.address}/links/new")  # a later need is a new request
    expect(phone.locator("main")).to_contain_text("KS-2025-0417")
