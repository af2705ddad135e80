"""The second factor: show it after the password, set it up, codes for paper (rule P1).

Staff who have shown only the first factor see nothing but these pages; access.account_of sees to that.
"""

import pyotp
from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from portal.actions import accounts
from portal.actions import second_factor as deeds
from portal.actions.throttle import TooManyTries
from portal.models import Account, Authenticator, Passkey, RecoveryCode
from portal.models.second_factor import has_any
from portal.outside import clock, codes
from portal.rules import second_factor as rules
from portal.web import confirm, context
from portal.web.access import half_signed_in, home_of, please_sign_in, safe_next
from portal.web.fragments import go_to, page
from portal.web.public import signing
from portal.web.second_factor_demo import ahead, code_shown, first_code_shown

bp = Blueprint("factor", __name__, url_prefix="/second-factor")


@bp.before_request
def check_the_first():
    """Let in staff who have shown at least the first factor."""
    if current_user.is_authenticated:
        return None if current_user.is_staff else abort(404)
    return None if half_signed_in() else please_sign_in()


@bp.route("", methods=["GET", "POST"])
def code() -> Response:
    """Ask for the second factor, and open the portal."""
    me = half_signed_in()
    if me is None:
        return redirect(_target(current_user), code=303)
    if not has_any(me):
        return redirect(url_for("factor.set_up", next=safe_next(request.values.get("next"))))
    if request.method != "POST":
        return _code_page(me)
    typed = request.form.get("code", "")
    try:
        deeds.enter(
            me, typed, signed_in=me.signed_in, secret=_secret(), now=clock.now(), ahead=ahead()
        )  # fmt: skip
    except deeds.CodeRefused as problem:
        return _code_page(me, 422, refused(problem))
    except TooManyTries as problem:
        return signing.too_many(_code_page(me, 429, signing.wait_until(problem)), problem)
    answer = come_in(me)
    if rules.proof_of(typed) is rules.Proof.PAPER:
        _say_how_many_are_left(me)
    return answer


def come_in(account: Account) -> Response:
    """Begin the session anew for who has passed, so that a copy of the earlier cookie is worth nothing."""
    target = _target(account)
    signing.start_session(account, accounts.renew(account.signed_in))
    return redirect(target, code=303)


def refused(problem: deeds.CodeRefused) -> str:
    """Return what to say about a code that was not taken."""
    if isinstance(problem, deeds.CodeUsed):
        return _("Dieser Code wurde schon benutzt. Bitte warten Sie auf den nächsten.")
    return _("Dieser Code passt nicht. Bitte nehmen Sie den, der jetzt in der App steht.")


def _code_page(me: Account, status: int = 200, error: str = "") -> Response:
    has_app, left = Authenticator.of(me) is not None, RecoveryCode.left_of(me)
    return page(
        "account/second_factor.html",
        status=status,
        errors={"code": error} if error else {},
        next=safe_next(request.values.get("next")),
        has_app=has_app,
        has_codes=has_app or left > 0,
        has_passkey=Passkey.of(me).exists(),
        demo_code=code_shown(me),
    )


def _say_how_many_are_left(me: Account) -> None:
    left = RecoveryCode.left_of(me)
    said = ngettext("Sie haben noch %(num)s Notfallcode.", "Sie haben noch %(num)s Notfallcodes.", left)
    if left <= rules.FEW:
        said += " " + _("Bitte lassen Sie sich unter „Konto“ neue geben.")
    flash(said)


@bp.route("/set-up", methods=["GET", "POST"])
def set_up() -> Response:
    """Take an app into use: the first one on the way in, or another one for who is in."""
    half = half_signed_in()
    if half and has_any(half):
        return redirect(url_for("factor.code", next=safe_next(request.values.get("next"))))
    if not half and (asked := confirm.needed()):
        return asked
    me = half or _me()
    if request.method != "POST":
        return _set_up_page(me, deeds.offer(me, secret=_secret(), now=clock.now()))
    return _take_up(me, request.form.get("sealed", ""), is_first=bool(half))


