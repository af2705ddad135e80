"""Until when is a repair free of charge, and may it begin?  Rules W0–W4."""

from calendar import monthrange
from datetime import date
from enum import StrEnum

WARRANTY_MONTHS = 24
FIRST_YEAR_WITH_SPARE_PARTS = 2020


class Estimate(StrEnum):
    """What the owner sees before staff have decided (rule W0)."""

    IN_WARRANTY = "in_warranty"
    CHARGEABLE = "chargeable"
    NO_SPARE_PARTS = "no_spare_parts"
    UNKNOWN = "unknown"


class Decision(StrEnum):
    """What staff decide; only this counts (rule W0)."""

    WARRANTY = "warranty"
    FULL_COVER = "full_cover"
    GOODWILL = "goodwill"
    CHARGEABLE = "chargeable"
    NO_SPARE_PARTS = "no_spare_parts"


def warranty_end(start: date) -> date:
    """Return the last day of the warranty that began on `start` (rule W1).

    The day of the same number 24 months later, included; where that month has no such day, its last day:
    2024-02-29 → 2026-02-28.
    """
    months = start.year * 12 + start.month - 1 + WARRANTY_MONTHS
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def estimate(purchased_on: date | None, delivered_on: date | None, today: date) -> Estimate:
    """Return what a repair will probably be (rules W0–W4).

    No date of purchase: UNKNOWN, whatever else is known (W4). Bought before 2020: NO_SPARE_PARTS, whatever
    the warranty says (W2). The warranty runs from delivery where that day is known (W1).
    """
    if purchased_on is None:
        return Estimate.UNKNOWN
    if purchased_on.year < FIRST_YEAR_WITH_SPARE_PARTS:
        return Estimate.NO_SPARE_PARTS
    if today <= warranty_end(delivered_on or purchased_on):
        return Estimate.IN_WARRANTY
    return Estimate.CHARGEABLE


def estimate_month(year: int, month: int, today: date) -> Estimate:
    """Return the estimate where only the month of purchase is known (rules W0, W1).

    The month's first day counts, so that nobody is promised a day too many; staff enter the
    real date. ValueError if there is no such month.
    """
    return estimate(date(year, month, 1), None, today)


def may_repair(decision: Decision | None, quote_accepted: bool) -> bool:
    """Tell whether a repair may begin (rules W3, W4).

    Never before staff have decided, never without spare parts; a chargeable one only after the owner has
    accepted the quote.
    """
    if decision == Decision.CHARGEABLE:
        return quote_accepted
    return decision in (Decision.WARRANTY, Decision.FULL_COVER, Decision.GOODWILL)
