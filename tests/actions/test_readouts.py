"""Is the receipt lock lifted only after read-out and loading, and are owners told when it is true?"""

from datetime import timedelta

import peewee
import pytest

from portal.actions import cases, links, readouts, tills
from portal.actions.link_steps import LinkMoved
from portal.actions.links import RefusalNeedsReason
from portal.actions.readouts import NotReadOut, ServerNotHere
from portal.models import History, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.rules.links import Ending, LinkState, Mode, Provider, TillDeed, TillState
from portal.rules.workflow import AT_THE_WORKSHOP, State, StepRefused
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_case, a_link_request, a_staff_member, an_active_link

LATER = NOW + timedelta(hours=2)
TICK = timedelta(microseconds=1)


def a_locked_link(*, is_here=True, provider=Provider.BY_HAND) -> SubstituteLink:
    """Make a view-only link; its server is at the workshop unless the test says otherwise."""
    case = a_case()
    if is_here:
        case = cases.receive(case, by=a_staff_member(), now=NOW)
    link = an_active_link(link=a_link_request(case=case, entered_since=True), mode=Mode.VIEW_ONLY)
    SubstituteLink.update(provider=provider).where(SubstituteLink.id == link.id).execute()
    return SubstituteLink.get_by_id(link.id)


def read_out(link, by=None):
    return readouts.read_out(link, by=by or a_staff_member(), now=LATER)


def load(link, by=None, now=LATER, **given):
    return readouts.load(link, by=by or a_staff_member(), now=now, **given)


def told(link) -> list[str]:
    """Return the events of which the owner was told by mail, without the first two."""
    letters = Letter.select().where(Letter.channel == Channel.MAIL, Letter.event.startswith("link_"))
    return [letter.event for letter in letters.order_by(Letter.id)][2:]


def asked() -> list[str]:
    """Return what the back end was asked for."""
    return [letter.event for letter in Letter.select().where(Letter.channel == Channel.TILL)]


def test_read_out_and_loaded_lift_the_lock_and_the_owner_is_told(database):  # rules L6, S4
    link = read_out(a_locked_link())
    assert (link.mode, link.can_cash, told(link)) == (Mode.VIEW_ONLY, False, [])
    lifted = load(link, till_unlocked=True)
    assert (lifted.mode, lifted.lock_lifted_at, lifted.can_cash) == (Mode.FULL, LATER, True)
    assert told(lifted) == ["link_unlocked"]
    assert [row.what for row in History.of_link(lifted)][-3:] == ["read_out", "load", "lift_lock"]


def test_lifting_the_lock_never_moves_the_end(database):  # rules L2, L6
    link = a_locked_link()
    lifted = load(read_out(link), till_unlocked=True)
    assert (lifted.activated_at, lifted.ends_at) == (link.activated_at, link.ends_at)


def test_loading_without_a_read_out_is_refused(database):  # rule L6
    link = a_locked_link()
    with pytest.raises(NotReadOut):
        load(link)
    assert SubstituteLink.get().mode is Mode.VIEW_ONLY


def test_the_database_refuses_to_lift_a_lock_that_was_not_read_out(database):  # rule L6
    a_locked_link()
    lift = SubstituteLink.update(mode=Mode.FULL, lock_lifted_at=LATER)
    with pytest.raises(peewee.DatabaseError), database.atomic():
        lift.execute()
    assert SubstituteLink.get().mode is Mode.VIEW_ONLY


def test_by_hand_the_owner_is_told_when_staff_have_confirmed(database):  # rule L6
    lifted = load(read_out(a_locked_link()))
    assert (lifted.mode, lifted.can_cash, told(lifted), asked()) == (Mode.FULL, False, [], [])
    confirmed = tills.confirm_by_hand(lifted, by=a_staff_member(), now=LATER)
    assert confirmed.can_cash
    assert told(confirmed) == ["link_unlocked"]


def test_with_a_back_end_the_owner_is_told_when_that_has_confirmed(database):  # rules L6, S4
    lifted = load(read_out(a_locked_link(provider=Provider.HTTP)))
    assert (lifted.can_cash, told(lifted), asked()) == (False, [], ["unlock"])
    for _ in range(2):  # told twice changes nothing
        tills.done(lifted, TillDeed.UNLOCK, now=LATER)
    assert SubstituteLink.get().can_cash
    assert told(lifted) == ["link_unlocked"]


def test_a_confirmation_after_the_end_tells_nobody_to_cash(database):  # rules L6, L9
    lifted = load(read_out(a_locked_link(provider=Provider.HTTP)))
    links.withdraw(lifted, by=lifted.requester, now=LATER)
    tills.done(lifted, TillDeed.UNLOCK, now=LATER)
    assert "link_unlocked" not in told(lifted)


def test_a_failed_read_out_stays_view_only_is_told_and_may_be_tried_again(database):  # rules L6, S4
    link = a_locked_link()
    failed = readouts.fail_read_out(link, "Lesefehler", by=a_staff_member(), now=LATER)
    assert (failed.mode, failed.state, failed.read_out_problem) == (
        Mode.VIEW_ONLY,
        LinkState.ACTIVE,
        "Lesefehler",
    )
    assert told(failed) == ["link_read_out_failed"]
    assert Letter.get(Letter.event == "link_read_out_failed").context["why"] == "Lesefehler"
    again = read_out(failed)
    assert (again.read_out_failed_at, again.read_out_problem) == (None, "")
    assert load(again, till_unlocked=True).can_cash


