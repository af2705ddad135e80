"""Does everything happen, and happen once, whenever a worker is killed and however many there are?"""

import random
from collections.abc import Iterator

import pytest

from portal.config import DEMO_SECRET
from tests.engines import wait_until
from tests.faults import deeds
from tests.faults.deeds import World

KILLS = 12


@pytest.fixture
def world(database, smtp_server, till_server, hook_server) -> World:
    """Have everything due, with a mail server, a back end and a receiver of webhooks in order."""
    return deeds.everything_due(smtp_server, till_server, hook_server, DEMO_SECRET)


@pytest.fixture
def start(world, app_settings) -> Iterator:
    """Give `start()`: one more worker process; it ends with the test."""
    settings = {
        **app_settings,
        "smtp": world.mailbox.address,
        "till": world.tills.settings["PORTAL_TILL"],
        "till_secret": world.tills.settings["PORTAL_TILL_SECRET"],
    }
    started = []

    def one_more():
        started.append(deeds.start_worker(settings))
        return started[-1]

    yield one_more
    for process in started:
        process.kill()
        process.join()


def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(world, start):  # rules S4, L2, L6, L10, L11a
    dice, kills = random.Random(9), 0
    while not world.is_done and kills < KILLS:
        enough = world.heard + dice.randint(1, 7)
        process = start()
        wait_until(lambda: world.heard >= enough or world.is_done, "something")  # noqa: B023
        process.kill()
        process.join()
        kills += not world.is_done
        deeds.let_leases_run_out()
    assert kills >= 3, "it was killed too late to prove anything"
    start()
    wait_until(lambda: world.is_done, "the rest")
    world.check(copies=kills)


def test_three_workers_at_once_do_nothing_twice(world, start):  # rules S3, S4, L10
    for _ in range(3):
        start()
    wait_until(lambda: world.is_done, "everything")
    world.check(copies=0)
