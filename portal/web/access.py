"""Who is it, and may they come in?  Rule P1: each front end has one guard on its whole blueprint."""

import re
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, g, redirect, request, url_for
from flask_login import LoginManager, current_user

from portal.actions import accounts
from portal.models import Account, SignIn
from portal.outside import clock
from portal.rules.workflow import Role

NO_ADDRESS = re.compile(r"[\x00-\x1f\\\ud800-\udfff]")
"""What browsers and libraries leave out of an address or read as something else: then it leads elsewhere."""


class SessionOver(Exception):
    """A form came from somebody who is not signed in any more: what was typed must not be lost."""


login_manager = LoginManager()
login_manager.session_protection = None  # it trusts X-Forwarded-For; our session is a row that can be ended


def init_app(app: Flask) -> None:
    """Let Flask-Login find the account behind the cookie's token."""
    login_manager.init_app(app)


@login_manager.user_loader
def account_of(token: str):
    """Return the account signed in with this token, if the session has not been ended.

    Staff who have not shown their second factor are nobody yet, whatever page they ask for.
    """
    now = clock.now()
    account = SignIn.account_of(token, now)
    if account is not None and account.signed_in is not None:
        accounts.seen(account.signed_in, address=request.remote_addr or "", now=now)
        if account.is_staff and account.signed_in.second_factor_at is None:
            g.half_signed_in = account
            return None
    return account


def half_signed_in() -> Account | None:
    """Return who of the staff has shown the first factor in this browser and not yet the second."""
    return None if current_user.is_authenticated else g.get("half_signed_in")


@login_manager.unauthorized_handler
def please_sign_in() -> Response:
    """Send people to the sign-in page, staff half-way in to their second factor, and back afterwards."""
    page = "factor.code" if half_signed_in() else "public.sign_in"
    target = url_for(page, next=wanted())
    if request.headers.get("HX-Request") == "true":
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target)


def wanted() -> str:
    """Return the page somebody is to come back to: the one asked for, or the one a form was sent from."""
    if request.method == "GET" and request.headers.get("HX-Request") != "true":
        return request.full_path.rstrip("?")
    try:
        shown = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    except ValueError:  # no address at all
        return "/"
    return shown.path if shown.netloc == request.host else "/"


def guard(blueprint: Blueprint, *roles: Role) -> None:
    """Close the whole blueprint to everybody but these roles: sign in first, and 404 for others."""

    @blueprint.before_request
    def check():
        if not current_user.is_authenticated:
            if request.method == "POST":
                raise SessionOver
            return please_sign_in()
        if current_user.role not in roles:
            abort(404)
        return None


def safe_next(target: str | None) -> str | None:
    """Return `target` if it is a path of this portal, else None: no way out to other hosts."""
    if not target or not target.startswith("/") or target.startswith("//") or NO_ADDRESS.search(target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def home_of(account) -> str:
    """Return the first page of this person."""
    return url_for("staff.queue") if account.is_staff else url_for("owner.cases")
