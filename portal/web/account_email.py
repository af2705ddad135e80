"""A new e-mail address for one's own account: asked for here, confirmed in both mailboxes (rule P1)."""

from flask import Response, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import email_changes
from portal.actions.throttle import TooManyTries
from portal.models import Account, EmailChange
from portal.outside import clock
from portal.rules.signing_in import EMAIL_CHANGE_LASTS
from portal.web import confirm
from portal.web.account import bp
from portal.web.forms import Email, Form, Required
from portal.web.fragments import go_to, page
from portal.web.public import signing


class EmailForm(Form):
    """The new address."""

    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie die neue E-Mail-Adresse ein."))])


@bp.get("/account/email")
def email() -> Response:
    """Show the address, a change that still waits, and the form for a new one."""
    if asked := confirm.needed():
        return asked
    return _shown(EmailForm())


@bp.post("/account/email")
def change_email() -> Response:
    """Ask both mailboxes; whether the new address is taken is not told here (rule P1)."""
    if asked := confirm.needed():
        return asked
    form = EmailForm()
    if not form.validate():
        return _shown(form, 422, form.mistakes)
    try:
        email_changes.ask(_me(), form.email.data, now=clock.now())
    except email_changes.SameEmail:
        return _shown(form, 422, {"email": _("Das ist schon Ihre E-Mail-Adresse.")})
    except TooManyTries as problem:
        said = {"email": signing.wait_until(problem)}
        return signing.too_many(_shown(form, 429, said), problem)
    return go_to(url_for("account.email"))


@bp.post("/account/email/call-off")
def call_off_email() -> Response:
    """Call off the change that still waits."""
    email_changes.call_off_own(_me(), now=clock.now())
    flash(_("Ihre E-Mail-Adresse bleibt, wie sie ist."))
    return go_to(url_for("account.email"))


def _shown(form: EmailForm, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return page(
        "account/email.html",
        status=status,
        form=form,
        errors=errors or {},
        change=EmailChange.open_of(_me(), clock.now()),
        hours=int(EMAIL_CHANGE_LASTS.total_seconds() // 3600),
    )


def _me() -> Account:
    return current_user._get_current_object()
