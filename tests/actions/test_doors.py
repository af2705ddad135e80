"""Does the door obey the clock and nothing else, count each opening once, and forget old addresses?"""

from datetime import UTC, datetime, timedelta

import pytest

from portal.actions import doors, link_steps, links, tills
from portal.actions.link_steps import LinkMoved
from portal.models import History, Letter, SubstituteLink
from portal.rules import berlin
from portal.rules import links as rules
from portal.rules.links import Ending, LinkState, Mode, TillDeed
from portal.rules.workflow import StepRefused
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, SECRET, a_staff_member, an_active_link

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=2)


def token_of(link, generation=None) -> str:
    return rules.door_token(SECRET, link.id, generation or link.generation)


def fresh(link) -> SubstituteLink:
    return SubstituteLink.get_by_id(link.id)


def test_the_end_is_written_down_also_if_the_link_was_changed_meanwhile(database, monkeypatch):  # rule L9
    link, judged = an_active_link(days=1), link_steps.judged

    def after_the_back_end(known, *, now):
        tills.refused(known, TillDeed.LOCK, "HTTP 500", now=now)
        return judged(known, now=now)

    monkeypatch.setattr(link_steps, "judged", after_the_back_end)
    assert not doors.open_door(token_of(link), now=link.ends_at).is_open
    assert fresh(link).state is LinkState.ENDED


# Exact at the end, whatever clocks on the wall do

BETWEEN = [
    pytest.param(datetime(2026, 3, 20, 9, 30, tzinfo=UTC), 30, timedelta(hours=1), id="summer time begins"),
    pytest.param(datetime(2026, 10, 10, 9, 30, tzinfo=UTC), 30, timedelta(hours=-1), id="summer time ends"),
    pytest.param(datetime(2026, 12, 20, 9, 30, tzinfo=UTC), 30, timedelta(), id="New Year"),
    pytest.param(datetime(2028, 2, 27, 9, 30, tzinfo=UTC), 3, timedelta(), id="29 February"),
    pytest.param(datetime(2026, 10, 24, 0, 30, tzinfo=UTC), 1, timedelta(), id="ends in the doubled hour"),
    pytest.param(
        datetime(2026, 3, 28, 1, 30, tzinfo=UTC), 1, timedelta(hours=1), id="ends in the hour left out"
    ),
]


@pytest.mark.parametrize(("began", "days", "shift"), BETWEEN)
def test_the_end_is_exact_also_over_changes_of_the_clock(database, began, days, shift):  # rules L2, L9
    link = an_active_link(days=days, now=began)
    assert link.ends_at - link.activated_at == timedelta(hours=24 * days)
    on_the_wall = berlin.to_berlin(link.ends_at).replace(tzinfo=None)
    assert on_the_wall - berlin.to_berlin(began).replace(tzinfo=None) == timedelta(days=days) + shift
    for before in (SECOND, TICK):
        assert doors.open_door(token_of(link), now=link.ends_at - before).is_open
    assert not doors.open_door(token_of(link), now=link.ends_at).is_open


@pytest.mark.parametrize("past", [timedelta(), TICK, timedelta(days=400)])
def test_the_first_refusal_is_written_down_with_nobody_at_work(database, past):  # rules L3, L9
    link = an_active_link(days=1)
    assert not doors.open_door(token_of(link), now=link.ends_at + past).is_open
    found = fresh(link)
    assert (found.state, found.ending, found.ended_at) == (
        LinkState.ENDED,
        Ending.EXPIRED,
        link.ends_at + past,
    )
    assert found.ends_at == link.ends_at


def test_a_clock_that_goes_back_revives_nothing(database):  # rule L9
    link = an_active_link(days=1)
    doors.open_door(token_of(link), now=link.ends_at)
    for earlier in (link.ends_at - TICK, NOW, NOW - timedelta(days=365)):
        assert not doors.open_door(token_of(link), now=earlier).is_open
    assert History.select().where(History.what == "expire").count() == 1


