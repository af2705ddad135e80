"""Remind the owner, and end what time ends: a release, a quote (rules C2b, R4, S4, S6, W3).

The worker asks for the cases whose moment has come. What was worked off is written down with the letter
in one transaction: a worker that is killed, or two at once, send each letter once.
"""

from contextlib import suppress
from datetime import UTC, datetime

from portal.actions import cases, history, letters, queue, quotes, rounds, schedule
from portal.actions.cases import CaseMoved
from portal.models import Case, Letter, Quote, Round
from portal.models.base import transaction
from portal.rules import reminders as rules
from portal.rules.reminders import Due, Reminder

PLANNED = "reminders"
"""The mark that cases from before there were reminders have theirs."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BATCH = 500


def remind_due(*, now: datetime, limit: int = BATCH) -> int:
    """Do what has fallen due for each case; the worker calls it. Returns how many cases it looked at."""
    _plan_those_from_before(now)
    due = Case.select().where(Case.remind_at <= now).order_by(Case.remind_at).limit(limit)
    return rounds.for_each(due, lambda case: _remind_if_unmoved(case, now))


def _remind_if_unmoved(case: Case, now: datetime) -> None:
    with suppress(CaseMoved):  # a person was faster; the deed has planned anew
        remind(case, now=now)


def remind(case: Case, *, now: datetime) -> Case:
    """Send the reminder or take the step that has fallen due; of several the newest (rules C2b, S4).

    Nothing happens if another worker was faster, or a deed has changed the plan meanwhile.
    """
    with transaction():
        held = queue.held(case)
        if held.remind_at is None or held.remind_at > now:
            return held
        standing = schedule.standing_of(held)
        due = rules.newest(standing, held.reminded_at, now)
        schedule.set_next(held, rules.next_at(standing, now), worked_off_at=now)
        if due is None:
            return held
        return _take(held, due, now) if due.reminder in rules.STEPS else _tell(held, due, now)


def _take(case: Case, due: Due, now: datetime) -> Case:
    """Take the step that time takes: it plans anew by itself."""
    if due.reminder is Reminder.LAPSE:
        return cases.advance(case, "lapse", by=None, now=now)
    quote = Quote.unanswered(case)
    if quote is not None:
        quotes.lapse(quote, now=now)
    return Case.get_by_id(case.id)


def _tell(case: Case, due: Due, now: datetime) -> Case:
    """Write the letter, once for this release, parcel, quote or stay in the salon.

    An earlier one that has not left yet is called off: nobody reads "valid until" after it has lapsed (C2b).
    """
    letters.call_off_about(case, rules.LETTERS, now=now)
    if _written(case, due, now):
        history.record(case, "remind", by=None, at=now, reminder=due.reminder)
    return case


def _written(case: Case, due: Due, now: datetime) -> list[Letter]:
    if due.reminder is Reminder.QUOTE_ENDS_SOON:
        quote = Quote.unanswered(case)
        return quotes.remind(quote, now=now) if quote else []
    again = due.reminder is Reminder.BOOKING_ASKED_AGAIN
    event = Reminder.BOOKING_ASKED if again else due.reminder
    return letters.tell_owners(case, event, now=now, key=f"{due.reminder}:{due.counted_from.isoformat()}")


def _plan_those_from_before(now: datetime) -> None:
    """Plan for open cases that no deed has planned for: from before there were reminders. Once for all.

    What has fallen due with them is made up for at once, the newest of it.
    """
    if Round.get_or_none(Round.name == PLANNED):
        return
    without = (
        Case.select()
        .where(Case.state.in_(list(rules.REMINDED)), Case.remind_at.is_null(), Case.reminded_at.is_null())
        .order_by(Case.id)
    )
    found = list(without.limit(BATCH))
    rounds.for_each(found, lambda case: _plan(case, now))
    if len(found) < BATCH:
        Round.insert(name=PLANNED, at=now).on_conflict_ignore().execute()


def _plan(case: Case, now: datetime) -> None:
    with transaction():
        held = queue.held(case)
        if held.remind_at is None and held.reminded_at is None and schedule.is_reminded(held):
            next_at = rules.next_at(schedule.standing_of(held), None)
            schedule.set_next(held, next_at, worked_off_at=LONG_AGO)
