"""Machines of others, as real HTTP servers: the till's back end, and somebody who hears webhooks.

They fail, hang, drip, lie, break off and die as a test tells them, and remember everything. What the
back end promises is docs/link-provider.md.
"""

import json
import socket
import sys
import threading
from abc import ABC, abstractmethod
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.engines import PATIENCE, free_port

SECRET = "whsec_" + b64encode(b"only for tests, 32 bytes of key.").decode()
LONGEST = 5 * PATIENCE  # seconds; a hanging answer never outlives its test for longer
DRIP = 0.02  # seconds between two bytes
DRIPS = int(LONGEST / DRIP)


@dataclass(frozen=True)
class Request:
    """One request as it came; `said` is its JSON body, `is_signed` what the standard's own library says."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    is_signed: bool

    @property
    def key(self) -> str:
        """Return the key that all tries of one message share."""
        return self.headers.get("webhook-id", "")

    @property
    def said(self) -> dict[str, Any]:
        """Return the JSON body."""
        return json.loads(self.body)


Answer = tuple[int, dict[str, Any]]
Trick = Callable[["Talk", Request], None]


class Machine(ABC):
    """An HTTP server on the loopback address. What it is told holds for the next requests, in order.

    `requests` is everything that came, also while it failed; `hangs` is set while a request hangs.
    """

    def __init__(self, secret: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.secret = secret
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self.hangs = threading.Event()
        self.lock = threading.RLock()
        self._tricks: deque[Trick] = deque()
        self._released = threading.Event()
        self._down = threading.Event()
        self._server: _Server | None = None

    def start(self) -> None:
        """Answer from now on, at the same port as before, and know what was known."""
        assert self._server is None, "it runs already"
        self._down = threading.Event()  # one for each life: what hung in the last one does nothing in this
        self._server = _Server(("127.0.0.1", self.port), self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Be down at once: open connections break off, new ones are refused."""
        if self._server:
            self._down.set()
            self._released.set()
            self._server.shutdown()
            self._server.break_off()
            self._server.server_close()
            self._server = None
        self._released.clear()

    def fail(self, status: int, times: int = 1, **said: Any) -> None:
        """Do nothing and answer the next `times` requests with this status."""
        self._next(lambda talk, _request: talk.answer(status, said), times)

    def garbage(self, content: bytes = b"<html>Welcome</html>", status: int = 200, times: int = 1) -> None:
        """Do nothing and answer with something that is no answer."""
        self._next(lambda talk, _request: talk.answer_raw(status, content), times)

    def redirect(self, to: str, times: int = 1) -> None:
        """Do nothing and point elsewhere."""
        self._next(lambda talk, _request: talk.answer_raw(307, b"", location=to), times)

    def hang(self, times: int = 1) -> None:
        """Hold the next requests until `release`; then do them and answer, to nobody perhaps."""
        self._next(self._hang, times)

    def release(self) -> None:
        """Let go what hangs."""
        self._released.set()

    def drip(self, times: int = 1) -> None:
        """Do what is asked, and answer one byte at a time, for longer than anybody should listen."""
        self._next(self._drip, times)

    def break_off(self, times: int = 1) -> None:
        """Do what is asked, and close the connection in the middle of the answer."""
        self._next(lambda talk, request: talk.answer_half(*self.do(request)), times)

    def die_before_answering(self, times: int = 1) -> None:
        """Do what is asked, and close the connection without a word."""
        self._next(self._only_do, times)

    def die_before_doing(self, times: int = 1) -> None:
        """Close the connection without having done anything."""
        self._next(lambda _talk, _request: None, times)

    def answer_twice(self, times: int = 1) -> None:
        """Do what is asked once, and send the answer two times in a row."""
        self._next(lambda talk, request: talk.answer(*self.do(request), copies=2), times)

    @abstractmethod
    def do(self, request: Request) -> Answer:
        """Do what the request asks and return status and words; each kind of machine says how."""

    def check(self, request: Request) -> bool:
        """Tell whether the request is signed with the secret, by the standard's own library.

        Its age is not looked at: tests choose their own time.
        """
        try:
            sent_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
            expected = Webhook(self.secret).sign(request.key, sent_at, request.body.decode())
        except (KeyError, ValueError):
            return False
        return expected in request.headers.get("webhook-signature", "").split(" ")

    def hear(self, talk: "Talk", request: Request) -> None:
        """Note one request and answer it, or play the trick whose turn it is."""
        with self.lock:
            self.requests.append(request)
            trick = self._tricks.popleft() if self._tricks else None
        if trick:
            trick(talk, request)
        else:
            talk.answer(*self.do(request))

    def _next(self, trick: Trick, times: int) -> None:
        self._released.clear()
        with self.lock:
            self._tricks.extend([trick] * times)

    def _only_do(self, _talk: "Talk", request: Request) -> None:
        self.do(request)

    def _hang(self, talk: "Talk", request: Request) -> None:
        down = self._down
        self.hangs.set()
        self._released.wait(LONGEST)
        self.hangs.clear()
        if not down.is_set():
            talk.answer(*self.do(request))

    def _drip(self, talk: "Talk", request: Request) -> None:
        self.do(request)
        talk.drip(self._down)


