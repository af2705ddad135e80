"""Is a server put back into service by the list only, never beside its substitute till?  R5, L11, L11a."""

from functools import partial

import pytest
from peewee import IntegrityError

from portal.actions import cases, commissioning, doors, links, tills
from portal.actions.cases import CaseMoved
from portal.actions.conditions import NotCommissioned
from portal.actions.links import ServerRestored
from portal.models import Case, CommissioningTick, History, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.rules.commissioning import Item, ItemRefused
from portal.rules.links import Ending, LinkState, Mode, TillDeed, TillState, door_token
from portal.rules.workflow import State, StepRefused
from tests.actions.checklist import (
    AFTERWARDS,
    LATER,
    complete,
    everything,
    items_of,
    tick,
    tick_all,
    with_link,
    with_link_over_http,
)
from tests.builders import (
    NOW,
    SECRET,
    a_case,
    a_case_at_commissioning,
    a_link_request,
    a_staff_member,
    an_active_link,
    an_admin,
    an_appointment,
)


def test_the_whole_list_ends_the_case_and_the_link(database):  # rules R5, L11
    staff, case = a_staff_member(), a_case_at_commissioning()
    link = with_link(case)
    tick_all(case, by=staff)
    done = complete(case, by=staff)
    assert (done.state, done.state_since) == (State.COMMISSIONED, LATER)
    ended = SubstituteLink.get_by_id(link.id)
    assert (ended.state, ended.ending, ended.ended_at) == (LinkState.ENDED, Ending.COMMISSIONED, LATER)
    assert (ended.till_wanted, ended.till_confirmed) == (TillState.GONE, TillState.GONE)
    rows = list(CommissioningTick.of_case(case))
    assert [row.item for row in rows] == list(Item)
    assert all((row.at, row.account) == (LATER, staff) for row in rows)
    told = [row for row in History.of_case(case) if row.what == "tick"]
    assert [row.facts["items"] for row in told] == [
        ["session"],
        ["restored", "link_ended"],
        ["reposted"],
        ["test_receipt"],
        ["owner_confirms"],
    ]
    assert Letter.get(Letter.event == "commissioned").account == case.reporter


def test_a_case_without_a_link_has_the_same_list(database):  # rule R5
    case = a_case_at_commissioning()
    tick_all(case, till_deleted=False)
    assert complete(case).state is State.COMMISSIONED


def test_restored_is_never_ticked_without_the_links_end(database):  # rule L11a
    for item in (Item.RESTORED, Item.LINK_ENDED):
        case = a_case_at_commissioning()
        link = with_link(case)
        tick(case, Item.SESSION, item)
        assert items_of(case) == ["session", "restored", "link_ended"]
        assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED
        door = doors.open_door(door_token(SECRET, link.id, link.generation), now=LATER)
        assert not door.is_open


@pytest.mark.parametrize("link_is", ["requested", "granted", "active", "of another case", "of no case"])
def test_every_open_link_of_the_device_ends_with_it(database, link_is):  # rules L11, L11a
    case = a_case_at_commissioning()
    other = a_case(case.device, case.reporter) if link_is == "of another case" else None
    hangs_on = None if link_is == "of no case" else other or case
    link = a_link_request(case.device, case.reporter, case=hangs_on)
    if link_is == "granted":
        links.grant(link, Mode.VIEW_ONLY, days=30, secret=SECRET, by=a_staff_member(), now=NOW)
    elif link_is != "requested":
        an_active_link(link=link)
    tick(case, Item.SESSION, Item.RESTORED)
    ended = SubstituteLink.get_by_id(link.id)
    assert (ended.state, ended.ending, ended.open_device) == (LinkState.ENDED, Ending.COMMISSIONED, None)
    assert ended.till_wanted is (TillState.NONE if link_is == "requested" else TillState.GONE)
    assert SubstituteLink.open_for(case.device) is None


def test_another_devices_link_is_left_alone(database):  # rule L11a
    case, link = a_case_at_commissioning(), an_active_link()
    tick_all(case)
    complete(case)
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE


