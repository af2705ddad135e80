"""Who is it, and may they come in?  Rule P1: each front end has one guard on its whole blueprint."""

from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, redirect, request, url_for
from flask_login import LoginManager, current_user

from portal.actions import accounts
from portal.models import SignIn
from portal.outside import clock
from portal.rules.workflow import Role

login_manager = LoginManager()
login_manager.session_protection = None  # it trusts X-Forwarded-For; our session is a row that can be ended


def init_app(app: Flask) -> None:
    """Let Flask-Login find the account behind the cookie's token."""
    login_manager.init_app(app)


@login_manager.user_loader
def account_of(token: str):
    """Return the account signed in with this token, if the session has not been ended."""
    now = clock.now()
    account = SignIn.account_of(token, now)
    if account is not None and account.signed_in is not None:
        accounts.seen(account.signed_in, address=request.remote_addr or "", now=now)
    return account


@login_manager.unauthorized_handler
def please_sign_in() -> Response:
    """Send people to the sign-in page, and back afterwards."""
    target = url_for("public.sign_in", next=_wanted())
    if request.headers.get("HX-Request") == "true":
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target)


def _wanted() -> str:
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
            return please_sign_in()
        if current_user.role not in roles:
            abort(404)
        return None


def safe_next(target: str | None) -> str | None:
    """Return `target` if it is a path of this portal, else None: no way out to other hosts."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(character < " " for character in target) or "\\" in target:
        return None
    return target


def home_of(account) -> str:
    """Return the first page of this person."""
    return url_for("staff.queue") if account.is_staff else url_for("owner.cases")
