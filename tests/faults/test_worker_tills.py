"""Is every till what its link says, whatever the back end, the staff and a crash do in between?"""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from portal import deliveries, worker
from portal.actions import letters, link_steps, links, readouts, tills
from portal.models import Letter, SubstituteLink
from portal.models.letters import Channel
from portal.outside import clock, till
from portal.outside.calls import Limits
from portal.rules.links import LinkState, Mode, Provider, TillState
from tests import builders as build
from tests.engines import PATIENCE
from tests.faults import deeds
from tests.faults.deeds import active_link, granted_link

BY_HAND = "https://hand.example/7"


@pytest.fixture
def limits() -> Limits:
    """Say how long to wait for the back end: nobody gives up because the machine is busy."""
    return Limits(connect=PATIENCE, whole=PATIENCE)


@pytest.fixture
def deliver(database, app_settings, till_server, limits, request, monkeypatch) -> Callable[[], worker.Line]:
    """Give `deliver()`: deliver what is due to the back end, without the pauses between two tries."""
    app_settings.update(till=till_server.address, till_secret=till_server.secret)
    app = request.getfixturevalue("app")
    monkeypatch.setattr(
        till,
        "provider_for",
        lambda *_: till.Http(till_server.address, till_server.secret, limits=limits),
    )
    line = worker.Line(deliveries.Tills(app.config["PORTAL"]))

    def now() -> worker.Line:
        Letter.update(due_at=clock.now()).where(Letter.due_at > clock.now()).execute()
        line._wait_until = None
        with app.app_context():
            line.work(threading.Event())
        return line

    return now


def again(link) -> SubstituteLink:
    """Return the link as it is now."""
    return SubstituteLink.get_by_id(link.id)


def mails(event: str) -> int:
    return Letter.select().where(Letter.event == event).count()


def given_up() -> list[str]:
    found = Letter.select().where(Letter.gave_up_at.is_null(False)).order_by(Letter.id)
    return [letter.event for letter in found]


def test_a_link_begins_when_its_till_is_made_and_counts_its_days_from_there(deliver, till_server):  # rule L2
    link = granted_link(Mode.VIEW_ONLY)
    till_server.stop()
    deliver()
    assert again(link).state is LinkState.GRANTED
    assert "Connect" in again(link).till_problem
    till_server.start()
    before = clock.now()
    deliver()
    link = again(link)
    assert (link.state, link.till_confirmed, link.till_problem) == (LinkState.ACTIVE, TillState.LOCKED, "")
    assert link.till_address.startswith(till_server.address)
    assert link.activated_at >= before
    assert link.ends_at - link.activated_at == timedelta(days=30)
    assert mails("link_granted") == 1


@pytest.mark.parametrize(
    ("fault", "limits"),
    [
        ("die_before_answering", Limits()),
        ("break_off", Limits()),
        ("drip", Limits(whole=2.0)),
        ("answer_twice", Limits()),
    ],
)
def test_a_deed_whose_answer_is_lost_is_done_once(deliver, till_server, fault):  # rules S3, L2
    link = granted_link()
    getattr(till_server, fault)()
    deliver()
    deliver()
    assert till_server.deeds == [("create", str(link.id))]
    assert len({request.key for request in till_server.requests}) == 1
    assert (again(link).state, again(link).till_id) == (LinkState.ACTIVE, "T-1")


def test_a_crash_between_the_deed_and_its_writing_down_doubles_nothing(
    deliver, till_server, monkeypatch
):  # S3
    link = granted_link()

    def crash(*_args, **_values):
        raise KeyboardInterrupt  # what no part of the worker catches

    with monkeypatch.context() as broken:
        broken.setattr(links, "activate", crash)
        with pytest.raises(KeyboardInterrupt):
            deliver()
    assert till_server.count("create") == 1
    assert again(link).state is LinkState.GRANTED
    deeds.let_leases_run_out()
    deliver()
    assert till_server.count("create") == 1
    assert len(till_server.requests) == 2
    assert len({request.key for request in till_server.requests}) == 1, "by which it knows the second one"
    assert again(link).state is LinkState.ACTIVE
    assert mails("link_granted") == 1


def test_whoever_has_lost_the_lease_writes_nothing_back(deliver, till_server, monkeypatch):  # rule S3
    link = deeds.link_to_unlock(till_server)
    unlock = till.Http.unlock

    def slow(*args, **values):
        unlock(*args, **values)
        Letter.update(tries=Letter.tries + 1).where(Letter.channel == Channel.TILL).execute()  # another's now

    with monkeypatch.context() as slowed:
        slowed.setattr(till.Http, "unlock", slow)
        deliver()
    assert again(link).till_confirmed is TillState.LOCKED
    assert mails("link_unlocked") == 0


def test_the_owner_hears_of_the_unlocking_when_it_is_confirmed(deliver, till_server):  # rule L6
    link = deeds.link_to_unlock(till_server)
    till_server.fail(500)
    deliver()
    deliver()
    assert (till_server.state(link.id), again(link).can_cash) == ("open", True)
    assert mails("link_unlocked") == 1


def test_what_is_asked_about_one_link_arrives_in_order_and_others_do_not_wait(
    deliver, till_server
):  # rule S3
    link, staff = active_link(till_server), build.a_staff_member()
    readouts.lock(link, "Es fehlt etwas", by=staff, now=clock.now())
    till_server.fail(500)
    deliver()
    links.delete(again(link), "Fertig", by=staff, now=clock.now())
    other = granted_link()
    Letter.update(due_at=clock.now() + timedelta(hours=1)).where(Letter.event == "lock").execute()
    letters.deliver_one(
        lambda letter: till_server.deeds.append((letter.event, str(letter.context["link_id"]))),
        now=clock.now,
        channel=Channel.TILL,
    )
    assert till_server.deeds == [("create", str(other.id))]
    deliver()
    assert [deed for deed, which in till_server.deeds if which == str(link.id)] == ["lock", "delete"]
    assert again(link).till_confirmed is TillState.GONE


