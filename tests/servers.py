"""The portal as processes of its own, and a mail server to write to: for races, crashes and the browser."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.engines import PATIENCE, free_port, wait_until
from tests.forks import Forked

ROOT = Path(__file__).resolve().parent.parent


class Process:
    """One `flask --app wsgi …` of the portal; it ends with the test, however that ends.

    It is forked off a process that has loaded the portal, unless it is to be `typed`, as an operator
    does, or loads another library before anything else (see movable.py).
    """

    def __init__(
        self, command: list[str], environment: dict[str, str], log: Path, *, typed: bool = False
    ) -> None:
        self.command = command
        self.environment = environment
        self.log = log
        self.is_typed = typed or "LD_PRELOAD" in environment
        self.process: subprocess.Popen | Forked | None = None

    @property
    def runs(self) -> bool:
        """Tell whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def output(self) -> str:
        """Return everything it wrote, over all its lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self) -> None:
        """Start it."""
        assert not self.runs, "it runs already"
        self.process = self._typed() if self.is_typed else Forked(self.command, self.environment, self.log)

    def _typed(self) -> subprocess.Popen:
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", *self.command]
        with self.log.open("ab") as output:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *flask],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def stop(self) -> int:
        """Ask it to end and return its exit status; kill it if it does not."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it at once, in the middle of whatever it does (kill -9)."""
        return self._end(signal.SIGKILL)

    def wait(self, within: float = PATIENCE) -> int:
        """Wait for it to end by itself and return its exit status."""
        assert self.process is not None
        return self.process.wait(within)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Server(Process):
    """A web server of the portal on a port of its own; `address` is where it answers."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        settings = {"PORT": str(self.port), "PORTAL_URL": self.address, **environment}
        super().__init__(["serve"], settings, log)

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        try:
            wait_until(self.answers, "the web server's first answer", process=self.process)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.output}") from error

    def restart(self) -> None:
        """Stop it if it runs, and start it again at the same address."""
        self.stop()
        self.start()

    def answers(self) -> bool:
        """Tell whether /healthz says that the server is alive."""
        try:
            with urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def __str__(self) -> str:
        return self.address


class Talk(SMTP):
    """A talk of the mail server with one caller, listed in `present` while it goes on."""

    present: set[SMTP]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; asyncio calls it, once more when the two have agreed on encryption."""
        super().connection_made(transport)
        self.present.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """End, whoever hung up; asyncio calls it."""
        self.present.discard(self)
        super().connection_lost(error)


class MailServer(Controller):
    """aiosmtpd's server, which also hangs up on whoever is still talking when it stops.

    The library leaves such a connection's socket open. Python complains when it collects it, and
    pytest lets the test fail that happens to run then.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, ready_timeout=PATIENCE, **options)
        self._present: set[SMTP] = set()

    def factory(self) -> SMTP:
        """Make the talk with one caller; aiosmtpd calls it."""
        talk = Talk(self.handler, **self.SMTP_kwargs)
        talk.present = self._present
        return talk

    def stop(self, no_assert: bool = False) -> None:
        """Let nobody in any more, hang up on those who are, and end."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(PATIENCE)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        assert self.server is not None
        for door in self.server.sockets:
            self.loop.remove_reader(door.fileno())
        while going_on := asyncio.all_tasks() - {asyncio.current_task()}:
            for talk in self._present:
                talk.transport.abort()
            await asyncio.wait(going_on, timeout=0.05)  # one that had just been let in shows up by then


class Mailbox:
    """An SMTP server on the loopback address that keeps what it was sent."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"smtp://127.0.0.1:{self.port}"
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse: Callable[[EmailMessage], str | None] = lambda _letter: None
        self.after_taking: Callable[[EmailMessage], None] = lambda _letter: None
        self._controller: MailServer | None = None

    def start(self) -> None:
        """Answer from now on, at the same port as before."""
        assert self._controller is None, "it runs already"
        self._controller = MailServer(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Be down: connections are refused. What came before is kept."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def to(self, address: str) -> list[EmailMessage]:
        """Return the letters that this person got."""
        together = zip(self.letters, self.recipients, strict=True)
        return [letter for letter, people in together if address in people]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take a letter, unless `refuse` returns an SMTP answer such as "451 later"; aiosmtpd calls it."""
        letter = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        answer = self.refuse(letter)
        if answer:
            return answer
        self.letters.append(letter)
        self.recipients.append(list(envelope.rcpt_tos))
        self.after_taking(letter)
        return "250 OK"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Give the variables the test's processes start with; a test changes them before it starts one.

    Demo mode with everything in the test's own folder; nothing of the developer's settings leaks in.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "FLASK_"))}
    return {
        **kept,
        "PORTAL_DEMO": "1",
        "PORTAL_DATABASE": database_url,
        "PORTAL_MAIL_FOLDER": str(tmp_path / "mail"),
        "PORTAL_PHOTOS": str(tmp_path / "photos"),
        "PORTAL_TAKEOUTS": str(tmp_path / "takeouts"),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def start_server(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Give `start_server(PORTAL_…="…")`: one more web server on the test's database."""
    yield from _starter(lambda settings, log: Server({**environment, **settings}, log), tmp_path, "server")


@pytest.fixture
def start_command(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Give `start_command("worker", …)`: any `flask --app wsgi` command on the test's database.

    With `typed=True` it loads everything itself, as when somebody types it.
    """
    yield from _starter(
        lambda settings, log, *words, **how: Process(list(words), {**environment, **settings}, log, **how),
        tmp_path,
        "command",
    )


def _starter(make: Callable[..., Any], folder: Path, name: str) -> Iterator[Callable[..., Any]]:
    started: list[Process] = []

    def start(*words: str, typed: bool = False, **settings: str) -> Process:
        how = {"typed": True} if typed else {}
        process = make(settings, folder / f"{name}-{len(started) + 1}.log", *words, **how)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.kill()
        print(f"--- {' '.join(process.command)}\n{process.output}")  # pytest shows it when the test failed


@pytest.fixture
def run_command(start_command: Callable[..., Process]) -> Callable[..., str]:
    """Give `run_command("demo")`: run a command to its good end and return its output."""

    def run(*words: str, typed: bool = False, **settings: str) -> str:
        process = start_command(*words, typed=typed, **settings)
        status = process.wait()
        assert status == 0, f"flask {' '.join(words)} ended with {status}:\n{process.output}"
        return process.output

    return run


@pytest.fixture
def live_server(start_server: Callable[..., Server]) -> Server:
    """Run the portal in a process of its own, on a database like `database` (the same, if asked for)."""
    return start_server()


@pytest.fixture
def smtp_server() -> Iterator[Mailbox]:
    """Run a mail server that collects letters; its `address` goes into PORTAL_SMTP."""
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()
