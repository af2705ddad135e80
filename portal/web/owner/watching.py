"""Has anything on the page changed?  The tag of a page, and the cheap answer to its question.

A page asks every 15 seconds. The tag holds the revisions of case and link, and what the
clock alone changes: the link's end, the days that are left, a back end that is silent for too
long, the validity of the release, and the day, because "heute" becomes "gestern". Whatever is
done with a link counts its revision: read-outs, warnings, a new address, what the back end
confirmed.
"""

from datetime import datetime

from flask import Response, request

from portal.models import Case, SubstituteLink
from portal.rules import berlin
from portal.rules.links import OPEN_STATES
from portal.rules.workflow import CLOSED
from portal.web import labels
from portal.web.context import language
from portal.web.fragments import block, is_htmx, unchanged
from portal.web.owner import link_sentences


def tag_of(case: Case | None, link: SubstituteLink | None, now: datetime) -> str:
    """Return a short text that differs whenever the page would look different."""
    parts: list[object] = [language(), berlin.day_of(now).isoformat()]
    if case is not None:
        parts += [case.id, case.revision, int(case.is_lapsed(now))]
    if link is not None:
        parts += [link.id, link.revision, link.opened_count, link.case_id or 0]
        stage = link_sentences.stage_of(link, case if link.case_id else None, now)
        parts += [stage, int(link_sentences.is_late(link, stage, now))]
        parts += labels.time_left(link.ends_at) if link.is_open(now) else ["closed"]
    return "-".join(str(part) for part in parts)


def is_worth_watching(case: Case | None, link: SubstituteLink | None) -> bool:
    """Tell whether anything can still change; an ended page does not ask any more."""
    open_link = link is not None and link.state in OPEN_STATES
    return open_link or (case is not None and case.state not in CLOSED)


def is_unchanged(tag: str) -> bool:
    """Tell whether the asker shows this state already: by `?seen=` or by If-None-Match."""
    return request.args.get("seen") == tag or unchanged(tag)


def same(tag: str) -> Response:
    """Answer that nothing has changed: 204 to htmx, which then swaps nothing; 304 to others."""
    answer = Response(status=204 if is_htmx() else 304)
    answer.set_etag(tag)
    answer.vary.add("HX-Request")
    return answer


def changed(template: str, name: str, tag: str, **values: object) -> Response:
    """Answer with the block as it is now; it says aloud that it is new."""
    answer = block(template, name, tag=tag, is_news=True, **values)
    answer.set_etag(tag)
    return answer
