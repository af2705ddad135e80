"""How often may somebody ask for what costs something?  Section P."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.quotas import Quota, UsedUp, network_in, network_of, spent

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
QUOTA = Quota(5, timedelta(seconds=50))


def test_a_rush_has_room_and_then_one_share_after_the_other():  # rule P1
    paid = NOW
    for _ in range(5):
        paid = spent(paid, QUOTA, now=NOW)
    with pytest.raises(UsedUp) as caught:
        spent(paid, QUOTA, now=NOW)
    assert caught.value.free_at == NOW + timedelta(seconds=10)
    assert spent(paid, QUOTA, now=caught.value.free_at)
    assert spent(paid, QUOTA, now=NOW + timedelta(hours=1)) == NOW + timedelta(hours=1, seconds=10)


def test_a_clock_that_was_wrong_keeps_nobody_out():
    assert spent(NOW + timedelta(days=9), QUOTA, now=NOW) == NOW + timedelta(seconds=10)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_in_no_span_are_there_more_than_twice_as_many_as_promised(pauses):
    paid, now, taken = NOW, NOW, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            paid = spent(paid, QUOTA, now=now)
            taken.append(now)
        except UsedUp:
            continue
    for begin in taken:
        assert sum(begin <= one < begin + QUOTA.within for one in taken) <= 2 * QUOTA.times


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),  # or all of IPv4 would be one asker
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_all_addresses_of_one_ipv6_network_are_one_asker(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("link:2001:db8::1", "link:2001:db8::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("link:203.0.113.9", "link:203.0.113.9"),
        ("invite:7", "invite:7"),
        ("", ""),
    ],
)
def test_what_stands_before_an_address_stays(text, counted):
    assert network_in(text) == counted
