"""Which case harms its salon most?  Rules S5, S6."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from portal.rules.berlin import aware
from portal.rules.links import LinkReason, LinkState, Mode
from portal.rules.workflow import CLOSED, State

LINK_NOTICE = timedelta(days=7)
PARCEL_OVERDUE = timedelta(days=7)

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
"""How long a case may usually stand in a state in which staff act; no other state counts (rule S6)."""

_SERVER_IS_BACK = frozenset({State.DELIVERED, State.COMMISSIONING_BOOKED})


class Harm(IntEnum):
    """Why a row stands where it stands; the smallest is the worst (rule S5)."""

    CANNOT_CASH = 10
    RECEIPT_LOCK = 20
    LINK_ENDS_FIRST = 30
    ANSWER_OPEN = 40
    DECISION = 50
    LINK_OTHER = 55
    OVERDUE = 60
    STUCK = 70


@dataclass(frozen=True)
class Situation:
    """What is known of a case, of a link or of both; None is what there is not.

    `link_lost_at` is when the case's last link ran out or was ended by staff, if none is open now.
    `answered_at` is the oldest answer or message of the owner that nobody has replied to.
    """

    state: State | None = None
    state_since: datetime | None = None
    link_state: LinkState | None = None
    link_mode: Mode | None = None
    link_reason: LinkReason | None = None
    link_requested_at: datetime | None = None
    link_activated_at: datetime | None = None
    link_ends_at: datetime | None = None
    link_lost_at: datetime | None = None
    answered_at: datetime | None = None
    sent_at: datetime | None = None


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
    """Name what the link may hold against us: undecided, locked, or ending too soon (rules S5, L10)."""
    if situation.link_state == LinkState.REQUESTED:
        over = situation.state is not None and situation.state in CLOSED  # cancelled: it may work again
        defect = situation.link_reason == LinkReason.DEFECT and not over
        yield _Claim(Harm.CANNOT_CASH if defect else Harm.LINK_OTHER, _instant(situation.link_requested_at))
    if situation.link_lost_at is not None and _waits_for_server(situation.state):
        yield _Claim(Harm.CANNOT_CASH, aware(situation.link_lost_at))
    ends_at = _instant(situation.link_ends_at)
    if situation.link_state != LinkState.ACTIVE or ends_at is None:
        return
    activated_at = _instant(situation.link_activated_at)
    if situation.link_mode == Mode.VIEW_ONLY:
        yield _Claim(Harm.RECEIPT_LOCK, activated_at, ends_at=ends_at)
    if _waits_for_server(situation.state):
        notice = ends_at - LINK_NOTICE
        since = max(notice, activated_at) if activated_at else notice
        yield _Claim(Harm.LINK_ENDS_FIRST, since, since, ends_at)


def _case_claims(situation: Situation) -> Iterator[_Claim]:
    """Name what the case itself may hold against us; waiting for the owner never (rules S5, S6)."""
    if situation.answered_at is not None:
        yield _Claim(Harm.ANSWER_OPEN, aware(situation.answered_at))
    state, since = situation.state, _instant(situation.state_since)
    if state == State.SUBMITTED:
        yield _Claim(Harm.DECISION, since)
    sent_at = _instant(situation.sent_at) or since
    if state == State.ON_ITS_WAY_TO_US and sent_at is not None:
        late = sent_at + PARCEL_OVERDUE
        yield _Claim(Harm.OVERDUE, late, late)
    if state in TARGET_DAYS and since is not None:
        late = since + timedelta(days=TARGET_DAYS[state])
        yield _Claim(Harm.STUCK, late, late)


def _waits_for_server(state: State | None) -> bool:
    return state is not None and state not in CLOSED and state not in _SERVER_IS_BACK


def _instant(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)
