"""Who of the staff looked at whose data: written down after the page is out, so that it costs nobody time.

A page is never lost because this could not be written: then the log says so.
"""

from datetime import datetime
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from peewee import PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from portal.actions import history, looks
from portal.models import Account, Case, Customer, SubstituteLink
from portal.models.base import db
from portal.outside import clock

MOST = 5_000  # how many looks one process remembers, to ask the database less often
log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Write down after each page what was looked at in it."""
    app.extensions["looks"] = {}
    app.after_request(_write_later)


def looked(subject: Case | Customer | SubstituteLink, what: str = "look", **facts: Any) -> None:
    """Note that the page being made shows this to one of the staff; what an owner sees is their own."""
    if current_user.is_staff and request.method == "GET":
        g.looks = [*g.get("looks", []), (subject, what, facts)]


def _write_later(answer: Response) -> Response:
    found = g.get("looks", []) if answer.status_code == 200 else []
    fresh = [look for look in found if _is_fresh(look)]
    if fresh:
        me, address, now = current_user._get_current_object(), history.origin.get(), clock.now()
        answer.call_on_close(lambda: _write(fresh, me, address, now))
    return answer


def _is_fresh(look: tuple[Any, str, dict[str, Any]]) -> bool:
    """Tell whether this process has not seen the same look lately; what it forgot, the database knows."""
    known: dict[tuple[int, str, str], datetime] = current_app.extensions["looks"]
    key, now = (current_user.id, history.about(look[0]), look[1]), clock.now()
    last = known.get(key)
    if last is not None and last <= now < last + looks.EVERY:
        return False
    if len(known) >= MOST:
        known.clear()
    known[key] = now
    return True


def _write(found: list[tuple[Any, str, dict[str, Any]]], me: Account, address: str, now: datetime) -> None:
    token = history.origin.set(address)
    try:
        with db.connection_context():
            for subject, what, facts in found:
                looks.note(subject, what, by=me, at=now, **facts)
    except (PeeweeException, MaxConnectionsExceeded):
        log.exception("a look at a customer's data was not written down", account=me.id)
    finally:
        history.origin.reset(token)
