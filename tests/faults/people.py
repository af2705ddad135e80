"""People as plain HTTP clients: a session and cookies of their own, against a running server."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from threading import Barrier
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from portal.config import DEMO_SECRET
from portal.models import Account
from tests.clients import DEMO_PASSWORD, let_pass

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PATIENCE = 60  # seconds


class Answer:
    """What the server said."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status
        self.headers = response.headers
        self.url: str = response.url
        self.text: str = response.read().decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<{self.status} {self.url} → {self.headers.get('Location', '')}>"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Visitor:
    """One browser: it keeps its cookies, and follows no redirect."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies), _Stay)
        self.token = ""

    def get(self, path: str) -> Answer:
        """Fetch a page and remember the token of its forms."""
        answer = self._open(Request(self.address + path))
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer

    def post(self, path: str, values: Any = None, *, token: str | None = None, **headers: str) -> Answer:
        """Send a form: pairs or a mapping; a value may be a list."""
        pairs = list((values or {}).items()) if not isinstance(values, list) else values
        data = urlencode([*pairs, ("csrf_token", self.token if token is None else token)], doseq=True)
        return self._open(Request(self.address + path, data=data.encode(), headers=headers, method="POST"))

    def send(self, path: str, body: bytes, **headers: str) -> Answer:
        """Send any body at all."""
        return self._open(Request(self.address + path, data=body, headers=headers, method="POST"))

    def _open(self, request: Request) -> Answer:
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                return Answer(response)
        except HTTPError as refused:
            with refused:
                return Answer(refused)

    def same_again(self) -> "Visitor":
        """Return a second tab of the same browser: the same cookies and token."""
        other = Visitor(self.address)
        for cookie in self.cookies:
            other.cookies.set_cookie(cookie)
        other.token = self.token
        return other


def signed_in(address: str, account: Account) -> Visitor:
    """Sign in and return the browser."""
    visitor = Visitor(address)
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"email": account.email, "password": DEMO_PASSWORD})
    assert answer.status == 303, answer
    if account.is_staff:
        let_pass(account.email)
    visitor.get("/help")  # the token of the new session
    return visitor


def with_report(visitor: Visitor, key: str) -> Visitor:
    """Put the report's key into the browser's session cookie, as beginning a report does."""
    app = Flask("portal")
    app.secret_key = DEMO_SECRET
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    for cookie in visitor.cookies:
        if cookie.name == "portal":
            cookie.value = signer.dumps({**signer.loads(cookie.value), "draft": key})
    return visitor


def at_once(*deeds: Callable[[], Answer]) -> list[Answer]:
    """Start all deeds in the same moment; return the answers in their order."""
    start = Barrier(len(deeds), timeout=PATIENCE)

    def run(deed: Callable[[], Answer]) -> Answer:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def statuses(answers: Sequence[Answer]) -> list[int]:
    """Return the statuses, sorted."""
    return sorted(answer.status for answer in answers)
