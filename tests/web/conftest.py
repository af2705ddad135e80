"""Who sits before the pages: what most tests of the web ask for. A test that needs another makes its own."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from portal.models import Account, Device
from tests import builders
from tests.clients import PageClient
from tests.web import api


@pytest.fixture
def owner(app: Flask) -> Account:
    """Make an owner, who is not signed in yet."""
    return builders.an_owner()


@pytest.fixture
def device(owner: Account) -> Device:
    """Make a Kassenserver in the owner's salon."""
    return builders.a_device(builders.a_salon(owner.customer))


@pytest.fixture
def signed_in(client: PageClient, owner: Account, sign_in: Callable) -> PageClient:
    """Give the owner's browser."""
    sign_in(client, owner)
    return client


@pytest.fixture
def staff(client: PageClient, sign_in: Callable) -> Account:
    """Sign one of the staff in."""
    account = builders.a_staff_member(name="Kim Support")
    sign_in(client, account)
    return account


@pytest.fixture
def second(app: Flask, sign_in: Callable) -> PageClient:
    """Give the browser of another of the staff."""
    browser = app.test_client()
    sign_in(browser, builders.a_staff_member(name="Lea Leitung"))
    return browser


@pytest.fixture
def in_earnest(app_settings: dict[str, Any]) -> None:
    """Leave the demo; ask for it before `client`."""
    app_settings.update(demo=False, secret="a secret of one's own, long enough to be one")


@pytest.fixture
def the_next_day() -> Iterator[time_machine.Traveller]:
    """Let it be the day after what builders build came about."""
    with time_machine.travel(builders.NOW + timedelta(days=1), tick=False) as clock:
        yield clock


@pytest.fixture
def machine(app: Flask) -> api.Machine:
    """Give the till's back end, which has a key for everything."""
    return api.Machine(app, api.a_key())


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """Let it be the moment when the back end calls; the test may move on from there."""
    with time_machine.travel(api.LATER, tick=False) as clock:
        yield clock
