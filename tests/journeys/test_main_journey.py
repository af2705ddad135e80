"""The main job, end to end: report a dead till, get the slip, ask for the link, follow it.

On a phone with JavaScript on the one engine and without it on the other; the worker runs.
"""

import email
import io
import re
from collections.abc import Callable
from datetime import timedelta
from email import policy
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from portal.models import Letter
from portal.outside import clock
from tests.engines import wait_until
from tests.journeys.people import (
    Business,
    accept_all,
    address_part,
    answer_checks,
    begin_report,
    choose,
    fill_moment,
    go_on,
    headline,
    number_on,
    press,
    sign_in,
)

PARCEL = "00340434161094042557"  # DHL's own example number
QUICKER_THAN_THE_POLL = 16_000  # milliseconds; the page asks every 15 seconds


@pytest.mark.parametrize(
    ("engine", "javascript"),
    [("postgresql", True), ("sqlite", False)],
    indirect=True,
    ids=["postgresql", "sqlite-without-javascript"],
)
def test_a_dead_till_is_reported_sent_in_and_received(
    address: str,
    business: Business,
    phone: Page,
    desk: Page,
    javascript: bool,
    till: str,
    start_command: Callable,
    environment: dict[str, str],
):
    start_command("worker")
    number = _report(phone, address, business)
    _read_the_slip(phone, address, number)
    _look_at_the_phone_view(phone, number, javascript)
    _staff_grant_the_link(desk, address, business, number, till)
    _open_the_link(phone, address, number, till)
    _send_the_parcel(phone, address, number)
    if javascript:
        phone.clock.install()
    phone.goto(f"{address}/cases/{number}")
    _see_it_arrive(phone, javascript, lambda: _staff_receive(desk, address, number))
    _find_the_letters(Path(environment["PORTAL_MAIL_FOLDER"]), business, number)


def _report(phone: Page, address: str, business: Business) -> str:
    """Report the dead till, one question per page, and return the number."""
    sign_in(phone, address, business.owner)
    begin_report(phone, address, business.device)
    choose(phone, "topic", "server")
    go_on(phone)
    answer_checks(phone)
    phone.get_by_label("Beschreibung").fill("Er geht nicht mehr an.\nDie Lampe bleibt dunkel.")
    go_on(phone)
    choose(phone, "running", "no")
    go_on(phone)
    choose(phone, "when", "at")
    fill_moment(phone, "at", clock.now() - timedelta(minutes=40))
    go_on(phone)
    choose(phone, "entered", "no")
    go_on(phone)
    expect(phone.locator("main")).to_contain_text("Vermutlich ein voller Ersatzlink")  # rule L4a
    choose(phone, "wanted", "yes")
    go_on(phone)
    assert accept_all(phone) == 3  # rules L2, L7, L8
    go_on(phone)
    assert phone.get_by_label("Ort", exact=True).input_value() == "Bergisch Gladbach"
    go_on(phone)
    assert "kostet vermutlich nichts" in headline(phone)  # rule W0
    go_on(phone)
    assert address_part(phone) == "/report/check"
    press(phone, "Meldung absenden")
    assert headline(phone) == "Ihre Meldung ist da"
    return number_on(phone)


def _read_the_slip(phone: Page, address: str, number: str) -> None:
    """Download the slip at once and read it: it is released, day or night (rules S1, C2, C3)."""
    link = phone.get_by_role("link", name="Begleitschein öffnen (PDF)")
    answer = phone.request.get(address + link.get_attribute("href"))
    assert answer.ok
    assert answer.headers["content-type"] == "application/pdf"
    pdf = pypdfium2.PdfDocument(io.BytesIO(answer.body()))
    assert len(pdf) == 1
    text = pdf[0].get_textpage().get_text_range()
    pdf.close()
    for wanted in (number, "Hauptstraße 122", "51465 Bergisch Gladbach", "KS-2025-0417", "Salon Haarwerk"):
        assert wanted in text, f"{wanted!r} is not on the slip:\n{text}"


def _look_at_the_phone_view(phone: Page, number: str, javascript: bool) -> None:
    """See number and checklist on the phone; ticks stay where JavaScript can keep them (rule C2a)."""
    press(phone, "Kein Drucker? Packliste auf dem Handy")
    assert number_on(phone) == number
    first = phone.locator(".ticks input[type=checkbox]").first
    first.check()
    if javascript:
        phone.reload()
        expect(first).to_be_checked()


