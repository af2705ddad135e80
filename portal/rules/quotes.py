"""What does a repair cost, until when does the offer hold, and when is a new one needed?  Rules W3, P4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from portal.rules.berlin import aware, day_of, to_utc

MAX_POSITIONS = 30
MAX_QUANTITY = 999
LARGEST = 99_999_999  # cents: what one position, and all of them together, may come to
LONGEST_TEXT = 200
MOST_DAYS = 365
_LAST_INSTANT = timedelta(microseconds=1)


class QuoteState(StrEnum):
    """How a quote (Kostenvoranschlag) stands; what was sent is never changed, only answered."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


class Lack(StrEnum):
    """What is missing before a quote may be sent."""

    DRAFT = "draft"
    DECISION = "decision"  # staff have not decided that the repair is chargeable (W0, W3)
    PURCHASE_DATE = "purchase_date"  # W4


class Unfit(StrEnum):
    """Why an offer is none."""

    EMPTY = "empty"
    TOO_MANY = "too_many"
    TEXT = "text"
    QUANTITY = "quantity"
    AMOUNT = "amount"
    NEGATIVE = "negative"
    VAT = "vat"
    DAYS = "days"


class OfferUnfit(ValueError):
    """The offer cannot be made; `why` tells the reason, `row` the position it is about, from 0."""

    def __init__(self, why: Unfit, row: int | None = None) -> None:
        """Keep the reason."""
        super().__init__(f"unfit offer: {why}" + ("" if row is None else f" in position {row + 1}"))
        self.why = why
        self.row = row


@dataclass(frozen=True)
class Position:
    """One line of a quote; `net_cents` is the price of one piece, negative for a discount."""

    text: str
    quantity: int
    net_cents: int

    @property
    def sum_cents(self) -> int:
        """Return what the line comes to, without VAT."""
        return self.quantity * self.net_cents

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Position":
        """Return the position as it was stored."""
        return cls(stored["text"], stored["quantity"], stored["net_cents"])

    @property
    def stored(self) -> dict[str, Any]:
        """Return the position as plain data."""
        return {"text": self.text, "quantity": self.quantity, "net_cents": self.net_cents}


@dataclass(frozen=True)
class Totals:
    """What all positions come to, in cents."""

    net_cents: int
    vat_cents: int
    total_cents: int


@dataclass(frozen=True)
class Offer:
    """What staff write into a quote."""

    positions: tuple[Position, ...]
    vat_percent: int
    days: int
    introduction: str = ""

    @property
    def totals(self) -> Totals:
        """Return what it comes to."""
        return totals(self.positions, self.vat_percent)


def totals(positions: Sequence[Position], vat_percent: int) -> Totals:
    """Return net, VAT and total in cents; the VAT is that of the sum, rounded half up (rule W3).

    ValueError for a negative sum: nobody is paid for a repair.
    """
    net = sum(position.sum_cents for position in positions)
    if net < 0:
        raise ValueError("a quote never comes to less than nothing")
    vat = (net * vat_percent * 2 + 100) // 200
    return Totals(net, vat, net + vat)


def check(offer: Offer) -> Totals:
    """Return what the offer comes to, or raise OfferUnfit with the first reason it cannot be made (W3)."""
    if not offer.positions:
        raise OfferUnfit(Unfit.EMPTY)
    if len(offer.positions) > MAX_POSITIONS:
        raise OfferUnfit(Unfit.TOO_MANY)
    if not 0 <= offer.vat_percent <= 100:
        raise OfferUnfit(Unfit.VAT)
    if not 1 <= offer.days <= MOST_DAYS:
        raise OfferUnfit(Unfit.DAYS)
    for row, position in enumerate(offer.positions):
        _check_position(row, position)
    return _checked_totals(offer)


def _check_position(row: int, position: Position) -> None:
    if not position.text.strip() or len(position.text) > LONGEST_TEXT:
        raise OfferUnfit(Unfit.TEXT, row)
    if not 1 <= position.quantity <= MAX_QUANTITY:
        raise OfferUnfit(Unfit.QUANTITY, row)
    if abs(position.sum_cents) > LARGEST:
        raise OfferUnfit(Unfit.AMOUNT, row)


def _checked_totals(offer: Offer) -> Totals:
    if sum(position.sum_cents for position in offer.positions) < 0:
        raise OfferUnfit(Unfit.NEGATIVE)
    found = offer.totals
    if found.total_cents > LARGEST:
        raise OfferUnfit(Unfit.AMOUNT)
    return found


def valid_until(sent_at: datetime, days: int) -> datetime:
    """Return the last instant at which the quote can be accepted, in UTC (rule W3).

    It is the end of the `days`-th day after the day of sending, in Berlin: shown as a day it is the last one
    that counts. ValueError for less than one day or a naive datetime.
    """
    if days < 1:
        raise ValueError("a quote holds for at least one day")
    return to_utc(day_of(sent_at) + timedelta(days=days + 1), time()) - _LAST_INSTANT


def is_over(until: datetime, now: datetime) -> bool:
    """Tell whether a quote that holds until then can no longer be accepted (rules W3, P4)."""
    return aware(now) > aware(until)


def most_cents(accepted_total: int) -> int:
    """Return what a repair may come to at most without a new quote: 10 % above the accepted one (rule W3)."""
    return accepted_total * 11 // 10


def needs_new(accepted_total: int, final_total: int) -> bool:
    """Tell whether the owner must accept a new quote first: more than 10 % above the accepted one (W3)."""
    return final_total > most_cents(accepted_total)
