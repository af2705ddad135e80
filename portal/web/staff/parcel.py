"""One parcel at the desk: its parts, late ones, packing and sending it back (rules C4, C4a, C5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from playhouse.flask_utils import get_object_or_404

from portal.actions import packing, parcels
from portal.actions.cases import CaseMoved
from portal.actions.conditions import PartsOutstanding
from portal.actions.packing import ConsentMissing
from portal.actions.parcels import PartRecord, Serials
from portal.models import Attachment, Case, ParcelItem
from portal.models.attachments import PhotoKind
from portal.outside import clock
from portal.rules import carriers, numbers
from portal.rules.carriers import Carrier
from portal.rules.parcel import Part
from portal.rules.workflow import StepRefused
from portal.web import labels, parts
from portal.web.forms import Choice, Form, Line, Required
from portal.web.fragments import block, go_to, is_htmx, page
from portal.web.photos import nothing_chosen
from portal.web.staff import arrivals, bp, parcel_lines
from portal.web.staff.arrivals import BsiNumber, TseSerial, arrival_form
from portal.web.staff.cases import found
from portal.web.staff.check_in import form_values, keep_photos, me
from portal.web.staff.forms import TrackingForm, text_form

TEMPLATE = "staff/parcel.html"
FASTER = _l(
    "Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Ihr Schritt wurde nicht ausgeführt."
)
NO_CONSENT = _l("Eine TSE darf nur hierbleiben, wenn der Salon schriftlich zugestimmt hat.")


class SerialsForm(Form):
    """The serials of one part."""

    item_serial = Line(longest=arrivals.LONGEST_SERIAL)

    def serials(self) -> Serials:
        """Return what was typed."""
        return Serials(serial=self.item_serial.data or "")


class TseForm(Form):
    """The numbers of one TSE (rule C4a)."""

    item_tse = TseSerial(longest=200)
    item_bsi = BsiNumber(longest=60)

    def serials(self) -> Serials:
        """Return what was typed, in its one spelling."""
        return Serials(tse_serial=self.item_tse.data or "", bsi_number=self.item_bsi.data or "")


class PartForm(Form):
    """A part that nobody awaited."""

    new_part = Choice(options=Part, message=_l("Bitte wählen Sie, was es ist."))
    new_name = Line(longest=arrivals.LONGEST_SERIAL)

    def validate_new_name(self, field: Line) -> None:
        """Ask what it is, of what is on no list."""
        if self.new_part.data == Part.OTHER and not field.data:
            Required(_("Bitte schreiben Sie, was es ist."))(self, field)


class PlaceForm(Form):
    """Where the parts lie."""

    storage = Line(longest=arrivals.LONGEST_PLACE)


def _serials_form(item: ParcelItem, **given: Any) -> Any:
    if item.part is Part.TSE_USB:
        return TseForm(data={"item_tse": item.tse_serial, "item_bsi": item.bsi_number}, **given)
    return SerialsForm(data={"item_serial": item.serial}, **given)


def _why_waived(_item: ParcelItem, **given: Any) -> Form:
    return text_form("why", _("Bitte schreiben Sie, warum das Teil nicht mehr kommen muss."), **given)


def _why_kept(_item: ParcelItem, **given: Any) -> Form:
    return text_form("why", _("Bitte schreiben Sie, warum das Teil hierbleibt."), **given)


@dataclass(frozen=True)
class Deed:
    """What is done with one part: the form it asks for, if any, and the action."""

    act: Callable[[ParcelItem, Any], object]
    form: Callable[..., Any] | None = None


def _now() -> dict[str, Any]:
    return {"by": me(), "now": clock.now()}


DEEDS: Mapping[str, Deed] = {
    "arrived": Deed(lambda item, _form: parcels.arrived_later(item, **_now())),
    "waive": Deed(lambda item, form: parcels.waive(item, form["why"].data, **_now()), _why_waived),
    "identify": Deed(lambda item, form: parcels.identify(item, form.serials(), **_now()), _serials_form),
    "pack": Deed(lambda item, _form: packing.pack(item, **_now())),
    "unpack": Deed(lambda item, _form: packing.unpack(item, **_now())),
    "keep": Deed(lambda item, form: packing.keep(item, form["why"].data, **_now()), _why_kept),
    "ask": Deed(lambda item, _form: packing.ask_disposal(item, **_now())),
}


@dataclass(frozen=True)
class Opened:
    """The form of one part that is open on the page, as it stands."""

    item: int = 0
    deed: str = ""
    form: Form | None = None


@bp.get("/cases/<number:number>/parcel")
def parcel(number: str) -> Response:
    """Show the parcel; `item` and `deed` open the form of one part."""
    case = found(number)
    return _show(case, opened=_opened(case))


def _opened(case: Case) -> Opened:
    wanted, deed = request.args.get("item", type=int), DEEDS.get(request.args.get("deed", ""))
    if not wanted or deed is None or deed.form is None:
        return Opened()
    item = next((one for one in ParcelItem.of_case(case) if one.id == wanted), None)
    return Opened(wanted, request.args["deed"], deed.form(item, formdata=None)) if item else Opened()


@bp.post("/cases/<number:number>/parcel/items/<id:item>/<deed>")
def part(number: str, item: int, deed: str) -> Response:
    """Do something with one part; who comes second is told and shown the present state (S3)."""
    case = found(number)
    thing = get_object_or_404(ParcelItem, ParcelItem.id == item, ParcelItem.case == case)
    if deed not in DEEDS:
        abort(404)
    ask = DEEDS[deed].form
    form = ask(thing) if ask else None
    opened = Opened(item, deed, form)
    if form is not None and not form.validate():
        return _show(case, status=422, errors=form.mistakes, opened=opened)
    try:
        if request.form.get("seen", seen_of(thing)) != seen_of(thing):
            raise CaseMoved(number)
        DEEDS[deed].act(thing, form)
    except ConsentMissing:
        return _show(found(number), status=409, notice=NO_CONSENT, opened=opened)
    except (CaseMoved, StepRefused):
        return _show(found(number), status=409, notice=FASTER, lost=_typed(form))
    return _after(number, thing)


def seen_of(item: ParcelItem) -> str:
    """Return what a helper saw of a part's numbers when the form was shown (S3)."""
    return "|".join((item.serial, item.tse_serial, item.bsi_number))


