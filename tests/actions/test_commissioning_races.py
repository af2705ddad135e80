"""Is a commissioning done once and whole, whoever else acts and whatever breaks?  S3, L11a, R5."""

from functools import partial

import pytest

from portal.actions import commissioning, doors, link_steps, links, tills
from portal.models import Case, History, Letter, SubstituteLink
from portal.rules.commissioning import Item
from portal.rules.links import LinkState, Mode, TillDeed, door_token
from portal.rules.urgency import Harm
from tests.actions.checklist import (
    LATER,
    everything,
    items_of,
    tick,
    tick_all,
    with_link,
    with_link_over_http,
)
from tests.actions.parallel import at_once, kinds
from tests.builders import SECRET, a_case_at_commissioning, a_link_request, a_staff_member


@pytest.mark.parametrize(
    "broken", ["history.record", "queue.reassess_case", "links.hand_back", "tills.order", "letters._write"]
)
def test_a_crash_in_the_middle_leaves_link_and_list_as_they_were(database, monkeypatch, broken):  # rule L11a
    case = a_case_at_commissioning()
    with_link_over_http(case)
    tick(case, Item.SESSION)
    staff, before = a_staff_member(), everything()

    def die(*_args, **_columns):
        raise RuntimeError("killed")

    monkeypatch.setattr(f"portal.actions.{broken}", die)
    with pytest.raises(RuntimeError):
        commissioning.tick(Case.get_by_id(case.id), Item.RESTORED, by=staff, now=LATER)
    assert everything() == before


def test_a_crash_at_the_end_leaves_the_case_open(database, monkeypatch):  # rule R5
    case = a_case_at_commissioning()
    tick_all(case)
    staff, before = a_staff_member(), everything()

    def die(*_args, **_columns):
        raise RuntimeError("killed")

    monkeypatch.setattr("portal.actions.letters.tell_owners", die)
    with pytest.raises(RuntimeError):
        commissioning.complete(Case.get_by_id(case.id), by=staff, now=LATER)
    assert everything() == before


@pytest.mark.parametrize("item", [Item.SESSION, Item.RESTORED])
def test_of_six_who_tick_at_once_one_wins(database, item):  # rule S3
    case, staff = a_case_at_commissioning(), a_staff_member()
    link = with_link_over_http(case)
    if item is Item.RESTORED:
        tick(case, Item.SESSION)
    found = Case.get_by_id(case.id)
    results = at_once(*[partial(commissioning.tick, found, item, by=staff, now=LATER)] * 6)
    assert kinds(results) == ["Case"] + ["CaseMoved"] * 5
    ended = item is Item.RESTORED
    assert History.select().where(History.what == "hand_back").count() == ended
    assert Letter.select().where(Letter.event == TillDeed.DELETE).count() == ended
    assert (SubstituteLink.get_by_id(link.id).state is LinkState.ENDED) == ended
    assert len(items_of(case)) == 1 + 2 * ended


def test_of_six_who_complete_at_once_one_wins(database):  # rule S3
    case, staff = a_case_at_commissioning(), a_staff_member()
    with_link(case)
    tick_all(case)
    found = Case.get_by_id(case.id)
    results = at_once(*[partial(commissioning.complete, found, by=staff, now=LATER)] * 6)
    assert kinds(results) == ["Case"] + ["CaseMoved"] * 5
    assert Letter.select().where(Letter.event == "commissioned").count() == 1


def test_restored_while_owner_door_and_worker_end_the_link(database):  # rules L9, L11a, S3
    case, staff = a_case_at_commissioning(), a_staff_member()
    link = with_link(case, days=1)
    tick(case, Item.SESSION)
    at, token = link.ends_at, door_token(SECRET, link.id, link.generation)
    found = SubstituteLink.get_by_id(link.id)
    results = at_once(
        partial(commissioning.tick, Case.get_by_id(case.id), Item.RESTORED, by=staff, now=at),
        partial(doors.open_door, token, now=at),
        partial(link_steps.expire_due, now=at),
        partial(links.withdraw, found, by=case.reporter, now=at),
    )
    assert "Case" in kinds(results[:1])
    assert not results[1].is_open
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED
    ends = History.select().where(History.target == LinkState.ENDED, History.link == link)
    assert ends.count() == 1


def test_completed_while_a_request_is_granted_never_leaves_both(database):  # rule L11a
    case, staff = a_case_at_commissioning(), a_staff_member()
    link = a_link_request(case.device, case.reporter)
    tick(case, Item.SESSION)
    grant = partial(
        links.grant, link, Mode.VIEW_ONLY, till_address="https://till.example/1", days=9, secret=SECRET,
        by=staff, now=LATER,
    )  # fmt: skip
    found = Case.get_by_id(case.id)
    results = at_once(grant, partial(commissioning.tick, found, Item.RESTORED, by=staff, now=LATER))
    assert isinstance(results[1], Case)
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED


def test_a_till_that_is_left_keeps_its_place_in_the_queue(database):  # rules S5, L11a
    case = a_case_at_commissioning()
    link = with_link(case)
    tick(case, Item.SESSION, Item.RESTORED)
    assert SubstituteLink.get_by_id(link.id).harm == Harm.TILL_LEFT
    tills.confirm_by_hand(SubstituteLink.get_by_id(link.id), by=a_staff_member(), now=LATER)
    assert SubstituteLink.get_by_id(link.id).harm is None
