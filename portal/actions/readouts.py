"""Put the receipt lock on and lift it: read out, loaded, unlocked (rules L5, L6)."""

from datetime import datetime
from typing import Any

from portal.actions import tills
from portal.actions.cases import role_of
from portal.actions.link_steps import change, check_may
from portal.actions.links import RefusalNeedsReason
from portal.models import Account, SubstituteLink
from portal.models.base import transaction
from portal.rules import links as rules
from portal.rules.links import Mode, TillDeed, TillState
from portal.rules.workflow import AT_THE_WORKSHOP, StepRefused


class ServerNotHere(ValueError):
    """Only the database of a server that was sent in can be read out, while it is with us (rule L6)."""


class NotReadOut(ValueError):
    """What has not been read out cannot be loaded (rule L6)."""


def read_out(
    link: SubstituteLink, *, by: Account | None, now: datetime, at: datetime | None = None, **via: Any
) -> SubstituteLink:
    """Record that the sent-in server's database has been read out, `at` or now (rule L6).

    `by` None is the back end, `via` says with which key. Raises ServerNotHere, and StepRefused for a
    link that has no receipt lock or whose database was read out already.
    """
    _check_locked(link, "read_out", by)
    if link.read_out_at is not None:
        raise StepRefused("read_out", link.state, role_of(by))
    columns = {"read_out_at": at or now, "read_out_failed_at": None, "read_out_problem": ""}
    return change(link, "read_out", by=by, now=now, columns=columns, facts=via)


def fail_read_out(
    link: SubstituteLink, why: str, *, by: Account | None, now: datetime, **via: Any
) -> SubstituteLink:
    """Record that the database could not be read out: the link stays view-only, and its people are told.

    It may be tried again. Raises RefusalNeedsReason, ServerNotHere, StepRefused.
    """
    if not why.strip():
        raise RefusalNeedsReason
    _check_locked(link, "fail_read_out", by)
    if link.read_out_at is not None:
        raise StepRefused("fail_read_out", link.state, role_of(by))
    columns = {"read_out_failed_at": now, "read_out_problem": why}
    return change(
        link,
        "fail_read_out",
        by=by,
        now=now,
        why=why,
        columns=columns,
        facts=via,
        letter="link_read_out_failed",
    )


def load(
    link: SubstituteLink,
    *,
    by: Account | None,
    now: datetime,
    at: datetime | None = None,
    till_unlocked: bool = False,
    **via: Any,
) -> SubstituteLink:
    """Record that the read-out database is on the link, and lift the receipt lock with it (rule L6).

    The end stays where it is. `till_unlocked`: staff have unlocked the till at the vendor's
    themselves. Otherwise the back end is asked to, and the owners are told when it has.
    Raises NotReadOut, ServerNotHere, StepRefused, LinkMoved.
    """
    _check_locked(link, "load", by)
    if link.read_out_at is None:
        raise NotReadOut(link.id)
    check_may(link, "load", by=by, now=now)
    with transaction():
        loaded = change(link, "load", by=by, now=now, columns={"loaded_at": at or now}, facts=via)
        return _lift_lock(loaded, by=by, now=now, till_unlocked=till_unlocked)


def _lift_lock(
    link: SubstituteLink, *, by: Account | None, now: datetime, till_unlocked: bool
) -> SubstituteLink:
    if not rules.may_lift_lock(link.mode, link.read_out_at, link.loaded_at):
        raise StepRefused("lift_lock", link.state, role_of(by))
    columns: dict[str, Any] = {"mode": Mode.FULL, "lock_lifted_at": now, "till_wanted": TillState.OPEN}
    if till_unlocked:
        columns |= {"till_confirmed": TillState.OPEN, "till_confirmed_at": now}
    lifted = change(link, "lift_lock", by=by, now=now, columns=columns)
    if till_unlocked:
        tills.tell_unlocked(lifted, now=now)
    else:
        tills.order(lifted, TillDeed.UNLOCK, now=now)
    return lifted


def lock(
    link: SubstituteLink, why: str, *, by: Account, now: datetime, till_locked: bool = False
) -> SubstituteLink:
    """Put the receipt lock on a full link that turned out to be incomplete (rule L5).

    From now on the door tells of the lock. Raises RefusalNeedsReason, and StepRefused for a link that
    has the lock already, or had it lifted: then all data is there.
    """
    if not why.strip():
        raise RefusalNeedsReason
    if not rules.may_lock(link.mode, link.lock_lifted_at):
        raise StepRefused("lock", link.state, by.role)
    columns: dict[str, Any] = {"mode": Mode.VIEW_ONLY, "complete": False, "till_wanted": TillState.LOCKED}
    if till_locked:
        columns |= {"till_confirmed": TillState.LOCKED, "till_confirmed_at": now}
    check_may(link, "lock", by=by, now=now)
    with transaction():
        locked = change(link, "lock", by=by, now=now, why=why, columns=columns, letter="link_locked")
        if not till_locked:
            tills.order(locked, TillDeed.LOCK, now=now)
        return locked


def _check_locked(link: SubstituteLink, step: str, by: Account | None) -> None:
    rules.take_link_step(step, link.state, role_of(by))
    if link.mode is not Mode.VIEW_ONLY:
        raise StepRefused(step, link.state, role_of(by))
    if link.case is None or link.case.state not in AT_THE_WORKSHOP:
        raise ServerNotHere(link.id)
