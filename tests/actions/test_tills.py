"""Does the back end hear what it is to do, and does the portal believe only what is confirmed?"""

from datetime import timedelta

import pytest

from portal.actions import letters, links, readouts, tills
from portal.models import Case, History, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.rules.links import LinkState, Mode, Provider, TillDeed, TillState
from portal.rules.workflow import State, StepRefused
from tests import builders as build
from tests.builders import NOW, SECRET

LATER = NOW + timedelta(hours=1)
ADDRESS = "https://till.example/T-1"


def granted(mode=Mode.VIEW_ONLY, case=None) -> SubstituteLink:
    """Grant a link whose till the back end is to make."""
    full = mode is Mode.FULL
    asked = build.a_link_request(entered_since=not full, case=case)
    known = links.Findings(asked.backup_at, full, "Nachgesehen")
    return links.grant(asked, mode, days=30, secret=SECRET, by=build.a_staff_member(), now=NOW, found=known)


def active(mode=Mode.VIEW_ONLY, case=None) -> SubstituteLink:
    """Begin a link whose till the back end has made."""
    link = links.activate(granted(mode, case), ADDRESS, secret=SECRET, by=None, now=LATER, till_id="T-1")
    Letter.update(sent_at=LATER, due_at=None).where(Letter.channel == Channel.TILL).execute()
    return link


def unlocked() -> SubstituteLink:
    """Read the server out and load it onto the link; the back end is asked to unlock."""
    case = build.a_case()
    Case.update(state=State.RECEIVED).where(Case.id == case.id).execute()
    link, staff = active(case=Case.get_by_id(case.id)), build.a_staff_member()
    link = readouts.read_out(link, by=staff, now=LATER)
    return readouts.load(SubstituteLink.get_by_id(link.id), by=staff, now=LATER)


def asked(link) -> list[str]:
    """Name what the back end has been asked, in order."""
    found = Letter.select().where(Letter.lane == tills.lane_of(link)).order_by(Letter.id)
    return [letter.event for letter in found]


def mails(event: str) -> int:
    return Letter.select().where(Letter.event == event).count()


def steps(link) -> list[str]:
    return [row.what for row in History.select().where(History.link == link.id).order_by(History.id)]


def test_by_hand_nobody_is_asked(database):  # rule L11
    link = build.an_active_link()
    links.delete(link, "Fertig", by=build.a_staff_member(), now=LATER)
    assert asked(link) == []


def test_the_back_end_is_told_what_it_needs_and_nothing_else(database):
    link = granted()
    (letter,) = Letter.select().where(Letter.channel == Channel.TILL)
    assert letter.event == TillDeed.CREATE
    assert letter.lane == f"till:{link.id}"
    assert set(letter.context) == {"link_id", "mode", "days", "backup_at", "device_serial"}


def test_the_days_begin_when_the_back_end_has_made_the_till(database):  # rule L2
    link = granted()
    assert (link.state, link.ends_at) == (LinkState.GRANTED, None)
    link = links.activate(link, ADDRESS, secret=SECRET, by=None, now=LATER, till_id="T-1")
    assert link.ends_at == LATER + timedelta(days=30)
    assert (link.till_id, link.till_confirmed) == ("T-1", TillState.LOCKED)


def test_the_owner_may_take_payments_once_the_unlocking_is_confirmed_and_not_before(database):  # rule L6
    link = unlocked()
    assert (link.mode, link.can_cash, mails("link_unlocked")) == (Mode.FULL, False, 0)
    link = tills.done(link, TillDeed.UNLOCK, now=LATER)
    assert (link.can_cash, mails("link_unlocked")) == (True, 1)


def test_a_deed_told_twice_is_done_once(database):  # rule S3
    link = unlocked()
    for _ in range(2):
        tills.done(link, TillDeed.UNLOCK, now=LATER)
    assert steps(link).count("till_unlock") == 1
    assert mails("link_unlocked") == 1


