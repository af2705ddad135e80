"""The second process: ends links at their end, keeps the queue's order, delivers letters.

Nothing waits in it: what is due stands in the database, so it may be killed at any moment and
started again, and several may run at once (rules S4, S5, L2).
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from flask import Flask

from portal.actions import letters, link_steps, queue, rounds
from portal.actions.letters import LetterRefused, PostAway
from portal.config import Settings
from portal.models import Letter
from portal.models.base import db
from portal.outside import clock
from portal.outside.mailer import Mail, MailFailed, MailRefused, mailer_for
from portal.web import letters as written

PAUSE = 2.0  # seconds between two rounds
LONGEST_PAUSE = 60.0  # while the database or the mail server is away
ROUND = timedelta(seconds=30)  # for letters; then the other parts have their turn, and /readyz hears of us
log = structlog.get_logger()


class RoundFailed(Exception):
    """A part of the round did not work; the log says which and why."""


def run(app: Flask, *, once: bool = False, stop: threading.Event | None = None) -> None:
    """Work until `stop` is set or SIGTERM or SIGINT comes, then end after the present letter.

    With `once`, work one round until no letter is due; raises RoundFailed if part of it failed.
    """
    stop = stop or threading.Event()
    with app.app_context(), _stopping_at_signals(stop):
        post = Post(app.config["PORTAL"])
        if once:
            if not work(post, stop, budget=None):
                raise RoundFailed
            return
        failures = 0
        while not stop.is_set():
            failures = 0 if work(post, stop) else failures + 1
            if not post.has_more:
                stop.wait(pause_after(failures))


def work(post: "Post", stop: threading.Event, *, budget: timedelta | None = ROUND) -> bool:
    """Do one round; return whether all of it worked.

    The parts do not hold each other up: a link that cannot be ended stops no letter.
    """
    parts: tuple[Callable[[], object], ...] = (
        lambda: link_steps.expire_due(now=clock.now()),
        lambda: queue.reassess_due(now=clock.now()),
        lambda: post.deliver(stop, budget),
    )
    done = [_safely(part) for part in parts]
    return all(done) and _safely(lambda: rounds.finish(now=clock.now()))


def _safely(part: Callable[[], object]) -> bool:
    """Do one part on a connection of its own; a broken one is thrown away, not kept for later."""
    try:
        with db.connection_context():
            try:
                part()
            except Exception:
                db.manual_close()
                raise
    except Exception:  # the worker outlives whatever is broken: it says so, and comes back
        log.exception("a part of the round failed")
        return False
    return True


def pause_after(failures: int) -> float:
    """Return how many seconds to wait: longer while something is away, a minute at most."""
    return min(PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)


class Post:
    """The way to the mail server, and what this process knows about it."""

    def __init__(self, settings: Settings) -> None:
        self.sender = settings.mail_from
        self.mailer = mailer_for(settings.smtp, settings.mail_folder)
        self.has_more = False
        self._away = 0  # how often in a row the server could not be reached
        self._wait_until: datetime | None = None
        self._taken: set[int] = set()  # letters the server has, and the database does not know it yet
        self._present = 0
        self._broke_off: int | None = None  # the letter over which the last talk broke off

    def deliver(self, stop: threading.Event, budget: timedelta | None) -> None:
        """Send what is due, one letter after the other, until none is left or time is up."""
        self.has_more = False
        started = clock.now()
        longest = started + timedelta(seconds=LONGEST_PAUSE)  # should the clock have gone back
        if self._wait_until and started < self._wait_until <= longest:
            return
        try:
            while not stop.is_set():
                if not letters.deliver_one(self.hand_over, now=clock.now):
                    return
                self._taken.discard(self._present)  # written down
                if budget and clock.now() - started > budget:
                    self.has_more = True
                    return
        except PostAway as problem:
            self._away += 1
            pause = pause_after(self._away)
            self._wait_until = clock.now() + timedelta(seconds=pause)
            log.warning("the mail server is away", problem=str(problem), next_try_in=pause)

    def hand_over(self, letter: Letter) -> None:
        """Give one letter to the mail server.

        What the server has taken is not sent again by this process, even if that could not be
        written down because the database went away in between.
        """
        self._present = letter.id
        if letter.id not in self._taken:
            self._give(letter)
            self._taken.add(letter.id)
        self._away, self._wait_until, self._broke_off = 0, None, None

    def _mail_of(self, letter: Letter) -> Mail:
        rendered = written.render(letter)
        return Mail(
            message_id=written.message_id(letter),
            sender=self.sender,
            recipient=letter.recipient,
            reply_to=rendered.reply_to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=letter.written_at,
        )

    def _give(self, letter: Letter) -> None:
        mail = self._mail_of(letter)
        try:
            self.mailer.send(mail)
        except MailRefused as problem:
            raise LetterRefused(str(problem)) from problem
        except MailFailed as problem:
            again, self._broke_off = self._broke_off == letter.id, letter.id if problem.midway else None
            if not problem.is_away or (problem.midway and again):
                raise  # this letter's own trouble, or it looks like it: the others must not wait for it
            raise PostAway(str(problem)) from problem


@contextmanager
def _stopping_at_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT set `stop`; only the main thread can hear them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(*_: object) -> None:
        # From a thread of its own: this one may hold the event's lock at the moment the signal comes.
        threading.Thread(target=stop.set, daemon=True).start()

    before = {sign: signal.signal(sign, hear) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
