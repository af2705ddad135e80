"""Which substitute link may a salon expect, who may change it, and when is it over?  Section L, B1a, B3."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.backups import last_slot
from portal.rules.berlin import aware
from portal.rules.workflow import Role, StepRefused

MAX_DAYS = 30
"""How long a link is active at most (rule L2)."""

WARNING_DAYS = (7, 3, 1)
"""How many days before the end both sides are warned (rule L10)."""


class Answer(StrEnum):
    """What the owner may expect; staff decide (rule L4a)."""

    FULL = "full"
    VIEW_ONLY = "view_only"
    NONE = "none"
    STAFF = "staff"


class Reason(StrEnum):
    """Why the expected answer is what it is (rule L4a)."""

    BACKUP_FROM_UPLOAD = "backup_from_upload"
    BACKUP_FROM_SLOT = "backup_from_slot"
    BACKUP_NOT_BOOKED = "backup_not_booked"
    BACKUP_BOOKING_UNKNOWN = "backup_booking_unknown"
    LAST_ONLINE_UNKNOWN = "last_online_unknown"
    NOTHING_ENTERED = "nothing_entered"
    DATA_ENTERED = "data_entered"
    ENTERED_UNKNOWN = "entered_unknown"
    BACKUP_CONFIRMED = "backup_confirmed"
    BACKUP_OLDER_THAN_THOUGHT = "backup_older_than_thought"
    ALL_DATA_IN_BACKUP = "all_data_in_backup"
    DATA_MISSING = "data_missing"
    THIRD_PARTY_SERVER = "third_party_server"


class Mode(StrEnum):
    """What the link lets the salon do (rules L4, L5)."""

    FULL = "full"
    VIEW_ONLY = "view_only"


class LinkState(StrEnum):
    """Where a link stands (rules L1–L3); granted: decided, and its till is being set up."""

    REQUESTED = "requested"
    GRANTED = "granted"
    ACTIVE = "active"
    ENDED = "ended"
    REFUSED = "refused"


class Ending(StrEnum):
    """How a link came to its end (rules L3, L11)."""

    EXPIRED = "expired"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    COMMISSIONED = "commissioned"


class LinkReason(StrEnum):
    """Why the server is away (rule L1)."""

    DEFECT = "defect"
    MOVING = "moving"
    RENOVATION = "renovation"
    OTHER = "other"


class Provider(StrEnum):
    """Who makes the till a link leads to: staff by hand, or the vendor's back end over HTTP."""

    BY_HAND = "by_hand"
    HTTP = "http"


class TillState(StrEnum):
    """What the till behind a link is: none yet, with receipt lock, open for cashing, deleted (L5, L11)."""

    NONE = "none"
    LOCKED = "locked"
    OPEN = "open"
    GONE = "gone"


class TillDeed(StrEnum):
    """What the portal asks of the till's back end."""

    CREATE = "create"
    LOCK = "lock"
    UNLOCK = "unlock"
    DELETE = "delete"


@dataclass(frozen=True)
class Expectation:
    """The expected answer, the backup it rests on and its reasons, decisive ones only (rule L4a)."""

    answer: Answer
    backup_at: datetime | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class LinkStep:
    """One permitted change of a link and who may make it."""

    source: frozenset[LinkState]
    target: LinkState
    roles: frozenset[Role]


_OWNER = frozenset({Role.OWNER})
_TEAM = frozenset({Role.STAFF, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})
_REQUESTED = frozenset({LinkState.REQUESTED})
_GRANTED = frozenset({LinkState.GRANTED})
_ACTIVE = frozenset({LinkState.ACTIVE})

OPEN_STATES = _REQUESTED | _GRANTED | _ACTIVE
"""The states of which a device has one at most (rule L1)."""

LINK_STEPS: dict[str, LinkStep] = {
    "correct": LinkStep(_REQUESTED, LinkState.REQUESTED, _TEAM | _SYSTEM),
    "grant": LinkStep(_REQUESTED, LinkState.GRANTED, _TEAM),
    "refuse": LinkStep(_REQUESTED, LinkState.REFUSED, _TEAM),
    "activate": LinkStep(_GRANTED, LinkState.ACTIVE, _TEAM | _SYSTEM),
    "read_out": LinkStep(_ACTIVE, LinkState.ACTIVE, _TEAM | _SYSTEM),
    "fail_read_out": LinkStep(_ACTIVE, LinkState.ACTIVE, _TEAM | _SYSTEM),
    "load": LinkStep(_ACTIVE, LinkState.ACTIVE, _TEAM | _SYSTEM),
    "lift_lock": LinkStep(_ACTIVE, LinkState.ACTIVE, _TEAM | _SYSTEM),
    "lock": LinkStep(_ACTIVE, LinkState.ACTIVE, _TEAM),
    "renew": LinkStep(_ACTIVE, LinkState.ACTIVE, _OWNER | _TEAM),
    "warn": LinkStep(_ACTIVE, LinkState.ACTIVE, _SYSTEM),
    "withdraw": LinkStep(OPEN_STATES, LinkState.ENDED, _OWNER),
    "delete": LinkStep(_GRANTED | _ACTIVE, LinkState.ENDED, _TEAM),
    "hand_back": LinkStep(OPEN_STATES, LinkState.ENDED, _TEAM),
    "expire": LinkStep(_ACTIVE, LinkState.ENDED, _SYSTEM),
}
"""Every change of a link there is; nothing leads out of ENDED or REFUSED (rule L3)."""


