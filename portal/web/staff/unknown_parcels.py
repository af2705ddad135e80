"""A parcel without a number: find whose it is, and make a case of it at the desk (rules C4, P1a, S3)."""

from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from playhouse.flask_utils import get_object_or_404

from portal.actions import unknown_parcels as deeds
from portal.actions.cases import CaseMoved
from portal.actions.customers import NumberTaken
from portal.actions.unknown_parcels import Sender
from portal.models import Case, Device, Salon
from portal.outside import clock
from portal.rules import numbers
from portal.rules.workflow import CLOSED
from portal.web import labels
from portal.web.forms import Line, Paragraphs, Phone, PostalCode, Required, clean
from portal.web.fragments import go_to, page
from portal.web.public.report_forms import COUNTRIES
from portal.web.staff import bp
from portal.web.staff.arrivals import ArrivalForm, arrival_form
from portal.web.staff.check_in import form_values, keep_photos, me
from portal.web.staff.search import Found, find

LONGEST_SEARCH = 100
LONGEST_ID = 9
ADDRESS = ("name", "street", "postal_code", "city", "contact_name", "phone")


class UnknownForm(ArrivalForm):
    """Whose parcel it is and what is in it."""

    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen des Salons an."))])
    street = Line(longest=100, validators=[Required(_l("Bitte geben Sie Straße und Hausnummer an."))])
    postal_code = PostalCode(longest=10, validators=[Required(_l("Bitte geben Sie die Postleitzahl an."))])
    city = Line(longest=80, validators=[Required(_l("Bitte geben Sie den Ort an."))])
    country = Line(longest=2)
    contact_name = Line(longest=120, validators=[Required(_l("Bitte geben Sie einen Namen an."))])
    phone = Phone(longest=40, validators=[Required(_l("Bitte geben Sie eine Telefonnummer an."))])
    fault = Paragraphs(longest=2000)

    def validate_country(self, field: Line) -> None:
        """Take a country we send parcels to; nothing else was offered."""
        if field.data not in COUNTRIES:
            field.data = COUNTRIES[0]


@dataclass(frozen=True)
class Whose:
    """Whose parcel it may be: a device, a salon, or a stranger's; and what is open of the device."""

    device: Device | None = None
    salon: Salon | None = None
    is_stranger: bool = False
    open_cases: tuple[Case, ...] = field(default=())

    @property
    def place(self) -> Salon | None:
        """Return the salon it comes from."""
        return self.device.salon if self.device else self.salon

    @property
    def seen(self) -> int | None:
        """Return the newest open case of the device, as the helper is shown it (S3)."""
        return self.open_cases[0].id if self.open_cases else None

    @property
    def values(self) -> dict[str, str]:
        """Return what stands in the address of the form."""
        if self.device:
            return {"device": str(self.device.id)}
        return {"salon": str(self.salon.id)} if self.salon else {"stranger": "yes"}


@bp.get("/check-in/unknown")
def unknown_parcel() -> Response:
    """Search for the sender; with a device, a salon or a stranger chosen, ask what is in the parcel."""
    whose = _whose()
    if whose is not None:
        return _show(whose, _form(whose, formdata=None))
    text = " ".join(clean(request.args.get("q", "")).split())[:LONGEST_SEARCH]
    found = find(text) if text else Found()
    if found.exact is not None and not found.cases:
        found.cases = [found.exact]
    return page(
        "staff/parcel_unknown.html",
        query_typed=text,
        found=found,
        open_cases=[case for case in found.cases if case.state not in CLOSED],
        is_empty=bool(text) and not (found.cases or found.devices or found.salons),
    )


def _whose() -> Whose | None:
    """Return what was chosen; 404 for an id that is none of ours."""
    device, salon = _id("device"), _id("salon")
    if device:
        found = get_object_or_404(Device, Device.id == device)
        return Whose(device=found, open_cases=tuple(Case.open_of(found)))
    if salon:
        return Whose(salon=get_object_or_404(Salon, Salon.id == salon))
    return Whose(is_stranger=True) if request.args.get("stranger") == "yes" else None


def _id(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else 0


def _form(whose: Whose, **given: Any) -> UnknownForm:
    place = whose.place
    data = {name: getattr(place, name) for name in ADDRESS if place is not None and hasattr(place, name)}
    if place is not None:
        data |= {"phone": labels.phone(place.phone), "contact_name": place.customer.name}
        data["country"] = place.country
    if whose.device and whose.device.serial:
        data["serial"] = whose.device.serial
    return arrival_form(whose.device, base=UnknownForm, data=data, **given)


@bp.post("/check-in/unknown")
def open_unknown() -> Response:
    """Make the case, released and checked in, or say what is wrong; sent twice it is one case (S3)."""
    whose = _whose()
    if whose is None:
        return go_to(url_for("staff.unknown_parcel"))
    form = _form(whose)
    if not form.validate():
        return _show(whose, form, errors=form.mistakes, status=422)
    try:
        case = deeds.open_at_desk(
            _sender(whose, form),
            form.records(),
            once=request.form.get("once", "")[:LONGEST_SEARCH] or token_urlsafe(16),
            seen=request.form.get("seen", type=int),
            fault=form.fault.data or "",
            storage_place=form.place.data or "",
            by=me(),
            now=clock.now(),
        )
    except CaseMoved:
        return _show(_whose() or whose, form, status=409)
    except NumberTaken:
        taken = _("Diese Seriennummer gehört schon zu einem anderen Gerät. Suchen Sie danach.")
        return _show(whose, form, errors={"serial": taken}, status=422)
    return _opened(case)


def _opened(case: Case) -> Response:
    refused = keep_photos(case)
    name = numbers.group(case.number)
    flash(_("%(number)s: Vorgang angelegt. Schreiben Sie die Nummer auf den Karton.", number=name), "good")
    if refused:
        flash(refused, "stop")
    return go_to(url_for("staff.check_in"))


def _sender(whose: Whose, form: UnknownForm) -> Sender:
    return Sender(
        contact_name=form.contact_name.data,
        contact_phone=form.phone.data,
        name=form["name"].data,
        street=form.street.data,
        postal_code=form.postal_code.data,
        city=form.city.data,
        country=form.country.data,
        device=whose.device,
        salon=None if whose.device else whose.salon,
    )


def _show(
    whose: Whose, form: UnknownForm, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    names = get_locale().territories
    return page(
        "staff/parcel_open.html",
        status=status,
        whose=whose,
        form=form,
        errors=errors or {},
        is_moved=status == 409,
        once=request.form.get("once") or token_urlsafe(16),
        countries=[(code, names[code]) for code in COUNTRIES],
        **form_values(None, form),
    )
