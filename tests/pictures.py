"""Make the README's pictures: `python -m tests.pictures` (or `make pictures`).

A portal with the demo's data on a database of its own is shown in Chromium; the papers are drawn
from their PDFs. Run it again after the pages have changed.
"""

import io
import os
import re
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.browser import FLAGS, GERMAN, PHONE, chromium_path
from tests.clients import DEMO_PASSWORD
from tests.servers import ROOT, Process, Server

FOLDER = ROOT / "docs" / "pictures"
LARGEST = 150_000  # bytes
A4_WIDTH = 900  # pixels
DESK = {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5}

# Chromium shows a date as its own language packs say, and these are not on every machine.
GERMAN_DATES = """document.querySelectorAll('input[type=date]').forEach(field => {
    const shown = field.value.split('-').reverse().join('.');
    field.type = 'text';
    field.value = shown;
});
document.querySelectorAll('input[type=time]').forEach(field => { field.type = 'text'; })"""


def main() -> int:
    """Make all pictures and say what was made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = _portal(Path(folder))
        try:
            program = chromium_path(playwright.chromium)
            browser = playwright.chromium.launch(
                executable_path=program, args=[*FLAGS, "--lang=de-DE"], env={**os.environ, "LANGUAGE": "de"}
            )
            _phone(browser, server)
            _desk(browser, server)
            browser.close()
        finally:
            server.stop()
    return 0


def _portal(folder: Path) -> Server:
    """Start a portal with the demo's data, everything of it in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "FLASK_"))}
    environment = {
        **kept,
        "PORTAL_DEMO": "1",
        "PORTAL_DATABASE": f"sqlite:///{folder}/portal.sqlite3",
        "PORTAL_MAIL_FOLDER": f"{folder}/mail",
        "PORTAL_PHOTOS": f"{folder}/photos",
    }
    for command in (["migrate"], ["demo"], ["worker", "--once"]):
        process = Process(command, environment, folder / "log")
        process.start()
        if process.wait():
            raise SystemExit(process.output)
    server = Server(environment, folder / "log")
    server.start()
    return server


def _phone(browser: Browser, server: Server) -> None:
    """Picture a case with its slip, the way home, a question of the report, and a quote."""
    page = browser.new_context(**PHONE, **GERMAN).new_page()
    _sign_in(page, server, "zweite@salon.example")
    page.get_by_role("link", name="Schicken Sie uns Ihren Kassenserver").click()
    _save(page.screenshot(full_page=True, clip=_part(page, 980)), "case.png")
    link = page.get_by_role("link", name="Begleitschein drucken").get_attribute("href")
    _save(_drawn(page.request.get(server.address + str(link)).body()), "slip.png")
    _way_home(page, server)
    page.context.clear_cookies()
    _sign_in(page, server, "inhaberin@salon.example")
    _answer_up_to_the_data(page, server)
    _save(page.screenshot(full_page=True, clip=_part(page, 740)), "report.png")
    _case_with(page, server, "/quote").click()
    page.wait_for_url("**/quote")
    _save(page.screenshot(full_page=True, clip=_part(page, 980)), "quote.png")


def _way_home(page: Page, server: Server) -> None:
    """Picture the note in the parcel, and the free times once it has arrived."""
    arrived = _case_with(page, server, "/arrived")
    case = page.url
    _save(_drawn(page.request.get(f"{case}/return-note.pdf").body()), "return-note.png")
    arrived.click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Paket ist da").click()
    page.goto(f"{case}/appointment/commissioning")
    _save(page.screenshot(full_page=True, clip=_part(page, 980)), "appointment.png")
    page.get_by_role("link", name="10:00").or_(page.get_by_role("button", name="10:00")).first.click()
    page.get_by_role("button", name=re.compile("buchen", re.IGNORECASE)).click()
    page.wait_for_url(lambda url: "/confirm" not in url)


