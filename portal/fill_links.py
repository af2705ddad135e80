"""The bulk data's substitute links: what became of each request, and what it means for its case."""

from datetime import datetime
from typing import Any

from portal.rules import links
from portal.rules.links import Ending, Mode, TillState

COLUMNS = (
    "mode", "complete", "days", "activated_at", "ends_at", "ended_at", "ending",
    "till_confirmed_at", "warn_at",
)  # fmt: skip


def life_of(kind: str, complete: bool, activated: datetime, now: datetime) -> dict[str, Any]:
    """Return what became of a request: nothing yet, an active link, or one that has ended."""
    life: dict[str, Any] = dict.fromkeys(COLUMNS)
    life |= {"till_address": "", "till_wanted": TillState.NONE, "till_confirmed": TillState.NONE}
    if kind == "requested":
        return life
    ends_at = links.end_of(activated)
    mode = Mode.FULL if complete else Mode.VIEW_ONLY
    life |= {
        "mode": mode,
        "complete": complete,
        "days": links.MAX_DAYS,
        "activated_at": activated,
        "ends_at": ends_at,
        "till_address": "https://till.example/",
        "till_confirmed_at": activated,
    }
    if kind == "active":
        till = links.till_for(mode)
        warn_at = links.next_warning_at(activated, ends_at, now)
        return life | {"till_wanted": till, "till_confirmed": till, "warn_at": warn_at}
    ending = Ending.EXPIRED if ends_at <= now else Ending.DELETED
    gone = {"till_wanted": TillState.GONE, "till_confirmed": TillState.GONE}
    return life | gone | {"ended_at": min(ends_at, now), "ending": ending}


def situation_of(link: dict[str, Any] | None) -> dict[str, Any]:
    """Return the part of the case's situation that its link makes up."""
    if link is None or link["open_device"] is None:
        return {}
    return {
        "link_state": link["state"],
        "link_mode": link["mode"],
        "link_reason": link["reason"],
        "link_requested_at": link["requested_at"],
        "link_activated_at": link["activated_at"],
        "link_ends_at": link["ends_at"],
        "link_can_cash": link["till_confirmed"] == TillState.OPEN,
    }
