"""What does a repair cost, until when does the offer hold, and when is a new one needed?  Rules W3, P4."""

from enum import StrEnum


class QuoteState(StrEnum):
    """How a quote (Kostenvoranschlag) stands; what was sent is never changed, only answered."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