def take_link_step(step: str, state: LinkState, role: Role) -> LinkState:
    """Return the link's state after the step, or raise StepRefused (rule L3)."""
    found = LINK_STEPS.get(step)
    if found is None or state not in found.source or role not in found.roles:
        raise StepRefused(step, state, role)
    return found.target


def link_steps_for(state: LinkState, role: Role) -> list[str]:
    """Name the steps this role may take with the link now."""
    return [name for name, step in LINK_STEPS.items() if state in step.source and role in step.roles]


def may_request(existing: Iterable[LinkState]) -> bool:
    """Tell whether a device with these links may get a new request: one open at a time (rule L1)."""
    return OPEN_STATES.isdisjoint(existing)


def end_of(activated_at: datetime, days: int = MAX_DAYS) -> datetime:
    """Return the instant at which the link ends, in UTC: `days` × 24 hours on (rule L2).

    ValueError outside 1 to 30 whole days, or for a naive datetime.
    """
    if days not in range(1, MAX_DAYS + 1):
        raise ValueError(f"a link lasts 1 to {MAX_DAYS} days")
    return aware(activated_at) + timedelta(days=days)


def warning_days(activated_at: datetime, ends_at: datetime, now: datetime) -> int | None:
    """Return which warning is due at `now`, in days before the end; None if none is (rule L10).

    Of several that are due only the nearest to the end counts. A link too short for a warning
    gets none: whoever got it today need not be told today. Past the end there is nothing to warn of.
    """
    if aware(now) >= aware(ends_at):
        return None
    due = [days for days in WARNING_DAYS if _warns_at(activated_at, ends_at, days, until=now)]
    return min(due, default=None)


def next_warning_at(activated_at: datetime, ends_at: datetime, now: datetime) -> datetime | None:
    """Return when the next warning after `now` falls due, in UTC; None if none is left (rule L10)."""
    moments = [aware(ends_at) - timedelta(days=days) for days in WARNING_DAYS]
    return min((at for at in moments if at > aware(now) and at > aware(activated_at)), default=None)


def _warns_at(activated_at: datetime, ends_at: datetime, days: int, until: datetime) -> bool:
    moment = aware(ends_at) - timedelta(days=days)
    return aware(activated_at) < moment <= aware(until)


def is_open(state: LinkState, ends_at: datetime | None, now: datetime) -> bool:
    """Tell whether the link leads on to the till at `now`; at its end it no longer does (rule L9)."""
    return state == LinkState.ACTIVE and ends_at is not None and aware(now) < aware(ends_at)


def expected(
    backup_booked: bool | None,
    last_online: datetime | None,
    uploaded_at: datetime | None,
    entered_since: bool | None,
) -> Expectation:
    """Return the link the salon may expect, and why (rule L4a).

    It rests on the newest backup there can be: a manual upload, or the last slot while the server was
    online if the external backup is booked (B1a, B2). Without any: NONE if not booked, else STAFF. Nothing
    entered since → FULL (L4); something or not sure → VIEW_ONLY (B3, L5).
    """
    backups = []
    if uploaded_at is not None:
        backups.append((aware(uploaded_at), Reason.BACKUP_FROM_UPLOAD))
    if backup_booked and last_online is not None:
        backups.append((last_slot(last_online), Reason.BACKUP_FROM_SLOT))
    if not backups:
        return _without_backup(backup_booked, last_online)
    backup_at, source = max(backups, key=lambda backup: backup[0])
    answer, entered = _ENTERED[entered_since]
    return Expectation(answer, backup_at, (source, entered))


_ENTERED = {
    False: (Answer.FULL, Reason.NOTHING_ENTERED),
    True: (Answer.VIEW_ONLY, Reason.DATA_ENTERED),
    None: (Answer.VIEW_ONLY, Reason.ENTERED_UNKNOWN),
}


