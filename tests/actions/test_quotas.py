"""Do all processes count the same, and is nobody kept out by another?"""

from functools import partial

import pytest

from portal.actions import quotas, throttle
from portal.models import Throttle
from portal.rules.quotas import QUOTAS, Kind, Quota, UsedUp
from portal.rules.signing_in import FORGOTTEN_AFTER
from tests.actions.parallel import at_once
from tests.builders import NOW


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setitem(QUOTAS, Kind.API, Quota(3, QUOTAS[Kind.API].within))


def test_beyond_the_quota_is_refused_and_others_are_not(database):
    for _ in range(3):
        quotas.spend(Kind.API, "one", now=NOW)
    with pytest.raises(UsedUp) as caught:
        quotas.spend(Kind.API, "one", now=NOW)
    quotas.spend(Kind.API, "another", now=NOW)
    quotas.spend(Kind.API, "one", now=caught.value.free_at)
    throttle.tidy_up(now=caught.value.free_at + 2 * FORGOTTEN_AFTER)
    assert not Throttle.select().exists()


def test_many_at_once_are_counted_each(database):
    asked = [partial(quotas.spend, Kind.API, "one", now=NOW) for _ in range(6)]
    results = at_once(*asked)
    assert sum(isinstance(one, UsedUp) for one in results) == 3
