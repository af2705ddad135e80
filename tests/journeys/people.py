"""What people do on the pages, in their own words: sign in, choose, type, press."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Locator, Page, Request, Response, expect

from portal.models import Account, Customer, Device, Salon
from portal.outside import clock
from portal.rules import berlin
from tests import builders
from tests.clients import DEMO_PASSWORD, let_pass
from tests.engines import wait_until

POLL = "/progress"  # what the open pages of owners ask every 15 seconds
NUMBER = re.compile(r"R\d\d-\d{3}-\d{3}-\d")


@dataclass(frozen=True)
class Business:
    """A salon with its Kassenserver, its owner, and the support."""

    customer: Customer
    salon: Salon
    device: Device
    owner: Account
    staff: Account


def a_business(**facts: object) -> Business:
    """Make a salon whose Kassenserver is in warranty today, unless `facts` say otherwise."""
    now = clock.now()
    builders.an_operator(phone="+49220212345", support_hours="Mo–Fr 9–18 Uhr")
    customer = builders.a_customer("Haarwerk GmbH", now=now)
    salon = builders.a_salon(customer, "Salon Haarwerk")
    given = {
        "serial": "KS-2025-0417",
        "purchased_on": (now - timedelta(days=200)).date(),
        "now": now,
        **facts,
    }
    device = builders.a_device(salon, **given)
    owner = builders.an_owner(customer, "inhaberin@salon.example", name="Aylin Yıldız")
    return Business(customer, salon, device, owner, builders.a_staff_member("support@portal.example"))


def sign_in(page: Page, address: str, account: Account | str) -> None:
    """Sign in by hand on the page of signing in."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-Mail-Adresse").fill(account if isinstance(account, str) else account.email)
    page.get_by_label("Passwort").fill(DEMO_PASSWORD)
    press(page, "Anmelden", within=page.locator("main"))
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    if "/second-factor" in page.url:
        let_pass(account if isinstance(account, str) else account.email)
        page.goto(f"{address}/staff/")


def choose(page: Page, question: str, value: str) -> None:
    """Tap the answer with this value, where the eye sees it: on its label."""
    field = page.locator(f'input[name="{question}"][value="{value}"]')
    page.locator(f'label[for="{field.get_attribute("id")}"]').click()
    expect(field, f"{question}={value} did not take the tap").to_be_checked()


def accept_all(page: Page) -> int:
    """Tick every box on the page, and return how many there are."""
    boxes_there = page.locator("main input[type=checkbox]")
    boxes_there.first.wait_for()  # the page may still be on its way
    boxes = boxes_there.all()
    for box in boxes:
        box.check()
    return len(boxes)


def press(page: Page, label: str, *, within: Locator | None = None) -> None:
    """Press the button, or follow the link, with this label, and wait until its answer is on the screen.

    What is read after it, on the page or in the database, is what it led to, however slow the machine.
    """
    place = within or page.locator("main")
    button = place.get_by_role("button", name=label, exact=True)
    link = place.get_by_role("link", name=label, exact=True)
    with _answered(page):
        button.or_(link).first.click()  # waits for either: the page may still be on its way
    expect(page.locator(".htmx-request")).to_have_count(0)


@contextmanager
def _answered(page: Page) -> Iterator[None]:
    """Wait until the answer to what is begun within has come to its end.

    Playwright's own `Response.finished()` knows no bound, and waits for ever for an answer that is broken
    off once it has begun: by a page that moves on, or one that does not read on.
    """
    ended: list[Request] = []

    def end(request: Request) -> None:
        ended.append(request)

    page.on("requestfinished", end)
    page.on("requestfailed", end)
    with page.expect_response(_is_the_answer) as told:
        yield
    request = told.value.request
    wait_until(lambda: page.wait_for_timeout(1) or request in ended, f"the end of {request.url}")
    page.remove_listener("requestfinished", end)
    page.remove_listener("requestfailed", end)
    if request.is_navigation_request():
        page.wait_for_load_state()


def _is_the_answer(response: Response) -> bool:
    """Tell whether it ends what a press began: no redirect, no picture, and nothing that comes by itself."""
    is_asked_for = response.request.resource_type in ("document", "fetch") and POLL not in response.url
    return is_asked_for and not 300 <= response.status < 400


def go_on(page: Page) -> None:
    """Press the page's button that leads to the next question."""
    press(page, "Weiter")


def headline(page: Page) -> str:
    """Return the text of the page's h1."""
    return " ".join(page.locator("h1").inner_text().split())


def number_on(page: Page) -> str:
    """Return the case number the page shows large."""
    found = NUMBER.search(page.locator(".big-number output").inner_text())
    assert found, "no case number on the page"
    return found[0]


def address_part(page: Page) -> str:
    """Return the path of the page's address."""
    return re.sub(r"^https?://[^/]+", "", page.url).split("?")[0]


def fill_moment(page: Page, name: str, moment, *, near: Locator | None = None) -> None:
    """Fill day and time of day, as they are in Berlin."""
    shown = berlin.to_berlin(moment)
    place = near or page.locator("main")
    place.locator(f'input[name="{name}_day"]').fill(f"{shown:%Y-%m-%d}")
    place.locator(f'input[name="{name}_clock"]').fill(f"{shown:%H:%M}")


def begin_report(page: Page, address: str, device: Device | None = None) -> None:
    """Begin a report on the start page, and choose the Kassenserver it is about."""
    page.goto(address)
    press(page, "Störung melden")
    press(page, "Beginnen")
    choose(page, "device", str(device.id) if device else "unlisted")
    go_on(page)


def answer_checks(page: Page, **answers: str) -> None:
    """Answer the four quick checks: all were made and none helped, unless said otherwise."""
    given = {"power": "done", "cable": "done", "router": "done", "restart": "done", "helped": "no", **answers}
    for check, answer in given.items():
        if answer:
            choose(page, check, answer)
    go_on(page)
