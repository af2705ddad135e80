"""The door to the substitute till: the portal's own address, open only while the link is active (rule L9).

The first page says what applies and leads nowhere by itself, so that a link preview or a mail
scanner opens nothing. The way on is a plain link, not a form: the policy `form-action 'self'`
would stop a form's redirect to another host.
"""

from datetime import datetime

from flask import Blueprint, Response, redirect, request, url_for
from flask_login import current_user

from portal.actions import doors
from portal.actions.doors import Door
from portal.models import History
from portal.outside import clock
from portal.rules.workflow import Role
from portal.web.fragments import page
from portal.web.owner.doors import door_of
from portal.web.security import keep_secret

bp = Blueprint("door", __name__, url_prefix="/l")
bp.after_request(keep_secret)
LONGEST_TOKEN = 100
SPECULATIVE = ("prefetch", "prerender", "preview")
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


@bp.get("/<token>")
def open(token: str) -> Response:
    """Show which rules apply now and how long, with the way on; 410 once it is over."""
    now = clock.now()
    found = _judged(token, now)
    if found is None:
        return _unknown()
    if not found.is_open:
        return _over(found, now)
    return page("public/door.html", token=token, link=found.link, door=door_of(found.link, now))


@bp.post("/<token>")
def enter(token: str) -> Response:
    """Lead a form to the first page; nothing is opened by it."""
    if _judged(token, clock.now()) is None:
        return _unknown()
    return redirect(url_for("door.open", token=token), code=303)


@bp.get("/<token>/go")
def go(token: str) -> Response:
    """Count the opening and lead on to the till, if the link is active at this moment."""
    now = clock.now()
    found = _judged(token, now)
    if found is None:
        return _unknown()
    if not found.is_open:
        return _over(found, now)
    if request.method == "GET" and not _is_speculative():
        doors.count_opening(found.link, now=now)
    return redirect(found.link.till_address, code=302)


def _judged(token: str, now: datetime) -> Door | None:
    """Return the door of the token as it is now; None for an unknown one and for another customer (L9)."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    found = doors.open_door(token, now=now)
    return None if found is None or _is_strangers(found.link.customer_id) else found


def _is_strangers(customer_id: int) -> bool:
    is_owner = current_user.is_authenticated and current_user.role is Role.OWNER
    return is_owner and current_user.customer_id != customer_id


def _is_speculative() -> bool:
    purpose = " ".join(request.headers.get(name, "") for name in PURPOSES).lower()
    return any(word in purpose for word in SPECULATIVE)


def _unknown() -> Response:
    """Say calmly where the right address is: an old one looks like one that never was (rule L9)."""
    return page("public/door_unknown.html", status=404)


def _over(found: Door, now: datetime) -> Response:
    """Say that it is over, why, and what to do now."""
    door = door_of(found.link, now, history=History.of_link(found.link))
    return page("public/door_over.html", status=410, link=found.link, door=door)
