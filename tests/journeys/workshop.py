"""What both sides do once the server is in the workshop, in their own words, and what they read."""

import io
import re
from dataclasses import dataclass

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect

from portal.actions import cases, commissioning
from portal.models import Account, Case, History, Letter
from portal.outside import clock
from portal.rules import numbers
from portal.rules.commissioning import Item
from portal.rules.workflow import State
from tests import builders
from tests.journeys.people import Business, accept_all, choose, headline, press

BACK = "00340434161094042557"  # DHL's own example number
TSE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9" * 2
BSI = "BSI-K-TR-0490-2021"


def on(engine: str, *, javascript: bool = True) -> pytest.MarkDecorator:
    """Let a journey run once: on this engine, on a phone with JavaScript or without."""
    named = engine if javascript else f"{engine}-without-javascript"
    given = [(engine, javascript)]
    return pytest.mark.parametrize(("engine", "javascript"), given, indirect=True, ids=[named])


@dataclass(frozen=True)
class Sides:
    """The owner on the phone and the support at the desk, both signed in, and one business."""

    phone: Page
    desk: Page
    address: str
    business: Business

    def owner_opens(self, case: Case, page: str = "") -> Page:
        """Open the case, or a page of it, on the phone."""
        self.phone.goto(f"{self.address}/cases/{case.number}{page}")
        return self.phone

    def desk_opens(self, case: Case, page: str = "") -> Page:
        """Open the case, or a page of it, at the desk."""
        self.desk.goto(f"{self.address}/staff/cases/{case.number}{page}")
        return self.desk

    def read(self, case: Case, title: str, turn: str, state: str) -> None:
        """Both sides read where the case is; the owner also whose turn it is (section S)."""
        phone = self.owner_opens(case)
        assert title in headline(phone), headline(phone)
        if turn:
            expect(phone.locator("#next .eyebrow")).to_have_text(turn)
        desk = self.desk_opens(case)
        assert self.business.salon.name in headline(desk)
        expect(desk.locator("main > .heading").first).to_contain_text(state)

    def take_step(self, case: Case, button: str, **typed: str) -> None:
        """Take one step at the desk: type what it asks for, by the name of the field, and press."""
        pane = self.desk_opens(case).locator("#pane")
        for name, text in typed.items():
            field = pane.locator(f'[name="{name}"]')
            if not field.is_visible():
                pane.locator("summary", has_text=button).click()
            field.fill(text)
        press(self.desk, button, within=pane)
        expect(self.desk.locator(".flashes")).to_contain_text(numbers.group(case.number))

    def papers(self, case: Case, *names: str) -> dict[str, str]:
        """Fetch papers on the phone; each is a PDF with the case's number in it. Returns their text."""
        texts = {}
        for name in names:
            answer = self.phone.request.get(f"{self.address}/cases/{case.number}/{name}.pdf")
            assert answer.ok, f"{name} answered {answer.status}"
            texts[name] = _text_of(answer.body())
            assert numbers.group(case.number) in texts[name], f"{name} does not name the case"
        return texts


def _text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return " ".join(text.split())


def told(business: Business) -> list[str]:
    """Return of what the owner was told by letter, in order (rule S4)."""
    mine = Letter.select().where(Letter.account == business.owner)
    return [letter.event for letter in mine.order_by(Letter.id)]


def past(case: Case) -> list[str]:
    """Return the steps of the workflow in the case's history, in order."""
    return [row.what for row in History.of_case(case) if row.target]


def now_of(case: Case) -> Case:
    """Return the case as it is now."""
    return Case.get_by_id(case.id)


def save(desk: Page, button: str, **typed: str) -> None:
    """Write something down on the workshop's page: type it, by the name of the field, and press."""
    for name, text in typed.items():
        if name in ("decision", "part"):
            choose(desk, name, text)
        else:
            desk.locator(f'main [name="{name}"]').fill(text)
    press(desk, button)
    expect(desk.locator(".flashes")).to_be_visible()


def unfold(desk: Page, label: str) -> None:
    """Open what is folded away under this label."""
    desk.locator("main summary", has_text=label).first.click()


def pack(desk: Page, *parts: str) -> None:
    """Put parts into the carton, one press each (rule C5)."""
    for part in parts:
        press(desk, f"{part} einpacken")
        expect(line_of(desk, part)).to_have_class(re.compile("done"))


def line_of(desk: Page, part: str) -> Locator:
    """Return the line of a part on the parcel's page."""
    return desk.locator(".items > li").filter(has=desk.get_by_role("heading", name=part, exact=True))


def dispatch(desk: Page, number: str = BACK) -> None:
    """Send the parcel on its way."""
    desk.get_by_label("Paketdienst").select_option("dhl")
    desk.get_by_label("Sendungsnummer").fill(number)
    press(desk, "Abgeschickt")


def confirm_arrival(phone: Page) -> None:
    """Say that the parcel is there, and that the server stays out of use until it is commissioned (R1)."""
    press(phone, "Das Paket ist da")
    assert "Halt" in headline(phone)
    press(phone, "Paket ist da, gelesen")  # without the tick
    expect(phone.locator(".mistakes")).to_be_visible()
    assert accept_all(phone) == 1
    press(phone, "Paket ist da, gelesen")


def book(phone: Page) -> str:
    """Pick the first free time that is shown, and return the time of day (rule R4)."""
    assert headline(phone) in ("Wann passt es Ihnen?", "Wann soll der Termin stattdessen sein?")
    first = phone.locator(".slots a").first
    at = first.inner_text()
    press(phone, at, within=phone.locator(".slots"))
    expect(phone.locator("main")).to_contain_text("RustDesk")  # rules T7, T8
    expect(phone.locator("main")).to_contain_text("nie im Hintergrund")
    expect(phone.locator(".when-large")).to_contain_text(at)
    return at


TICKS = (
    "Sitzung steht",
    "Datenbank ist zurückgespielt",
    "Nichts nachzubuchen",
    "Testbeleg stimmt",
    "Salon hat bestätigt",
)


def tick(desk: Page, *buttons: str) -> None:
    """Tick these lines of the checklist; only the whole list ends the case (rule R5)."""
    for button in buttons:
        expect(desk.get_by_role("button", name="Abschließen")).to_have_count(0)
        press(desk, button)
        expect(desk.get_by_role("button", name=button, exact=True)).to_have_count(0)


def bring_home(case: Case, business: Business) -> Case:
    """Send a case that lies ready back to its salon; nobody looks on."""
    now = clock.now()
    return builders.a_case_on_its_way_back(now_of(case), staff=business.staff, now=now)


def ticked(case: Case, count: int, *, by: Account) -> Case:
    """Tick the first lines of the checklist; nobody looks on."""
    for item in [one for one in Item if one is not Item.LINK_ENDED][:count]:
        case = commissioning.tick(case, item, by=by, now=clock.now())
    return case


def put_into_service(case: Case, business: Business) -> Case:
    """Come to the end that another journey walks by hand: it arrives, is booked, and the list is done."""
    case, staff, now = now_of(case), business.staff, clock.now()
    if case.state is State.ON_ITS_WAY_BACK:
        case = cases.advance(case, "confirm_delivery", by=staff, now=now)
    if case.state is State.DELIVERED:
        case = builders.an_appointment(case, now=now, by=staff).case
    case = ticked(case, len(TICKS), by=staff)
    return commissioning.complete(case, by=staff, now=now)
