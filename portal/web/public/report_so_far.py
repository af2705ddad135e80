"""The report's box "So sieht es bisher aus": what its answers lead to so far (rule L4a)."""

from flask import Response, abort, url_for

from portal.rules import report
from portal.rules.outlook import Question, Told
from portal.rules.report import Answers, Page
from portal.rules.triage import Origin
from portal.web.fragments import page as show
from portal.web.public.report import bp, walk_here
from portal.web.public.report_pages import Walk
from portal.web.timeline import SoFar, so_far

PAGES = (Page.ONLINE, Page.BACKUP, Page.ENTERED, Page.LINK, Page.LINK_TERMS)


def address(page: Page) -> str:
    """Return where a page asks what its answer would lead to, while one chooses; "" if it shows no box."""
    return url_for("report.preview", page=page) if page in PAGES else ""


def of_walk(walk: Walk, answers: Answers | None = None) -> SoFar | None:
    """Return the box, or None before the last moment online was asked for, or with a link that is open."""
    answers = walk.answers if answers is None else answers
    path = report.path(answers, walk.facts, identified=walk.is_identified)
    if Page.ONLINE not in path or Page.ONLINE not in answers or walk.facts.link_is_open:
        return None
    is_third_party = walk.facts.origin is Origin.ELSEWHERE
    return so_far(told(walk, answers, path), is_third_party=is_third_party, now=walk.now)


def told(walk: Walk, answers: Answers, path: list[Page]) -> Told:
    """Return what was said about backup and data; an answer about another backup is none (B3)."""
    booked, asked = walk.facts.backup_booked, set()
    if booked is None:
        booked = report.yes_no(answers, Page.BACKUP, "booked")
    if Page.BACKUP in path and Page.BACKUP not in answers:
        asked.add(Question.BOOKED)
    entered = report.yes_no(answers, Page.ENTERED, "entered")
    known = {"inspection_fee": False, "identified": walk.is_identified}
    if not report.is_answered(answers, Page.ENTERED, walk.facts, **known):
        asked.add(Question.ENTERED)
        entered = None
    uploaded_at = report.instant(answers, Page.DATA_FIRST, "uploaded_at") if Page.DATA_FIRST in path else None
    return Told(booked, report.instant(answers, Page.ONLINE, "at"), uploaded_at, entered, frozenset(asked))


@bp.post("/<page>/so-far")
def preview(page: str) -> Response:
    """Show what the answer being chosen would lead to; nothing is kept."""
    if page not in PAGES:
        abort(404)
    walk = walk_here()
    if isinstance(walk, Response):
        return walk
    asked = Page(page)
    if not walk.may_show(asked):
        abort(404)
    return show("report/so_far.html", so_far=of_walk(walk, _with_choice(walk, asked)))


def _with_choice(walk: Walk, page: Page) -> Answers:
    """Return the answers as they would be; a choice that is not complete yet counts as none."""
    if page in (Page.LINK, Page.LINK_TERMS):
        return walk.answers
    form = walk.form_of(page)()
    form.prepare(walk)
    rest = {name: given for name, given in walk.answers.items() if name != page}
    return {**rest, page: form.given(walk)} if form.validate() else rest
