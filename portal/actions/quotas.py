"""Count what costs us something where all processes see it; ADR 023."""

from datetime import datetime, timedelta
from hashlib import sha256

from portal.actions import throttle
from portal.models import Throttle
from portal.rules import quotas as rules
from portal.rules.quotas import QUOTAS, Kind, Quota, UsedUp


def spend(kind: Kind, who: str, *, now: datetime) -> None:
    """Count one time, or raise UsedUp; what was refused is not counted."""
    key, quota = sha256(f"quota:{kind}:{who}".encode()).hexdigest(), QUOTAS[kind]
    for _turn in range(throttle.TURNS):
        if _spend(key, quota, now):
            return
    raise UsedUp(now + timedelta(seconds=1))


def _spend(key: str, quota: Quota, now: datetime) -> bool:
    """Count one time, unless another request was counted in between."""
    found = Throttle.get_or_none(Throttle.key == key)
    paid_until = rules.spent(found.free_at if found else now, quota, now=now)
    if found is None:
        return throttle.begin(key, failures=0, free_at=paid_until, now=now)
    unmoved = (Throttle.id == found.id) & (Throttle.free_at == found.free_at)
    return bool(Throttle.update(free_at=paid_until, last_at=now).where(unmoved).execute())
