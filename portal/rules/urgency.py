"""Which case harms its salon most?  Rules S5, S6."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from portal.rules import report
from portal.rules.berlin import aware
from portal.rules.links import LinkReason, LinkState, Mode, Provider
from portal.rules.reminders import MOST_OVERDUE_DAYS
from portal.rules.report import Answers, Page
from portal.rules.workflow import CLOSED, State

LINK_NOTICE = timedelta(days=7)
OVERDUE_DAYS = 7
APPOINTMENT_GRACE = timedelta(days=1)
TILL_GRACE = timedelta(minutes=15)
"""How long the till's back end may take to confirm that a till is deleted, before staff are shown it."""

TARGET_DAYS: dict[State, int] = {
    State.SUBMITTED: 1,
    State.RECEIVED: 1,
    State.IN_DIAGNOSIS: 3,
    State.QUOTE_ACCEPTED: 2,
    State.QUOTE_DECLINED: 2,
    State.IN_REPAIR: 5,
    State.NO_FAULT_FOUND: 2,
    State.NOT_REPAIRABLE: 2,
    State.READY_TO_RETURN: 2,
    State.COMMISSIONING_BOOKED: 14,
}
"""How long a case may usually stand in a state in which staff act; no other state counts (rule S6).

A commissioning that is booked is late by its appointment, not by when it was booked.
"""

MOST_TARGET_DAYS = 365


def target_days(state: State, chosen: Mapping[str, int]) -> int | None:
    """Return how many days a case may usually stand in `state`, or None where nobody counts (rule S6).

    `chosen` are the operator's own numbers by state; a state that is not in it keeps the usual one.
    """
    usual = TARGET_DAYS.get(state)
    return usual if usual is None else chosen.get(state, usual)


_IN_THE_SALON = frozenset({State.DELIVERED, State.COMMISSIONING_BOOKED})
_UNDECIDED = frozenset({LinkState.REQUESTED, LinkState.GRANTED})


class Harm(IntEnum):
    """Why a row stands where it stands; the smallest is the worst (rule S5)."""

    CANNOT_CASH = 10
    RECEIPT_LOCK = 20
    LINK_ENDS_FIRST = 30
    ANSWER_OPEN = 40
    DECISION = 50
    LINK_OTHER = 55
    OVERDUE = 60
    TILL_LEFT = 65
    STUCK = 70


@dataclass(frozen=True)
class Situation:
    """What is known of a case, of a link or of both; None is what there is not.

    `link_can_cash` is whether an active link's till is known to be unlocked; one with receipt lock never is.
    `link_locked_at` is when a link that was full got its receipt lock; None for one that always had it.
    `link_short_from` is from when on the server is not expected back before the link ends (rules.forecast).
    `link_wished_at` is when somebody without an account wished for a link, while nobody has found out whose
    the case is: until then it cannot be asked for (rule P1a).
    `link_lost_at` is when the case's last link ran out or was ended by staff, if none is open now.
    `till_left_at` is when a link ended whose till is not confirmed as deleted, `till_provider` who makes it.
    `answered_at` is the oldest answer or message of the owner that nobody has replied to.
    `overdue_days` is how long a parcel may be on its way to us, `target_days` how long a case may stand in
    this state (operator; None: as usual).
    `booked_until` is when the appointment ends in which the server is to be put into service (rule R4).
    `awaits_part`: nothing can be done until the owner sends a part; `part_came_at` is when the last one came.
    """

    state: State | None = None
    state_since: datetime | None = None
    link_state: LinkState | None = None
    link_mode: Mode | None = None
    link_reason: LinkReason | None = None
    link_requested_at: datetime | None = None
    link_activated_at: datetime | None = None
    link_ends_at: datetime | None = None
    link_locked_at: datetime | None = None
    link_can_cash: bool = True
    link_short_from: datetime | None = None
    link_wished_at: datetime | None = None
    link_lost_at: datetime | None = None
    till_left_at: datetime | None = None
    till_provider: Provider | None = None
    answered_at: datetime | None = None
    sent_at: datetime | None = None
    overdue_days: int = OVERDUE_DAYS
    target_days: int | None = None
    booked_until: datetime | None = None
    awaits_part: bool = False
    part_came_at: datetime | None = None


@dataclass(frozen=True)
class Assessment:
    """The worst harm now, since when, and when time alone changes the answer (None is never)."""

    harm: Harm | None
    since: datetime | None
    next_at: datetime | None


@dataclass(frozen=True)
class _Claim:
    """One harm, since when it counts, and from when until when it is true (None is always)."""

    harm: Harm
    since: datetime | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def holds_at(self, now: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= now) and (
            self.ends_at is None or now < self.ends_at
        )


def waits_for_a_link(answers: Answers) -> bool:
    """Tell whether the report's salon cannot cash until it has the link it wishes for (rules S5, C0, L1).

    As with a link that is asked for: who wishes for none counts as having another way. A server that still
    runs can cash; one of which that is not known is taken for dead.
    """
    wished = report.yes_no(answers, Page.LINK, "wanted") is True
    return wished and report.yes_no(answers, Page.RUNNING, "running") is not True


