"""The portal inside the test's process, and a client that looks at every page it fetches."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from jinja2 import Undefined
from peewee import Database
from werkzeug.test import TestResponse

from portal.actions import accounts
from portal.actions import second_factor as factors
from portal.app import create_app
from portal.models import Account, SignIn, base
from portal.outside import clock
from portal.rules.signing_in import By
from tests.made_once import Portals
from tests.pages import Form, Page

DEMO_PASSWORD = "demo-passwort-2026"
PARSED: WeakKeyDictionary[TestResponse, Page] = WeakKeyDictionary()  # a page is long, and often asked about


class PageClient(FlaskClient):
    """A browser without a screen: it fails the test at the first page that is not well made.

    Cookies and CSRF are real: forms are sent as they stand on the page, see `send`.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch as FlaskClient does, then look at the page."""
        kwargs.setdefault("buffered", True)  # reads and closes what is sent from a file
        response = super().open(*args, **kwargs)
        for answer in (response, *response.history):
            answer.request.environ["wsgi.input"].close()  # of a long form: a file that werkzeug leaves open
        if response.mimetype == "text/html" and response.data:
            faults = page_of(response).faults
            assert not faults, f"{response.request.path}: " + "; ".join(faults)
        return response

    def page(self, address: str, status: int = 200) -> Page:
        """Fetch an address, follow redirects, and return the page; the status must be as expected."""
        response = self.get(address, follow_redirects=True)
        assert response.status_code == status, f"{address} answered {response.status}"
        return page_of(response)

    def send(
        self,
        response: TestResponse,
        values: Mapping[str, Any] | None = None,
        *,
        form: str | int | None = None,
        button: tuple[str, str] | None = None,
        follow: bool = True,
        **options: Any,
    ) -> TestResponse:
        """Send a form of the page in `response` as a browser would: hidden and filled-in fields too.

        `values` replace what stands in the fields (a list for many, None for nothing); a name that
        the form does not have is an error. `form` is its number or a part of its address; without
        it, the first form that posts and has all these names. `button` is the name and value of the
        button pressed.
        """
        values = dict(values or {})
        chosen = find_form(page_of(response), values, form)
        unknown = values.keys() - chosen.names
        assert not unknown, (
            f"the form {chosen.action!r} has no {sorted(unknown)}, only {sorted(chosen.names)}"
        )
        data: dict[str, Any] = {}
        for name, value in chosen.fields:
            data.setdefault(name, []).append(value)
        data.update({name: value for name, value in values.items() if value is not None})
        for name in (name for name, value in values.items() if value is None):
            data.pop(name, None)
        if button:
            data[button[0]] = button[1]
        target = urljoin(response.request.path, chosen.action or response.request.full_path)
        parts = urlsplit(target)
        address = parts.path + (f"?{parts.query}" if parts.query else "")
        if chosen.method == "get":
            return self.get(address, query_string=data, follow_redirects=follow, **options)
        return self.post(address, data=data, follow_redirects=follow, **options)


def page_of(response: TestResponse) -> Page:
    """Return the parsed page of an answer; it is parsed once, so nobody may change it."""
    if response not in PARSED:
        PARSED[response] = Page(response.get_data(as_text=True))
    return PARSED[response]


def find_form(page: Page, values: Mapping[str, Any], wanted: str | int | None = None) -> Form:
    """Return the form of the page that is meant; see PageClient.send."""
    assert page.forms, f"the page {page.headline!r} has no form"
    if isinstance(wanted, int):
        return page.forms[wanted]
    found = [form for form in page.forms if wanted is None or wanted in form.action]
    assert found, f"no form with {wanted!r} in its address, only {[form.action for form in page.forms]}"
    fitting = [form for form in found if values.keys() <= form.names] or found
    posting = [form for form in fitting if form.method == "post"] or fitting
    # The sign-out button is a form too, on every page; it is never meant unless it is named.
    return next((form for form in posting if not form.action.endswith("/sign-out")), posting[0])


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> dict[str, Any]:
    """Give the settings of the test's portal; a test changes them before it asks for `app`."""
    return {
        "database": database_url,
        "photos": tmp_path / "photos",
        "takeouts": tmp_path / "takeouts",
        "mail_folder": tmp_path / "mail",
        "url": "http://localhost",
    }


@pytest.fixture
def undefined() -> type[Undefined]:
    """Tell what a word is to templates that nobody filled in; a module of tests may be stricter."""
    return Undefined


@pytest.fixture
def app(
    database: Database, app_settings: dict[str, Any], portals: Portals, undefined: type[Undefined]
) -> Iterator[Flask]:
    """Give the portal on the test's database, which is connected for the test as well."""
    yield from _in_use(portals.take(app_settings, undefined), database)


@pytest.fixture
def own_app(database: Database, app_settings: dict[str, Any]) -> Iterator[Flask]:
    """Make a portal for this test alone, which may add addresses to it."""
    yield from _in_use(create_app(app_settings), database)


def _in_use(app: Flask, database: Database) -> Iterator[Flask]:
    app.test_client_class = PageClient
    yield app
    assert not has_app_context(), "the test leaves a request open, and the next would go on within it"
    base.db.close_all()
    base.db.initialize(database)


@pytest.fixture
def client(app: Flask) -> PageClient:
    """Give a browser nobody is signed in with; `app.test_client()` makes another one."""
    return app.test_client()


def let_pass(email: str) -> None:
    """Let the browser in which somebody signed in last be past the second factor."""
    newest = SignIn.select().join(Account).where(Account.email == email).order_by(SignIn.id.desc()).get()
    factors.passed(newest, now=clock.now())


@pytest.fixture
def sign_in() -> Callable[[PageClient, Account], None]:
    """Give `sign_in(client, account)`: the browser is the account's from now on, without a page.

    Staff are past the second factor. `come_in` goes through the real pages.
    """

    def at_once(client: PageClient, account: Account) -> None:
        token = accounts.begin(account, By.PASSWORD, device="", address="127.0.0.1", now=clock.now())
        with client.session_transaction() as session:
            session.update(_user_id=token, _fresh=True)
        if account.is_staff:
            let_pass(account.email)

    return at_once


@pytest.fixture
def come_in() -> Callable[..., TestResponse]:
    """Give `come_in(client, account, password=…)`, which goes through the real page.

    Staff are past the second factor at once, unless `second_factor` is False.
    """

    def through_the_page(
        client: PageClient,
        account: Account | str,
        password: str = DEMO_PASSWORD,
        next: str = "",
        *,
        second_factor: bool = True,
    ) -> TestResponse:
        address = account if isinstance(account, str) else account.email
        page = client.get("/sign-in", query_string={"next": next} if next else None)
        answer = client.send(page, {"email": address, "password": password}, form="/sign-in")
        assert answer.status_code == 200, f"{address} could not sign in: {answer.status}"
        assert answer.request.path != "/sign-in", page_of(answer).text
        if second_factor and answer.request.path.startswith("/second-factor"):
            let_pass(address)
            answer = client.get(answer.request.args.get("next") or "/staff/", follow_redirects=True)
        return answer

    return through_the_page
