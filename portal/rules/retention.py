"""How long is what kept, and what may go at once?  Rule P3.

Records that the law wants are counted in years, from the end of the calendar year in which they were closed
(in the manner of HGB § 257 and AO § 147). Everything else has a short time of days. This module states
what the portal does, as of STAND; it is no legal advice, and the years can be set by the operator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.rules import berlin

STAND = date(2025, 1, 1)  # since then vouchers are kept for 8 years instead of 10


class Kind(StrEnum):
    """A kind of record that is kept for years, the shortest first."""

    CORRESPONDENCE = "correspondence"  # report, messages, consents, papers of the way here and back
    VOUCHERS = "vouchers"  # quotes accepted, what a repair came to, what was swapped
    BOOKS = "books"  # when a substitute link stood in for a till


YEARS = {Kind.CORRESPONDENCE: 6, Kind.VOUCHERS: 8, Kind.BOOKS: 10}
LEAST_YEARS, MOST_YEARS = 2, 30  # the warranty alone asks for the records of two years (W1)


class Brief(StrEnum):
    """A kind of data that is kept for days only."""

    DRAFTS = "drafts"  # reports that nobody went on with, and the browser's copy of those that were sent
    SIGN_INS = "sign_ins"  # where one was signed in, after it ended
    LETTERS = "letters"  # e-mails that were sent, but for those of an open case
    LISTS = "lists"  # what came of a customers' list
    REQUESTS = "requests"  # who asked for an account, and for another e-mail address, once that is decided
    COPIES = "copies"  # the copy of one's own data
    STRAYS = "strays"  # a photo that belongs to nothing


DAYS = {
    Brief.DRAFTS: 30,
    Brief.SIGN_INS: 90,
    Brief.LETTERS: 365,
    Brief.LISTS: 365,
    Brief.REQUESTS: 365,
    Brief.COPIES: 7,
    Brief.STRAYS: 2,
}
GRACE = timedelta(days=3)  # so long a request for deletion can be taken back
GOODBYE = timedelta(days=7)  # so long the last letter keeps the address it went to


@dataclass(frozen=True)
class CaseFacts:
    """What about a closed case decides how long it is kept."""

    closed_at: datetime
    has_vouchers: bool = False  # a quote was accepted, an amount settled, or a part swapped
    has_link: bool = False  # a substitute link ran

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return which kinds of records the case consists of."""
        vouchers = (Kind.VOUCHERS,) if self.has_vouchers else ()
        return (Kind.CORRESPONDENCE, *vouchers, *((Kind.BOOKS,) if self.has_link else ()))


def years(configured: Mapping[str, int] | None = None) -> dict[Kind, int]:
    """Return the years of each kind: what the operator set, else the usual ones; never out of bounds."""
    given = configured or {}
    return {kind: min(max(given.get(kind, usual), LEAST_YEARS), MOST_YEARS) for kind, usual in YEARS.items()}


def is_sane(number: int) -> bool:
    """Tell whether an operator may set so many years."""
    return LEAST_YEARS <= number <= MOST_YEARS


def end_of_period(closed_at: datetime, length: int) -> date:
    """Return the last day on which something closed then is kept for `length` years (rule P3).

    The years count from the end of the calendar year in Berlin: closed at any time in 2026, six years end
    with 2032-12-31.
    """
    return date(berlin.day_of(closed_at).year + length, 12, 31)


def keep_until(case: CaseFacts, configured: Mapping[str, int] | None = None) -> date:
    """Return the last day on which a closed case is kept: that of the longest of its kinds (rule P3)."""
    lengths = years(configured)
    return max(end_of_period(case.closed_at, lengths[kind]) for kind in case.kinds)


def longest_kind(case: CaseFacts, configured: Mapping[str, int] | None = None) -> Kind:
    """Return which kind of record keeps the case for so long; of two as long the first one."""
    lengths = years(configured)
    return max(case.kinds, key=lambda kind: lengths[kind])


def is_over(until: date, today: date) -> bool:
    """Tell whether the time is up: the last day itself still counts."""
    return today > until


def closed_before(today: date, length: int) -> datetime:
    """Return the instant before which something must have been closed for its period to be over today."""
    return berlin.to_utc(date(today.year - length, 1, 1), datetime.min.time())


@dataclass(frozen=True)
class Fate:
    """What becomes of some data when its person asks for deletion: it goes now, or stays locked and why."""

    until: date | None = None  # None: it goes now
    kind: Kind | None = None  # the records it is kept as

    @property
    def goes_now(self) -> bool:
        """Tell whether nothing keeps it."""
        return self.until is None


def fate(case: CaseFacts, today: date, configured: Mapping[str, int] | None = None) -> Fate:
    """Return what becomes of a closed case when deletion is asked for today (rule P3)."""
    until = keep_until(case, configured)
    return Fate() if is_over(until, today) else Fate(until, longest_kind(case, configured))


def expired_from(brief: Brief, now: datetime) -> datetime:
    """Return the instant before which data of a brief kind is too old."""
    return now - timedelta(days=DAYS[brief])
