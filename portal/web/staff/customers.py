"""The register: customers, their salons, devices and people; found, added, changed (rule P1)."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import customers as deeds
from portal.actions import people
from portal.actions.accounts import EmailTaken
from portal.actions.customers import NumberTaken
from portal.models import Account, Customer, Deletion, Device, Salon
from portal.models import register as look_up
from portal.outside import clock
from portal.rules.triage import Origin
from portal.rules.workflow import Role
from portal.web import labels
from portal.web.forms import Form, clean
from portal.web.fragments import go_to, page
from portal.web.looking import looked
from portal.web.staff import bp, customers_wanted, facts
from portal.web.staff.customers_forms import (
    LANGUAGES,
    YES_NO,
    PersonForm,
    customer_form,
    device_form,
    salon_form,
)
from portal.web.staff.people import act
from portal.web.staff.search import find

LONGEST = 100
TAKEN = {
    "number": _l("Diese Kundennummer gibt es schon."),
    "serial": _l("Diese Seriennummer gehört schon zu einem anderen Gerät."),
}


@bp.get("/customers")
def customers() -> Response:
    """Find customers by number, name, phone or serial; without a question, list them by name."""
    text = " ".join(clean(request.args.get("q", "")).split())[:LONGEST]
    after = clean(request.args.get("after", ""))[:200]
    found = _found(text) if text else look_up.customers_by_name(after)
    return page(
        "staff/customers.html",
        asked=text,
        customers=found[: look_up.PAGE],
        next_after=look_up.key_of(found[look_up.PAGE - 1]) if len(found) > look_up.PAGE else "",
        is_first=not after,
    )


def _found(text: str) -> list[Customer]:
    known = {salon.customer_id: salon.customer for salon in find(text).salons}
    return list(known.values()) or look_up.customers_like(text)


@bp.get("/customers/<id:customer>")
def customer(customer: int) -> Response:
    """Show one customer with everything that belongs to it."""
    found = _customer(customer)
    looked(found)
    return _show(found)


def _show(found: Customer, form: PersonForm | None = None, status: int = 200) -> Response:
    return page(
        "staff/customer.html",
        status=status,
        customer=found,
        salons=look_up.salons_with_devices(found),
        people=list(look_up.people_of(found)),
        cases=look_up.newest_cases(_me(), found),
        deletion=Deletion.next_of(found),
        facts=facts,
        form=form or PersonForm(data={"language": "de"}),
        errors=form.mistakes if form else {},
        tongues=LANGUAGES,
    )


@bp.route("/customers/new", methods=["GET", "POST"])
def new_customer() -> Response:
    """Add a customer; for somebody who waits with what they typed, and back to them with it chosen."""
    wanted = customers_wanted.asked_for()
    form = customer_form(None, wanted.typed if wanted else None)
    shown = {
        "title": _("Kunde anlegen"),
        "kind": "customer",
        "back": wanted.address if wanted else url_for("staff.customers"),
        "wanted": wanted,
    }
    return _edited(
        form,
        shown,
        lambda: deeds.add(form.number.data, form.name.data, by=_me(), now=clock.now()),
        lambda made: made.id,
        wanted.with_customer if wanted else _address,
    )


@bp.route("/customers/<id:customer>/edit", methods=["GET", "POST"])
def edit_customer(customer: int) -> Response:
    """Change number or name."""
    found = _customer(customer)
    form = customer_form(found)
    shown = {"title": _("Kunde ändern"), "kind": "customer", "back": _address(found.id)}
    return _edited(form, shown, lambda: _change(found, form), lambda _made: found.id)


@bp.route("/customers/<id:customer>/salons/new", methods=["GET", "POST"])
def new_salon(customer: int) -> Response:
    """Add a salon."""
    found = _customer(customer)
    form = salon_form(None)
    shown = {"title": _("Salon anlegen"), "kind": "salon", "back": _address(found.id)}
    return _edited(
        form,
        shown,
        lambda: deeds.add_salon(found, by=_me(), now=clock.now(), **form.values),
        lambda _made: found.id,
    )


@bp.route("/salons/<id:salon>/edit", methods=["GET", "POST"])
def edit_salon(salon: int) -> Response:
    """Change a salon's name, address or phone."""
    found = get_object_or_404(Salon, Salon.id == salon)
    _customer(found.customer_id)
    form = salon_form(found)
    shown = {"title": _("Salon ändern"), "kind": "salon", "back": _address(found.customer_id)}
    return _edited(form, shown, lambda: _change(found, form), lambda _made: found.customer_id)