def assess(situation: Situation, now: datetime) -> Assessment:
    """Return the worst harm at `now` and when to ask again (rules S5, S6).

    Until `next_at` the answer stays the same unless somebody acts. ValueError for a naive datetime.
    """
    moment = aware(now)
    claims = [*_link_claims(situation), *_case_claims(situation)]
    worst = min((c for c in claims if c.holds_at(moment)), key=lambda c: c.harm, default=None)
    changes = [
        claim.starts_at
        for claim in claims
        if claim.starts_at is not None and (worst is None or claim.harm < worst.harm)
    ]
    if worst is not None and worst.ends_at is not None:
        changes.append(worst.ends_at)
    return Assessment(
        worst.harm if worst else None,
        worst.since if worst else None,
        min((change for change in changes if change > moment), default=None),
    )


def _link_claims(situation: Situation) -> Iterator[_Claim]:
    """Name what the link may hold against us: not there yet, lost, locked, or ending too soon (S5, L10)."""
    if situation.link_state in _UNDECIDED:
        over = situation.state is not None and situation.state in CLOSED  # cancelled: it may work again
        defect = situation.link_reason == LinkReason.DEFECT and not over
        yield _Claim(Harm.CANNOT_CASH if defect else Harm.LINK_OTHER, _instant(situation.link_requested_at))
    if situation.link_wished_at is not None and _needs_a_till(situation.state):
        yield _Claim(Harm.CANNOT_CASH, aware(situation.link_wished_at))
    if situation.link_lost_at is not None and _needs_a_till(situation.state):
        yield _Claim(Harm.CANNOT_CASH, aware(situation.link_lost_at))
    if situation.till_left_at is not None:
        ended_at = aware(situation.till_left_at)
        patience = TILL_GRACE if situation.till_provider == Provider.HTTP else timedelta()
        yield _Claim(Harm.TILL_LEFT, ended_at, ended_at + patience)
    ends_at = _instant(situation.link_ends_at)
    if situation.link_state != LinkState.ACTIVE or ends_at is None:
        return
    if situation.link_mode == Mode.VIEW_ONLY or not situation.link_can_cash:
        locked_at = _instant(situation.link_locked_at) or _instant(situation.link_activated_at)
        yield _Claim(Harm.RECEIPT_LOCK, locked_at, ends_at=ends_at)
    since = _ends_first_since(situation, ends_at)
    if since is not None and since < ends_at:
        yield _Claim(Harm.LINK_ENDS_FIRST, since, since, ends_at)


def _ends_first_since(situation: Situation, ends_at: datetime) -> datetime | None:
    """Return from when on the link is short: by the forecast, or a week before its end (rules L10, S5).

    Once the server is in the salon only the forecast counts: then a week is mostly enough.
    """
    if not _needs_a_till(situation.state):
        return None
    moments = [_instant(situation.link_short_from)]
    if situation.state not in _IN_THE_SALON:
        moments.append(ends_at - LINK_NOTICE)
    earliest = min((moment for moment in moments if moment is not None), default=None)
    activated_at = _instant(situation.link_activated_at)
    return max(earliest, activated_at) if earliest and activated_at else earliest


def _case_claims(situation: Situation) -> Iterator[_Claim]:
    """Name what the case itself may hold against us; waiting for the owner never (rules S5, S6)."""
    if situation.answered_at is not None:
        yield _Claim(Harm.ANSWER_OPEN, aware(situation.answered_at))
    state, since = situation.state, _instant(situation.state_since)
    if state == State.SUBMITTED:
        yield _Claim(Harm.DECISION, since)
    sent_at = _instant(situation.sent_at) or since
    if state == State.ON_ITS_WAY_TO_US and sent_at is not None:
        late = sent_at + timedelta(days=min(situation.overdue_days, MOST_OVERDUE_DAYS))
        yield _Claim(Harm.OVERDUE, late, late)
    if state in TARGET_DAYS and since is not None and not situation.awaits_part:
        late = _stuck_from(situation, state, since)
        yield _Claim(Harm.STUCK, late, late)


def _stuck_from(situation: Situation, state: State, since: datetime) -> datetime:
    """Return from when on the case stands too long; waiting for an appointment is no delay (rules R4, S6)."""
    booked_until = _instant(situation.booked_until)
    if state == State.COMMISSIONING_BOOKED and booked_until is not None:
        return booked_until + APPOINTMENT_GRACE
    begun = max(since, _instant(situation.part_came_at) or since)  # until then the owner was next
    days = TARGET_DAYS[state] if situation.target_days is None else situation.target_days
    return begun + timedelta(days=days)


def _needs_a_till(state: State | None) -> bool:
    """Tell whether the case's salon has no till but the link: until the commissioning (rules R1, R2)."""
    return state is not None and state not in CLOSED


def _instant(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)
