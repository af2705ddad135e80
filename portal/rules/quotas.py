"""How often may somebody ask for what costs us something?  Evenly, with room for a rush; section P.

One instant per asker is all that is remembered: until when what they have used up is paid for. Each
request moves it on by one share of the time; as long as it is not further ahead than the whole span,
there is room.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network


class Kind(StrEnum):
    """What is counted: calls of one API key; of one network, the photos and the reports begun signed out."""

    API = "api"
    PHOTOS = "photos"
    REPORTS = "reports"


@dataclass(frozen=True)
class Quota:
    """So many times within so long, at once or spread."""

    times: int
    within: timedelta


QUOTAS = {
    Kind.API: Quota(600, timedelta(minutes=1)),
    Kind.PHOTOS: Quota(40, timedelta(minutes=10)),  # a salon's people share one address
    Kind.REPORTS: Quota(60, timedelta(minutes=10)),  # each is a row, whether it is sent or not
}


class UsedUp(Exception):
    """There is no room before `free_at`."""

    def __init__(self, free_at: datetime) -> None:
        """Keep when to come again."""
        super().__init__(f"used up until {free_at.isoformat()}")
        self.free_at = free_at


def spent(paid_until: datetime, quota: Quota, *, now: datetime) -> datetime:
    """Return until when is paid after one more time, or raise UsedUp.

    An instant further ahead than the span can only come from a clock that was wrong: it counts as none.
    """
    share = quota.within / quota.times
    begins = paid_until if now < paid_until <= now + quota.within else now
    after = begins + share
    if after > now + quota.within:
        raise UsedUp(after - quota.within)
    return after


def network_of(address: str) -> str:
    """Return what counts as one asker: an IPv4 address, or the /64 in which an IPv6 address was chosen.

    Whoever has one IPv6 address has 2^64 of them. What is no address stays as it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped:  # how a socket for both kinds names an IPv4 address
        found = found.ipv4_mapped
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def network_in(text: str) -> str:
    """Return the text with the network in place of its address: "link:2001:db8::1" → "link:2001:db8::/64"."""
    head, colon, rest = text.partition(":")
    for before, address in (("", text), (head + colon, rest)):
        network = network_of(address)
        if network != address:
            return before + network
    return text
