"""Look into a locked business: for admins, a quarter of an hour, with a reason that is kept (rule P3)."""

from datetime import datetime, timedelta

from flask import Flask, session
from flask_login import current_user

from portal.models import Account, Customer
from portal.outside import clock
from portal.rules.workflow import Role

LASTS = timedelta(minutes=15)
KEY = "locked"


def init_app(app: Flask) -> None:
    """Let the person of a request know into which locked business they may look."""

    @app.before_request
    def look_in() -> None:
        if KEY in session and current_user.is_authenticated and current_user.role is Role.ADMIN:
            current_user.reads_locked = _open_now(session[KEY], clock.now())


def _open_now(kept: dict[str, int], now: datetime) -> int | None:
    is_mine = kept.get("account") == current_user.id
    is_now = timedelta() <= now - datetime.fromtimestamp(kept.get("since", 0), now.tzinfo) < LASTS
    return kept.get("customer") if is_mine and is_now else None


def open_for(admin: Account, customer: Customer) -> None:
    """Let this browser look into the business from now on."""
    session[KEY] = {"account": admin.id, "customer": customer.id, "since": int(clock.now().timestamp())}


def shut() -> None:
    """Shut it again."""
    session.pop(KEY, None)
