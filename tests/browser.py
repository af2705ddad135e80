"""Chromium for the journeys: Debian's own, driven by pytest-playwright."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

from tests.engines import PATIENCE
from tests.needs import lacking

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PROGRAMS = ("chromium", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
GERMAN = {"locale": "de-DE", "timezone_id": "Europe/Berlin"}
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
expect.set_options(timeout=PATIENCE * 1000)  # five seconds are few on a busy machine
LOOK = """rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})
    .then(found => found.violations.map(
        one => `${one.id} (${one.impact}): ${one.help}\\n` + one.nodes.map(
            node => `    ${node.html}\\n    ${node.failureSummary.replaceAll('\\n', '\\n    ')}`
        ).join('\\n')))"""


def chromium_path(browser_type: BrowserType) -> str | None:
    """Return where Chromium is, the system's or Playwright's own build; None if there is none."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    return browser_type.executable_path if Path(browser_type.executable_path).exists() else None


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], browser_type: BrowserType
) -> dict[str, Any]:
    """Start the Chromium that is there; a test without one is left out, or fails in CI."""
    program = chromium_path(browser_type)
    if program is None:
        lacking("Chromium")
    return {**browser_type_launch_args, "executable_path": program, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Every context is a German one; tests of English say so with `browser_context_args` marks."""
    return {**browser_context_args, **GERMAN}


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """Give `new_context(…)`: a browser of its own, in which everything may take its time."""

    def patient(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        return context

    return patient


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Tell whether the browser runs JavaScript; whoever asks for it runs with and without."""
    return request.param


@pytest.fixture
def phone_context(new_context: Callable[..., BrowserContext], javascript: bool) -> BrowserContext:
    """Give the browser of a phone, 360 px wide with a touch screen, with and without JavaScript."""
    return new_context(**PHONE, java_script_enabled=javascript)


@pytest.fixture
def phone(phone_context: BrowserContext) -> Page:
    """Give a page on a phone, with and without JavaScript."""
    return phone_context.new_page()


@pytest.fixture
def axe() -> Callable[..., None]:
    """Give `axe(page)`: fail if axe-core finds any violation on the page as it stands now.

    `axe(page, rules=COLOURS)` looks at contrasts only: for a page that was looked at in other colours.
    """
    return assert_accessible


def assert_accessible(page: Page, *, rules: dict[str, Any] = RULES) -> None:
    """Fail with what axe-core finds on the page.

    The script goes in past the page's Content-Security-Policy, which stays in force for the page
    itself. It needs JavaScript: look at a page without it in a second context.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "\n;undefined")
    found = page.evaluate(LOOK, rules)
    assert not found, f"{page.url}\n" + "\n".join(found)


@pytest.fixture
def complaints() -> Callable[[BrowserContext], list[str]]:
    """Give `complaints(context)`: a list that fills with what the console and the policy complain about."""

    def listen(context: BrowserContext) -> list[str]:
        heard: list[str] = []
        context.on(
            "console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None
        )
        context.on("weberror", lambda error: heard.append(str(error.error)))
        return heard

    return listen
