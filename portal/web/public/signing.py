"""Signing in and out: with a password, or with a link by mail (rule P1)."""

from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from flask import Response, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from wtforms.validators import StopValidation

from portal.actions import accounts, sign_in_links
from portal.actions.throttle import TooManyTries
from portal.models import Account, SignInLink
from portal.outside import clock
from portal.rules import signing_in as rules
from portal.rules.quotas import UsedUp
from portal.web import browser_mark, labels
from portal.web.access import half_signed_in, home_of, safe_next
from portal.web.forms import Form, Line, Required, clean
from portal.web.fragments import page
from portal.web.public.pages import bp


class SignInForm(Form):
    """E-mail and password."""

    email = Line(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])
    password = Line(longest=200, validators=[Required(_l("Bitte geben Sie Ihr Passwort ein."))])


class LinkForm(Form):
    """Where the link is to go."""

    email = Line(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])

    def validate_email(self, field: Line) -> None:
        """Refuse what is no e-mail address at all."""
        try:
            validate_email(field.data, check_deliverability=False)
        except EmailNotValidError as error:
            raise StopValidation(
                _("Das ist keine E-Mail-Adresse. Sie sieht zum Beispiel so aus: name@salon.de")
            ) from error


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """Let an owner or one of the staff in."""
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(target or home_of(current_user), code=303)
    if half_signed_in() and request.method != "POST":
        return redirect(url_for("factor.code", next=target))
    form = SignInForm()
    if request.method != "POST":
        return _sign_in_page(form, target)
    if not form.validate():
        return _sign_in_page(form, target, 422, form.mistakes)
    try:
        account, token = _try(form.email.data)
    except accounts.SignInRefused:
        wrong = _("E-Mail-Adresse und Passwort passen nicht zusammen. Bitte prüfen Sie beides.")
        return _sign_in_page(form, target, 422, {"email": wrong})
    except TooManyTries as problem:
        return too_many(_sign_in_page(form, target, 429, {"email": wait_until(problem)}), problem)
    return _let_in(account, token, target)


def _try(email: str) -> tuple[Account, str]:
    return accounts.sign_in(
        email,
        request.form.get("password", ""),
        device=clean(request.user_agent.string),
        address=request.remote_addr or "",
        browser=browser_mark.mark_for(email),
        now=clock.now(),
    )


def _sign_in_page(
    form: SignInForm, target: str | None, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    return page("public/sign_in.html", status=status, form=form, errors=errors or {}, next=target)


@bp.route("/sign-in/link", methods=["GET", "POST"])
def sign_in_link() -> Response:
    """Send a link by mail to who has an account; the answer is the same for everybody (rule P1)."""
    target = safe_next(request.values.get("next"))
    form = LinkForm()
    if request.method != "POST":
        return _link_page(form, target)
    if not form.validate():
        return _link_page(form, target, 422, form.mistakes)
    try:
        sign_in_links.ask(
            form.email.data, address=request.remote_addr or "", now=clock.now(), target=target or ""
        )
    except TooManyTries as problem:
        return too_many(_link_page(form, target, 429, {"email": wait_until(problem)}), problem)
    return page("public/sign_in_sent.html", email=form.email.data, minutes=link_minutes())


def _link_page(
    form: LinkForm, target: str | None, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    return page(
        "public/sign_in_link.html",
        status=status,
        form=form,
        errors=errors or {},
        next=target,
        minutes=link_minutes(),
    )


def link_minutes() -> int:
    """Return how long a link by mail is good for."""
    return int(rules.LINK_LASTS.total_seconds() // 60)


@bp.route("/sign-in/link/<token>", methods=["GET", "POST"])
def open_link(token: str) -> Response:
    """Show a button first: programs that look into mails must not use the link up (rule P1).

    It leads to the page that was wanted when it was asked for, in this or in another browser.
    """
    mark = rules.mark_of(current_app.config["PORTAL"].secret, token[:200])
    now = clock.now()
    known = SignInLink.usable(mark, now) if mark else None
    if request.method != "POST":
        return _no_store(page("public/sign_in_open.html", status=200 if known else 410, is_good=bool(known)))
    try:
        account, fresh = _use(known, now)
    except sign_in_links.LinkUsed:
        return _no_store(page("public/sign_in_open.html", status=410, is_good=False))
    return _let_in(account, fresh, safe_next(known.target) if known else None)


def _use(known: SignInLink | None, now: datetime) -> tuple[Account, str]:
    if known is None:
        raise sign_in_links.LinkUsed
    device = clean(request.user_agent.string)
    return sign_in_links.use(known.mark, device=device, address=request.remote_addr or "", now=now)


def _no_store(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def wait_until(problem: TooManyTries) -> str:
    """Return what to say to who tried too often; within the last minute no clock says it (rule P1)."""
    if problem.free_at - clock.now() < timedelta(minutes=1):
        return _("Das waren zu viele Versuche. Bitte warten Sie einige Sekunden.")
    return _(
        "Das waren zu viele Versuche. Bitte warten Sie bis %(time)s.",
        time=labels.time_of_day(problem.free_at),
    )


def too_many(response: Response, problem: TooManyTries | UsedUp) -> Response:
    """Tell machines too when the next try counts."""
    seconds = max(1, int((problem.free_at - clock.now()).total_seconds()) + 1)
    response.headers["Retry-After"] = str(seconds)
    return response


def _let_in(account: Account, token: str, target: str | None) -> Response:
    """Begin a fresh session, and know this browser from now on."""
    start_session(account, token)
    inside = target or home_of(account)
    if account.is_staff:  # the first factor only
        inside = url_for("factor.code", next=inside)
    return browser_mark.remember(redirect(inside, code=303), account.email)


def start_session(account: Account, token: str) -> None:
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
    who = half_signed_in() or current_user
    if who.is_authenticated:
        accounts.sign_out(who.session_token, now=clock.now())
    logout_user()
    session.clear()
    flash(_("Sie sind abgemeldet."))
    return redirect(url_for("public.start"), code=303)


def start_again(account: Account, *, target: str) -> Response:
    """Let somebody in anew after all their sessions were ended by themselves.

    Not as one who comes by a link: that was once, and lets set a password without the present one. What was
    proved stays proved, and nothing more: to sign out elsewhere is no proof of who somebody is.
    """
    token = accounts.begin(
        account,
        rules.By.PASSKEY if account.signed_in.by is rules.By.PASSKEY else rules.By.PASSWORD,
        device=clean(request.user_agent.string),
        address=request.remote_addr or "",
        now=clock.now(),
        after=account.signed_in,
    )
    start_session(account, token)
    return redirect(target, code=303)
