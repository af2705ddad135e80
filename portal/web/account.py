"""One's own account, on both sides: the password, and where one is signed in (rule P1)."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import accounts, deletions
from portal.actions.throttle import TooManyTries
from portal.models import Account, Passkey, SignIn
from portal.outside import clock
from portal.rules.signing_in import LONGEST, SHORTEST, By, Unfit
from portal.rules.workflow import Role
from portal.web import confirm, devices
from portal.web.access import guard
from portal.web.forms import Form, Line, Required
from portal.web.fragments import go_to, page
from portal.web.public import signing

bp = Blueprint("account", __name__)
guard(bp, Role.OWNER, Role.STAFF, Role.ADMIN)

UNFIT: dict[Unfit, Any] = {
    Unfit.TOO_SHORT: _l("Das Passwort ist zu kurz. Es braucht mindestens %(least)s Zeichen.", least=SHORTEST),
    Unfit.TOO_LONG: _l("Das Passwort ist zu lang. Höchstens %(most)s Zeichen sind möglich.", most=LONGEST),
    Unfit.COMMON: _l("Dieses Passwort ist leicht zu erraten. Bitte nehmen Sie ein anderes."),
    Unfit.NAMES_YOU: _l("In dem Passwort steht fast nur Ihre E-Mail-Adresse. Bitte nehmen Sie ein anderes."),
}


CAME_IN: dict[By, Any] = {
    By.PASSWORD: _l("mit Passwort"),
    By.LINK: _l("mit Link aus einer E-Mail"),
    By.PASSKEY: _l("mit Passkey"),
}


class PasswordForm(Form):
    """The new password, and the present one where it is needed."""

    present = Line(longest=200)
    password = Line(longest=1000, validators=[Required(_l("Bitte geben Sie das neue Passwort ein."))])


@bp.get("/account")
def account() -> Response:
    """Show who one is here, and where one is signed in."""
    me, now = _me(), clock.now()
    found = list(SignIn.open_of(me, now))
    return page(
        "account/account.html",
        sessions=[(one, devices.named(one.device), one.id == me.signed_in.id) for one in found],
        came_in=CAME_IN,
        passkeys=list(Passkey.of(me)),
        deletion=deletions.open_for(me),
    )


@bp.route("/account/password", methods=["GET", "POST"])
def password() -> Response:
    """Set a new password; all sessions end, and this browser begins a new one."""
    me, form = _me(), PasswordForm()
    if not me.password_hash and (asked := confirm.needed()):
        return asked  # or whoever holds the phone for a minute could come back for ever
    if request.method != "POST":
        return _password_page(form)
    if not form.validate():
        return _password_page(form, 422, form.mistakes)
    try:
        accounts.set_password(
            me,
            request.form.get("password", ""),
            present=request.form.get("present", ""),
            signed_in=me.signed_in,
            now=clock.now(),
        )
    except accounts.PasswordUnfit as problem:
        return _password_page(form, 422, {"password": str(UNFIT[problem.why])})
    except accounts.PasswordNeeded:
        return _password_page(form, 422, {"present": _("Das ist nicht Ihr jetziges Passwort.")})
    except TooManyTries as problem:
        return _password_page(form, 429, {"present": signing.wait_until(problem)})
    answer = signing.start_again(me, target=url_for("account.account"))
    flash(_("Das neue Passwort gilt. Überall sonst sind Sie jetzt abgemeldet."))
    return answer


def _password_page(form: PasswordForm, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    me = _me()
    return page(
        "account/password.html",
        status=status,
        form=form,
        errors=errors or {},
        asks_present=bool(me.password_hash) and not accounts.is_fresh(me.signed_in, clock.now()),
        is_first=not me.password_hash,
        least=SHORTEST,
    )


@bp.post("/account/sessions/<id:session>/end")
def end_session(session: int) -> Response:
    """Sign out one of one's own browsers; another's number does nothing (rule P1)."""
    accounts.end_session(_me(), session, now=clock.now())
    flash(_("Dieser Browser ist abgemeldet."))
    return go_to(url_for("account.account"))


@bp.post("/account/sessions/end")
def end_sessions() -> Response:
    """Sign out everywhere but here."""
    me = _me()
    accounts.end_sessions(me, now=clock.now())
    answer = signing.start_again(me, target=url_for("account.account"))
    flash(_("Überall sonst sind Sie jetzt abgemeldet."))
    return answer


def _me() -> Account:
    return current_user._get_current_object()
