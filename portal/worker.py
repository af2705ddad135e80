"""The second process: ends links at their end, warns before it, keeps the queue's order, delivers letters.

Nothing waits in it: what is due stands in the database, so it may be killed at any moment and
started again, and several may run at once (rules S4, S5, L2, L10).

What only the clock decides is done in rounds. Letters leave on three lines beside them, each in a
thread of its own: a mail server that hangs holds up neither an end nor the till's back end.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog
from flask import Flask, current_app

from portal import copies, deliveries
from portal.actions import (
    appointments,
    email_changes,
    forecast,
    imports,
    letters,
    link_steps,
    passkeys,
    photos,
    queue,
    registrations,
    reminders,
    rounds,
    seals,
    sign_in_links,
    throttle,
    warnings,
)
from portal.actions.letters import PostAway
from portal.deliveries import Way
from portal.models.base import db
from portal.outside import clock, files

PAUSE = 2.0  # seconds between two rounds, and between two looks into a line
LONGEST_PAUSE = 60.0  # while the database or the other side of a line is away
log = structlog.get_logger()

PARTS: dict[str, Callable[[datetime], object]] = {
    "sign-in links": lambda now: sign_in_links.send_asked(now=now),
    "registrations": lambda now: registrations.look_up_asked(now=now),
    "ends": lambda now: link_steps.expire_due(now=now),
    "warnings": lambda now: warnings.warn_due(now=now),
    "appointments": lambda now: appointments.remind_due(now=now),
    "reminders": lambda now: reminders.remind_due(now=now),
    "queue": lambda now: queue.reassess_due(now=now),
    "forecast": lambda now: forecast.measure_if_due(now=now),
    "customers' lists": lambda now: imports.work_due(now=now),
    "copies": lambda now: copies.make_due(now=now),
    "copies' ends": lambda now: copies.end_due(now=now),
    "deletions": lambda now: copies.delete_due(now=now),
    "retention": lambda now: copies.retain(now=now),
    "seals": lambda now: _seal(now),
    "photos": lambda now: _remove_left_photos(now),
    "tidy up": lambda now: (
        throttle.tidy_up(now=now),
        sign_in_links.tidy_up(now=now),
        passkeys.tidy_up(now=now),
        registrations.tidy_up(now=now),
        email_changes.tidy_up(now=now),
    ),
}
"""What a round does, in this order; a part that fails holds up none of the others."""


def _seal(now: datetime) -> None:
    """Seal what came past the deeds; tell the log once a day what end the history has."""
    seals.seal_due(now=now)
    end = seals.head_due(now=now)
    if end is not None:
        log.info("the end of the history", head=f"{end.id}:{end.digest}")


def _remove_left_photos(now: datetime) -> None:
    """Remove the pictures that were blackened or removed and that a crash left in the folder (rule C4a)."""
    for name in photos.left_behind(now=now):
        files.delete_photo(current_app.config["PORTAL"].photos, name)


class RoundFailed(Exception):
    """Something in the round did not work: its text names what, the log says why."""


def run(app: Flask, *, once: bool = False, stop: threading.Event | None = None) -> None:
    """Work until `stop` is set or SIGTERM or SIGINT comes, then end after the letters in work.

    With `once`, do one round and deliver until no letter is due; raises RoundFailed if part of it failed.
    """
    stop = stop or threading.Event()
    with app.app_context(), _stopping_at_signals(stop):
        _safely("places", lambda: queue.place_unmatched_anew(now=clock.now()))
        lines = [Line(way) for way in deliveries.ways_of(app.config["PORTAL"])]
        if once:
            _work_once(lines, stop)
            return
        with _delivering(app, lines, stop):
            failures = 0
            while not stop.is_set():
                failures = failures + 1 if work(lines) else 0
                stop.wait(pause_after(failures))


def work(lines: "list[Line]") -> list[str]:
    """Do one round and return what did not work, in it or on the lines; only if all did, it is noted."""
    wrong = _do_parts() + [line.name for line in lines if not line.is_well]
    return wrong or _note_round()


def _work_once(lines: "list[Line]", stop: threading.Event) -> None:
    """Do one round, the lines one after the other in it; who is away is no fault of ours, but is told."""
    wrong = _do_parts()
    for line in lines:
        line.work(stop)
    wrong += [line.name for line in lines if not line.is_well]
    wrong = wrong or _note_round()
    wrong += [f"{line.name}: {line.away}" for line in lines if line.away]
    if wrong:
        raise RoundFailed("; ".join(wrong))


def _do_parts() -> list[str]:
    return [name for name, part in PARTS.items() if not _safely(name, partial(_at_this_moment, part))]


def _at_this_moment(part: Callable[[datetime], object]) -> None:
    part(clock.now())


def _note_round() -> list[str]:
    return [] if _safely("round", lambda: rounds.finish(now=clock.now())) else ["round"]


def _safely(name: str, part: Callable[[], object]) -> bool:
    """Do one part on a connection of its own; a broken one is thrown away, not kept for later."""
    try:
        db.connect(reuse_if_open=True)
        try:
            part()
        except Exception:
            db.manual_close()
            raise
        db.close()
    except Exception:  # the worker outlives whatever is broken: it says so, and comes back
        log.exception("a part of the round failed", part=name)
        return False
    return True


def pause_after(failures: int) -> float:
    """Return how many seconds to wait: longer while something is away, a minute at most."""
    return min(PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)


class Line:
    """The letters of one channel, one after the other, and what this process knows of the other side."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.name = str(way.channel)
        self.is_well = True
        self.away = ""  # why the other side cannot be reached
        self._failures = 0  # how often in a row
        self._wait_until: datetime | None = None

    def work(self, stop: threading.Event) -> None:
        """Deliver what is due, until none is left; what goes wrong is logged, and tried again."""
        self.is_well = _safely(self.name, lambda: self._deliver(stop))

    def keep_working(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set."""
        failures = 0
        while not stop.is_set():
            self.work(stop)
            failures = 0 if self.is_well else failures + 1
            stop.wait(pause_after(failures))

    def _deliver(self, stop: threading.Event) -> None:
        now = clock.now()
        longest = now + timedelta(seconds=LONGEST_PAUSE)  # should the clock have gone back
        if self._wait_until and now < self._wait_until <= longest:
            return
        self.away = ""
        try:
            while not stop.is_set() and self._deliver_one():
                self._failures, self._wait_until = 0, None
        except PostAway as problem:
            self._failures += 1
            pause = pause_after(self._failures)
            self._wait_until, self.away = now + timedelta(seconds=pause), str(problem)
            log.warning("the other side is away", line=self.name, problem=self.away, next_try_in=pause)

    def _deliver_one(self) -> bool:
        way = self.way
        return letters.deliver_one(way.send, now=clock.now, channel=way.channel, failed=way.failed)


@contextmanager
def _delivering(app: Flask, lines: list[Line], stop: threading.Event) -> Iterator[None]:
    """Keep all lines working beside the block; at its end wait for the letters in work."""

    def keep_working(line: Line) -> None:
        with app.app_context():
            line.keep_working(stop)

    threads = [threading.Thread(target=keep_working, args=(line,), name=line.name) for line in lines]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


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
