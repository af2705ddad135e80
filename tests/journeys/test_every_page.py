"""Every kind of page, looked at as a browser shows it: accessible, within its width, quiet, and its own.

WCAG 2.2 AA by axe-core, light on a phone and dark on a wide screen: owners' pages in full on the phone,
the desk's on the wide screen, and there and here the other colours; nothing wider than 320 px;
targets of 44 px (40 at the desk); no complaint in the console; nothing asked of another host (rule P2).
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page

from tests.browser import COLOURS, RULES
from tests.journeys.places import Place, all_places
from tests.servers import Server

PARTS = {  # two, for two processes: to fill the database costs as much as to look at twenty pages
    "salon": ("report-", "emergency-", "owner-", "door-"),
    "desk": ("staff-", "public-", "error-", "check-in-", "parcel-", "workshop-"),
}
TARGET, TARGET_AT_DESK = 44, 40
PRESSED = "a[href], button, input:not([type=hidden]), select, textarea, summary"
IN_TEXT = "p a:not(.go), li a:not(.go), dd a:not(.go), .notice a:not(.go), .visually-hidden, .skip"
SMALL = """([pressed, inText, least]) => [...document.querySelectorAll(pressed)]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.matches(inText))
    .map(one => [one, (one.closest('label, .press') || one).getBoundingClientRect()])
    .filter(([one, box]) => box.width > 0 && box.height < least - 0.5)
    .map(([one, box]) => `${Math.round(box.height)} px: ${one.outerHTML.slice(0, 120)}`)"""
WIDER = """() => [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.visually-hidden'))
    .slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def places(app: Flask, app_settings: dict) -> list[Place]:
    """Fill the database, and return all kinds of pages."""
    with app.test_request_context():
        return all_places(app, Path(app_settings["photos"]))


@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_well_made(
    part: str,
    places: list[Place],
    live_server: Server,
    new_context: Callable[..., BrowserContext],
    complaints: Callable[[BrowserContext], list[str]],
    axe: Callable[..., None],
):  # rule P2
    context = new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    heard, strangers = complaints(context), []
    context.on(
        "request", lambda asked: strangers.append(asked.url) if _is_strange(asked, live_server) else None
    )
    page, faults = context.new_page(), []
    wanted = [place for place in places if place.name.startswith(PARTS[part])]
    assert len(wanted) > 12
    assert not [one.name for one in places if not one.name.startswith(sum(PARTS.values(), ()))]
    for place in wanted:
        faults += [f"{place.name}: {fault}" for fault in _look_at(page, live_server, place, axe)]
        expected = f"status of {place.status}"  # the browser itself says so of a page that is not found
        faults += [
            f"{place.name}: {said}" for said in heard if not (place.status >= 400 and expected in said)
        ]
        heard.clear()
    assert not faults, "\n".join(faults)
    assert not strangers, strangers


def _is_strange(request, server: Server) -> bool:
    return not request.url.startswith((server.address, "data:", "blob:"))


def _look_at(page: Page, server: Server, place: Place, axe: Callable[..., None]) -> list[str]:
    page.context.clear_cookies()
    if place.cookie:
        page.context.add_cookies([{"name": "portal", "value": place.cookie, "url": server.address}])
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="light")
    answer = page.goto(server.address + place.path)
    if answer is None or answer.status != place.status or page.url != server.address + place.path:
        return [f"answered {answer and answer.status} at {page.url}"]
    on_phone, on_screen = (COLOURS, RULES) if _is_at_desk(page) else (RULES, COLOURS)
    found = _targets(page) + _axe(page, axe, on_phone)
    page.set_viewport_size({"width": 320, "height": 740})
    found += _overflow(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    return found + _overflow(page) + _axe(page, axe, on_screen)


def _is_at_desk(page: Page) -> bool:
    return page.locator("body.at-desk").count() > 0


def _axe(page: Page, axe: Callable[..., None], rules: dict) -> list[str]:
    try:
        axe(page, rules=rules)
    except AssertionError as error:
        return [f"at {page.viewport_size['width']} px: {error}"]
    return []


def _overflow(page: Page) -> list[str]:
    if not page.evaluate(OVERFLOWS):
        return []
    return [f"wider than {page.viewport_size['width']} px: {page.evaluate(WIDER)}"]


def _targets(page: Page) -> list[str]:
    least = TARGET_AT_DESK if _is_at_desk(page) else TARGET
    return [f"too small to tap: {one}" for one in page.evaluate(SMALL, [PRESSED, IN_TEXT, least])]
