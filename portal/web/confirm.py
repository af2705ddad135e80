"""Is it still you?  Before dangerous deeds people prove anew who they are, every ten minutes (rule P1).

The views of such a deed begin with: if asked := confirm.needed(): return asked
"""

import json

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import accounts, second_factor, sign_in_links
from portal.actions.throttle import TooManyTries
from portal.models import Account, Authenticator, RecoveryCode
from portal.outside import clock
from portal.rules import second_factor as rules
from portal.rules.workflow import Role
from portal.web import kept
from portal.web.access import guard, home_of, safe_next, wanted
from portal.web.fragments import go_to, is_htmx, page
from portal.web.public import signing
from portal.web.second_factor_demo import ahead, code_shown

bp = Blueprint("confirm", __name__)
guard(bp, Role.OWNER, Role.STAFF, Role.ADMIN)


def needed() -> Response | None:
    """Return None if the person has proved lately who they are, else the way to the page of proving.

    Call it at the top of the view that shows the form and of the one that takes it. What was typed is not
    lost: it waits on the page of proving, and is sent by one press more.
    """
    if rules.is_confirmed(_me().signed_in.confirmed_at, clock.now()):
        return None
    typed = None if is_htmx() else kept.of_request()
    if typed and typed.fields:
        waits = [typed.target, typed.fields, typed.lacks_secret or typed.lacks_files]
        return _show(403, target=wanted(), waits=json.dumps(waits))
    return go_to(url_for("confirm.ask", next=wanted()))


@bp.route("/account/confirm", methods=["GET", "POST"])
def ask() -> Response:
    """Ask for the password or a code, and lead back."""
    if request.method != "POST":
        return _show()
    try:
        return _prove(request.form.get("by", ""))
    except accounts.PasswordNeeded:
        return _show(422, {"password": _("Das ist nicht Ihr Passwort.")})
    except second_factor.CodeUsed:
        return _show(422, {"code": _("Dieser Code wurde schon benutzt. Bitte warten Sie auf den nächsten.")})
    except second_factor.CodeRefused:
        return _show(422, {"code": _("Dieser Code passt nicht. Bitte nehmen Sie den, der jetzt gilt.")})
    except TooManyTries as problem:
        field = request.form.get("by", "")
        shown = _show(429, {field if field in ("password", "code") else "": signing.wait_until(problem)})
        return signing.too_many(shown, problem)


def _prove(by: str) -> Response:
    """Look at what was given; raises what `ask` answers."""
    me, now = _me(), clock.now()
    if by == "link" and not me.is_staff:
        return _send_link(me)
    if by == "code":
        given = {"signed_in": me.signed_in, "secret": current_app.config["PORTAL"].secret}
        second_factor.confirm(me, request.form.get("code", ""), **given, now=now, ahead=ahead())
    else:
        accounts.check_password(me, request.form.get("password", ""), now=now)
        second_factor.confirmed(me.signed_in, now=now)
    return proved()


def proved() -> Response:
    """Lead back after a proof, or show the form that waits to be sent."""
    try:
        target, fields, is_incomplete = json.loads(request.form.get("waits", ""))
        pairs = [(str(name), str(value)) for name, value in fields]
        json.dumps(pairs, ensure_ascii=False).encode()  # half a character could not be shown
    except (TypeError, ValueError, RecursionError):
        return redirect(_target(), code=303)
    if not isinstance(target, str) or not safe_next(target):
        return redirect(_target(), code=303)
    return page("account/confirmed.html", target=target, fields=pairs, is_incomplete=is_incomplete)


def _send_link(me: Account) -> Response:
    """Send who has no password a link to sign in anew with; it leads back to the form."""
    sign_in_links.ask(me.email, address=request.remote_addr or "", now=clock.now(), target=_target())
    return page("public/sign_in_sent.html", email=me.email, minutes=signing.link_minutes())


def _show(
    status: int = 200, errors: dict[str, str] | None = None, *, target: str = "", waits: str = ""
) -> Response:
    me = _me()
    return page(
        "account/confirm.html",
        status=status,
        errors=errors or {},
        next=target or _target(),
        waits=waits or request.form.get("waits", ""),
        has_password=bool(me.password_hash),
        has_codes=Authenticator.of(me) is not None or RecoveryCode.left_of(me) > 0,
        demo_code=code_shown(me),
        minutes=int(rules.CONFIRMED_FOR.total_seconds() // 60),
    )


def _target() -> str:
    return safe_next(request.values.get("next")) or home_of(current_user)


def _me() -> Account:
    return current_user._get_current_object()
