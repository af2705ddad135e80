"""Signing in and out."""

from flask import Response, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user

from portal.actions import accounts
from portal.outside import clock
from portal.web.access import home_of, safe_next
from portal.web.forms import Form, Line, Required, clean
from portal.web.fragments import page
from portal.web.public.pages import bp


class SignInForm(Form):
    """E-mail and password."""

    email = Line(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])
    password = Line(longest=200, validators=[Required(_l("Bitte geben Sie Ihr Passwort ein."))])


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """Let an owner or one of the staff in."""
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(target or home_of(current_user), code=303)
    form = SignInForm()
    if request.method == "GET":
        return page("public/sign_in.html", form=form, errors={}, next=target)
    if not form.validate():
        return page("public/sign_in.html", status=422, form=form, errors=form.mistakes, next=target)
    try:
        account, token = accounts.sign_in(
            form.email.data,
            request.form.get("password", ""),
            device=clean(request.user_agent.string),
            now=clock.now(),
        )
    except accounts.SignInRefused:
        wrong = {"email": _("E-Mail-Adresse und Passwort passen nicht zusammen. Bitte prüfen Sie beides.")}
        return page("public/sign_in.html", status=422, form=form, errors=wrong, next=target)
    _start_session(account, token)
    return redirect(target or home_of(account), code=303)


def _start_session(account, token: str) -> None:
    """Begin a fresh session: nothing of what stood in the browser before may be fixed on it."""
    draft = session.get("draft")
    language = session.get("language")
    session.clear()
    if draft:
        session["draft"] = draft  # a report begun signed out goes on
    if language:
        session["language"] = language
    account.session_token = token
    login_user(account, remember=False)


@bp.post("/sign-out")
def sign_out() -> Response:
    """End this browser's session, also for a copied cookie."""
    if current_user.is_authenticated:
        accounts.sign_out(current_user.session_token, now=clock.now())
    logout_user()
    session.clear()
    flash(_("Sie sind abgemeldet."))
    return redirect(url_for("public.start"), code=303)
