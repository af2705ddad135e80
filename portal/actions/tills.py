"""Have the till behind a link made, locked, unlocked and deleted, and write down what came of it.

What is asked of the back end is a letter in the outbox, written in the deed's own transaction;
the worker delivers it and brings the answer here. By hand there is no letter: staff do it at the
vendor's, and tick that it is done. Whatever the back end says, an ended link is shut at our door.
"""

from datetime import datetime
from typing import Any

from portal.actions import history, hooks, letters, queue
from portal.models import Account, Case, SubstituteLink
from portal.models.base import transaction
from portal.models.letters import Channel
from portal.rules.links import LinkState, Provider, TillDeed, TillState
from portal.rules.workflow import StepRefused

WANTED: dict[TillDeed, TillState] = {
    TillDeed.LOCK: TillState.LOCKED,
    TillDeed.UNLOCK: TillState.OPEN,
    TillDeed.DELETE: TillState.GONE,
}


def lane_of(link: SubstituteLink) -> str:
    """Return the lane that keeps what is asked about this link in order."""
    return f"till:{link.id}"


def order(link: SubstituteLink, deed: TillDeed, *, now: datetime) -> None:
    """Ask the back end for one deed, inside the caller's transaction; by hand nobody is asked.

    Each deed is written once per change of the link; those of one link arrive in order.
    """
    if link.provider is Provider.HTTP:
        _ask(link, deed, f"{deed}:{link.revision}", now=now)


def _ask(link: SubstituteLink, deed: TillDeed, key: str, *, now: datetime) -> None:
    letters.write_to_machine(
        Channel.TILL,
        deed,
        f"till:{link.id}:{key}",
        lane=lane_of(link),
        recipient="",
        now=now,
        link_id=link.id,
        mode=link.mode,
        days=link.days,
        backup_at=_text(link.facts_backup_at),
        device_serial=link.device.serial,
    )


def created_in_vain(
    link: SubstituteLink, *, now: datetime, till_id: str = "", till_address: str = ""
) -> SubstituteLink:
    """Write down a till that came too late, and have it deleted: no till is left without a link (rule L11a).

    The link has ended meanwhile, or staff have made its till by hand. Should they have taken this very
    one, it is the link's till and stays. Without an id the back end may have made one: it is asked to
    delete whatever it has for this link. Told twice changes nothing the second time.
    """
    with transaction():
        link = _fresh(link)
        is_its_own = bool(till_address) and link.till_address == till_address
        if till_id and link.till_id != till_id:
            what = "till_found" if is_its_own else "till_in_vain"
            link = _write(link, what, {"till_id": till_id}, by=None, now=now, till_id=till_id)
        if not is_its_own:
            _ask(link, TillDeed.DELETE, f"{TillDeed.DELETE}:in_vain", now=now)
        return link


def done(link: SubstituteLink, deed: TillDeed, *, now: datetime) -> SubstituteLink:
    """Write down that the back end has done what was asked: lock, unlock or delete.

    Told twice changes nothing the second time. An unlocked till lets the salon cash: its people
    are told so now, and not before (rule L6). What the back end did about a till that is not the
    link's, because staff made that by hand, says nothing about the link.
    """
    state = WANTED[deed]
    with transaction():
        link = _fresh(link)
        if link.provider is not Provider.HTTP:
            rest = {"till_problem": ""}
            return _write(link, "till_removed", rest, by=None, now=now) if link.till_problem else link
        if link.till_confirmed is TillState.GONE:
            return link
        if link.till_confirmed is state:
            if deed is TillDeed.UNLOCK:  # open already, should the lock before it have come to nothing
                tell_unlocked(link, now=now)
            return link
        columns = {"till_confirmed": state, "till_confirmed_at": now, "till_problem": ""}
        changed = _write(link, f"till_{deed}", columns, by=None, now=now)
        if deed is TillDeed.UNLOCK:
            tell_unlocked(changed, now=now)
        return queue.reassess_link(changed, now=now)


def tell_unlocked(link: SubstituteLink, *, now: datetime) -> None:
    """Tell the owners that from now on they can take payments (rule L6), if that is so."""
    if link.state is LinkState.ACTIVE and link.can_cash:
        letters.tell_owners_of_link(link, "link_unlocked", now=now, ends_at=_text(link.ends_at))


def refused(link: SubstituteLink, deed: TillDeed, problem: str, *, now: datetime) -> SubstituteLink:
    """Write down that the back end will not, or cannot yet, do what was asked; staff see its words."""
    with transaction():
        link = _fresh(link)
        if link.till_problem == problem:
            return link
        changed = _write(link, "till_problem", {"till_problem": problem}, by=None, now=now, deed=deed)
        return queue.reassess_link(changed, now=now)


def confirm_by_hand(link: SubstituteLink, *, by: Account, now: datetime, why: str = "") -> SubstituteLink:
    """Write down that staff have seen at the vendor's that the till is as it should be.

    By hand that is the only confirmation there is; with a back end it is the way out when that is
    silent for too long. StepRefused if there is nothing to confirm, if something else is wanted by now
    than when they looked, if the till does not exist yet (`links.activate` then asks for its address),
    or by somebody who is not staff.
    """
    if not by.is_staff:
        raise StepRefused("confirm_till", link.state, by.role)
    looked_for = link.till_wanted
    with transaction():
        link = _fresh(link)
        if link.till_is_confirmed or link.state is LinkState.GRANTED or link.till_wanted is not looked_for:
            raise StepRefused("confirm_till", link.state, by.role)
        columns = {"till_confirmed": link.till_wanted, "till_confirmed_at": now, "till_problem": ""}
        changed = _write(link, "confirm_till", columns, by=by, now=now, why=why)
        if changed.till_wanted is TillState.OPEN:
            tell_unlocked(changed, now=now)
        return queue.reassess_link(changed, now=now)


def _write(
    link: SubstituteLink,
    what: str,
    columns: dict[str, Any],
    *,
    by: Account | None,
    now: datetime,
    **facts: Any,
) -> SubstituteLink:
    """Write columns that say how the till stands, with history and webhook; the link's state stays."""
    why = facts.pop("why", "")
    SubstituteLink.update({"revision": SubstituteLink.revision + 1, **columns}).where(
        SubstituteLink.id == link.id
    ).execute()
    changed = SubstituteLink.get_by_id(link.id)
    told = {"till": changed.till_confirmed, **facts}
    history.record(changed, what, by=by, at=now, source=link.state, target=link.state, why=why, **told)
    if changed.case_id:
        Case.update(revision=Case.revision + 1).where(Case.id == changed.case_id).execute()
    hooks.announce(changed, "till_changed", at=now)
    return changed


def _fresh(link: SubstituteLink) -> SubstituteLink:
    """Return the link as it is now, held until this deed is done."""
    return queue.held(link)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
