"""The clock of a running server is moved: what has ended is shut at once, with no worker.  Rules L3, L9."""

import site
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import time_machine

from portal.config import DEMO_SECRET
from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules.links import Ending, LinkState, door_token
from tests import builders
from tests.needs import lacking
from tests.servers import Server

DAY = timedelta(days=1)


@pytest.fixture
def moved_by(tmp_path: Path) -> Path:
    """Give the file that says by how much a process's clock is moved; see `movable`."""
    file = tmp_path / "faketime"
    file.write_text("+0s")
    return file


@pytest.fixture
def movable(moved_by: Path) -> dict[str, str]:
    """Give what a process is started with so that its clock follows the file `moved_by`."""
    places = [Path(place) for place in site.getsitepackages()]
    library = next((file for place in places for file in place.glob("libfaketime/**/libfaketime.so.1")), None)
    if library is None:
        lacking("libfaketime (a package of requirements-dev.txt)")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(moved_by),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def status_of(address: str) -> int:
    """Return how the door answers, without going through it."""
    try:
        with urlopen(address, timeout=90) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # the clock is the server's, not the database's
def test_a_running_server_shuts_the_door_at_the_moment_of_its_clock(
    database, start_server: Callable[..., Server], movable, moved_by
):  # rules L3, L9
    link = builders.an_active_link(now=clock.now(), days=3, secret=DEMO_SECRET)
    server = start_server(**movable)
    door = f"{server.address}/l/{door_token(DEMO_SECRET, link.id, link.generation)}"
    assert status_of(door) == 200
    moved_by.write_text(f"+{int((3 * DAY).total_seconds()) - 120}s")  # two minutes before the end
    assert status_of(door) == 200
    moved_by.write_text(f"+{int((3 * DAY).total_seconds()) + 1}s")
    assert status_of(door) == 410  # at once: no worker runs
    moved_by.write_text("+0s")
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
