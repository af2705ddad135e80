"""Saturday, the till is dead, no account and no password: from the start page to the slip (rule P1a).

On a phone, with JavaScript and without it; the longest way there is.
"""

import email
import re
from collections.abc import Callable
from email import policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.models import Case, Emergency
from portal.rules.workflow import State
from tests.engines import wait_until
from tests.journeys.people import (
    Business,
    accept_all,
    answer_checks,
    choose,
    go_on,
    number_on,
    press,
    sign_in,
)

AT_MOST = 14  # pages, the start page and the one with the slip among them
REPORTER = {
    "name": "Salon Haarwerk", "street": "Lindenstraße 8", "postal_code": "51469", "city": "Bergisch Gladbach",
    "contact_name": "Ada Muster", "phone": "02202 12345", "email": "ada@haarwerk.example",
}  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "javascript"),
    [("sqlite", True), ("postgresql", False)],
    indirect=True,
    ids=["with-javascript", "without-javascript"],
)
def test_a_report_without_an_account_leads_to_number_slip_and_link(
    address: str,
    business: Business,
    phone: Page,
    desk: Page,
    start_command: Callable,
    environment: dict[str, str],
):
    start_command("worker")
    pages = _count_pages(phone)
    _report(phone, address)
    number = number_on(phone)
    secret = phone.url
    slip = phone.locator('a[href$="/slip.pdf"]')
    expect(slip).to_contain_text("noch nicht freigegeben")
    assert len(pages) <= AT_MOST, pages
    paper = phone.request.get(f"{address}{slip.get_attribute('href')}")
    assert paper.headers["content-type"] == "application/pdf"
    _confirm(phone, Path(environment["PORTAL_MAIL_FOLDER"]))
    _staff_match_it(desk, address, business, number)
    phone.goto(secret)
    expect(phone.locator("h1")).to_have_text("Schicken Sie uns Ihren Kassenserver")
    case = Case.get(Case.number == number.replace("-", ""))
    assert (case.state, case.device_id) == (State.AWAITING_SHIPMENT, business.device.id)


def _count_pages(page: Page) -> list[str]:
    """Return the list to which each page is added that the person gets to see."""
    seen: list[str] = []

    def note(response) -> None:
        shown = response.request.is_navigation_request() and response.status in (200, 422)
        if shown and "text/html" in response.headers.get("content-type", ""):
            seen.append(response.url)

    page.on("response", note)
    return seen


def _report(phone: Page, address: str) -> None:
    phone.goto(address)
    press(phone, "Störung melden")
    choose(phone, "purchase", "unknown")
    choose(phone, "tse", "unknown")
    choose(phone, "origin", "elsewhere")
    go_on(phone)
    choose(phone, "topic", "server")
    go_on(phone)
    answer_checks(phone)
    phone.locator('[name="text"]').fill("Er startet nicht mehr.")
    go_on(phone)
    for question, answer in (("running", "yes"), ("upload", "no"), ("when", "now"), ("entered", "no")):
        choose(phone, question, answer)
        go_on(phone)
    choose(phone, "wanted", "yes")
    for _terms in ("of the link", "of the repair"):
        accept_all(phone)
        go_on(phone)
    for name, text in REPORTER.items():
        phone.locator(f'[name="{name}"]').fill(text)
    go_on(phone)
    press(phone, "Meldung absenden")


def _confirm(phone: Page, mails: Path) -> None:
    """Type the code of the mail: a wrong one is told where it was typed."""
    phone.get_by_label("Code aus der E-Mail").fill("000 00")
    press(phone, "Bestätigen")
    expect(phone.locator("#code-error")).to_be_visible()
    wait_until(lambda: bool(_code_in(mails)), "the mail with the code")
    phone.get_by_label("Code aus der E-Mail").fill(_code_in(mails))
    press(phone, "Bestätigen")
    expect(phone.locator("main")).to_contain_text("Ihre E-Mail-Adresse ist bestätigt")
    assert Emergency.get().confirmed_at is not None


def _code_in(mails: Path) -> str:
    for file in mails.glob("*.eml"):
        letter = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        if letter["To"] == REPORTER["email"] and (found := re.search(r"\d{6}", letter["Subject"])):
            return found[0]
    return ""


def _staff_match_it(desk: Page, address: str, business: Business, number: str) -> None:
    """Two clicks on the case's page: the likeliest customer with the only device is ready."""
    sign_in(desk, address, business.staff)
    desk.goto(f"{address}/staff/cases/{number.replace('-', '')}")
    press(desk, "Kunden zuordnen", within=desk.locator("#pane"))
    press(desk, "Diesem Kunden zuordnen")
    expect(desk.locator("main")).to_contain_text("Haarwerk GmbH, ")