def test_a_failure_needs_its_reason(database):  # rule L6
    with pytest.raises(RefusalNeedsReason):
        readouts.fail_read_out(a_locked_link(), "  ", by=a_staff_member(), now=LATER)


@pytest.mark.parametrize("state", list(State))
def test_only_a_server_that_is_with_us_is_read_out(database, state):  # rule L6
    link = a_locked_link()
    type(link.case).update(state=state).where(type(link.case).id == link.case.id).execute()
    link = SubstituteLink.get()
    if state in AT_THE_WORKSHOP:
        assert read_out(link).read_out_at == LATER
    else:
        with pytest.raises(ServerNotHere):
            read_out(link)


def test_a_link_without_a_case_has_no_server_to_read(database):  # rule L6
    with pytest.raises(ServerNotHere):
        read_out(an_active_link(mode=Mode.VIEW_ONLY))


def test_each_is_done_once(database):  # rules L6, S3
    link = read_out(a_locked_link())
    with pytest.raises(StepRefused):
        read_out(link)
    with pytest.raises(StepRefused):
        readouts.fail_read_out(link, "Zu spät", by=a_staff_member(), now=LATER)
    lifted = load(link)
    with pytest.raises(StepRefused):
        load(lifted)
    assert told(lifted) == []


def test_a_full_link_has_nothing_to_read_out(database):  # rule L6
    case = cases.receive(a_case(), by=a_staff_member(), now=NOW)
    link = an_active_link(link=a_link_request(case=case))
    with pytest.raises(StepRefused):
        read_out(link)


def test_owners_lift_no_lock(database):  # rule L6
    link = a_locked_link()
    with pytest.raises(StepRefused):
        read_out(link, by=link.requester)
    with pytest.raises(StepRefused):
        readouts.lock(an_active_link(), "Warum", by=link.requester, now=LATER)


def test_the_back_end_may_report_the_read_out_itself(database):  # rule L6
    link = readouts.read_out(a_locked_link(), by=None, now=LATER, at=NOW, api_key="Kasse")
    assert link.read_out_at == NOW
    row = History.select().order_by(History.id.desc()).get()
    assert (row.account, row.facts) == (None, {"api_key": "Kasse"})


@pytest.mark.parametrize("deed", ["lock", "withdraw", "delete"])
def test_a_deed_past_the_end_writes_the_end_down_and_nothing_else(database, deed):  # rules L3, L9
    link, staff = an_active_link(days=1), a_staff_member()
    with pytest.raises(LinkMoved):
        {
            "lock": lambda: readouts.lock(link, "Älter", by=staff, now=link.ends_at),
            "withdraw": lambda: links.withdraw(link, by=link.requester, now=link.ends_at),
            "delete": lambda: links.delete(link, "Doppelt", by=staff, now=link.ends_at),
        }[deed]()
    found = SubstituteLink.get()
    assert (found.state, found.ending, found.mode) == (LinkState.ENDED, Ending.EXPIRED, Mode.FULL)
    assert [row.what for row in History.of_link(found)][-1] == "expire"


def test_past_the_end_nothing_is_lifted(database):  # rules L3, L9
    link = read_out(a_locked_link())
    with pytest.raises(LinkMoved):
        load(link, now=link.ends_at)
    found = SubstituteLink.get()
    assert (found.state, found.mode, found.loaded_at) == (LinkState.ENDED, Mode.VIEW_ONLY, None)


def test_two_who_load_at_once_lift_one_lock_and_write_one_letter(database):  # rule S3
    link, staff = read_out(a_locked_link()), a_staff_member()
    found = at_once(*[lambda: load(link, by=staff, till_unlocked=True)] * 4)
    assert kinds(found) == ["LinkMoved"] * 3 + ["SubstituteLink"]
    assert told(link) == ["link_unlocked"]


def test_a_lock_put_on_afterwards_is_told_with_its_reason(database):  # rules L5, S4
    link = an_active_link()
    locked = readouts.lock(link, "Die Sicherung war älter.", by=a_staff_member(), now=LATER)
    assert (locked.mode, locked.complete, locked.till_wanted) == (Mode.VIEW_ONLY, False, TillState.LOCKED)
    assert not locked.can_cash
    assert locked.ends_at == link.ends_at
    letter = Letter.get(Letter.event == "link_locked")
    assert letter.context["why"] == "Die Sicherung war älter."
    with pytest.raises(StepRefused):
        readouts.lock(locked, "Noch einmal", by=a_staff_member(), now=LATER)


def test_a_lifted_lock_is_never_put_on_again(database):  # rules L5, L6
    lifted = load(read_out(a_locked_link()), till_unlocked=True)
    with pytest.raises(StepRefused):
        readouts.lock(lifted, "Doch nicht", by=a_staff_member(), now=LATER)


def test_a_lock_put_on_afterwards_is_lifted_by_read_out_and_loading_alone(database):  # rules L5, L6
    case = cases.receive(a_case(), by=a_staff_member(), now=NOW)
    link = an_active_link(link=a_link_request(case=case))
    locked = readouts.lock(link, "Älter", by=a_staff_member(), now=LATER, till_locked=True)
    with pytest.raises(NotReadOut):
        load(locked)
    assert load(read_out(locked), till_unlocked=True).can_cash
