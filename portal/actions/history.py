"""Write down what was done: who, what, when and from where, in the deed's own transaction (rule S)."""

from contextvars import ContextVar
from datetime import datetime
from secrets import token_hex
from typing import Any

from portal.actions import seals
from portal.models import Account, Case, Customer, History, SubstituteLink
from portal.models.base import before_commit, joined

origin: ContextVar[str] = ContextVar("origin", default="")
"""The network address the present request comes from; empty for the worker and the commands."""


def record(
    subject: Case | SubstituteLink | Customer | Account | str | None,
    what: str,
    *,
    by: Account | None,
    at: datetime,
    source: str = "",
    target: str = "",
    why: str = "",
    **facts: Any,
) -> History:
    """Add one row of history to a case or a link, a customer or a person; a link's row shows on its case too.

    `subject` None is the portal itself: a key that was made, a webhook switched off; a text is what `about`
    returned. `by` None means that the portal did it by itself. `facts` must be plain JSON values. The row
    is sealed with the deed.
    """
    address = origin.get()[:45]
    with joined():
        row = History.create(
            at=at,
            account=by,
            what=what,
            source=source,
            target=target,
            why=why,
            facts=facts | _salt(address),
            address=address,
            **_place_of(subject),
        )
        before_commit(seals.seal, row.id)
    return row


def _salt(address: str) -> dict[str, str]:
    """Return what goes with a person's words: without it they could be guessed from the seal that stays."""
    return {"salt": token_hex(8)} if address else {}


def _place_of(subject: Case | SubstituteLink | Customer | Account | str | None) -> dict[str, Any]:
    if isinstance(subject, str):
        return {"about": subject}
    if isinstance(subject, SubstituteLink):
        return {"link": subject, "case": subject.case_id}
    if isinstance(subject, Customer | Account):
        return {"about": about(subject)}
    return {"case": subject}


def about(subject: Customer | Account | Case | SubstituteLink) -> str:
    """Return how a row of history names what it is about without being done with it."""
    kind = "link" if isinstance(subject, SubstituteLink) else type(subject).__name__.lower()
    return f"{kind}:{subject.id}"
