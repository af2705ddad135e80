"""Whose e-mail address is it?  The code, the link in the mail, another address, a new secret.  Rule P1a."""

from collections.abc import Callable

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.actions import emergencies
from portal.actions.emergencies import CodeOver, CodeWrong, EmergencyMoved
from portal.actions.throttle import TooManyTries
from portal.models import Emergency
from portal.outside import clock
from portal.rules.emergencies import LONGEST_TOKEN, tidy_code
from portal.web.forms import Email, Form, Line, Required
from portal.web.fragments import go_to, page
from portal.web.public.emergency import address_of, bp, held, moved, secret, shown
from portal.web.public.signing import too_many, wait_until


class CodeForm(Form):
    """The six digits of the mail."""

    code = Line(longest=20, validators=[Required(_l("Bitte geben Sie den Code aus der E-Mail ein."))])


class EmailForm(Form):
    """The address as it should be."""

    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])


@bp.route("/<token>/code", methods=["GET", "POST"])
def code(token: str) -> Response:
    """Take the code as proof that the address is theirs."""
    found, form = held(token), CodeForm()
    if request.method != "POST":
        return _to_case(found)
    if not form.validate():
        return shown(found, 422, form.mistakes)
    try:
        emergencies.confirm(found, tidy_code(form.code.data), secret=secret(), now=clock.now())
    except CodeWrong:
        wrong = _("Das ist nicht der Code aus unserer letzten E-Mail. Bitte prüfen Sie die sechs Ziffern.")
        return shown(held(token), 422, {"code": wrong}, typed_code=form.code.data)
    except CodeOver:
        over = _("Dieser Code gilt nicht mehr. Lassen Sie sich einen neuen schicken.")
        return shown(held(token), 422, {"code": over})
    except EmergencyMoved:
        return moved(held(token))
    flash(_("Danke. Ihre E-Mail-Adresse ist bestätigt."), "good")
    return go_to(address_of(found))


@bp.route("/<token>/code/again", methods=["GET", "POST"])
def code_again(token: str) -> Response:
    """Send a fresh code; the earlier one ends."""
    found = held(token)
    sent = _l("Wir haben Ihnen einen neuen Code geschickt. Der alte gilt nicht mehr.")
    return _letter(found, sent, lambda: emergencies.send_code(found, secret=secret(), now=clock.now()))


@bp.route("/<token>/renew", methods=["GET", "POST"])
def renew(token: str) -> Response:
    """Give the case a new secret address; the old one opens nothing from now on."""
    found = held(token)
    renewed = _l("Das ist Ihr neuer Link. Der alte führt nirgends mehr hin.")
    return _letter(found, renewed, lambda: emergencies.renew(found, secret=secret(), now=clock.now()))


def _letter(found: Emergency, done: str, deed: Callable[[], Emergency]) -> Response:
    """Do what may send a letter; too many of them are told where one asked."""
    if request.method != "POST":
        return _to_case(found)
    try:
        changed = deed()
    except TooManyTries as problem:
        return too_many(shown(found, 429, {"": wait_until(problem)}), problem)
    except EmergencyMoved:
        return redirect(url_for("public.start"), code=303)
    flash(str(done), "good")
    return go_to(address_of(changed))


def _to_case(found: Emergency) -> Response:
    """Lead back who opens the address of a deed again, or has changed the language there."""
    return go_to(address_of(found))


@bp.route("/<token>/email", methods=["GET", "POST"])
def email(token: str) -> Response:
    """Put a mistyped address right, as long as it is not confirmed."""
    found, form = held(token), EmailForm()
    if found.confirmed_at is not None:
        return moved(found)
    if request.method != "POST":
        form.email.data = form.email.typed = found.email
        return _email_page(token, form)
    if not form.validate():
        return _email_page(token, form, 422, form.mistakes)
    try:
        emergencies.change_email(found, form.email.data, secret=secret(), now=clock.now())
    except TooManyTries as problem:
        return too_many(_email_page(token, form, 429, {"email": wait_until(problem)}), problem)
    except EmergencyMoved:
        return moved(held(token))
    flash(_("Wir haben den Code an %(email)s geschickt.", email=form.email.data), "good")
    return go_to(address_of(found))


def _email_page(
    token: str, form: EmailForm, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    return page("public/emergency_email.html", status=status, token=token, form=form, errors=errors or {})


@bp.route("/confirm/<proof>", methods=["GET", "POST"])
def confirm(proof: str) -> Response:
    """Show a button first: programs that look into mails must confirm nothing. It opens no case."""
    now = clock.now()
    proof = proof if len(proof) <= 2 * LONGEST_TOKEN else ""
    if request.method != "POST":
        found = emergencies.confirmable(proof, secret=secret(), now=now)
        return _confirm_page(200 if found else 410, is_good=bool(found), email=found.email if found else "")
    try:
        emergencies.confirm_by_link(proof, secret=secret(), now=now)
    except (CodeOver, EmergencyMoved):
        return _confirm_page(410, is_good=False)
    return _confirm_page(200, is_good=True, is_done=True)


def _confirm_page(status: int, *, is_good: bool, is_done: bool = False, email: str = "") -> Response:
    values = {"is_good": is_good, "is_done": is_done, "email": email}
    return page("public/emergency_confirm.html", status=status, **values)
