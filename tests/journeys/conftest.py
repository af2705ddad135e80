"""What the journeys share: a till to be led to, and a portal with one business in it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from peewee import Database
from playwright.sync_api import BrowserContext, Page

from tests import builders
from tests.journeys.people import Business, a_business, sign_in
from tests.journeys.workshop import Sides
from tests.servers import Server

TILL = b"<!doctype html><html lang='de'><title>Kasse</title><h1>Ihre Kasse</h1></html>"


class _Till(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(TILL)

    def log_message(self, *_: object) -> None:
        """Say nothing; what was asked for is not what the tests are about."""


@pytest.fixture
def till() -> Iterator[str]:
    """Run a stand-in for the digital till, and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Till)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/kasse"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def business(database: Database) -> Business:
    """Make a salon with its Kassenserver and owner, and support."""
    return a_business()


@pytest.fixture
def desk(new_context: Callable[..., BrowserContext]) -> Page:
    """Give support's wide screen."""
    return new_context(viewport={"width": 1280, "height": 800}).new_page()


@pytest.fixture
def address(business: Business, live_server: Server) -> str:
    """Give the address of a portal in which the business is known."""
    return live_server.address


@pytest.fixture
def sides(phone: Page, desk: Page, address: str, business: Business) -> Sides:
    """Give both sides signed in by hand, and a calendar with free times (rule R4)."""
    builders.a_calendar()
    sign_in(phone, address, business.owner)
    sign_in(desk, address, business.staff)
    return Sides(phone, desk, address, business)
