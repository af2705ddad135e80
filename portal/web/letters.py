"""What a letter says: subject, text and HTML in its reader's language (rules S4, P5).

Letters point to the portal's pages, where people sign in; a door's token never leaves by mail.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, render_template, url_for
from flask_babel import lazy_gettext as _l

from portal.models import Letter, Operator
from portal.rules import parcel
from portal.rules.links import Answer
from portal.rules.triage import Hold, session_notices
from portal.rules.workflow import Actor
from portal.web import context

# Who acts next once the letter is read; every letter says it.
NEXT = {
    "submitted": Actor.STAFF,
    "released": Actor.OWNER,
    "question": Actor.OWNER,
    "declined": Actor.NOBODY,
    "solved_remotely": Actor.NOBODY,
    "cancelled": Actor.NOBODY,
    "on_its_way_to_us": Actor.CARRIER,
    "received": Actor.STAFF,
    "link_requested": Actor.STAFF,
    "link_granted": Actor.OWNER,
    "link_refused": Actor.NOBODY,
    "link_ended": Actor.NOBODY,
}
ACTORS = {
    Actor.OWNER: _l("Als Nächstes sind Sie an der Reihe."),
    Actor.STAFF: _l("Als Nächstes ist der Support an der Reihe. Sie müssen nichts tun."),
    Actor.CARRIER: _l("Als Nächstes ist der Paketdienst an der Reihe. Sie müssen nichts tun."),
    Actor.NOBODY: _l("Im Moment muss niemand etwas tun."),
}
LONGEST_SUBJECT = 150
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Rendered:
    """A letter as people read it, and where an answer to it goes (empty: nowhere)."""

    subject: str
    text: str
    html: str
    reply_to: str


def render(letter: Letter) -> Rendered:
    """Return the letter's subject and both its parts in the language it was written for.

    Works without a request: addresses are those of PORTAL_URL. Raises whatever is wrong with a
    template or with what it was given; the letter is then tried again later.
    """
    base_url = current_app.config["PORTAL"].url
    with current_app.test_request_context(base_url=base_url):  # nobody's request: only its addresses count
        g.keep_connection = True  # the connection is the worker's
        g.language = letter.language if letter.language in context.LANGUAGES else context.LANGUAGES[0]
        operator = context.operator()
        values = _values(letter, operator)
        folder = f"mail/{letter.event}"
        subject = _one_line(render_template(f"{folder}/subject.txt", **values))
        values["subject"] = subject
        text = _tidy(render_template(f"{folder}/body.txt", **values))
        html = _UNPRINTABLE.sub("", render_template(f"{folder}/body.html", **values))
        return Rendered(subject, text, html, operator.email)


def message_id(letter: Letter) -> str:
    """Return the Message-ID: the same at every try, so that a copy is known as one (rule S4)."""
    host = urlsplit(current_app.config["PORTAL"].url).hostname or "localhost"
    domain = f"[IPv6:{host}]" if ":" in host else host.encode("idna").decode()
    return f"<{letter.message_id.partition('@')[0]}@{domain}>"


def _values(letter: Letter, operator: Operator) -> dict[str, Any]:
    """Return what the templates may use: what was written down with the letter, and its case."""
    return {
        "name": letter.account.name if letter.account_id else "",
        "actor": ACTORS[NEXT[letter.event]],
        "imprint_url": url_for("public.imprint", _external=True),
        "why": "",
        "question": "",
        "mode": None,
        **letter.context,
        "ends_at": _moment(letter.context.get("ends_at")),
        "expected": Answer(letter.context["expected"]) if letter.context.get("expected") else None,
        "holds": [Hold(hold) for hold in letter.context.get("holds", ())],
        **_of_case(letter),
        **_of_link(letter),
    }


def _of_case(letter: Letter) -> dict[str, Any]:
    case = letter.case if letter.case_id else None
    if case is None:
        return {"case": None}
    in_server = case.device.tse_in_server if case.device_id else None
    return {
        "case": case,
        "valid_until": case.valid_until,
        "is_remote": bool(session_notices(case.outcome)),
        "components": parcel.components(in_server),
        "tse_is_unknown": in_server is None,
        "case_url": url_for("owner.case", number=case.number, _external=True),
        "slip_url": url_for("papers.slip", number=case.number, _external=True),
        "parcel_url": url_for("owner.parcel", number=case.number, _external=True),
    }


def _of_link(letter: Letter) -> dict[str, Any]:
    link = letter.context.get("link_id")
    return {"link_url": url_for("owner.link", link=link, _external=True)} if link else {}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _one_line(text: str) -> str:
    """Return a subject without line breaks and other blanks that a header must not hold."""
    return _UNPRINTABLE.sub("", " ".join(text.split()))[:LONGEST_SUBJECT]


def _tidy(text: str) -> str:
    """Return the text with one empty line at most between its paragraphs."""
    lines = "\n".join(line.rstrip() for line in _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"
