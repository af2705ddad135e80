"""What must be done before a returned server may be used again?  Rules R5, L11, L11a."""

from collections.abc import Collection
from enum import StrEnum

from portal.rules.links import TillState


class Item(StrEnum):
    """One item of the checklist, in the order of rule R5."""

    SESSION = "session"
    RESTORED = "restored"
    LINK_ENDED = "link_ended"
    REPOSTED = "reposted"
    TEST_RECEIPT = "test_receipt"
    OWNER_CONFIRMS = "owner_confirms"


TOGETHER = frozenset({Item.RESTORED, Item.LINK_ENDED})
"""Restoring the database and ending the link are one step: never two tills side by side (rule L11a)."""

BEFORE: dict[Item, frozenset[Item]] = {
    Item.SESSION: frozenset(),
    Item.RESTORED: frozenset({Item.SESSION}),
    Item.LINK_ENDED: frozenset({Item.SESSION}),
    Item.REPOSTED: TOGETHER,
    Item.TEST_RECEIPT: TOGETHER,
    Item.OWNER_CONFIRMS: TOGETHER | {Item.TEST_RECEIPT, Item.REPOSTED},
}
"""What must have been done before an item may be ticked: nothing is posted while two tills could run."""


class ItemRefused(ValueError):
    """The item is done already, or others must be done first."""


def missing(done: Collection[Item]) -> list[Item]:
    """Return the items that are still to be done, in order (rule R5)."""
    return [item for item in Item if item not in done]


def may_tick(item: Item, done: Collection[Item]) -> bool:
    """Tell whether the item may be ticked now: once, and in an order that is safe (rules R5, L11a)."""
    return item not in done and BEFORE[item] <= set(done)


def ticked_with(item: Item) -> frozenset[Item]:
    """Return the items that are ticked in one step with this one, itself included (rule L11a)."""
    return TOGETHER if item in TOGETHER else frozenset({item})


def till_is_gone(till_wanted: TillState, till_confirmed: TillState) -> bool:
    """Tell whether nobody can be at this substitute till: there never was one, or it is known to be deleted.

    A till that nobody has confirmed as deleted might still be in use (rule L11a).
    """
    return till_wanted == TillState.NONE or till_confirmed == TillState.GONE