@pytest.mark.parametrize(
    ("done", "item"),
    [
        ((), Item.RESTORED),
        ((), Item.LINK_ENDED),
        ((Item.SESSION,), Item.REPOSTED),
        ((Item.SESSION,), Item.TEST_RECEIPT),
        ((Item.SESSION, Item.RESTORED, Item.TEST_RECEIPT), Item.OWNER_CONFIRMS),
    ],
)
def test_out_of_order_nothing_happens_at_all(database, done, item):  # rules R5, L11a
    case, staff = a_case_at_commissioning(), a_staff_member()
    with_link(case)
    tick(case, *done)
    before = everything()
    with pytest.raises(ItemRefused):
        tick(case, item, by=staff)
    assert everything() == before


def test_an_item_is_ticked_once(database):  # rule S3
    case = a_case_at_commissioning()
    tick(case, Item.SESSION)
    with pytest.raises(CaseMoved):
        tick(case, Item.SESSION)
    assert items_of(case) == ["session"]


def test_only_staff_tick_and_only_at_the_commissioning(database):  # rules P1, R4
    case = a_case_at_commissioning()
    with pytest.raises(StepRefused):
        tick(case, Item.SESSION, by=case.reporter)
    early = a_case()
    with pytest.raises(StepRefused):
        tick(early, Item.SESSION)
    tick_all(case)
    with pytest.raises(StepRefused):
        complete(case, by=case.reporter)
    complete(case)
    with pytest.raises(StepRefused):
        tick(case, Item.SESSION)


@pytest.mark.parametrize("end", [commissioning.complete, partial(cases.advance, step="commission")])
@pytest.mark.parametrize("open_item", Item)
def test_no_step_ends_the_case_while_an_item_is_open(database, end, open_item):  # rule R5
    case, admin = a_case_at_commissioning(), an_admin()
    tick_all(case)
    CommissioningTick.delete().where(CommissioningTick.item == open_item).execute()
    found, before = Case.get_by_id(case.id), everything()
    with pytest.raises(NotCommissioned) as refused:
        end(found, by=admin, now=LATER)
    assert refused.value.items == (open_item,)
    assert everything() == before


def test_a_silent_back_end_holds_the_case_until_it_confirms(database):  # rule L11a
    case = a_case_at_commissioning()
    link = with_link_over_http(case)
    tick_all(case)  # the tick counts for tills made by hand only
    asked = Letter.get(Letter.channel == Channel.TILL, Letter.event == TillDeed.DELETE)
    assert asked.context["link_id"] == link.id
    with pytest.raises(NotCommissioned) as refused:
        complete(case)
    assert ([left.id for left in refused.value.links], refused.value.items) == ([link.id], ())
    assert Case.get_by_id(case.id).state is State.COMMISSIONING_BOOKED
    tills.done(SubstituteLink.get_by_id(link.id), TillDeed.DELETE, now=LATER)
    assert complete(case).state is State.COMMISSIONED


def test_staff_who_looked_at_the_vendors_let_it_through(database):  # rule L11a
    case, staff = a_case_at_commissioning(), a_staff_member()
    link = with_link_over_http(case)
    tick_all(case)
    looked = SubstituteLink.get_by_id(link.id)
    tills.confirm_by_hand(looked, by=staff, now=LATER, why="Beim Anbieter nachgesehen")
    assert complete(case).state is State.COMMISSIONED
    assert History.get(History.what == "confirm_till").why == "Beim Anbieter nachgesehen"


def test_what_staff_looked_for_must_still_be_what_is_wanted(database):  # rules L11a, S3
    staff, case = a_staff_member(), a_case_at_commissioning()
    link = with_link_over_http(case)
    SubstituteLink.update(till_confirmed=TillState.OPEN).where(SubstituteLink.id == link.id).execute()
    looked = SubstituteLink.get_by_id(link.id)  # they saw that it is locked
    tick(case, Item.SESSION, Item.RESTORED)  # meanwhile it is to be deleted
    with pytest.raises(StepRefused):
        tills.confirm_by_hand(looked, by=staff, now=LATER)
    assert SubstituteLink.get_by_id(link.id).till_confirmed is TillState.OPEN


