"""Is a copy of one's own data made once, by one worker at a time, and only for its person?  Rules P1, P3."""

from datetime import timedelta

import pytest

from portal.actions import takeouts
from portal.models import Letter, Takeout
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, an_owner

DAY = timedelta(days=1)


def test_asked_for_twice_at_once_it_is_made_once(database):  # rule S3
    owner = an_owner()
    ask = [lambda: takeouts.ask(owner, now=NOW)] * 2
    assert kinds(at_once(*ask)) == ["AlreadyAsked", "Takeout"]


def test_one_worker_at_a_time_holds_it_and_a_dead_ones_lease_runs_out(database):  # rule S3
    takeouts.ask(an_owner(), now=NOW)
    held = [one for one in at_once(*[lambda: takeouts.claim(now=NOW)] * 3) if one]
    assert len(held) == 1
    assert takeouts.claim(now=NOW) is None
    second = takeouts.claim(now=NOW + takeouts.LEASE)
    assert second is not None
    assert not takeouts.note_progress(held[0], done=1, total=2)  # it came too late
    takeouts.finish(held[0], size=1, now=NOW)
    assert Takeout.get().finished_at is None
    assert takeouts.note_progress(second, done=1, total=2)


def test_what_is_ready_is_told_and_goes_after_seven_days(database):  # rule P3
    owner, stranger = an_owner(), an_owner()
    takeouts.ask(owner, now=NOW)
    held = takeouts.claim(now=NOW)
    takeouts.finish(held, size=9, now=NOW)
    assert [letter.event for letter in Letter.select()] == ["takeout_ready"]
    assert takeouts.file_of(owner, held.id, now=NOW + 7 * DAY - timedelta(seconds=1)) == held
    assert takeouts.file_of(stranger, held.id, now=NOW) is None  # rule P1
    assert takeouts.file_of(owner, held.id, now=NOW + 7 * DAY) is None
    removed: list[str] = []
    assert takeouts.expire_due(removed.append, now=NOW + 7 * DAY) == 1
    assert removed == [held.file_name]
    assert (Takeout.get().file_name, Takeout.get().expires_at) == ("", None)
    assert takeouts.ask(owner, now=NOW + 8 * DAY)  # anew


def test_of_a_persons_copies_the_newest_alone_is_kept(database):  # rule P3
    owner, other = an_owner(), an_owner()
    names = []
    for person in (other, owner, owner):
        names.append(takeouts.ask(person, now=NOW).file_name)
        takeouts.finish(takeouts.claim(now=NOW), size=9, now=NOW)
    removed: list[str] = []
    takeouts.expire_due(removed.append, now=NOW)
    assert removed == [names[1]]


def test_a_file_that_cannot_be_removed_is_tried_again(database):
    takeouts.ask(an_owner(), now=NOW)
    takeouts.finish(takeouts.claim(now=NOW), size=9, now=NOW)
    with pytest.raises(ZeroDivisionError):
        takeouts.expire_due(lambda _name: 1 / 0, now=NOW + 7 * DAY)
    assert Takeout.get().file_name != ""


def test_trouble_is_tried_again_later_and_given_up_after_a_day(database):
    owner = an_owner()
    takeouts.ask(owner, now=NOW)
    assert not takeouts.put_off(takeouts.claim(now=NOW), "no_space", now=NOW)
    assert takeouts.claim(now=NOW + takeouts.PAUSE - timedelta(seconds=1)) is None
    late = NOW + DAY + timedelta(minutes=1)
    assert takeouts.put_off(takeouts.claim(now=late), "no_space", now=late)
    assert (Takeout.get().due_at, Takeout.get().file_name) == (None, "")
    assert takeouts.ask(owner, now=late)