def _case_with(page: Page, server: Server, ending: str) -> Locator:
    """Open the case that has a link to such an address, and return the link."""
    page.goto(f"{server.address}/cases")
    cases = page.locator('main a[href^="/cases/R"]').evaluate_all("links => links.map(link => link.href)")
    for address in cases:
        page.goto(address)
        link = page.locator(f'main a[href$="{ending}"]')
        if link.count():
            return link.first
    raise SystemExit(f"none of the demo's cases leads to {ending}")


def _answer_up_to_the_data(page: Page, server: Server) -> None:
    """Go through the report up to the question on which the link depends."""
    page.goto(f"{server.address}/report")
    page.get_by_role("button", name="Beginnen", exact=True).click()
    page.get_by_text("KS-2025-0417").click()
    for question, value in [("topic", "server"), ("power", "done"), ("running", "no"), ("when", "now")]:
        _next(page)
        if question == "power":
            for check in ("power", "cable", "router", "restart"):
                page.check(f'input[name="{check}"][value="done"]')
            page.check('input[name="helped"][value="no"]')
            _next(page)
            page.get_by_label("Beschreibung").fill("Er geht nicht mehr an.")
        else:
            page.check(f'input[name="{question}"][value="{value}"]')
    _next(page)
    page.check('input[name="entered"][value="no"]')


def _next(page: Page) -> None:
    page.get_by_role("button", name="Weiter", exact=True).click()


def _desk(browser: Browser, server: Server) -> None:
    """Picture the queue of support, and the calendar of the next week."""
    page = browser.new_context(**DESK, **GERMAN).new_page()
    _sign_in(page, server, "support@portal.example")
    page.evaluate(GERMAN_DATES)
    _save(page.screenshot(), "desk.png")
    page.goto(f"{server.address}/staff/calendar?view=week&day={date.today() + timedelta(days=2)}")
    page.evaluate(GERMAN_DATES)
    _save(page.screenshot(full_page=True, clip=_part(page, 580)), "calendar.png")


def _sign_in(page: Page, server: Server, email: str) -> None:
    page.goto(f"{server.address}/sign-in")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Passwort").fill(DEMO_PASSWORD)
    page.locator("main").get_by_role("button", name="Anmelden").click()
    page.wait_for_url(re.compile(r"/(cases|second-factor\?.*)$"))
    if "/second-factor" in page.url:  # the demo fills the code in
        page.locator("main").get_by_role("button", name="Weiter", exact=True).click()
        page.wait_for_url(re.compile(r"/staff/$"))


def _part(page: Page, most: float) -> dict[str, float]:
    """Return the page from its top, at most so many pixels of it."""
    width = page.viewport_size["width"] if page.viewport_size else 360
    height = page.evaluate("document.documentElement.scrollHeight")
    return {"x": 0, "y": 0, "width": width, "height": min(height, most)}


def _drawn(pdf: bytes) -> bytes:
    """Return the first page of the PDF as a picture with a hairline around it."""
    document = pypdfium2.PdfDocument(pdf)
    paper = document[0]
    picture = paper.render(scale=A4_WIDTH / paper.get_width()).to_pil().convert("L")
    document.close()
    framed = Image.new("L", (picture.width + 2, picture.height + 2), 200)
    framed.paste(picture, (1, 1))
    drawn = io.BytesIO()
    framed.save(drawn, "PNG")
    return drawn.getvalue()


def _save(picture: bytes, name: str) -> None:
    """Save with as many colours as fit into the largest size."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (128, 64, 32, 16):
        small = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(FOLDER / name, optimize=True)
        size = (FOLDER / name).stat().st_size
        if size < LARGEST:
            print(f"docs/pictures/{name}  {image.width} × {image.height}, {size // 1024} KiB")
            return
    raise SystemExit(f"{name} is {size} bytes, too large for a README")


if __name__ == "__main__":
    sys.exit(main())
