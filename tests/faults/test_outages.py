"""Mail server and back end away for hours: is anything lost, doubled or late, and does anybody see it?"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask

from portal import deliveries, worker
from portal.config import DEMO_SECRET
from portal.models import Letter, SubstituteLink
from portal.models.letters import Channel
from portal.outside import clock, mailer, till
from portal.outside.calls import Limits
from portal.rules.links import LinkState
from tests import builders as build
from tests.engines import wait_until
from tests.faults.deeds import World, everything_due, granted_link, working
from tests.tills import LONGEST

HOURS = 6


class Time:
    """What time it is in this test; it passes when the test says so."""

    def __init__(self) -> None:
        self.now = clock.now()

    def pass_by(self, **span: float) -> datetime:
        """Let time pass and return the moment."""
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def time(monkeypatch) -> Time:
    """Give the test its own time."""
    time = Time()
    monkeypatch.setattr(clock, "now", lambda: time.now)
    return time


@pytest.fixture
def portal(database, app_settings, smtp_server, till_server, request) -> Flask:
    """Make the portal with a mail server and a back end."""
    app_settings.update(smtp=smtp_server.address, till=till_server.address, till_secret=till_server.secret)
    return request.getfixturevalue("app")


@pytest.fixture
def world(portal, time, smtp_server, till_server, hook_server) -> World:
    """Have everything due."""
    return everything_due(smtp_server, till_server, hook_server, DEMO_SECRET)


@pytest.fixture
def work(portal) -> Callable[[], list[worker.Line]]:
    """Give `work()`: one round of a worker that lives through the whole test."""
    lines = [worker.Line(way) for way in deliveries.ways_of(portal.config["PORTAL"])]

    def one_round() -> list[worker.Line]:
        with portal.app_context():
            assert worker.work(lines) == []
            for line in lines:
                line.work(threading.Event())
        return lines

    return one_round


def until_done(world: World, work: Callable, time: Time) -> None:
    """Let the worker make up for everything; what was tried in vain may have to wait for two hours."""
    for _ in range(20):
        work()
        if world.is_done:
            return
        time.pass_by(minutes=10)
    raise AssertionError("something is left")


def test_nothing_is_lost_or_doubled_and_everything_comes_in_order(
    world, time, work, smtp_server, till_server
):  # rules S4, L2, L6, L9, L10
    smtp_server.stop()
    till_server.stop()
    for _ in range(HOURS * 3):
        work()
        time.pass_by(minutes=20)
    assert not Letter.count_given_up()
    assert not Letter.select().where(Letter.channel != Channel.HOOK, Letter.tries > 0).exists(), (
        "no fault of theirs"
    )
    for link in world.to_end:
        assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED, "the end does not wait"
    assert world.hooks.types, "webhooks do not wait for the others"

    smtp_server.start()
    till_server.start()
    until_done(world, work, time)
    world.check(copies=0)


def test_an_outage_in_the_middle_of_a_talk_doubles_nothing_at_the_back_end(
    world, time, work, till_server
):  # rule S3
    till_server.die_before_answering(2)
    for _ in range(3):
        work()
        time.pass_by(minutes=3)
    until_done(world, work, time)
    assert set(Counter(till_server.deeds).values()) == {1}
    world.check(copies=0)


def test_both_sides_see_what_waits(
    world, time, work, smtp_server, till_server, app, client, sign_in
):  # rule S4
    smtp_server.stop()
    till_server.stop()
    link = world.to_create[0]
    staff = app.test_client()
    sign_in(staff, build.a_staff_member())
    sign_in(client, link.requester)
    work()
    assert "noch nicht hinausgegangen" not in client.page(f"/links/{link.id}").text, "it is on its way"
    time.pass_by(hours=HOURS)
    work()

    text = staff.page("/staff/letters").text
    assert "Aufträge an die Kassen" in text
    assert "seit 6 Stunden" in text
    assert "ConnectionRefusedError" in text
    assert "Postausgang" in staff.page("/staff/").text
    assert "noch nicht hinausgegangen" in client.page(f"/links/{link.id}").text
    assert SubstituteLink.get_by_id(link.id).till_problem

    smtp_server.start()
    till_server.start()
    until_done(world, work, time)
    assert "Postausgang" not in staff.page("/staff/").text
    assert "noch nicht hinausgegangen" not in client.page(f"/links/{link.id}").text


@pytest.fixture
def endless(monkeypatch) -> None:
    """Let the worker look often, and wait for an answer longer than a test waits for anything."""
    monkeypatch.setattr(worker, "PAUSE", 0.05)
    monkeypatch.setattr(till, "provider_for", partial(till.Http, limits=Limits(whole=LONGEST)))
    monkeypatch.setattr(deliveries, "mailer_for", lambda url, _folder: mailer.Server(url, timeout=LONGEST))


def test_a_back_end_that_hangs_delays_neither_an_end_nor_a_mail(
    endless, portal, smtp_server, till_server
):  # rules L9, S4
    link = granted_link()
    till_server.hang()
    with working(portal):
        wait_until(till_server.hangs.is_set, "the back end to hang")
        over = build.an_active_link(now=clock.now() - timedelta(days=31))
        wait_until(lambda: SubstituteLink.get_by_id(over.id).state is LinkState.ENDED, "the end")
        wait_until(lambda: "link_ended" in sent(), "the mail about it")
        assert till_server.hangs.is_set(), "and it still hangs"
        till_server.release()
        wait_until(lambda: SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE, "the till")


def sent() -> set[str]:
    return {letter.event for letter in Letter.select().where(Letter.sent_at.is_null(False))}


def test_a_mail_server_that_hangs_delays_no_till(endless, portal, smtp_server, till_server):  # rule S4
    held, let_go = threading.Event(), threading.Event()

    def hang(_letter) -> None:
        held.set()
        let_go.wait(LONGEST)

    smtp_server.after_taking = hang
    build.a_case(now=clock.now())
    with working(portal):
        try:
            wait_until(held.is_set, "the mail server to hang")
            link = granted_link()
            wait_until(lambda: SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE, "the till")
        finally:
            let_go.set()


def test_spoilt_letters_on_every_line_stop_nothing(world, time, work):  # rule S4
    for channel in Channel:
        Letter.create(
            event="no_such_event",
            event_key=f"spoilt:{channel}",
            message_id=f"spoilt-{channel}",
            channel=channel,
            recipient="a@salon.example",
            language="de",
            written_at=time.now,
            due_at=time.now - timedelta(hours=1),
        )
    injected = Letter.select().where(Letter.channel == Channel.MAIL, Letter.event == "link_requested").first()
    Letter.update(recipient="a@salon.example\r\nBcc: b@salon.example").where(
        Letter.id == injected.id
    ).execute()
    for _ in range(2):
        assert all(line.is_well for line in work())
    left = Letter.select().where(Letter.sent_at.is_null())
    assert {letter.message_id for letter in left.where(Letter.due_at.is_null(False))} == {
        f"spoilt-{channel}" for channel in Channel
    }
    assert [letter.id for letter in left.where(Letter.gave_up_at.is_null(False))] == [injected.id]