@bp.route("/salons/<id:salon>/devices/new", methods=["GET", "POST"])
def new_device(salon: int) -> Response:
    """Add a Kassenserver."""
    found = get_object_or_404(Salon, Salon.id == salon)
    _customer(found.customer_id)
    form = device_form(None)
    shown = {"title": _("Kassenserver anlegen"), "kind": "device", "back": _address(found.customer_id)}
    return _edited(
        form,
        shown,
        lambda: deeds.add_device(found, by=_me(), now=clock.now(), **form.values),
        lambda _made: found.customer_id,
    )


@bp.route("/devices/<id:device>/edit", methods=["GET", "POST"])
def edit_device(device: int) -> Response:
    """Change what is known of a Kassenserver."""
    found = get_object_or_404(Device, Device.id == device)
    form = device_form(found)
    owner = _customer(found.salon.customer_id).id
    shown = {"title": _("Kassenserver ändern"), "kind": "device", "back": _address(owner)}
    return _edited(form, shown, lambda: _change(found, form), lambda _made: owner)


def _change(row: Customer | Salon | Device, form: Form) -> None:
    deeds.change(row, form.values, by=_me(), now=clock.now())  # type: ignore[attr-defined]


def _address(customer: int) -> str:
    return url_for("staff.customer", customer=customer)


def _edited(
    form: Any,
    shown: dict[str, Any],
    deed: Callable[[], Any],
    customer_of: Callable[[Any], int],
    then: Callable[[int], str] = _address,
) -> Response:
    """Show the form, or do the deed; a number that is taken is told at its field (rule S3)."""
    if request.method != "POST":
        return _form_page(form, shown)
    if not form.validate():
        return _form_page(form, shown, form.mistakes)
    try:
        made = deed()
    except NumberTaken:
        field = "number" if shown["kind"] == "customer" else "serial"
        return _form_page(form, shown, {field: str(TAKEN[field])})
    flash(_("Gespeichert."), "good")
    return go_to(then(customer_of(made)))


def _form_page(form: Any, shown: dict[str, Any], errors: dict[str, str] | None = None) -> Response:
    return page(
        "staff/customer_form.html",
        status=422 if errors else 200,
        form=form,
        errors=errors or {},
        yes_no=YES_NO,
        origins=[(origin, labels.label(origin)) for origin in Origin],
        **shown,
    )


@bp.post("/customers/<id:customer>/people")
def invite(customer: int) -> Response:
    """Invite one of the business's people by mail."""
    found, form = _customer(customer), PersonForm()
    if not form.validate():
        return _show(found, form, 422)
    try:
        people.invite(
            form.email.data,
            form.name.data,
            customer=found,
            language=form.language.data,
            by=_me(),
            now=clock.now(),
        )
    except EmailTaken:
        form.email.errors = [_("Diese E-Mail-Adresse hat schon ein Konto.")]
        return _show(found, form, 422)
    flash(_("Die Einladung an %(email)s ist unterwegs.", email=form.email.data), "good")
    return go_to(_address(found.id))


@bp.post("/people/<id:account>/<any(again, close, reopen):deed>")
def person(account: int, deed: str) -> Response:
    """Send an invitation again, close an owner's account or open it again; staff are the admins' matter."""
    found = get_object_or_404(Account, Account.id == account, Account.role == Role.OWNER)
    act(found, deed)
    return go_to(_address(found.customer_id))


def _customer(number: int) -> Customer:
    return get_object_or_404(Customer, Customer.id == number, Customer.is_shown_to(_me()))


def _me() -> Account:
    return current_user._get_current_object()
