"""What must be true of substitute links at every moment, whatever has happened (section L)."""

from datetime import timedelta

from hypothesis.stateful import RuleBasedStateMachine, invariant

from portal.models import Letter, SubstituteLink
from tests.actions.link_model import WARNINGS, Link


class LinkPromises(RuleBasedStateMachine):
    """Looks after each step at every link there is; `links` is what the model says of them."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.ended: dict[int, tuple] = {}

    def row(self, link: Link) -> SubstituteLink:
        """Read the link as it is stored."""
        return SubstituteLink.get_by_id(link.id)

    @invariant()
    def each_link_stands_where_the_model_says(self) -> None:
        for link in self.links:
            row = self.row(link)
            assert (row.state, row.mode or "", row.ending or "") == (link.state, link.mode, link.ending)
            assert (row.activated_at, row.ends_at) == (link.activated_at, link.ends_at)

    @invariant()
    def a_device_has_one_open_link_at_most(self) -> None:  # rule L1
        assert SubstituteLink.select().where(SubstituteLink.open_device.is_null(False)).count() <= 1

    @invariant()
    def what_has_ended_stays_as_it_ended(self) -> None:  # rule L3
        for link in self.links:
            row = self.row(link)
            if not link.is_open:
                kept = (row.state, row.ending, row.activated_at, row.ends_at, row.ended_at, row.mode)
                assert self.ended.setdefault(link.id, kept) == kept
                assert row.till_wanted in ("gone", "none") or row.state == "refused"

    @invariant()
    def nobody_cashes_without_all_data(self) -> None:  # rules L5, L6
        for row in SubstituteLink.select():
            if row.mode == "full":
                assert row.complete is True or (row.read_out_at and row.loaded_at and row.lock_lifted_at)
            if row.can_cash:
                assert row.mode == "full"
        told = Letter.select().where(Letter.event == "link_unlocked")
        lifted = SubstituteLink.select().where(SubstituteLink.lock_lifted_at.is_null(False))
        assert told.count() <= lifted.count()

    @invariant()
    def no_link_lasts_longer_than_was_granted(self) -> None:  # rule L2
        for row in SubstituteLink.select().where(SubstituteLink.ends_at.is_null(False)):
            assert row.ends_at - row.activated_at == timedelta(hours=24 * row.days)
            assert row.days <= 30

    @invariant()
    def each_warning_is_sent_once_to_each_side(self) -> None:  # rule L10
        for link in self.links:
            for event in ("link_ends_soon", "staff_link_ends_soon"):
                sent = [
                    letter.context["days"]
                    for letter in Letter.select().where(Letter.event == event)
                    if letter.context["link_id"] == link.id
                ]
                assert sorted(sent) == sorted(link.warned)
                assert set(sent) <= set(WARNINGS)

    @invariant()
    def what_is_asked_of_the_back_end_is_in_order(self) -> None:
        for link in self.links:
            asked = [
                letter.event
                for letter in Letter.select().where(Letter.lane == f"till:{link.id}").order_by(Letter.id)
            ]
            assert not asked or link.was_asked, "by hand there is nobody to ask"
            assert asked.count("create") <= 1
            assert asked.count("delete") <= 1
            assert "delete" not in asked[:-1]