def _typed(form: Form | None) -> list[str]:
    return [text for text in (form.value(field.name) for field in form) if text] if form else []


def _after(number: str, item: ParcelItem) -> Response:
    if request.form.get("at") == "check-in":
        name = parts.name(item)
        flash(_("%(number)s: %(part)s ist da.", number=numbers.group(number), part=name), "good")
        return go_to(url_for("staff.check_in"))
    if is_htmx():
        return _show(found(number))
    return go_to(url_for("staff.parcel", number=number) + f"#part-{item.id}")


@bp.post("/cases/<number:number>/parcel/parts")
def add_part(number: str) -> Response:
    """Record a part that nobody awaited."""
    form = PartForm()

    def act(case: Case) -> None:
        parcels.add_unexpected(case, PartRecord(Part(form.new_part.data), name=form.new_name.data), **_now())

    return _with_form(number, form, act)


@bp.post("/cases/<number:number>/parcel/place")
def store_parcel(number: str) -> Response:
    """Record where the parts lie, and take photos of them."""
    form = PlaceForm()
    return _with_form(number, form, lambda case: parcels.store_at(case, form.storage.data or "", **_now()))


@bp.post("/cases/<number:number>/parcel/photos")
def add_photos(number: str) -> Response:
    """Take photos of the state on arrival."""
    case = found(number)
    refused = nothing_chosen("photos") or keep_photos(case)
    if refused:
        return _show(found(number), status=422, errors={"photos": refused})
    return go_to(url_for("staff.parcel", number=number) + "#photos-taken")


@bp.post("/cases/<number:number>/parcel/dispatch")
def dispatch(number: str) -> Response:
    """Send the parcel back; refused with the list of what is unaccounted for (C5)."""
    return _send(number, packing.dispatch, _("%(number)s: Paket ist auf dem Rückweg."))


@bp.post("/cases/<number:number>/parcel/send-after")
def send_after(number: str) -> Response:
    """Send parts that came late in a parcel of their own (C5)."""
    return _send(number, packing.send_after, _("%(number)s: nachgeschickt."))


def _send(number: str, act: Callable[..., Case], done: str) -> Response:
    form = TrackingForm()

    def send(case: Case) -> None:
        tracking = carriers.clean(form.tracking_number.data)
        act(case, Carrier(form.carrier.data), tracking, **_now())
        flash(done % {"number": numbers.group(number)}, "good")
        if tracking and not carriers.looks_right(Carrier(form.carrier.data), tracking):
            carrier = labels.label(Carrier(form.carrier.data))
            flash(
                _("Die Nummer sieht nicht nach %(carrier)s aus. Bitte vergleichen Sie sie.", carrier=carrier)
            )

    return _with_form(number, form, send)


def _with_form(number: str, form: Form, act: Callable[[Case], object]) -> Response:
    """Check a form of the whole parcel, act, and answer."""
    case = found(number)
    if not form.validate():
        return _show(case, status=422, errors=form.mistakes, form=form)
    try:
        act(case)
    except PartsOutstanding as problem:
        return _show(found(number), status=409, notice=_outstanding(problem), form=form)
    except (CaseMoved, StepRefused):
        return _show(found(number), status=409, notice=FASTER, form=form, lost=_typed(form))
    return go_to(url_for("staff.parcel", number=number))


def _outstanding(problem: PartsOutstanding) -> str:
    """Name what keeps the parcel here, the TSE first (C5)."""
    if not problem.items:
        return _("Was im Paket war, ist noch nicht erfasst. Bitte holen Sie das zuerst nach.")
    return _("Das Paket darf noch nicht weg: %(what)s.", what="; ".join(parcel_lines.names_of(problem.items)))


def _show(
    case: Case,
    *,
    status: int = 200,
    notice: Any = "",
    errors: Mapping[str, str] | None = None,
    opened: Opened | None = None,
    form: Form | None = None,
    lost: list[str] | None = None,
) -> Response:
    """Answer with the parcel: htmx gets its block, everybody else the page."""
    shown = parcel_lines.of_case(case)
    values: dict[str, Any] = {
        "case": case,
        "parcel": shown,
        "notice": str(notice),
        "errors": dict(errors or {}),
        "opened": opened or Opened(),
        "typed": {field.name: form.value(field.name) for field in form} if form else {},
        "lost": lost or [],
        "seen_of": seen_of,
        "new_parts": [("", _("Bitte wählen")), *((one, labels.label(one)) for one in Part)],
        "back_page": carriers.tracking_url(case.return_carrier, case.return_tracking)
        if case.return_carrier
        else None,
        "photos": list(Attachment.of_case(case, PhotoKind.ARRIVAL)),
    }
    if shown.can_complete:
        values |= _completing(case)
    if is_htmx():
        return block(TEMPLATE, "list", status=status, **values)
    return page(TEMPLATE, status=status, **values)


def _completing(case: Case) -> dict[str, Any]:
    """Return the form for a parcel that was received without a list (rule C4)."""
    form = arrival_form(case.device, formdata=None)
    return {"form": form, **form_values(case, form)}
