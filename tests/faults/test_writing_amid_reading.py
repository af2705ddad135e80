"""Are lists read to their end before an end is written down, while others write too?  Rule L9."""

import sqlite3
from datetime import timedelta

import pytest

from portal.actions import back_end, link_steps
from portal.models import SubstituteLink, db
from portal.outside import clock
from portal.rules.links import LinkState
from tests import builders

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # PostgreSQL has no such lock


@pytest.fixture
def another_writes(database, monkeypatch):
    """Have another process write each time an end is about to be written down."""
    expire = link_steps.expire

    def after_another(link, **given):
        other = sqlite3.connect(db.obj.database)
        with other:
            other.execute("UPDATE substitute_link SET opened_count = opened_count + 1")
        other.close()
        return expire(link, **given)

    monkeypatch.setattr(link_steps, "expire", after_another)


def states() -> list[LinkState]:
    return [link.state for link in SubstituteLink.select()]


def test_the_back_end_reads_a_list_in_which_several_have_ended(another_writes):  # rule L9
    links = [builders.an_active_link(days=1) for _number in range(3)]
    found = back_end.links_now(after=0, state=None, limit=50, now=links[0].ends_at)
    assert [link.state for link in found] == [LinkState.ENDED] * 3 == states()


def test_an_owner_whose_links_have_ended_may_ask_for_new_ones(app, client, sign_in, another_writes):  # L1, L9
    owner = builders.an_owner()
    salon = builders.a_salon(owner.customer)
    begun_at = clock.now() - timedelta(days=2)
    for _number in range(3):
        builders.an_active_link(builders.a_device(salon), days=1, now=begun_at)
    sign_in(client, owner)
    assert client.get("/links/new").status_code == 200
    assert states() == [LinkState.ENDED] * 3
