"""Following a case: the list, the page of one case and its live update (rules P1, S3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Case, History, Letter, Message, SubstituteLink
from portal.outside import clock
from portal.rules.triage import Hold
from portal.rules.workflow import Role, State, steps_for
from portal.web import way
from portal.web.addresses import LARGEST_ID
from portal.web.fragments import page
from portal.web.owner import bp, sentences, watching
from portal.web.owner.doors import Door, door_of

PAGE_SIZE = 20


@dataclass(frozen=True)
class Row:
    """One line of the list: a case or a link without one, and its next step in words."""

    case: Case
    saying: sentences.Saying
    link: SubstituteLink | None
    door: Door | None


def own(number: str) -> Case:
    """Return the case of this number if it belongs to the own business, else answer 404 (rule P1)."""
    return get_object_or_404(Case.visible_to(current_user), Case.number == number)


@bp.get("/cases")
def cases() -> Response:
    """List the own cases, newest first, each with its next step; a page is asked for by its key."""
    now = clock.now()
    before = request.args.get("before", type=int)
    before = before if before and 0 < before <= LARGEST_ID else None
    found = list(Case.newest_for(current_user, before=before, limit=PAGE_SIZE + 1))
    shown = found[:PAGE_SIZE]
    return page(
        "owner/cases.html",
        rows=_rows(shown, now),
        **_alone(now, is_first=before is None),
        before=before,
        older=shown[-1].id if len(found) > PAGE_SIZE else None,
    )


def _alone(now: datetime, *, is_first: bool) -> dict[str, list[tuple[SubstituteLink, Door | None]]]:
    """Return the newest links without a case: where something happens, and those that are over."""
    found = list(SubstituteLink.alone_for(current_user)) if is_first else []
    shown = [(link, door_of(link, now)) for link in found]
    going = [(link, door) for link, door in shown if door and door.kind not in ("ended", "refused")]
    return {"going": going, "past": [one for one in shown if one not in going]}


def _rows(shown: list[Case], now: datetime) -> list[Row]:
    links = {link.case_id: link for link in SubstituteLink.of_cases(shown)}
    return [_row(case, links.get(case.id), now) for case in shown]


def _row(case: Case, link: SubstituteLink | None, now: datetime) -> Row:
    return Row(case, sentences.of(case, now, link), link, door_of(link, now, case=case))


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
    return watching.changed("owner/case.html", "progress", tag, **state_of(found, link, now))


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
        photos=list(case.photos),
        letter_waits=Letter.waiting_for(current_user, case=case, now=now),
        **state_of(case, link, now),
    )


def state_of(case: Case, link: SubstituteLink | None, now: datetime) -> dict[str, Any]:
    """Return all that the block of the page needs which changes with the case."""
    history = list(History.of_case(case))
    messages = list(Message.of_case(case, with_internal=False))
    return {
        "case": case,
        "saying": sentences.of(case, now, link),
        "turns": sentences.TURNS,
        "steps": steps_for(case.state, Role.OWNER),
        "is_lapsed": sentences.is_lapsed(case, now),
        "not_yet": case.state in sentences.NOT_YET,
        "holds": [Hold(hold) for hold in case.holds] if case.state is State.SUBMITTED else [],
        "notices": sentences.notices(case),
        "why": _reason(case, history),
        "messages": messages,
        "way": way.of(case, history),
        "link": link,
        "door": door_of(link, now, case=case, history=history),
        "watch": watching.is_worth_watching(case, link),
    }


REASONED = {State.DECLINED: "decline", State.SOLVED_REMOTELY: "solve_remotely", State.CANCELLED: "cancel"}


def _reason(case: Case, history: list[History]) -> str:
    """Return what staff wrote when they ended the case; the owner reads it."""
    step = REASONED.get(case.state)
    return next((row.why for row in reversed(history) if row.what == step and row.link_id is None), "")
