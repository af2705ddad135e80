"""Judge and renew the address by which a substitute till is reached (rule L9)."""

from dataclasses import dataclass
from datetime import datetime

from portal.actions import link_steps
from portal.models import Account, SubstituteLink
from portal.rules import links as rules


@dataclass(frozen=True)
class Door:
    """What the door says: where it leads, or that the link has ended (rule L9)."""

    link: SubstituteLink
    is_open: bool


def open_door(token: str, *, now: datetime) -> Door | None:
    """Judge the link of `token` by `now`; None if there is no such link (rule L9).

    The first refusal past the end is written down, so that a clock that goes back opens
    nothing; an opening is counted.
    """
    link = SubstituteLink.get_or_none(SubstituteLink.token_hash == rules.token_hash(token))
    if link is None:
        return None
    link = link_steps.judged(link, now=now)
    return Door(link, link.is_open(now))


def count_opening(link: SubstituteLink, *, now: datetime) -> None:
    """Count that the door was passed; both sides see when it last was."""
    passed = {
        SubstituteLink.opened_count: SubstituteLink.opened_count + 1,
        SubstituteLink.last_opened_at: now,
    }
    SubstituteLink.update(passed).where(SubstituteLink.id == link.id).execute()


def renew(link: SubstituteLink, *, secret: str, by: Account, now: datetime) -> SubstituteLink:
    """Give the link a new address; the old one leads nowhere from now on. The end stays (rules L6, L9).

    Raises StepRefused unless the link is active, LinkMoved if somebody else was faster.
    """
    generation = link.generation + 1
    token = rules.door_token(secret, link.id, generation)
    columns = {"generation": generation, "token_hash": rules.token_hash(token), "renewed_at": now}
    return link_steps.change(link, "renew", by=by, now=now, columns=columns)
