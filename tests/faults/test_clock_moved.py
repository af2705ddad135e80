"""The clock of a running server is moved: what has ended is shut at once, with no worker.  Rules L3, L9."""

from collections.abc import Callable
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import time_machine

from portal.config import DEMO_SECRET
from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules.links import Ending, LinkState, door_token
from tests import builders
from tests.movable import Clock
from tests.servers import Server

DAY = timedelta(days=1)


def status_of(address: str) -> int:
    """Return how the door answers, without going through it."""
    try:
        with urlopen(address, timeout=90) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # the clock is the server's, not the database's
def test_a_running_server_shuts_the_door_at_the_moment_of_its_clock(
    database, start_server: Callable[..., Server], movable: Clock
):  # rules L3, L9
    link = builders.an_active_link(now=clock.now(), days=3, secret=DEMO_SECRET)
    server = start_server(**movable.settings)
    door = f"{server.address}/l/{door_token(DEMO_SECRET, link.id, link.generation)}"
    assert status_of(door) == 200
    movable.move(3 * DAY - timedelta(minutes=2))
    assert status_of(door) == 200
    movable.move(3 * DAY)
    assert status_of(door) == 410  # at once: no worker runs
    movable.move(timedelta(0))
    assert status_of(door) == 410  # a clock that goes back revives nothing
    ended = SubstituteLink.get_by_id(link.id)
    assert (ended.state, ended.ending, ended.ends_at) == (LinkState.ENDED, Ending.EXPIRED, link.ends_at)


def test_in_one_process_the_door_follows_the_clock_to_the_microsecond(client, app):  # rule L9
    link = builders.an_active_link(secret=app.config["SECRET_KEY"])
    door = f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}"
    with time_machine.travel(link.ends_at - timedelta(microseconds=1), tick=False):
        assert client.get(door).status_code == 200
        assert client.get(f"{door}/go").status_code == 302
    with time_machine.travel(link.ends_at, tick=False):
        assert client.get(f"{door}/go").status_code == 410
        assert client.get(door).status_code == 410
    with time_machine.travel(link.ends_at - 2 * DAY, tick=False):
        assert client.get(door).status_code == 410