@pytest.mark.parametrize("till_deleted", [True, False])
def test_a_till_made_by_hand_counts_as_gone_when_staff_say_so(database, till_deleted):  # rule L11a
    case = a_case_at_commissioning()
    link = with_link(case)
    tick_all(case, till_deleted=till_deleted)
    if not till_deleted:
        with pytest.raises(NotCommissioned):
            complete(case)
        tills.confirm_by_hand(SubstituteLink.get_by_id(link.id), by=a_staff_member(), now=LATER)
    assert complete(case).state is State.COMMISSIONED


def test_an_older_link_whose_till_is_left_holds_the_case_too(database):  # rule L11a
    case = a_case_at_commissioning()
    old = with_link(case)
    links.delete(old, "Falsches Gerät", by=a_staff_member(), now=NOW)
    tick_all(case, till_deleted=False)
    with pytest.raises(NotCommissioned) as refused:
        complete(case)
    assert [left.id for left in refused.value.links] == [old.id]


def test_the_link_expires_in_the_very_second_of_the_commissioning(database):  # rules L9, L11a
    case = a_case_at_commissioning()
    link = with_link(case, days=1)
    tick(case, Item.SESSION, now=link.ends_at)
    tick(case, Item.RESTORED, now=link.ends_at, till_deleted=True)
    ended = SubstituteLink.get_by_id(link.id)
    assert (ended.state, ended.ending, ended.ended_at) == (LinkState.ENDED, Ending.EXPIRED, link.ends_at)
    assert ended.till_confirmed is TillState.GONE
    tick(case, *AFTERWARDS, now=link.ends_at)
    assert complete(case, now=link.ends_at).state is State.COMMISSIONED


def test_no_new_link_begins_beside_a_server_that_has_taken_over(database):  # rule L11a
    case, staff = a_case_at_commissioning(), a_staff_member()
    tick_all(case)
    asked = a_link_request(case.device, case.reporter)
    with pytest.raises(ServerRestored):
        links.grant(
            asked, Mode.VIEW_ONLY, till_address="https://till.example/1", days=9, secret=SECRET,
            by=staff, now=LATER,
        )  # fmt: skip
    assert SubstituteLink.get_by_id(asked.id).state is LinkState.REQUESTED
    complete(case)
    an_active_link(link=asked, now=LATER)  # a new need, after the end of this case


def test_a_link_that_slipped_in_holds_the_case(database, monkeypatch):  # rule L11a
    case = a_case_at_commissioning()
    tick_all(case)
    monkeypatch.setattr(CommissioningTick, "holds_back", lambda _device: False)
    link = an_active_link(case.device)
    with pytest.raises(NotCommissioned) as refused:
        complete(case)
    assert [left.id for left in refused.value.links] == [link.id]


def test_an_appointment_that_is_called_off_begins_its_list_anew(database):  # rules R4, R5
    case, staff = a_case_at_commissioning(), a_staff_member()
    tick(case, Item.SESSION, Item.RESTORED)
    off = cases.advance(Case.get_by_id(case.id), "unbook_commissioning", by=staff, now=LATER)
    an_active_link(case.device)  # the salon needs a till until the next appointment
    again = an_appointment(off, now=LATER, by=staff).case
    assert items_of(case) == []
    with pytest.raises(NotCommissioned):
        cases.advance(again, "commission", by=staff, now=LATER)
    tick_all(again)
    assert complete(again).state is State.COMMISSIONED
    assert History.select().where(History.what == "tick").count() == 2 + 5


def test_a_tick_on_a_case_that_has_moved_changes_nothing(database):  # rule S3
    case, staff = a_case_at_commissioning(), a_staff_member()
    link = with_link(case)
    tick(case, Item.SESSION)
    stale = Case.get_by_id(case.id)
    cases.advance(stale, "unbook_commissioning", by=staff, now=LATER)
    with pytest.raises(CaseMoved):
        commissioning.tick(stale, Item.RESTORED, by=staff, now=LATER)
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE
    assert items_of(case) == []


def test_the_database_keeps_an_item_from_being_ticked_twice(database):  # rule S3
    case = a_case_at_commissioning()
    tick(case, Item.SESSION)
    with pytest.raises(IntegrityError), database.atomic():
        CommissioningTick.create(case=case, item=Item.SESSION, at=LATER)
