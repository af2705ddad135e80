"""Put a returned server back into service: the checklist, and the end of its substitute link (rules R5, L11).

Two tills never run side by side (rule L11a): that the server is restored and that its link has ended
is ticked in one transaction, which also ends the link. That the case ends only with the whole list
done and no till left is kept by `conditions`, which no step goes around.
"""

from collections.abc import Iterable
from datetime import datetime

from peewee import IntegrityError

from portal.actions import cases, conditions, history, links, queue, tills
from portal.actions.cases import CaseMoved
from portal.models import Account, Case, CommissioningTick, SubstituteLink
from portal.models.base import transaction
from portal.rules import commissioning as rules
from portal.rules.commissioning import Item, ItemRefused
from portal.rules.links import Provider, TillState
from portal.rules.workflow import State, StepRefused


def tick(case: Case, item: Item, *, by: Account, now: datetime, till_deleted: bool = False) -> Case:
    """Tick an item of the checklist, with those that are one step with it (rules R5, L11a).

    Restoring the database ends every open link of the device in the same transaction; with
    `till_deleted` staff say that they have deleted by-hand tills at the vendor's already. Raises
    ItemRefused for a wrong order, CaseMoved if somebody else ticked it or the case went on, and
    StepRefused for a case that is not at its commissioning, or for who is not staff.
    """
    if case.state is not State.COMMISSIONING_BOOKED or not by.is_staff:
        raise StepRefused("tick", case.state, by.role)
    items = [one for one in Item if one in rules.ticked_with(item)]
    with transaction():
        if Item.LINK_ENDED in items:
            _end_links(case, by=by, now=now, till_deleted=till_deleted)
        _hold(case)
        _check_order(case, item)
        _write(case, items, by=by, now=now)
        history.record(case, "tick", by=by, at=now, items=items)
        return queue.reassess_case(case, now=now)


def complete(case: Case, *, by: Account, now: datetime) -> Case:
    """End the case: the server may be used from now on (rules R5, L11a).

    Raises NotCommissioned, which names the open items and the links whose till may still be there,
    besides what `cases.advance` raises.
    """
    return cases.advance(case, "commission", by=by, now=now)


def tills_left(found: Iterable[SubstituteLink]) -> list[SubstituteLink]:
    """Return those of the server's links whose till may still be there (rule L11a)."""
    return [link for link in found if not conditions.has_no_till(link)]


def _end_links(case: Case, *, by: Account, now: datetime, till_deleted: bool) -> None:
    """End what is open of the device, whichever case it hangs on, a mere request too (rule L11a).

    The device is held first, so that no link is granted meanwhile, then each link, so that nobody is
    faster; links come before cases, as in every deed.
    """
    if case.device_id:
        queue.held(case.device)
    for known in list(SubstituteLink.of_server(case)):
        link = queue.held(known)
        gone = till_deleted and link.provider is Provider.BY_HAND
        if link.open_device is not None:
            link = links.hand_back(link, by=by, now=now, till_deleted=gone)
        if gone and link.till_wanted is TillState.GONE and not link.till_is_confirmed:
            tills.confirm_by_hand(link, by=by, now=now)  # it had ended by itself


def _hold(case: Case) -> None:
    """Let nobody move the case until this deed is done, or tell that somebody has."""
    unmoved = (Case.id == case.id) & (Case.state == State.COMMISSIONING_BOOKED)
    if not Case.update(revision=Case.revision + 1).where(unmoved).execute():
        raise CaseMoved(case.number)


def _check_order(case: Case, item: Item) -> None:
    done = CommissioningTick.done_of(case)
    if item in done:
        raise CaseMoved(case.number)
    if not rules.may_tick(item, done):
        raise ItemRefused(item)


def _write(case: Case, items: Iterable[Item], *, by: Account, now: datetime) -> None:
    try:
        with transaction():  # on its own: the refused insert must not spoil the deed around it
            for item in items:
                CommissioningTick.create(case=case, item=item, at=now, account=by)
    except IntegrityError as error:
        raise CaseMoved(case.number) from error
