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

from portal.models import Case, Letter, Operator, SubstituteLink
from portal.models.durations import StepTime
from portal.outside.mailer import Invitation
from portal.rules import numbers, parcel
from portal.rules.links import Answer, Mode, shows_tse_notice
from portal.rules.signing_in import INVITATION_LASTS, LINK_LASTS, link_token
from portal.rules.triage import Hold, session_notices
from portal.rules.workflow import Actor, State
from portal.web import (
    account_letters,
    calendar_entry,
    context,
    emergency_letters,
    parts,
    privacy_letters,
    reminder_letters,
)
from portal.web.owner.sentences import NOT_YET, SAYINGS
from portal.web.staff import reckoning

# Who acts next once the letter is read; every letter says it.
NEXT = {
    "submitted": Actor.STAFF,
    "emergency_code": Actor.OWNER,
    "emergency_link": Actor.STAFF,
    "released": Actor.OWNER,
    "question": Actor.OWNER,
    "declined": Actor.NOBODY,
    "solved_remotely": Actor.NOBODY,
    "cancelled": Actor.NOBODY,
    "on_its_way_to_us": Actor.CARRIER,
    "received": Actor.STAFF,
    "parcel_incomplete": Actor.OWNER,
    "parcel_complete": Actor.STAFF,
    "parcel_waived": Actor.STAFF,
    "parcel_without_report": Actor.STAFF,
    "tse_disposal_asked": Actor.OWNER,
    "on_its_way_back": Actor.CARRIER,
    "parcel_sent_after": Actor.CARRIER,
    "no_fault_found": Actor.STAFF,
    "not_repairable": Actor.STAFF,
    "in_repair": Actor.STAFF,
    "quote_sent": Actor.OWNER,
    "quote_ends_soon": Actor.OWNER,
    "quote_accepted": Actor.STAFF,
    "quote_declined": Actor.STAFF,
    "quote_lapsed": Actor.STAFF,
    "release_ends_soon": Actor.OWNER,
    "release_lapsed": Actor.OWNER,
    "parcel_awaited": Actor.OWNER,
    "part_awaited": Actor.OWNER,
    "arrival_asked": Actor.OWNER,
    "booking_asked": Actor.OWNER,
    "commissioned": Actor.NOBODY,
    "appointment_booked": Actor.STAFF,
    "appointment_moved": Actor.STAFF,
    "appointment_cancelled": Actor.OWNER,
    "appointment_soon": Actor.STAFF,
    "appointment_missed": Actor.OWNER,
    "link_requested": Actor.STAFF,
    "link_granted": Actor.OWNER,
    "link_refused": Actor.NOBODY,
    "link_locked": Actor.OWNER,
    "link_read_out_failed": Actor.STAFF,
    "link_unlocked": Actor.OWNER,
    "link_ends_soon": Actor.OWNER,
    "link_ended": Actor.OWNER,
    "staff_link_ends_soon": Actor.STAFF,
    "sign_in_link": Actor.OWNER,
    "invitation": Actor.OWNER,
    **privacy_letters.NEXT,
    "factor_changed": Actor.NOBODY,
    "passkey_changed": Actor.NOBODY,
    "passkey_copied": Actor.OWNER,
    "registration_known": Actor.OWNER,
    "registration_open": Actor.STAFF,
    "registration_approved": Actor.OWNER,
    "registration_refused": Actor.NOBODY,
    "colleague_added": Actor.NOBODY,
    "colleague_invited": Actor.OWNER,
    "colleague_known": Actor.NOBODY,
    "person_removed": Actor.NOBODY,
    "email_change_old": Actor.OWNER,
    "email_change_new": Actor.OWNER,
    "email_change_taken": Actor.NOBODY,
    "email_changed": Actor.NOBODY,
}
ACTORS = {
    Actor.OWNER: _l("Als Nächstes sind Sie an der Reihe."),
    Actor.STAFF: _l("Als Nächstes ist der Support an der Reihe. Sie müssen nichts tun."),
    Actor.CARRIER: _l("Als Nächstes ist der Paketdienst an der Reihe. Sie müssen nichts tun."),
    Actor.NOBODY: _l("Im Moment muss niemand etwas tun."),
}
FOR_STAFF = "staff_"  # how the events begin of which staff are told
TO_STAFF = _l("Als Nächstes sind wir im Support an der Reihe.")
LONGEST_SUBJECT = 150
LONGEST_REF = 60
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Rendered:
    """A letter as people read it, where an answer to it goes (empty: nowhere), and what calendars take."""

    subject: str
    text: str
    html: str
    reply_to: str
    invitation: Invitation | None = None


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
        return Rendered(subject, text, html, operator.email, calendar_entry.invitation(letter, operator))


def message_id(letter: Letter) -> str:
    """Return the Message-ID: the same at every try, so that a copy is known as one (rule S4)."""
    host = urlsplit(current_app.config["PORTAL"].url).hostname or "localhost"
    domain = f"[IPv6:{host}]" if ":" in host else host.encode("idna").decode()
    return f"<{letter.message_id.partition('@')[0]}@{domain}>"


