"""Warn owners and staff before a link ends: 7, 3 and 1 days, once each (rule L10)."""

from contextlib import suppress
from datetime import datetime

from portal.actions import letters, rounds
from portal.actions.link_steps import LinkMoved, change
from portal.models import SubstituteLink
from portal.models.base import transaction
from portal.rules import links as rules
from portal.rules.links import LinkState


def warn(link: SubstituteLink, *, now: datetime) -> SubstituteLink:
    """Send the warning that is due, to both sides, and set when the next one is (rule L10).

    Of several that came due while no worker ran only the nearest is sent. Raises LinkMoved if
    another worker was faster or the link is past its end.
    """
    days = rules.warning_days(link.activated_at, link.ends_at, now)
    is_new = days is not None and (link.warned_days is None or days < link.warned_days)
    columns = {"warn_at": rules.next_warning_at(link.activated_at, link.ends_at, now)}
    with transaction():
        if not is_new:
            SubstituteLink.update(columns).where(SubstituteLink.id == link.id).execute()
            return SubstituteLink.get_by_id(link.id)
        warned = change(
            link, "warn", by=None, now=now, columns={**columns, "warned_days": days}, facts={"days": days}
        )
        told = {"days": days, "mode": warned.mode, "ends_at": warned.ends_at.isoformat()}
        letters.tell_owners_of_link(warned, "link_ends_soon", now=now, key=f"ends_soon:{days}", **told)
        letters.tell_staff_of_link(warned, "staff_link_ends_soon", now=now, key=f"staff:{days}", **told)
        return warned


def warn_due(*, now: datetime, limit: int = 500) -> int:
    """Send every warning that is due; the worker calls it. Returns how many links it looked at."""
    due = SubstituteLink.select().where(
        SubstituteLink.warn_at <= now, SubstituteLink.state == LinkState.ACTIVE, SubstituteLink.ends_at > now
    )
    return rounds.for_each(
        due.order_by(SubstituteLink.warn_at).limit(limit), lambda link: _warn_if_unmoved(link, now)
    )


def _warn_if_unmoved(link: SubstituteLink, now: datetime) -> None:
    with suppress(LinkMoved):  # another worker was faster, or the next round looks again
        warn(link, now=now)
