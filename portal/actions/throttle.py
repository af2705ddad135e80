"""Count failures where all processes see them, so that guessing gets slower (rule P1)."""

from datetime import datetime, timedelta
from hashlib import sha256

from peewee import IntegrityError

from portal.models import Throttle
from portal.models.base import transaction
from portal.rules.quotas import network_in
from portal.rules.signing_in import FORGOTTEN_AFTER, LONGEST_PAUSE, Counted, pause_after

TURNS = 20  # how often a try may find that another was counted at the same moment


class TooManyTries(Exception):
    """Too many failures in a row: the next try counts from `free_at` on."""

    def __init__(self, free_at: datetime) -> None:
        """Keep when to come again."""
        super().__init__(f"too many tries, free again at {free_at.isoformat()}")
        self.free_at = free_at


def key_of(counted: Counted, what: str) -> str:
    """Return the form in which an account, browser or address is counted: not readable.

    All IPv6 addresses of one network are one: whoever has one of them has 2^64.
    """
    if counted in (Counted.ADDRESS, Counted.REPORT):
        what = network_in(what)
    return sha256(f"{counted}:{what}".encode()).hexdigest()


def check(counted: Counted, what: str, *, now: datetime) -> None:
    """Raise TooManyTries if the next try is not due yet."""
    found = Throttle.get_or_none(Throttle.key == key_of(counted, what))
    if found:
        _check(found, now)


def is_shut(counted: Counted, what: str, *, now: datetime) -> bool:
    """Tell whether the next try is not due yet."""
    found = Throttle.get_or_none(Throttle.key == key_of(counted, what))
    return found is not None and _is_shut(found, now)


def count(counted: Counted, what: str, *, now: datetime) -> None:
    """Count one try before it is made, so that many at once cannot overtake the count.

    Raises TooManyTries if it is not due yet; such a try is not counted, or a stranger could keep an
    account shut for ever.
    """
    key = key_of(counted, what)
    for _turn in range(TURNS):
        found = Throttle.get_or_none(Throttle.key == key)
        if found is None:
            if begin(key, failures=1, free_at=now + pause_after(1, counted), now=now):
                return
            continue
        _check(found, now)
        failures = 1 if now - found.last_at > FORGOTTEN_AFTER else found.failures + 1
        changes = {"failures": failures, "last_at": now, "free_at": now + pause_after(failures, counted)}
        unmoved = (Throttle.id == found.id) & (Throttle.failures == found.failures)
        if Throttle.update(changes).where(unmoved).execute():
            return
    raise TooManyTries(now + timedelta(seconds=1))


def begin(key: str, *, failures: int, free_at: datetime, now: datetime) -> bool:
    """Write down the first time of a key, unless another request was faster."""
    try:
        with transaction():
            Throttle.create(key=key, failures=failures, last_at=now, free_at=free_at)
    except IntegrityError:
        return False
    return True


def forget(counted: Counted, what: str) -> None:
    """Begin anew: the try was right."""
    Throttle.delete().where(Throttle.key == key_of(counted, what)).execute()


def give_back(counted: Counted, what: str) -> None:
    """Take one try off the count again: it was no guess.

    For what many people share; one success must not wipe out what others tried there.
    """
    mine = (Throttle.key == key_of(counted, what)) & (Throttle.failures > 0)
    Throttle.update(failures=Throttle.failures - 1).where(mine).execute()


def tidy_up(*, now: datetime) -> int:
    """Forget what is long past; the worker calls it. Returns how many."""
    return Throttle.delete().where(Throttle.last_at < now - FORGOTTEN_AFTER).execute()


def _check(found: Throttle, now: datetime) -> None:
    if _is_shut(found, now):
        raise TooManyTries(found.free_at)


def _is_shut(found: Throttle, now: datetime) -> bool:
    return now < found.free_at <= now + LONGEST_PAUSE  # further off: set by a clock that was wrong