def _staff_grant_the_link(desk: Page, address: str, business: Business, number: str, till: str) -> None:
    """Decide about the request from the top of the queue: the salon cannot cash (rules S5, L4, L5)."""
    sign_in(desk, address, business.staff)
    assert address_part(desk) == "/staff/"
    first = desk.locator(".rows > li").first
    expect(first).to_contain_text("Salon Haarwerk")
    expect(first).to_contain_text("nicht kassieren")
    pane = desk.locator("#pane")
    expect(pane).to_contain_text(number)
    pane.get_by_label("Begründung zur Sicherung").fill("Wird geprüft")
    first.get_by_role("link").first.click()  # it is shown already: what was typed stays
    expect(pane).to_be_focused()
    assert pane.get_by_label("Begründung zur Sicherung").input_value() == "Wird geprüft"
    fill_moment(desk, "backup", clock.now() - timedelta(minutes=50), near=pane)
    pane.locator("label", has_text="ja").first.click()
    pane.get_by_label("Begründung zur Sicherung").fill("Sicherung geöffnet und geprüft.")
    pane.get_by_label("Adresse der digitalen Kasse").fill(till)
    press(desk, "Vollen Link geben", within=pane)
    expect(desk.locator(".flashes")).to_contain_text("Ersatzlink freigegeben")


def _open_the_link(phone: Page, address: str, number: str, till: str) -> None:
    """Go through the door to the till (rule L9)."""
    phone.goto(f"{address}/cases/{number}")
    press(phone, "Ersatzlink öffnen")
    assert address_part(phone).startswith("/l/")
    expect(phone.locator("main")).to_contain_text("Voll nutzbar")
    press(phone, "Zur Kasse")
    phone.wait_for_url(till)
    assert headline(phone) == "Ihre Kasse"


def _send_the_parcel(phone: Page, address: str, number: str) -> None:
    """Say that the parcel is on its way, with carrier and number."""
    phone.goto(f"{address}/cases/{number}")
    press(phone, "Ich habe es abgeschickt")
    phone.get_by_label("Sendungsnummer").fill(PARCEL)
    choose(phone, "carrier", "dhl")
    press(phone, "Als abgeschickt eintragen")
    expect(phone.locator(".flashes")).to_contain_text("abgeschickt")
    tracked = phone.locator(f'main a[href*="{PARCEL}"]').first
    assert tracked.get_attribute("href").startswith("https://")


def _staff_receive(desk: Page, address: str, number: str) -> None:
    """Type the number from the carton, without blanks or dashes, and take the parcel in."""
    desk.goto(f"{address}/staff/check-in")
    desk.get_by_label("Nummer vom Karton oder Begleitschein").fill(number.replace("-", "").lower())
    press(desk, "Suchen")
    press(desk, "Paket annehmen", within=desk.locator(".found"))  # the usual parcel: everything is there
    expect(desk.locator(".flashes")).to_contain_text(number)


def _see_it_arrive(phone: Page, javascript: bool, receive: Callable[[], None]) -> None:
    """See the open page change by itself, without a jump; without JavaScript, by loading it again."""
    assert "unterwegs" in headline(phone).lower()
    if not javascript:
        receive()
        phone.reload()
        assert "angekommen" in headline(phone).lower()
        return
    told = phone.locator("details.more summary", has_text="Das haben Sie gemeldet")
    told.focus()
    phone.evaluate("window.stayed = true; window.scrollTo(0, 300)")
    before = phone.evaluate("[scrollY, document.activeElement.textContent]")
    receive()
    phone.clock.fast_forward(QUICKER_THAN_THE_POLL)
    expect(phone.locator("h1")).to_contain_text("angekommen")
    expect(phone).to_have_title(re.compile("angekommen"))
    assert phone.evaluate("window.stayed") is True, "the page was loaded again"
    assert phone.evaluate("[scrollY, document.activeElement.textContent]") == before


def _find_the_letters(folder: Path, business: Business, number: str) -> None:
    """The owner was told of each change by a letter of its own (rule S4)."""
    wait_until(lambda: not Letter.count_open(), "the delivery of all letters")
    events = [letter.event for letter in Letter.select().order_by(Letter.id)]
    assert events == ["link_requested", "released", "link_granted", "received"]  # own deeds need none
    letters = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("*.eml")
    ]
    assert len(letters) == len(events)
    assert {letter["To"] for letter in letters} == {business.owner.email}
    assert len({letter["Message-ID"] for letter in letters}) == len(letters)
    subjects = [letter["Subject"] for letter in letters]
    assert len(set(subjects)) == len(subjects), f"one event was told twice: {subjects}"
    texts = [letter.get_body(("plain",)).get_content() for letter in letters]
    assert sum(f"/cases/{number.replace('-', '')}" in text for text in texts) == 2, texts
    assert sum("/links/" in text for text in texts) == 2, texts
