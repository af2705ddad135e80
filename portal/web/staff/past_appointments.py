"""What the history says of appointments: what for, and when (rule R4)."""

from collections.abc import Iterator
from datetime import datetime

from portal.models import History
from portal.rules.appointments import Kind
from portal.web import labels

OF_APPOINTMENTS = frozenset(
    {
        "book_appointment", "move_appointment", "cancel_appointment", "miss_appointment",
        "finish_appointment", "remind_appointment",
    }
)  # fmt: skip


def details(row: History) -> list[str]:
    """Return what was written down with a deed about an appointment; nothing for any other deed."""
    return list(_said(row)) if row.what in OF_APPOINTMENTS else []


def _said(row: History) -> Iterator[str]:
    facts = row.facts
    yield labels.label(Kind(facts["kind"]))
    if facts.get("from_at"):
        yield f"{_moment(facts['from_at'])} → {_moment(facts['starts_at'])}"
    else:
        yield _moment(facts["starts_at"])


def _moment(text: str) -> str:
    return labels.short(datetime.fromisoformat(text))