class TillServer(Machine):
    """The vendor's back end: it makes each link's till once, and knows every deed by its key.

    `tills` by link; `deeds` are those really done, in order. `settings` are the portal's.
    """

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.tills: dict[str, dict[str, Any]] = {}
        self.deeds: list[tuple[str, str]] = []
        self.settings = {"PORTAL_TILL": self.address, "PORTAL_TILL_SECRET": SECRET}
        self._answers: dict[str, tuple[bytes, Answer]] = {}

    def state(self, link: object) -> str:
        """Return how the link's till stands: open, locked, gone, or none."""
        return self.tills.get(str(link), {}).get("state", "none")

    def count(self, deed: str, link: str | None = None) -> int:
        """Count how often the deed was really done, for one link or for all."""
        return sum(what == deed and link in (None, which) for what, which in self.deeds)

    def do(self, request: Request) -> Answer:
        """Do a deed once per key; the same key gets the same answer again."""
        with self.lock:
            if not request.is_signed:
                return 401, {"code": "bad_signature", "problem": "Signature does not match"}
            if (request.method, request.path) != ("POST", "/deeds"):
                return 404, {}
            if request.key in self._answers:
                body, answer = self._answers[request.key]
                reused = 422, {"code": "key_reused", "problem": "This key belongs to another deed"}
                return answer if body == request.body else reused
            answer = self._deed(request.said)
            self._answers[request.key] = request.body, answer
            return answer

    def _deed(self, asked: dict[str, Any]) -> Answer:
        deed, link = asked["deed"], asked["link"]
        till = self.tills.get(link)
        if deed == "delete":
            known = till is not None and till["state"] != "gone"
            self.tills[link] = {**(till or {}), "state": "gone"}  # also if there was none: L3 holds here too
            if not known:
                return (410, {"code": "link_ended"}) if till else (404, {"code": "unknown_link"})
        elif till is not None and till["state"] == "gone":
            return 410, {"code": "link_ended", "problem": "This link has ended"}
        elif deed == "create":
            if till is not None:
                return 200, till
            state = {"full": "open", "view_only": "locked"}[asked["mode"]]
            id = f"T-{len(self.tills) + 1}"
            self.tills[link] = {"id": id, "address": f"{self.address}/till/{id}", "state": state}
        elif till is None:
            return 404, {"code": "unknown_link", "problem": "There is no till for this link"}
        else:
            till["state"] = {"lock": "locked", "unlock": "open"}[deed]
        self.deeds.append((deed, link))
        return (201 if deed == "create" else 200), dict(self.tills[link])


class HookServer(Machine):
    """A receiver of webhooks; `url` is what an admin types. `secret` may be set once it is known."""

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.url = f"{self.address}/hook"
        self.taken: list[Request] = []

    @property
    def types(self) -> list[str]:
        """Return what was taken, in order, each id once: link.activated …"""
        once = {request.key: request for request in self.taken}
        return [request.said["type"] for request in once.values()]

    def do(self, request: Request) -> Answer:
        """Take a signed webhook; refuse others."""
        if not request.is_signed:
            return 401, {}
        with self.lock:
            self.taken.append(request)
        return 200, {}


class Talk(BaseHTTPRequestHandler):
    """One connection to a machine: it serves one request, and never says more than it is told to."""

    server: "_Server"
    protocol_version = "HTTP/1.1"
    timeout = LONGEST

    def do_POST(self) -> None:
        """Hand the request to the machine, then close."""
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        machine = self.server.machine
        request = Request(self.command, self.path, headers, body, False)
        machine.hear(self, Request(self.command, self.path, headers, body, machine.check(request)))

    do_GET = do_DELETE = do_PUT = do_POST

    def answer(self, status: int, said: dict[str, Any], copies: int = 1) -> None:
        """Answer in JSON."""
        for _ in range(copies):
            self.answer_raw(status, json.dumps(said).encode())

    def answer_raw(self, status: int, content: bytes, **headers: str) -> None:
        """Answer with any bytes."""
        self.wfile.write(self._head(status, len(content), **headers) + content)

    def answer_half(self, status: int, said: dict[str, Any]) -> None:
        """Promise a whole answer, and send half of it."""
        content = json.dumps(said).encode()
        self.wfile.write(self._head(status, len(content)) + content[: len(content) // 2])

    def drip(self, down: threading.Event) -> None:
        """Send a head byte by byte, until the other side or we ourselves go away."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nx-drip: ")
        for _ in range(DRIPS):
            if down.wait(DRIP):
                return
            self.wfile.write(b"x")

    def _head(self, status: int, size: int, **headers: str) -> bytes:
        lines = {"content-type": "application/json", "content-length": str(size), "connection": "close"}
        told = "".join(f"{name}: {value}\r\n" for name, value in {**lines, **headers}.items())
        return f"HTTP/1.1 {status} x\r\n{told}\r\n".encode()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `requests` has it all."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, place: tuple[str, int], machine: Machine) -> None:
        self.machine = machine
        self._open: set[socket.socket] = set()
        super().__init__(place, Talk)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.machine.lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.machine.lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def break_off(self) -> None:
        """Cut every connection."""
        with self.machine.lock:
            for one in self._open:
                with suppress(OSError):  # gone already
                    one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong here; that the other side has hung up is no fault."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.machine.faults.append(repr(error))


def _running(machine: Machine) -> Iterator[Any]:
    machine.start()
    yield machine
    machine.stop()
    assert machine.faults == []


@pytest.fixture
def till_server() -> Iterator[TillServer]:
    """Run the vendor's back end; `settings` are what the portal needs to use it."""
    yield from _running(TillServer())


@pytest.fixture
def hook_server() -> Iterator[HookServer]:
    """Run somebody who hears webhooks at `url`."""
    yield from _running(HookServer())