def test_an_unlocking_is_told_also_if_the_lock_before_it_came_to_nothing(database):  # rule L6
    link = unlocked()
    SubstituteLink.update(till_confirmed=TillState.OPEN).where(SubstituteLink.id == link.id).execute()
    tills.done(link, TillDeed.UNLOCK, now=LATER)
    assert mails("link_unlocked") == 1


def test_a_till_that_is_gone_stays_gone(database):  # rule L3
    link = links.delete(active(), "Fertig", by=build.a_staff_member(), now=LATER)
    assert not link.till_is_confirmed
    link = tills.done(link, TillDeed.DELETE, now=LATER)
    assert link.till_confirmed is TillState.GONE
    assert tills.done(link, TillDeed.UNLOCK, now=LATER).till_confirmed is TillState.GONE


def test_what_the_back_end_refuses_is_written_down_once_in_its_words(database):
    link = unlocked()
    for _ in range(3):
        tills.refused(link, TillDeed.UNLOCK, "HTTP 422 no", now=LATER)
    assert SubstituteLink.get_by_id(link.id).till_problem == "HTTP 422 no"
    assert steps(link).count("till_problem") == 1
    assert tills.done(link, TillDeed.UNLOCK, now=LATER).till_problem == ""


def test_a_till_made_by_hand_meanwhile_calls_off_what_nobody_has_heard(database):  # rule L11a
    link = granted()
    links.activate(link, "https://hand.example/7", secret=SECRET, by=build.a_staff_member(), now=LATER)
    letter = Letter.get(Letter.channel == Channel.TILL)
    assert (letter.due_at, letter.gave_up_at, letter.sent_at) == (None, None, None)
    assert Letter.count_given_up() == {}, "nobody has to see to it"
    assert not letters.try_again(letter, now=LATER)


@pytest.mark.parametrize("heard", [{"tries": 1}, {"last_error": "no answer in time"}])
def test_what_the_back_end_may_have_heard_is_not_called_off(database, heard):  # rule L11a
    link = granted()
    Letter.update(heard).where(Letter.channel == Channel.TILL).execute()
    links.activate(link, "https://hand.example/7", secret=SECRET, by=build.a_staff_member(), now=LATER)
    assert Letter.get(Letter.channel == Channel.TILL).due_at is not None


def test_a_till_that_came_too_late_is_deleted_and_the_links_own_stays(database):  # rule L11a
    link = granted()
    by_hand = "https://hand.example/7"
    link = links.activate(link, by_hand, secret=SECRET, by=build.a_staff_member(), now=LATER)
    for _ in range(2):
        tills.created_in_vain(link, now=LATER, till_id="T-9", till_address="https://till.example/T-9")
    assert asked(link) == ["create", "delete"]
    link = tills.done(link, TillDeed.DELETE, now=LATER)
    assert (link.till_id, link.till_address, link.till_confirmed) == ("T-9", by_hand, TillState.LOCKED)
    assert link.provider is Provider.BY_HAND


def test_staff_who_took_the_back_ends_own_till_keep_it(database):  # rule L11a
    link = links.activate(granted(), ADDRESS, secret=SECRET, by=build.a_staff_member(), now=LATER)
    link = tills.created_in_vain(link, now=LATER, till_id="T-1", till_address=ADDRESS)
    assert asked(link) == ["create"]
    assert link.till_id == "T-1"


def test_staff_confirm_what_they_have_seen_and_owners_cannot(database):  # rule L6
    link = unlocked()
    with pytest.raises(StepRefused):
        tills.confirm_by_hand(link, by=link.requester, now=LATER)
    link = tills.confirm_by_hand(link, by=build.a_staff_member(), now=LATER)
    assert (link.can_cash, mails("link_unlocked")) == (True, 1)
    with pytest.raises(StepRefused):
        tills.confirm_by_hand(link, by=build.a_staff_member(), now=LATER)
