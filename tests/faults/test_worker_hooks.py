"""Does whoever asked hear of every change, in order, and does a deaf receiver disturb nobody else?"""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from portal import deliveries, worker
from portal.actions import hooks as deeds
from portal.actions import letters, links
from portal.models import Hook, Letter
from portal.models.letters import Channel
from portal.outside import clock, hooks
from portal.outside.calls import Limits
from portal.rules.keys import hook_secret
from tests import builders as build
from tests.engines import PATIENCE
from tests.tills import HookServer


@pytest.fixture
def deliver(app, monkeypatch) -> Callable[..., worker.Line]:
    """Give `deliver()`: post what is due, without the pauses between two tries."""
    monkeypatch.setattr(hooks, "post", partial(hooks.post, limits=Limits(connect=PATIENCE, whole=PATIENCE)))
    line = worker.Line(deliveries.Hooks(app.config["PORTAL"]))

    def now(times: int = 1) -> worker.Line:
        for _ in range(times):
            Letter.update(due_at=clock.now()).where(Letter.due_at > clock.now()).execute()
            line.work(threading.Event())
        return line

    return now


def a_hook(app, server: HookServer) -> Hook:
    """Have a receiver told of links."""
    hook = deeds.make(server.url, ["link"], by=build.an_admin(), now=clock.now())
    server.secret = hook_secret(app.config["SECRET_KEY"], hook.id, hook.generation)
    return hook


def test_each_change_is_told_once_in_order_and_signed(app, deliver, hook_server):
    a_hook(app, hook_server)
    link = build.an_active_link(now=clock.now())
    links.withdraw(link, by=link.requester, now=clock.now())
    deliver(2)
    kinds = ["requested", "corrected", "granted", "activated", "ended"]
    assert [request.said["type"] for request in hook_server.taken] == [f"link.{kind}" for kind in kinds]
    assert len(hook_server.requests) == len(kinds)


def test_a_new_secret_signs_what_already_waits(app, deliver, hook_server):
    hook = a_hook(app, hook_server)
    build.a_link_request()
    hook = deeds.renew_secret(hook, by=build.an_admin(), now=clock.now())
    hook_server.secret = hook_secret(app.config["SECRET_KEY"], hook.id, 2)
    deliver()
    assert hook_server.types == ["link.requested"]


def test_a_deaf_receiver_keeps_its_order_and_holds_up_no_other(app, deliver, hook_server):
    a_hook(app, hook_server)
    deaf = deeds.make("http://127.0.0.1:1/hook", ["link"], by=build.an_admin(), now=clock.now())
    build.an_active_link(now=clock.now())
    assert deliver().is_well
    assert len(hook_server.types) == 4
    waiting = Letter.select().where(Letter.lane == deeds.lane_of(deaf)).order_by(Letter.id)
    assert [letter.tries for letter in waiting] == [1, 0, 0, 0]


def test_a_receiver_that_was_deaf_for_hours_hears_everything_in_order(app, deliver, hook_server):
    a_hook(app, hook_server)
    hook_server.stop()
    build.an_active_link(now=clock.now())
    deliver(5)
    hook_server.start()
    hook_server.fail(503)
    hook_server.die_before_answering()
    deliver(3)
    assert hook_server.types == ["link.requested", "link.corrected", "link.granted", "link.activated"]


def test_a_receiver_that_stays_deaf_is_told_nothing_more_and_staff_see_it(app, deliver, hook_server):
    hook = a_hook(app, hook_server)
    build.an_active_link(now=clock.now())
    Letter.update(tries=letters.MAX_TRIES - 1).where(Letter.channel == Channel.HOOK).execute()
    hook_server.fail(500)
    deliver()
    ended = Hook.get_by_id(hook.id)
    assert ended.ended_at is not None
    assert ended.ended_why == "HTTP 500"
    assert Letter.count_given_up() == {Channel.HOOK: 1}
    assert not Letter.select().where(Letter.channel == Channel.HOOK, Letter.due_at.is_null(False)).exists()
    build.a_link_request()
    deliver()
    assert len(hook_server.requests) == 1


def test_a_receiver_that_wants_no_more_is_believed_at_once(app, deliver, hook_server):
    hook = a_hook(app, hook_server)
    build.an_active_link(now=clock.now())
    hook_server.fail(410)
    deliver()
    assert len(hook_server.requests) == 1
    assert "wants no more" in Hook.get_by_id(hook.id).ended_why


def test_a_webhook_that_was_ended_meanwhile_is_not_sent(app, deliver, hook_server):
    hook = a_hook(app, hook_server)
    build.a_link_request()
    Hook.update(ended_at=clock.now()).where(Hook.id == hook.id).execute()
    deliver()
    assert hook_server.requests == []
    assert Letter.count_given_up() == {Channel.HOOK: 1}


@pytest.mark.parametrize("demo", [False, True])
def test_only_the_demo_posts_to_addresses_of_its_own_network(app, deliver, hook_server, demo):
    a_hook(app, hook_server)
    build.a_link_request()
    line = deliver()
    line.way._allow_private = demo
    Letter.update(sent_at=None, due_at=clock.now()).where(Letter.channel == Channel.HOOK).execute()
    before = len(hook_server.requests)
    deliver()
    assert len(hook_server.requests) - before == int(demo)


def test_a_spoilt_webhook_stops_no_other(app, deliver, hook_server):
    a_hook(app, hook_server)
    then = clock.now() - timedelta(minutes=1)
    letters.write_to_machine(Channel.HOOK, "link.x", "spoilt", lane="hook:none", recipient="", now=then)
    build.a_link_request()
    assert deliver().is_well
    assert hook_server.types == ["link.requested"]
