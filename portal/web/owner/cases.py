"""Following a case: the list, the page of one case and its live update (rules P1, S3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Attachment, Case, Letter, ParcelItem, SubstituteLink, following
from portal.models.attachments import PhotoKind
from portal.outside import clock
from portal.rules.workflow import Actor, State
from portal.web import erased
from portal.web.addresses import LARGEST_ID
from portal.web.fragments import page
from portal.web.owner import bp, case_page, parcel_card, sentences, watching
from portal.web.owner.doors import Door, door_of

PAGE_SIZE = 20
_KEY = re.compile(r"([012])-(\d{1,10})", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One line of the list: a case, its next step in words, and what is asked about its parcel (C4, C4a)."""

    case: Case
    saying: sentences.Saying
    link: SubstituteLink | None
    door: Door | None
    asks: Any = ""

    @property
    def is_own_turn(self) -> bool:
        """Tell whether the owner has something to do."""
        return self.saying.turn is Actor.OWNER or bool(self.asks)


def own(number: str) -> Case:
    """Return the case of this number if it belongs to the own business, else answer 404 (rule P1)."""
    return erased.refused(get_object_or_404(Case.visible_to(current_user), Case.number == number))


@bp.get("/cases")
def cases() -> Response:
    """List the own cases, own turn first, what is over last, each with its next step; a page by its key."""
    now, before = clock.now(), _key_of(request.args.get("before", ""))
    found = list(following.by_turn(current_user, now, after=before, limit=PAGE_SIZE + 1))
    shown = found[:PAGE_SIZE]
    return page(
        "owner/cases.html",
        rows=_rows(shown, now),
        **_alone(now, is_first=before is None),
        before=before,
        older=f"{shown[-1].rank}-{shown[-1].id}" if len(found) > PAGE_SIZE else "",
    )


def _key_of(text: str) -> tuple[int, int] | None:
    """Return the key of the last row before the wanted page; None for nonsense: the first page."""
    found = _KEY.fullmatch(text)
    return (int(found[1]), int(found[2])) if found and int(found[2]) <= LARGEST_ID else None


def _alone(now: datetime, *, is_first: bool) -> dict[str, list[tuple[SubstituteLink, Door | None]]]:
    """Return the newest links without a case: where something happens, and those that are over."""
    found = list(SubstituteLink.alone_for(current_user)) if is_first else []
    shown = [(link, door_of(link, now)) for link in found]
    going = [(link, door) for link, door in shown if door and door.kind not in ("ended", "refused")]
    return {"going": going, "past": [one for one in shown if one not in going]}


def _rows(shown: Sequence[Case], now: datetime) -> list[Row]:
    links = {link.case_id: link for link in SubstituteLink.of_cases(list(shown))}
    beside = case_page.beside_of(shown, links)
    parts = following.asked_parts(shown)
    return [_row(case, beside[case.id], parts.get(case.id, []), now) for case in shown]


def _row(case: Case, beside: sentences.Beside, parts: Sequence[ParcelItem], now: datetime) -> Row:
    said = sentences.of(case, now, beside)
    card = parcel_card.of_items(parts, State(case.state))
    return Row(case, said, beside.link, door_of(beside.link, now, case=case), card.asks if card else "")


@bp.get("/cases/<number:number>")
def case(number: str) -> Response:
    """Show what is the matter, who acts next, the link and the way."""
    return shown(own(number))


@bp.get("/cases/<number:number>/progress")
def progress(number: str) -> Response:
    """Answer the page's question whether something changed; three queries if nothing did."""
    now = clock.now()
    found = own(number)
    link = SubstituteLink.shown_with(found)
    tag = watching.tag_of(found, link, now)
    if watching.is_unchanged(tag):
        return watching.same(tag)
    return watching.changed("owner/case.html", "progress", tag, **case_page.values_of(found, link, now))


def shown(case: Case, *, status: int = 200, notice: Any = "", typed: str = "") -> Response:
    """Render the page of a case as it stands now; `notice` says why a deed was not done (rule S3)."""
    now = clock.now()
    link = SubstituteLink.shown_with(case)
    return page(
        "owner/case.html",
        status=status,
        notice=notice,
        typed=typed,
        tag=watching.tag_of(case, link, now),
        photos=list(Attachment.of_case(case, PhotoKind.FAULT)),
        letter_waits=Letter.waiting_for(current_user, case=case, now=now),
        **case_page.values_of(case, link, now),
        **case_page.feedback_of(case, now),
    )
