"""Is the history as it was written?  Each row is sealed, each seal holds the one before (rule S).

A seal has two digests. `content` is that of everything the row says. `digest` is that of the seal before it,
of what remains of a row for ever, and of `content`: so the words of a row can go when their time is over
(P3), and the chain still holds.
"""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

START = "0" * 64
"""What the first seal holds in place of one before it."""


class Entry(NamedTuple):
    """A row of the history; `at` in its one spelling. From `why` on it may be erased, the rest never."""

    id: int
    at: str
    account: int | None
    case: int | None
    link: int | None
    what: str
    source: str
    target: str
    about: str | None
    why: str
    facts: Any
    address: str
    erased: bool

    @property
    def lasting(self) -> list[Any]:
        """Return what stays of the row when its words are gone."""
        return list(self[:9])


class Link(NamedTuple):
    """A seal as it stands in the chain, beside its row; None: the row is gone."""

    number: int
    history: int
    content: str
    digest: str
    entry: Entry | None


class Fault(StrEnum):
    """What can be wrong with the chain."""

    GONE = "gone"  # the row is not there any more
    CHANGED = "changed"  # the row says something else than it did
    BROKEN = "broken"  # a seal before this one was taken away, changed or moved; or this one was


class Finding(NamedTuple):
    """One thing that is wrong: at which seal, with which row of the history."""

    number: int
    history: int
    fault: Fault


def content_of(entry: Entry) -> str:
    """Return the digest of everything the row says."""
    return _digest([*entry.lasting, entry.why, entry.facts, entry.address])


def digest_of(before: str, entry: Entry, content: str) -> str:
    """Return the digest that the next seal will hold."""
    return _digest([before, *entry.lasting, content])


def _digest(said: list[Any]) -> str:
    spelled = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return sha256(spelled.encode()).hexdigest()


def findings(links: Iterable[Link], before: str = START) -> Iterator[Finding]:
    """Yield what is wrong with a part of the chain, in its order; `before` is the digest it goes on from.

    After a break the chain is followed on from what stands there, so that one fault is told once.
    """
    for link in links:
        fault = _fault(link, before)
        if fault is not None:
            yield Finding(link.number, link.history, fault)
        before = link.digest


def _fault(link: Link, before: str) -> Fault | None:
    entry = link.entry
    if entry is None:
        return Fault.GONE
    if not entry.erased and content_of(entry) != link.content:
        return Fault.CHANGED
    return Fault.BROKEN if digest_of(before, entry, link.content) != link.digest else None
