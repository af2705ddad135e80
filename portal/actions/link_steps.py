"""Take one step with a substitute link; everything that changes a link goes through here (section L).

The table of steps is in rules.links. An end is for good (rule L3), and is written down by whoever
notices it first (rule L9).
"""

from datetime import datetime
from typing import Any

from portal.actions import history, hooks, letters, queue, rounds, tills
from portal.actions.cases import role_of
from portal.models import Account, Case, Device, SubstituteLink
from portal.models.base import transaction
from portal.rules import links as rules
from portal.rules.links import Ending, LinkState, Provider, TillDeed, TillState


class LinkMoved(Exception):
    """Somebody else was faster: the link is no longer where this deed expected it (rule S3)."""


def change(
    link: SubstituteLink,
    step: str,
    *,
    by: Account | None,
    now: datetime,
    columns: dict[str, Any],
    why: str = "",
    facts: dict[str, Any] | None = None,
    letter: str | None = None,
) -> SubstituteLink:
    """Take one step of the link's table: link, history, letter, webhook and queue, all or nothing (S3).

    Raises StepRefused if the rules forbid the step, LinkMoved if another request was faster, or if
    the link is past its end: that is then written down first, and nothing else (rule L9).
    """
    source = link.state
    target = check_may(link, step, by=by, now=now)
    with transaction():
        unmoved = (
            (SubstituteLink.id == link.id)
            & (SubstituteLink.state == source)
            & (SubstituteLink.revision == link.revision)
        )
        changes = {"state": target, "revision": SubstituteLink.revision + 1, **columns}
        if not SubstituteLink.update(changes).where(unmoved).execute():
            raise LinkMoved(link.id)
        changed = SubstituteLink.get_by_id(link.id)
        history.record(changed, step, by=by, at=now, source=source, target=target, why=why, **(facts or {}))
        if letter:
            told = {"why": why, "mode": changed.mode, "ends_at": _text(changed.ends_at)}
            letters.tell_owners_of_link(changed, letter, now=now, key=f"{letter}:{changed.revision}", **told)
        hooks.announce(changed, PAST.get(step, step), at=now)
        show_on_case(changed)
        return queue.reassess_link(changed, now=now)


def check_may(link: SubstituteLink, step: str, *, by: Account | None, now: datetime) -> LinkState:
    """Return where the step leads; StepRefused if the rules forbid it, LinkMoved past the link's end (L9).

    Whoever has a transaction around the step asks before it: the end that is written down here would
    be undone with it.
    """
    target = rules.take_link_step(step, link.state, role_of(by))
    if link.state is LinkState.ACTIVE and step != "expire" and link.is_over(now):
        expire(link, now=now)
        raise LinkMoved(link.id)
    return target


PAST = {
    "correct": "corrected",
    "grant": "granted",
    "activate": "activated",
    "refuse": "refused",
    "withdraw": "ended",
    "delete": "ended",
    "hand_back": "ended",
    "expire": "ended",
    "fail_read_out": "read_out_failed",
    "load": "loaded",
    "lift_lock": "lock_lifted",
    "lock": "locked",
    "renew": "renewed",
    "warn": "ends_soon",
}
"""What a webhook calls a step that was taken."""


def end(
    link: SubstituteLink,
    step: str,
    ending: Ending,
    *,
    by: Account | None,
    now: datetime,
    why: str = "",
    letter: str | None = None,
    gone: bool = False,
) -> SubstituteLink:
    """End the link; its till, if there is or may be one, is to be deleted."""
    columns: dict[str, Any] = {"open_device": None, "ending": ending, "ended_at": now, "warn_at": None}
    has_till = link.state is LinkState.ACTIVE or link.provider is Provider.HTTP
    if has_till:
        columns["till_wanted"] = TillState.GONE
    if has_till and gone:
        columns |= {"till_confirmed": TillState.GONE, "till_confirmed_at": now}
    elif link.state is LinkState.GRANTED and not has_till:
        columns["till_wanted"] = TillState.NONE
    check_may(link, step, by=by, now=now)
    with transaction():
        ended = change(link, step, by=by, now=now, why=why, columns=columns, letter=letter)
        if has_till and not gone:
            tills.order(ended, TillDeed.DELETE, now=now)
        return ended


def expire(link: SubstituteLink, *, now: datetime) -> SubstituteLink:
    """Write down that the link has reached its end (rule L9); called by whoever notices first.

    The link is taken as it is now, whatever else was changed on it meanwhile; if somebody was faster
    it has ended, which is all that was wanted.
    """
    with transaction():
        fresh = queue.held(link)
        if rules.is_open(fresh.state, fresh.ends_at, now):
            raise ValueError(f"link {link.id} has not reached its end")
        if link.state is LinkState.ACTIVE and fresh.state is not LinkState.ACTIVE:
            return fresh
        return end(fresh, "expire", Ending.EXPIRED, by=None, now=now, letter="link_ended")


def judged(link: SubstituteLink, *, now: datetime) -> SubstituteLink:
    """Return the link as it stands at `now`: past its end it is ended, and that is written down (rule L9)."""
    is_past = link.state is LinkState.ACTIVE and link.is_over(now)
    return expire(link, now=now) if is_past else link


def open_now(device: Device, *, now: datetime) -> SubstituteLink | None:
    """Return the device's open link; one past its end is ended first, worker or no worker (rules L1, L9)."""
    link = SubstituteLink.open_for(device)
    if link is None or judged(link, now=now).open_device is None:
        return None
    return link


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """End every link that is past its end; the worker calls it. Returns how many."""
    over = (SubstituteLink.state == LinkState.ACTIVE) & (SubstituteLink.ends_at <= now)
    due = SubstituteLink.select().where(over).order_by(SubstituteLink.ends_at).limit(limit)
    return rounds.for_each(due, lambda link: expire(link, now=now))


def show_on_case(link: SubstituteLink) -> None:
    """Count the change on the link's case as well: its page shows the link."""
    if link.case_id:
        Case.update(revision=Case.revision + 1).where(Case.id == link.case_id).execute()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