def test_a_refused_deed_waits_for_staff_with_the_back_ends_words(deliver, till_server):  # rule S4
    link, other = granted_link(), granted_link()
    till_server.fail(422, code="no_backup", problem="There is no backup of this device")
    deliver()
    assert given_up() == ["create"]
    assert again(link).till_problem == "HTTP 422 no_backup There is no backup of this device"
    assert again(other).state is LinkState.ACTIVE
    letters.try_again(Letter.get(Letter.gave_up_at.is_null(False)), now=clock.now())
    deliver()
    assert (again(link).state, given_up()) == (LinkState.ACTIVE, [])


def test_a_refused_till_needs_no_deleting_that_fails(deliver, till_server):  # rules L3, L11a
    link = granted_link()
    till_server.fail(422)
    deliver()
    links.delete(again(link), "Doch nicht", by=build.a_staff_member(), now=clock.now())
    deliver()
    assert given_up() == ["create"]
    assert again(link).till_confirmed is TillState.GONE
    letters.try_again(Letter.get(Letter.event == "create"), now=clock.now())
    deliver()
    assert (till_server.count("create"), again(link).state) == (0, LinkState.ENDED)


def test_a_deed_that_was_overtaken_is_never_done_late(deliver, till_server):  # rule L6
    link, staff = active_link(till_server), build.a_staff_member()
    readouts.lock(link, "Es fehlt etwas", by=staff, now=clock.now())
    till_server.fail(422)
    deliver()
    tills.order(again(link), "unlock", now=clock.now())
    deliver()
    assert not letters.try_again(Letter.get(Letter.event == "lock"), now=clock.now())
    deliver()
    assert till_server.state(link.id) == "open"


def test_a_link_withdrawn_while_its_till_is_made_leaves_none_behind(
    deliver, till_server, monkeypatch
):  # L11a
    link = granted_link()
    create = till.Http.create

    def meanwhile(*args, **values):
        made = create(*args, **values)
        links.withdraw(again(link), by=link.requester, now=clock.now())
        return made

    monkeypatch.setattr(till.Http, "create", meanwhile)
    deliver()
    assert (again(link).state, till_server.state(link.id)) == (LinkState.ENDED, "gone")
    assert again(link).till_confirmed is TillState.GONE
    assert Letter.select().where(Letter.due_at.is_null(False), Letter.channel == Channel.TILL).count() == 0


def test_a_link_withdrawn_before_its_till_was_asked_for_has_none_made(deliver, till_server):  # rule L11a
    link = granted_link()
    links.withdraw(link, by=link.requester, now=clock.now())
    deliver()
    assert (till_server.count("create"), till_server.state(link.id)) == (0, "gone")
    assert again(link).till_confirmed is TillState.GONE


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_till_made_by_hand_while_the_back_end_was_silent_is_the_only_one(
    deliver, till_server, is_heard
):  # rule L11a
    link = granted_link()
    till_server.die_before_answering() if is_heard else till_server.stop()
    deliver()
    links.activate(again(link), BY_HAND, secret=build.SECRET, by=build.a_staff_member(), now=clock.now())
    if not is_heard:
        till_server.start()
    deliver()
    link = again(link)
    assert till_server.state(link.id) == "gone"
    assert (link.till_address, link.provider, link.till_confirmed) == (
        BY_HAND,
        Provider.BY_HAND,
        TillState.OPEN,
    )
    assert link.till_problem == ""


def test_the_end_does_not_wait_for_the_back_end(deliver, till_server):  # rules L9, L11a
    link = active_link(till_server, at=clock.now() - timedelta(days=31))
    till_server.stop()
    link_steps.expire_due(now=clock.now())
    deliver()
    assert (again(link).state, again(link).till_is_confirmed) == (LinkState.ENDED, False)
    till_server.start()
    deliver()
    assert (again(link).till_is_confirmed, till_server.state(link.id)) == (True, "gone")


def test_without_a_back_end_what_is_asked_of_it_waits_and_says_why(database, app):  # rule S4
    granted_link()
    line = worker.Line(deliveries.Tills(app.config["PORTAL"]))
    line.work(threading.Event())
    assert (line.is_well, line.away) == (True, "PORTAL_TILL is not set: there is no back end to ask")
    assert Letter.get(Letter.channel == Channel.TILL).tries == 0
    assert not given_up()


def test_a_deed_over_which_every_talk_breaks_off_does_not_block_the_others(deliver, till_server):  # rule S4
    poisonous, other = granted_link(), granted_link()
    do = till_server.do
    till_server.do = lambda request: do(request) if request.said["link"] != str(poisonous.id) else (503, {})
    for _ in range(3):
        deliver()
    assert again(other).state is LinkState.ACTIVE
    assert again(poisonous).state is LinkState.GRANTED


@pytest.mark.parametrize("spoilt", [{"context": {}}, {"event": "explode"}, {"context": {"link_id": 4711}}])
def test_a_spoilt_letter_stops_no_other(deliver, till_server, spoilt):  # rule S4
    first, other = granted_link(), granted_link()
    Letter.update(spoilt).where(Letter.lane == tills.lane_of(first)).execute()
    assert deliver().is_well
    assert again(other).state is LinkState.ACTIVE
    assert Letter.get(Letter.lane == tills.lane_of(first)).last_error
