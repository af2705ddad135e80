"""Registering as an owner: the answer is the same for everybody, whoever they are (rule P1; ADR 020)."""

from flask import Response, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import registrations
from portal.actions.throttle import TooManyTries
from portal.outside import clock
from portal.web import context
from portal.web.access import home_of, safe_next
from portal.web.forms import Email, Form, Line, Phone, Required
from portal.web.fragments import go_to, page
from portal.web.public import signing
from portal.web.public.pages import bp


class RegisterForm(Form):
    """Who wants to come in; the customer number helps, and is not needed."""

    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])
    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie Ihren Namen ein."))])
    business = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen des Betriebs ein."))])
    customer_number = Line(longest=20)
    phone = Phone(longest=40, validators=[Required(_l("Bitte geben Sie Ihre Telefonnummer ein."))])


@bp.route("/register", methods=["GET", "POST"])
def register() -> Response:
    """Take down who wants to come in; who that is, the worker looks up (rule P1)."""
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated:
        return go_to(target or home_of(current_user))
    form = RegisterForm()
    if request.method != "POST":
        return _shown(form, target)
    if not form.validate():
        return _shown(form, target, 422, form.mistakes)
    try:
        _ask(form, target)
    except TooManyTries as problem:
        said = {"": signing.wait_until(problem)}
        return signing.too_many(_shown(form, target, 429, said), problem)
    return page("public/register_sent.html", email=form.email.data)


def _ask(form: RegisterForm, target: str | None) -> None:
    registrations.ask(
        form.email.data,
        form.name.data,
        customer_number=form.customer_number.data,
        business=form.business.data,
        phone=form.phone.data,
        language=context.language(),
        address=request.remote_addr or "",
        now=clock.now(),
        target=target or "",
    )


def _shown(
    form: RegisterForm, target: str | None, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    return page("public/register.html", status=status, form=form, errors=errors or {}, next=target)
