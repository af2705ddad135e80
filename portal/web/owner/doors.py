"""What a link's card shows: where it stands, how long it lasts, where its door is (rules L2, L5, L6, L9)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin

from flask import current_app, url_for

from portal.models import Case, History, SubstituteLink
from portal.rules.links import Answer, Ending, Reason, door_token
from portal.web import labels
from portal.web.owner import link_sentences
from portal.web.owner.link_sentences import CASHING, LOCKED, LinkSaying, Stage

VERY_SOON = timedelta(days=3)
"""From when on the page is headed by the coming end."""

SOON = timedelta(days=7)
"""From when on the card says that the end is near; the first warning goes out then (rule L10)."""


@dataclass(frozen=True)
class Door:
    """A link as its card shows it at one moment; `kind` is requested, granted, open, ended or refused."""

    kind: str
    stage: Stage
    saying: LinkSaying
    is_late: bool = False
    is_still_unlocked: bool = False
    number: int = 0
    unit: str = ""
    hours: int = 0  # 0 where `number` counts hours itself, or less
    seconds_left: int = 0
    seconds_in_all: int = 1
    ends_soon: bool = False
    address: str = ""
    whole_address: str = ""
    ended_at: datetime | None = None
    ending: Ending | None = None
    expected: Answer | None = None
    reasons: tuple[Reason, ...] = ()
    why: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether the door leads on now."""
        return self.kind == "open"

    @property
    def can_cash(self) -> bool:
        """Tell whether the salon can take payments with it now (rules L5, L6)."""
        return self.stage in CASHING

    @property
    def needs_sending(self) -> bool:
        """Tell whether the lock stays on until the owner sends the server in (rule L6)."""
        return self.saying.text is link_sentences.WITHOUT_SERVER.text

    @property
    def is_at_commissioning(self) -> bool:
        """Tell whether it has made room for a server that must not be used yet (rules R1, L11a)."""
        waits = (link_sentences.NOT_YET_IN_SERVICE, link_sentences.REQUEST_OVER_NOT_YET)
        return any(self.saying is one for one in waits)

    @property
    def is_plain(self) -> bool:
        """Tell whether the card's first line says it all, beside a page that has its own title."""
        return self.stage in (Stage.FULL, Stage.VIEW_ONLY) and not self.is_still_unlocked

    @property
    def is_locked(self) -> bool:
        """Tell whether the receipt lock applies (rule L5)."""
        return self.stage in LOCKED


def door_of(
    link: SubstituteLink | None,
    now: datetime,
    *,
    case: Case | None = None,
    history: Iterable[History] = (),
) -> Door | None:
    """Return what the link's card shows at `now`; past its end it is ended, worker or no worker (L9).

    `case` spares a question where the page has the link's case already; `history` is where the
    reason stands which staff gave the owner for a lock or an end.
    """
    if link is None:
        return None
    own_case = (case or link.case) if link.case_id else None
    stage = link_sentences.stage_of(link, own_case, now)
    said = link_sentences.saying_of(link, stage, own_case)
    if stage is Stage.REQUESTED:
        reasons = tuple(Reason(text) for text in link.reasons)
        return Door("requested", stage, said, expected=link.expected, reasons=reasons)
    if stage is Stage.GRANTED:
        return Door("granted", stage, said, is_late=link_sentences.is_late(link, stage, now))
    if stage is Stage.REFUSED:
        return Door("refused", stage, said, why=link.refusal)
    if stage is Stage.ENDED:
        return _ended(link, said, history)
    return _open(link, now, stage, said, history)


def _ended(link: SubstituteLink, said: LinkSaying, history: Iterable[History]) -> Door:
    ending = link_sentences.ending_of(link)
    at = link.ends_at if ending is Ending.EXPIRED else link.ended_at  # not when somebody noticed
    why = reason_for("delete", link, history) if ending is Ending.DELETED else ""
    return Door("ended", Stage.ENDED, said, ended_at=at, ending=ending, why=why)


def _open(
    link: SubstituteLink, now: datetime, stage: Stage, said: LinkSaying, history: Iterable[History]
) -> Door:
    assert link.ends_at is not None
    assert link.activated_at is not None
    number, unit = labels.time_left(link.ends_at)
    left = link.ends_at - now
    if left <= VERY_SOON and stage in CASHING:
        said = replace(said, title=link_sentences.ENDS_SOON)
    address = url_for("door.open", token=token_of(link))
    return Door(
        "open",
        stage,
        said,
        is_late=link_sentences.is_late(link, stage, now),
        is_still_unlocked=link_sentences.is_still_unlocked(link, stage),
        number=number,
        unit=unit,
        hours=int(left.total_seconds() // 3600) if left >= timedelta(days=2) else 0,
        seconds_left=int(left.total_seconds()),
        seconds_in_all=max(int((link.ends_at - link.activated_at).total_seconds()), 1),
        ends_soon=left <= SOON,
        address=address,
        whole_address=urljoin(current_app.config["PORTAL"].url, address),
        why=_why_it_is_closed(link, stage, history),
    )


def _why_it_is_closed(link: SubstituteLink, stage: Stage, history: Iterable[History]) -> str:
    """Return what staff or back end said of a failed read-out, or of a lock that came afterwards."""
    if stage is Stage.READ_OUT_FAILED:
        return link.read_out_problem
    return reason_for("lock", link, history) if stage in LOCKED else ""


def reason_for(step: str, link: SubstituteLink, history: Iterable[History]) -> str:
    """Return the reason that was given with the newest such step of the link."""
    found = [row.why for row in history if row.what == step and row.link_id == link.id]
    return found[-1] if found else ""


def token_of(link: SubstituteLink) -> str:
    """Return the secret part of the link's address; it is computed again each time, never stored."""
    return door_token(current_app.config["SECRET_KEY"], link.id, link.generation)
