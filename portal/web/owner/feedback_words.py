"""How was it?  What the question says and shows, on the closing page and on its own."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.models import Case, Feedback
from portal.rules.feedback import LONGEST, may_change
from portal.rules.workflow import State

# The best stands first, as one reads it.
SAID: dict[int, Any] = {
    5: _l("Sehr gut"),
    4: _l("Gut"),
    3: _l("Es ging so"),
    2: _l("Nicht gut"),
    1: _l("Schlecht"),
}


def values_of(case: Case, now: datetime) -> dict[str, Any]:
    """Return what the question needs: on the closing page and on its own; nothing for other cases."""
    if case.state is not State.COMMISSIONED:
        return {"asks_feedback": False, "given": None}
    given = Feedback.of_case(case)
    return {
        "asks_feedback": given is None,
        "given": given,
        "may_change": given is not None and may_change(given.at, now),
        "score": given.score if given else "",
        "text": given.text if given else "",
        "seen": given.mark if given else "",
        "scores": list(SAID.items()),
        "said": SAID,
        "longest": LONGEST,
    }