def _values(letter: Letter, operator: Operator) -> dict[str, Any]:
    """Return what the templates may use: what was written down with the letter, and its case."""
    mode = letter.context.get("mode")
    return {
        "name": letter.account.name if letter.account_id else "",
        "actor": _actor(letter),
        "is_for_staff": letter.event.startswith(FOR_STAFF),
        "imprint_url": url_for("public.imprint", _external=True),
        "why": "",
        "question": "",
        "step": "",
        **letter.context,
        "mode": Mode(mode) if mode else None,
        "ends_at": _moment(letter.context.get("ends_at")),
        "expected": Answer(letter.context["expected"]) if letter.context.get("expected") else None,
        "holds": [Hold(hold) for hold in letter.context.get("holds", ())],
        **_of_case(letter),
        **parts.of_letter(letter),
        **_of_link(letter),
        **calendar_entry.values(letter),
        **reminder_letters.values(letter),
        **_of_account(letter),
        **privacy_letters.values(letter),
        **emergency_letters.values(letter),
        **account_letters.values(letter),
    }


def _of_account(letter: Letter) -> dict[str, Any]:
    """Return the link that lets its reader in; it is made here and stands nowhere else (rule P1)."""
    mark = letter.context.get("mark")
    if not mark:
        return {}
    token = link_token(current_app.config["PORTAL"].secret, mark)
    return {
        "sign_in_url": url_for("public.open_link", token=token, _external=True),
        "minutes": int(LINK_LASTS.total_seconds() // 60),
        "days": INVITATION_LASTS.days,
        "is_team": letter.account.is_staff,
    }


def _actor(letter: Letter) -> Any:
    actor = calendar_entry.next_actor(letter) or emergency_letters.next_actor(letter)
    return ACTORS[actor] if actor else actor_of(letter.event)


def actor_of(event: str) -> Any:
    """Return the sentence that says who acts next; to staff their own turn reads otherwise."""
    if event in calendar_entry.MEETINGS:
        return calendar_entry.TO_COME
    return TO_STAFF if event.startswith(FOR_STAFF) else ACTORS[NEXT[event]]


def _of_case(letter: Letter) -> dict[str, Any]:
    case = letter.case if letter.case_id else None
    if case is None:
        return {"case": None, "is_back": False}
    in_server = case.device.tse_in_server if case.device_id else None
    return {
        "case": case,
        "standing": SAYINGS[case.state].title,
        "is_back": case.state in NOT_YET,
        "had_link": case.state is State.COMMISSIONED and _had_link(case),
        "valid_until": case.valid_until,
        "is_remote": bool(session_notices(case.outcome)),
        "components": parcel.components(in_server),
        "tse_is_unknown": in_server is None,
        "case_url": url_for("owner.case", number=case.number, _external=True),
        "slip_url": url_for("papers.slip", number=case.number, _external=True),
        "disposal_url": url_for("owner.tse_disposal", number=case.number, _external=True),
        "quote_url": url_for("owner.quote", number=case.number, _external=True),
        "parcel_url": url_for("owner.parcel", number=case.number, _external=True),
    }


def _had_link(case: Case) -> bool:
    """Tell whether the case had a link that ran; told when the server takes over again (rule L11a)."""
    link = SubstituteLink.shown_with(case)
    return link is not None and link.activated_at is not None


def _of_link(letter: Letter) -> dict[str, Any]:
    """Return what a letter about a link may name: by its case's number, or by device and salon."""
    number = letter.context.get("link_id")
    if not number:
        return {}
    link = SubstituteLink.get_by_id(number)
    device, case = link.device, (link.case if link.case_id else None)
    salon = _one_line(device.salon.name)
    named = numbers.group(case.number) if case else ""
    values = {
        "about": ", ".join([named or " ".join(filter(None, (device.name, device.serial))), salon]),
        "ref": named or salon[:LONGEST_REF],
        "started_at": link.activated_at,
        "tse_notice": shows_tse_notice(device.tse_in_server),
        "link_url": url_for("owner.link", link=link.id, _external=True),
        "new_link_url": url_for("owner.link_new", device=device.id, _external=True),
    }
    return {**values, **_for_staff(link, case, salon)} if letter.event.startswith(FOR_STAFF) else values


def _for_staff(link: SubstituteLink, case: Case | None, salon: str) -> dict[str, Any]:
    """Return what staff need to act on a link without opening it first: whom to call, and the forecast."""
    place = f"{salon}, {_one_line(link.device.salon.city)}"
    ref = place[:LONGEST_REF] + (f", {numbers.group(case.number)}" if case else "")
    return {
        "staff_ref": ref,
        "place": place,
        "phone": link.device.salon.phone or (case.contact_phone if case else ""),
        "case_state": case.state if case else None,
        "reason": link.reason,
        "forecast": reckoning.of_case(case, link, StepTime.measured()) if case else None,
        "staff_link_url": url_for("staff.link", link=link.id, _external=True),
        "staff_case_url": url_for("staff.case", number=case.number, _external=True) if case else "",
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _one_line(text: str) -> str:
    """Return a subject without line breaks and other blanks that a header must not hold."""
    return _UNPRINTABLE.sub("", " ".join(text.split()))[:LONGEST_SUBJECT]


def _tidy(text: str) -> str:
    """Return the text with one empty line at most between its paragraphs."""
    lines = "\n".join(line.rstrip() for line in _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"
