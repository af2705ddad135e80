"""Who registered and is not known: staff choose the customer, or say no (rule P1; ADR 020)."""

from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import registrations as deeds
from portal.actions.accounts import EmailTaken
from portal.models import Account, Customer, Registration, Salon, matches
from portal.models.matches import Sign, Suggestion
from portal.outside import clock
from portal.web import labels
from portal.web.addresses import LARGEST_ID
from portal.web.forms import Form, Line, Paragraphs, Required
from portal.web.fragments import go_to, page
from portal.web.staff import bp

PAGE = 50
OTHER = "other"
SIGNS = {
    Sign.REPORTED: _l("aus diesem Postfach kam schon eine Meldung für diesen Kunden"),
    Sign.HAD_ACCOUNT: _l("diese Adresse hatte hier ein Konto, das geschlossen wurde"),
    Sign.NUMBER: _l("die Kundennummer stimmt"),
    Sign.PHONE: _l("die Telefonnummer ist die eines Salons"),
    Sign.NAME: _l("der Name beginnt gleich"),
}


class RefusalForm(Form):
    """Why there is no access."""

    why = Paragraphs(longest=1000, validators=[Required(_l("Bitte schreiben Sie den Grund dazu."))])


class ChoiceForm(Form):
    """Which customer it is: one of the suggested, or another number."""

    customer = Line(longest=20)
    number = Line(longest=20)


@bp.get("/registrations")
def registrations() -> Response:
    """List who waits, the oldest first."""
    found = list(Registration.waiting().limit(PAGE))
    return page("staff/registrations.html", waiting=found)


@bp.get("/registrations/<id:registration>")
def registration(registration: int) -> Response:
    """Show what somebody said, which customers it may be, and what speaks for each."""
    return _shown(_found(registration))


@bp.post("/registrations/<id:registration>/approve")
def approve_registration(registration: int) -> Response:
    """Give access to the chosen customer; 409 if somebody else has decided meanwhile (rule S3)."""
    found, form = _found(registration), ChoiceForm()
    if not form.validate():
        return _shown(found, 422, form.mistakes, form)
    customer, wrong = _chosen(form)
    if customer is None or wrong:
        return _shown(found, 422, wrong, form)
    try:
        deeds.approve(found, customer, by=_me(), now=clock.now())
    except deeds.Decided:
        return _moved(found)
    except EmailTaken:
        taken = _("Diese E-Mail-Adresse hat schon ein Konto bei einem anderen Kunden.")
        return _shown(found, 422, {"customer": taken}, form)
    flash(_("%(name)s hat jetzt Zugang. Der Link ist unterwegs.", name=found.name), "good")
    return go_to(url_for("staff.registrations"))


@bp.post("/registrations/<id:registration>/refuse")
def refuse_registration(registration: int) -> Response:
    """Say no with a reason; 409 if somebody else has decided meanwhile (rule S3)."""
    found, form = _found(registration), RefusalForm()
    if not form.validate():
        return _shown(found, 422, form.mistakes, form)
    try:
        deeds.refuse(found, form.why.data, by=_me(), now=clock.now())
    except deeds.Decided:
        return _moved(found)
    flash(_("Abgelehnt. %(name)s bekommt eine E-Mail mit dem Grund.", name=found.name))
    return go_to(url_for("staff.registrations"))


def _chosen(form: ChoiceForm) -> tuple[Customer | None, dict[str, str]]:
    """Return the customer, and what is wrong; a number alone is a choice too, beside another it is none."""
    choice, number = form.customer.data, form.number.data
    if not choice and not number:
        return None, {"customer": _("Bitte wählen Sie einen Kunden.")}
    if choice in ("", OTHER):
        found, field = next(iter(matches.numbered(number)), None), "number"
    else:
        found, field = _suggested(choice), "customer"
    if found is None:
        return None, {field: _("Diesen Kunden gibt es nicht.")}
    if number and found not in matches.numbered(number):
        return None, {"number": _("Oben ist ein anderer Kunde gewählt. Bitte nur eines von beiden.")}
    return found, {}


def _suggested(choice: str) -> Customer | None:
    wanted = int(choice) if choice.isascii() and choice.isdigit() else 0
    found = Customer.get_or_none(Customer.id == wanted) if 0 < wanted <= LARGEST_ID else None
    return found if found and found.locked_at is None else None


def _shown(
    found: Registration, status: int = 200, errors: dict[str, str] | None = None, form: Any = None
) -> Response:
    named = None if form or found.verdict else _suggested(request.args.get("customer", ""))
    suggested = [] if found.verdict else _suggestions(found, named)
    typed = {name: request.form.get(name, "") for name in ("customer", "number", "why")} if form else {}
    return page(
        "staff/registration.html",
        status=status,
        found=found,
        choices=[_choice(one) for one in suggested],
        other=OTHER,
        errors=errors or {},
        typed=typed or ({"customer": str(named.id)} if named else {}),
    )


def _suggestions(found: Registration, named: Customer | None) -> list[Suggestion]:
    """Return whom it may be; the one that was named first, one just added for this person for example."""
    likely = matches.suggestions(
        email=found.email, number=found.customer_number, business=found.business, phone=found.phone
    )
    if named and all(one.customer != named for one in likely):
        likely.insert(0, Suggestion(named, ()))
    return likely


def _choice(one: Suggestion) -> tuple[str, str, str, str]:
    """Return a customer as a choice: what speaks for it, and whom to call before giving access."""
    why = "; ".join(str(SIGNS[sign]) for sign in one.signs)
    phones = ", ".join(sorted({labels.phone(salon.phone) for salon in Salon.of(one.customer) if salon.phone}))
    people = ", ".join(account.name for account in Account.open_of(one.customer))
    then = " ".join(
        [
            _("Rufen Sie im Zweifel an, unter der Nummer aus dem Register: %(phones)s.", phones=phones)
            if phones
            else _("Im Register steht keine Telefonnummer."),
            _("Schon dabei: %(people)s.", people=people) if people else _("Noch hat niemand Zugang."),
        ]
    )
    name = f"{one.customer.name} ({one.customer.number})"
    return str(one.customer.id), name, then, why[:1].upper() + why[1:]


def _moved(found: Registration) -> Response:
    """Show how it was decided by somebody who was faster."""
    return _shown(Registration.get_by_id(found.id), 409)


def _found(number: int) -> Registration:
    return get_object_or_404(Registration.for_staff(), Registration.id == number)


def _me() -> Account:
    return current_user._get_current_object()
