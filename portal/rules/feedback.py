"""What may an owner say about a repair, and until when is it changed?  Rule S3."""

from datetime import datetime, timedelta

from portal.rules.berlin import aware

SCORES = (1, 2, 3, 4, 5)
LONGEST = 2000
CHANGED_FOR = timedelta(days=14)


class FeedbackUnfit(ValueError):
    """A score that is none of the five, or a text that is too long."""


def check(score: int, text: str) -> None:
    """Raise FeedbackUnfit for what cannot be kept."""
    if score not in SCORES:
        raise FeedbackUnfit(f"score {score}")
    if len(text) > LONGEST:
        raise FeedbackUnfit(f"{len(text)} characters")


def may_change(given_at: datetime, now: datetime) -> bool:
    """Tell whether it may still be changed: for 14 days after it was given."""
    return aware(now) < aware(given_at) + CHANGED_FOR
