"""Are both sides warned 7, 3 and 1 days before the end, once each, and of several only by the nearest?"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal.actions import letters, links, warnings
from portal.actions.link_steps import LinkMoved
from portal.models import History, Letter, SubstituteLink, base
from tests import builders as build
from tests.builders import NOW

OWNERS, STAFF = "link_ends_soon", "staff_link_ends_soon"


def told(event: str = OWNERS) -> list[int]:
    """Return of how many days each letter told, in order."""
    found = Letter.select().where(Letter.event == event).order_by(Letter.id)
    return [letter.context["days"] for letter in found]


def before_end(link, **left) -> int:
    """Let the worker come so long before the end; return how many links it looked at."""
    return warnings.warn_due(now=link.ends_at - timedelta(**left))


def test_each_warning_is_sent_once_to_both_sides(database):  # rule L10
    build.a_staff_member()
    build.an_operator(email="support@portal.example")
    link = build.an_active_link()
    assert before_end(link, days=7, seconds=1) == 0
    for days in (7, 7, 5, 3, 2, 1, 1):
        before_end(link, days=days)
    assert told(OWNERS) == told(STAFF) == [7, 3, 1]
    assert SubstituteLink.get_by_id(link.id).warn_at is None
    warned = History.select().where(History.link == link.id, History.what == "warn")
    assert warned.count() == 3


def test_everybody_of_the_salon_is_warned(database):  # rules L10, S4
    link = build.an_active_link()
    build.an_owner(link.customer)
    before_end(link, days=7)
    assert told() == [7, 7]


@pytest.mark.parametrize(("hours", "expected"), [(6 * 24, [7]), (2 * 24, [3]), (23, [1]), (1, [1])])
def test_after_a_pause_of_the_worker_only_the_nearest_is_sent(database, hours, expected):  # rule L10
    link = build.an_active_link()
    before_end(link, hours=hours)
    assert told() == expected


def test_a_short_link_gets_the_warnings_that_lie_within_it(database):  # rule L10
    link = build.an_active_link(days=2)
    for days in (1, 1):
        before_end(link, days=days)
    before_end(link, minutes=1)
    assert told() == [1]
    assert build.an_active_link(days=1).warn_at is None, "who got it today need not be told today"


def test_a_link_that_has_ended_warns_nobody(database):  # rules L9, L10
    link = build.an_active_link()
    late = build.an_active_link()
    links.withdraw(link, by=link.requester, now=NOW)
    assert before_end(link, days=1) == 1, "the other one"
    assert warnings.warn_due(now=late.ends_at) == 0
    assert told() == [1]


def test_a_clock_that_goes_back_repeats_no_warning(database):  # rule L10
    link = build.an_active_link()
    before_end(link, days=3)
    SubstituteLink.update(warn_at=link.ends_at - timedelta(days=7)).where(
        SubstituteLink.id == link.id
    ).execute()
    before_end(link, days=6)
    assert told() == [3]


def test_of_two_workers_one_warns(database):  # rules S3, L10
    link = build.an_active_link()
    at = link.ends_at - timedelta(days=7)

    def warn(_number: int) -> bool:
        with base.db.connection_context():
            try:
                warnings.warn(link, now=at)
            except LinkMoved:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(warn, range(4))) == [False, False, False, True]
    assert told() == [7]


def test_one_link_in_trouble_keeps_no_other_from_its_warning(database, monkeypatch):  # rule L10
    first, second = build.an_active_link(), build.an_active_link()
    tell = letters.tell_owners_of_link

    def fail(link, event, **told):
        if link.id == first.id:
            raise ZeroDivisionError
        return tell(link, event, **told)

    monkeypatch.setattr(letters, "tell_owners_of_link", fail)
    with pytest.raises(ZeroDivisionError):
        before_end(second, days=7)
    assert told() == [7]
    monkeypatch.undo()
    before_end(second, days=7)
    assert told() == [7, 7], "it is made up for"