def _take_up(me: Account, sealed: str, *, is_first: bool) -> Response:
    try:
        fresh = deeds.set_up(
            me,
            sealed,
            request.form.get("code", ""),
            signed_in=me.signed_in,
            secret=_secret(),
            now=clock.now(),
            ahead=ahead(),
        )
    except deeds.CodeRefused:
        wrong = _("Dieser Code passt nicht. Bitte nehmen Sie den, der jetzt in der App steht.")
        return _set_up_page(me, sealed, 422, wrong)
    except (deeds.OfferOver, deeds.FactorThere):
        flash(_("Diese Seite war zu alt oder wurde zweimal abgeschickt. Bitte prüfen Sie, was jetzt gilt."))
        return redirect(url_for("factor.code") if is_first else url_for("account.account"), code=303)
    target = _target(me) if is_first else url_for("account.account")
    if is_first:
        signing.start_session(me, accounts.renew(me.signed_in))
    return _codes_page(fresh, target)


def _set_up_page(me: Account, sealed: str, status: int = 200, error: str = "") -> Response:
    now = clock.now()
    plain = deeds.offered(me, sealed, secret=_secret(), now=now)
    link = pyotp.TOTP(plain).provisioning_uri(name=me.email, issuer_name=context.operator().brand)
    return page(
        "account/second_factor_set_up.html",
        status=status,
        errors={"code": error} if error else {},
        next=safe_next(request.values.get("next")),
        sealed=sealed,
        plain=rules.in_groups(plain),
        link=link,
        qr=codes.data_uri(codes.qr_png(link)),
        is_first=half_signed_in() is not None,
        has_app=Authenticator.of(me) is not None,
        demo_code=first_code_shown(plain),
    )


def _codes_page(fresh: list[str], target: str) -> Response:
    """Show the codes, here and never again: they are in no address, no cookie and no readable row."""
    shown = [rules.in_groups(one, between="-") for one in fresh]
    return page("account/recovery_codes.html", codes=shown, target=target)


@bp.route("/codes", methods=["GET", "POST"])
def new_codes() -> Response:
    """Give ten new codes for paper; the earlier ones end."""
    if half_signed_in():
        return please_sign_in()
    if asked := confirm.needed():
        return asked
    if request.method != "POST":
        return page("account/recovery_codes_new.html", left=RecoveryCode.left_of(_me()))
    fresh = deeds.new_codes(_me(), secret=_secret(), now=clock.now())
    return _codes_page(fresh, url_for("account.account"))


@bp.route("/remove", methods=["GET", "POST"])
def remove() -> Response:
    """Let go of the app, if there is a passkey."""
    if half_signed_in():
        return please_sign_in()
    if asked := confirm.needed():
        return asked
    if request.method != "POST":
        return page("account/second_factor_remove.html", has_passkey=Passkey.of(_me()).exists())
    try:
        deeds.remove_app(_me(), now=clock.now())
    except deeds.LastFactor:
        flash(_("Ohne App und ohne Passkey kämen Sie nicht mehr herein. Richten Sie erst einen Passkey ein."))
        return go_to(url_for("account.account"))
    flash(_("Codes aus der App gelten nicht mehr."))
    return go_to(url_for("account.account"))


@bp.app_template_global("second_factor_of")
def state_of(account: Account) -> dict[str, object]:
    """Return what the page of one's account says about the app and the codes on paper."""
    left = RecoveryCode.left_of(account)
    return {"app": Authenticator.of(account), "left": left, "is_few": left <= rules.FEW}


def _target(account) -> str:
    return safe_next(request.values.get("next")) or home_of(account)


def _secret() -> str:
    return current_app.config["PORTAL"].secret


def _me() -> Account:
    return current_user._get_current_object()
