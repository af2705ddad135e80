"""Of what is the owner reminded, and what does time itself end?  Rules C2b, C4, R1, R4, S4, S6.

`fall_due` is the one table: for a case as it stands, what falls due and when. Waiting for the owner is not
staff's delay (S6), so it is the portal that reminds. Instants are compared in UTC, a day is 24 hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.berlin import aware
from portal.rules.workflow import State
from portal.rules.workshop import WAITS_FOR_PARTS

RELEASE_NOTICE = timedelta(days=7)
LAPSE_AFTER = timedelta(days=14)
PART_AFTER = timedelta(days=7)
QUOTE_NOTICE = timedelta(days=3)
BOOKING_AFTER = (timedelta(days=2), timedelta(days=7))
OVERDUE_DAYS = 7
MOST_OVERDUE_DAYS = 365  # more is taken for a slip of the keyboard
_TICK = timedelta(microseconds=1)


class Reminder(StrEnum):
    """What falls due: a letter of this name, or a step that time takes by itself."""

    RELEASE_ENDS_SOON = "release_ends_soon"
    RELEASE_LAPSED = "release_lapsed"
    LAPSE = "lapse"
    PARCEL_AWAITED = "parcel_awaited"
    PART_AWAITED = "part_awaited"
    QUOTE_ENDS_SOON = "quote_ends_soon"
    LAPSE_QUOTE = "lapse_quote"
    ARRIVAL_ASKED = "arrival_asked"
    BOOKING_ASKED = "booking_asked"
    BOOKING_ASKED_AGAIN = "booking_asked_again"


STEPS = frozenset({Reminder.LAPSE, Reminder.LAPSE_QUOTE})
"""What is a step of the workflow and no letter; each is the last thing to fall due in its state."""

LETTERS = frozenset(Reminder) - STEPS - {Reminder.BOOKING_ASKED_AGAIN}
"""The reminders by the names of their letters; the second time the same letter asks."""

REMINDED = frozenset(
    {
        State.AWAITING_SHIPMENT,
        State.ON_ITS_WAY_TO_US,
        State.AWAITING_QUOTE_DECISION,
        State.ON_ITS_WAY_BACK,
        State.DELIVERED,
        *WAITS_FOR_PARTS,
    }
)
"""The states in which something can fall due: the ones in which we wait, or may wait, for owner or parcel."""


@dataclass(frozen=True)
class Standing:
    """A case as far as reminders go; `overdue_days` is how long a parcel may be on its way (operator).

    `part_missing_since` is when it was found that the owner has to send a part for which the case stands
    still (`workshop.waits_for_owner`); None while it waits for none.
    """

    state: State
    since: datetime
    valid_until: datetime | None = None
    sent_at: datetime | None = None
    quote_valid_until: datetime | None = None
    dispatched_at: datetime | None = None
    overdue_days: int = OVERDUE_DAYS
    part_missing_since: datetime | None = None


@dataclass(frozen=True)
class Due:
    """One thing that falls due; `counted_from` tells one release, parcel, part or quote from the next."""

    at: datetime
    reminder: Reminder
    counted_from: datetime


def fall_due(standing: Standing) -> list[Due]:
    """Return all that falls due in this state, the earliest first.

    What would fall due before the state began is left out: a release of five days is told with its
    end, nobody needs a second letter about it. ValueError for a naive datetime.
    """
    since = aware(standing.since)
    return sorted((due for due in _table(standing) if due.at > since), key=lambda due: due.at)


def _table(standing: Standing) -> Iterator[Due]:
    state, since = standing.state, aware(standing.since)
    overdue = timedelta(days=min(standing.overdue_days, MOST_OVERDUE_DAYS))
    if state is State.AWAITING_SHIPMENT and standing.valid_until is not None:
        end = aware(standing.valid_until)
        yield Due(end - RELEASE_NOTICE, Reminder.RELEASE_ENDS_SOON, end)
        yield Due(end, Reminder.RELEASE_LAPSED, end)
        yield Due(end + LAPSE_AFTER, Reminder.LAPSE, end)
    elif state is State.ON_ITS_WAY_TO_US:
        sent_at = aware(standing.sent_at or since)
        yield Due(sent_at + overdue, Reminder.PARCEL_AWAITED, sent_at)
    elif state in WAITS_FOR_PARTS and standing.part_missing_since is not None:
        # Once for each standstill: on arrival, and again if it keeps the finished parcel from leaving.
        still_since = max(since, aware(standing.part_missing_since))
        yield Due(still_since + PART_AFTER, Reminder.PART_AWAITED, still_since)
    elif state is State.AWAITING_QUOTE_DECISION and standing.quote_valid_until is not None:
        end = aware(standing.quote_valid_until)
        yield Due(end - QUOTE_NOTICE, Reminder.QUOTE_ENDS_SOON, end)
        yield Due(end + _TICK, Reminder.LAPSE_QUOTE, end)  # at the end itself it can still be accepted
    elif state is State.ON_ITS_WAY_BACK:
        dispatched_at = aware(standing.dispatched_at or since)
        yield Due(dispatched_at + overdue, Reminder.ARRIVAL_ASKED, dispatched_at)
    elif state is State.DELIVERED:
        # From the state's beginning, not from the delivery: an appointment called off starts it anew.
        first, again = BOOKING_AFTER
        yield Due(since + first, Reminder.BOOKING_ASKED, since)
        yield Due(since + again, Reminder.BOOKING_ASKED_AGAIN, since)


def next_at(standing: Standing, after: datetime | None) -> datetime | None:
    """Return when the next thing falls due that was not worked off by `after`; None is never."""
    return min((due.at for due in fall_due(standing) if after is None or due.at > aware(after)), default=None)


def newest(standing: Standing, after: datetime | None, now: datetime) -> Due | None:
    """Return what to do at `now`: of several that came due since `after` only the newest."""
    moment = aware(now)
    due = [one for one in fall_due(standing) if one.at <= moment and (after is None or one.at > aware(after))]
    return due[-1] if due else None
