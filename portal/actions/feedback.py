"""How was it?  The owner says it once for a case that is back in service, and may change it for a while."""

from datetime import datetime

from portal.actions import history, queue
from portal.models import Account, Case, Feedback
from portal.models.base import transaction
from portal.rules import feedback as rules
from portal.rules.workflow import Role, State, StepRefused


class FeedbackMoved(Exception):
    """Somebody else of the business was faster, or the time to change it is over (rule S3)."""


def give(case: Case, score: int, text: str, *, seen: str, by: Account, now: datetime) -> Feedback:
    """Keep what the owner thinks of it, 1 to 5 and words; `seen` is the mark of what they saw, "" for none.

    The same once more changes nothing. Raises FeedbackUnfit for a score or text that is none, StepRefused
    for a case that is not commissioned, FeedbackMoved if somebody was faster or it is too late.
    """
    rules.check(score, text)
    if case.state is not State.COMMISSIONED or by.role != Role.OWNER:
        raise StepRefused("give_feedback", case.state, by.role)
    with transaction():
        held = queue.held(case)  # two at once: one after the other
        found = Feedback.of_case(held)
        if found is not None and (found.score, found.text) == (score, text):
            return found
        if (found.mark if found else "") != seen or (found and not rules.may_change(found.at, now)):
            raise FeedbackMoved(case.number)
        history.record(held, "give_feedback", by=by, at=now, score=score)
        return _write(held, found, score, text, by, now)


def _write(case: Case, found: Feedback | None, score: int, text: str, by: Account, now: datetime) -> Feedback:
    if found is None:
        return Feedback.create(case=case, score=score, text=text, at=now, account=by)
    found.score, found.text, found.account = score, text, by
    found.save()
    return found
