"""Who looked at whose data: written down once in a while for each person and subject."""

from datetime import datetime, timedelta
from typing import Any

from portal.actions import history
from portal.models import Account, Case, Customer, History, SubstituteLink

EVERY = timedelta(minutes=15)


def note(
    subject: Case | Customer | SubstituteLink, what: str, *, by: Account, at: datetime, **facts: Any
) -> bool:
    """Write down that one of the staff looked at this, unless it stands there lately; tell whether it was.

    It stands beside the case's own history, not in it: that is what was done with the case.
    """
    about = history.about(subject)
    mine = (History.about == about) & (History.account == by) & (History.what == what)
    lately = mine & (History.at > at - EVERY) & (History.at <= at)
    if History.select(History.id).where(lately).exists():
        return False
    history.record(about, what, by=by, at=at, **facts)
    return True
