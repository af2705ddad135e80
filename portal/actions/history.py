"""Write down what was done; called inside the deed's own transaction (rule S)."""

from datetime import datetime
from typing import Any

from portal.models import Account, Case, History, SubstituteLink


def record(
    subject: Case | SubstituteLink | None,
    what: str,
    *,
    by: Account | None,
    at: datetime,
    source: str = "",
    target: str = "",
    why: str = "",
    **facts: Any,
) -> History:
    """Add one row of history to a case or a link; a link's row shows on its case too.

    `subject` None is the portal itself: a key that was made, a webhook switched off. `by` None means
    that the portal did it by itself. `facts` must be plain JSON values.
    """
    owner: dict[str, Any] = {"case": subject}
    if isinstance(subject, SubstituteLink):
        owner = {"link": subject, "case": subject.case_id}
    return History.create(
        at=at, account=by, what=what, source=source, target=target, why=why, facts=facts, **owner
    )
