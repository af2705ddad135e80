"""What a link's card shows: whether it is open now, how long, and where its door is (rules L2, L9)."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, url_for

from portal.models import SubstituteLink
from portal.rules.links import Answer, Ending, LinkState, Mode, Reason, door_token
from portal.web import labels


@dataclass(frozen=True)
class Door:
    """A link as its card shows it at one moment; `kind` is requested, open, ended or refused."""

    kind: str
    number: int = 0
    unit: str = ""
    seconds_left: int = 0
    seconds_in_all: int = 1
    address: str = ""
    ended_at: datetime | None = None
    ending: Ending | None = None
    expected: Answer | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether the door leads on now."""
        return self.kind == "open"


def door_of(link: SubstituteLink | None, now: datetime) -> Door | None:
    """Return what the link's card shows at `now`; past its end it is ended, worker or no worker (L9)."""
    if link is None:
        return None
    if link.is_open(now):
        return _open(link, now)
    if link.state is LinkState.REQUESTED:
        return Door("requested", expected=link.expected, reasons=tuple(Reason(text) for text in link.reasons))
    if link.state is LinkState.REFUSED:
        return Door("refused")
    ending = link.ending or Ending.EXPIRED
    at = link.ends_at if ending is Ending.EXPIRED else link.ended_at  # not when somebody noticed
    return Door("ended", ended_at=at, ending=ending)


def _open(link: SubstituteLink, now: datetime) -> Door:
    assert link.ends_at is not None
    assert link.activated_at is not None
    number, unit = labels.time_left(link.ends_at)
    return Door(
        "open",
        number=number,
        unit=unit,
        seconds_left=int((link.ends_at - now).total_seconds()),
        seconds_in_all=max(int((link.ends_at - link.activated_at).total_seconds()), 1),
        address=url_for("door.open", token=token_of(link)),
    )


def token_of(link: SubstituteLink) -> str:
    """Return the secret part of the link's address; it is computed again each time, never stored."""
    return door_token(current_app.config["SECRET_KEY"], link.id, link.generation)


def is_view_only(link: SubstituteLink) -> bool:
    """Tell whether the receipt lock applies (rule L5)."""
    return link.mode is Mode.VIEW_ONLY
