"""In which order is a server put back into service, and when is it done?  Rules R5, L11, L11a."""

from itertools import combinations

import pytest

from portal.rules.commissioning import (
    BEFORE,
    TOGETHER,
    Item,
    may_tick,
    missing,
    ticked_with,
    till_is_gone,
)
from portal.rules.links import TillState

ALL = set(Item)
SETS = [set(chosen) for size in range(len(Item) + 1) for chosen in combinations(Item, size)]


def test_the_list_is_the_rulebooks():  # rule R5
    assert list(Item) == [
        "session",
        "restored",
        "link_ended",
        "reposted",
        "test_receipt",
        "owner_confirms",
    ]


def test_restored_and_link_ended_are_one_step():  # rule L11a
    assert ticked_with(Item.RESTORED) == ticked_with(Item.LINK_ENDED) == {"restored", "link_ended"}
    assert all(ticked_with(item) == {item} for item in ALL - TOGETHER)


@pytest.mark.parametrize("done", SETS, ids=lambda done: "+".join(sorted(done)) or "nothing")
def test_an_item_is_ticked_once_and_in_a_safe_order(done):  # rules R5, L11a
    both = {"restored", "link_ended"} <= done
    expected = {
        "session": True,
        "restored": "session" in done,
        "link_ended": "session" in done,
        "reposted": both,
        "test_receipt": both,
        "owner_confirms": both and {"test_receipt", "reposted"} <= done,
    }
    assert {item: may_tick(item, done) for item in Item} == {
        item: expected[item] and item not in done for item in Item
    }


def test_nothing_on_the_server_is_done_before_its_link_has_ended():  # rule L11a
    for item in (Item.REPOSTED, Item.TEST_RECEIPT, Item.OWNER_CONFIRMS):
        assert Item.LINK_ENDED in BEFORE[item]


def test_what_is_missing_comes_in_the_lists_order():  # rule R5
    assert missing({Item.RESTORED, Item.TEST_RECEIPT}) == [
        "session",
        "link_ended",
        "reposted",
        "owner_confirms",
    ]
    assert missing(ALL) == []


@pytest.mark.parametrize("wanted", TillState)
@pytest.mark.parametrize("confirmed", TillState)
def test_a_till_is_gone_only_if_there_was_none_or_it_is_known_to_be_deleted(wanted, confirmed):  # rule L11a
    assert till_is_gone(wanted, confirmed) == (wanted == "none" or confirmed == "gone")