def test_refused_by_many_at_once_is_written_down_once(database):  # rules L9, S3
    link = an_active_link(days=1)
    token = token_of(link)
    found = at_once(*[lambda: doors.open_door(token, now=link.ends_at)] * 6)
    assert [one.is_open for one in found] == [False] * 6, found
    assert {one.link.state for one in found} == {LinkState.ENDED}
    assert History.select().where(History.what == "expire").count() == 1
    assert Letter.select().where(Letter.event == "link_ended").count() == 1


# Counting


def test_openings_at_the_same_moment_are_each_counted_once(database):  # rule L9
    link = an_active_link()
    found = at_once(*[lambda: doors.count_opening(link, now=LATER)] * 8)
    assert found == [None] * 8
    assert (fresh(link).opened_count, fresh(link).last_opened_at) == (8, LATER)


def test_counting_and_a_deed_at_the_same_moment_lose_nothing(database):  # rule S3
    link, staff = an_active_link(), a_staff_member()
    renew = [lambda: doors.renew(link, secret=SECRET, by=staff, now=LATER)]
    found = at_once(*[lambda: doors.count_opening(link, now=LATER)] * 5, *renew)
    assert not [one for one in found if isinstance(one, Exception)], found
    assert (fresh(link).opened_count, fresh(link).generation) == (5, 2)


def test_counting_changes_neither_the_link_nor_its_end(database):  # rule L6
    link = an_active_link()
    doors.count_opening(link, now=LATER)
    found = fresh(link)
    assert (found.revision, found.ends_at, found.state) == (link.revision, link.ends_at, link.state)


# A new address


def test_only_the_newest_address_works(database):  # rule L9
    link = an_active_link()
    tokens = [token_of(link)]
    for _ in range(3):
        link = doors.renew(link, secret=SECRET, by=a_staff_member(), now=LATER)
        tokens.append(token_of(link))
    assert len(set(tokens)) == 4
    assert [doors.open_door(token, now=LATER) is not None for token in tokens] == [False, False, False, True]


@pytest.mark.parametrize("mode", list(Mode))
def test_a_new_address_moves_neither_end_nor_lock(database, mode):  # rules L5, L6
    link = an_active_link(mode=mode)
    renewed = doors.renew(link, secret=SECRET, by=link.requester, now=LATER)
    kept = ("activated_at", "ends_at", "mode", "state", "till_address", "till_confirmed", "lock_lifted_at")
    assert [getattr(renewed, name) for name in kept] == [getattr(link, name) for name in kept]
    assert (renewed.renewed_at, renewed.generation) == (LATER, 2)
    row = History.select().order_by(History.id.desc()).get()
    assert (row.what, row.account) == ("renew", link.requester)


def test_the_database_never_holds_the_token(database):  # rule L9
    link = doors.renew(an_active_link(), secret=SECRET, by=a_staff_member(), now=LATER)
    kept = [*SubstituteLink.select().dicts(), *History.select().dicts(), *Letter.select().dicts()]
    assert token_of(link) not in str(kept)
    assert link.token_hash == rules.token_hash(token_of(link))


def test_two_who_renew_at_once_make_one_new_address(database):  # rule S3
    link, staff = an_active_link(), a_staff_member()
    found = at_once(*[lambda: doors.renew(link, secret=SECRET, by=staff, now=LATER)] * 4)
    assert kinds(found) == ["LinkMoved"] * 3 + ["SubstituteLink"]
    assert fresh(link).generation == 2


def test_what_has_ended_gets_no_new_address(database):  # rule L3
    link, staff = an_active_link(days=1), a_staff_member()
    with pytest.raises(LinkMoved):
        doors.renew(link, secret=SECRET, by=staff, now=link.ends_at)
    assert fresh(link).state is LinkState.ENDED
    with pytest.raises(StepRefused):
        doors.renew(fresh(link), secret=SECRET, by=staff, now=NOW)
    withdrawn = links.withdraw(an_active_link(), by=link.requester, now=LATER)
    with pytest.raises(StepRefused):
        doors.renew(withdrawn, secret=SECRET, by=link.requester, now=LATER)


def test_the_portal_itself_renews_nothing(database):  # rule L9
    with pytest.raises(StepRefused):
        doors.renew(an_active_link(), secret=SECRET, by=None, now=LATER)