def _without_backup(backup_booked: bool | None, last_online: datetime | None) -> Expectation:
    """Answer where no backup is known; something not known never becomes full (rules B1a, L4a)."""
    if backup_booked is False:
        return Expectation(Answer.NONE, None, (Reason.BACKUP_NOT_BOOKED,))
    unknown = []
    if backup_booked is None:
        unknown.append(Reason.BACKUP_BOOKING_UNKNOWN)
    if last_online is None:
        unknown.append(Reason.LAST_ONLINE_UNKNOWN)
    return Expectation(Answer.STAFF, None, tuple(unknown))


def corrected(
    expectation: Expectation,
    entered_since: bool | None,
    real_backup_at: datetime | None,
    complete: bool | None,
) -> Expectation:
    """Return the answer that follows from what staff found out, by rule and not by hand (rules B2, L4a, L5).

    The backup's real time replaces the estimate. Whether all data is in it decides, if that is known
    and a backup is; if not, the owner's word holds for a backup that is as new as the estimate, and
    neither for an older one nor for one nobody knew of. Nothing found out leaves everything as it was.
    """
    third_party = Reason.THIRD_PARTY_SERVER in expectation.reasons
    found = _from_findings(expectation, entered_since, real_backup_at, complete)
    return for_third_party(found) if third_party and found is not expectation else found


def _from_findings(
    expectation: Expectation,
    entered_since: bool | None,
    real_backup_at: datetime | None,
    complete: bool | None,
) -> Expectation:
    if real_backup_at is None and complete is None:
        return expectation
    at = expectation.backup_at if real_backup_at is None else aware(real_backup_at)
    if at is None:  # complete, but of no known time: nothing a link could be built from for certain
        return expectation
    backup = (Reason.BACKUP_CONFIRMED,) if real_backup_at is not None else _source(expectation)
    if complete is not None:
        answer = Answer.FULL if complete else Answer.VIEW_ONLY
        told = Reason.ALL_DATA_IN_BACKUP if complete else Reason.DATA_MISSING
        return Expectation(answer, at, (*backup, told))
    if expectation.backup_at is None:  # the owner did not speak of this backup: what came after it is unknown
        entered_since = None if entered_since is False else entered_since
    elif at < aware(expectation.backup_at):
        return Expectation(Answer.VIEW_ONLY, at, (*backup, Reason.BACKUP_OLDER_THAN_THOUGHT))
    answer, entered = _ENTERED[entered_since]
    return Expectation(answer, at, (*backup, entered))


def _source(expectation: Expectation) -> tuple[Reason, ...]:
    sources = (Reason.BACKUP_FROM_UPLOAD, Reason.BACKUP_FROM_SLOT)
    return tuple(reason for reason in expectation.reasons if reason in sources)


def for_third_party(expectation: Expectation) -> Expectation:
    """Return the same facts with the answer left to staff: no claim for another's server (rule L12)."""
    return replace(
        expectation, answer=Answer.STAFF, reasons=(Reason.THIRD_PARTY_SERVER, *expectation.reasons)
    )


def may_grant(mode: Mode, complete: bool | None) -> bool:
    """Tell whether staff may grant this kind of link: full only with all data (rules L4, L5)."""
    return mode == Mode.VIEW_ONLY or complete is True


def may_lift_lock(mode: Mode, read_out_at: datetime | None, loaded_at: datetime | None) -> bool:
    """Tell whether the receipt lock may be lifted: read out and loaded, both recorded (rule L6)."""
    return mode == Mode.VIEW_ONLY and read_out_at is not None and loaded_at is not None


def may_lock(mode: Mode, lock_lifted_at: datetime | None) -> bool:
    """Tell whether staff may put a receipt lock on a full link: found incomplete afterwards (rule L5).

    Once the read-out database is on it, all data is there and nothing is left to lock it for (L6).
    """
    return mode == Mode.FULL and lock_lifted_at is None


def till_for(mode: Mode) -> TillState:
    """Return what the till must be for a link of this kind (rules L4, L5)."""
    return TillState.OPEN if mode == Mode.FULL else TillState.LOCKED


def shows_tse_notice(tse_in_server: bool | None) -> bool:
    """Tell whether the owner is shown that a full link works without the USB TSE too (rule L7).

    Not known counts as yes: reading it does no harm.
    """
    return tse_in_server is not False


def door_token(secret: str, link_id: int, generation: int) -> str:
    """Return the unguessable part of the link's address (rule L9).

    It is an HMAC of link and generation, so that it can be shown again although only its hash is stored;
    a new generation makes the old address worthless. ValueError without a secret.
    """
    if not secret:
        raise ValueError("no secret, no token")
    message = f"substitute-link:{link_id}:{generation}".encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """Return what the database keeps instead of the token: its SHA-256 in hex (rule L9)."""
    return hashlib.sha256(token.encode()).hexdigest()
