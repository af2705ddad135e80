"""A parcel is here: one field, one scan, one button (rules C1, C4, C4a, S2, S3)."""

import re

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import parcels
from portal.actions.cases import CaseMoved
from portal.models import Account, Attachment, Case, History, ParcelItem
from portal.models import search as look_up
from portal.models.attachments import PhotoKind
from portal.outside import clock, codes
from portal.outside.files import PhotoRefused, StoredPhoto, read_photo
from portal.rules import numbers
from portal.rules.parcel import Arrival
from portal.rules.workflow import AT_THE_WORKSHOP, CLOSED, Role, State, StepRefused, steps_for
from portal.web import parts, photos
from portal.web.forms import clean
from portal.web.fragments import go_to, page
from portal.web.photos import message_of
from portal.web.staff import arrivals, bp
from portal.web.staff.arrivals import ArrivalForm, arrival_form
from portal.web.staff.cases import found as found_case
from portal.web.staff.search import case_number

_ADDRESS = re.compile(r"^https?://\S*/cases/([^/?#\s]+)")


@bp.get("/check-in")
def check_in() -> Response:
    """Ask for the number on the carton; a hit shows what should be in it, and one button."""
    typed = clean(request.args.get("number", ""))[:200]
    number = scanned_number(typed)
    found = look_up.case_numbered(current_user, number) if number else None
    if typed and found is None:
        return _ask(typed=typed, errors={"number": _mistake(number)}, status=422)
    return _show(found) if found else _ask()


@bp.post("/check-in/scan")
def scan() -> Response:
    """Read the number from a photo of the carton or the slip; works without any script."""
    file = request.files.get("photo")
    if file is None or not file.filename:
        return _ask(errors={"photo": _("Bitte machen Sie ein Foto vom Code.")}, status=422)
    try:
        texts = codes.read_codes(read_photo(file.stream))
    except PhotoRefused as problem:
        return _ask(errors={"photo": message_of(problem.reason, file.filename)}, status=422)
    number = next(filter(None, map(scanned_number, texts)), None)
    if number is None:
        return _ask(errors={"photo": _unread(texts)}, status=422)
    return go_to(url_for("staff.check_in", number=number))


def _unread(texts: list[str]) -> str:
    if texts:
        return _("Dieser Code gehört zu keinem Vorgang. Der richtige steht auf dem Begleitschein.")
    return _("Auf dem Foto ist kein Code zu lesen. Gehen Sie näher heran, oder tippen Sie die Nummer ab.")


@bp.post("/cases/<number:number>/check-in")
def take_in(number: str) -> Response:
    """Receive the parcel with what is in it; who comes second is told and shown the present state (S3)."""
    case = found_case(number)
    form: ArrivalForm = arrival_form(case.device)
    refused = keep_photos(case)
    if not form.validate() or refused:
        errors = {**form.mistakes, **({"photos": refused} if refused else {})}
        return _show(case, form, errors=errors, status=422)
    place = form.place.data or ""
    try:
        parcels.check_in(case, form.records(), storage_place=place, by=me(), now=clock.now())
    except (CaseMoved, StepRefused):
        return _show(found_case(number), form, status=409)
    _tell(case, form)
    at_desk = request.form.get("at") == "parcel"
    return go_to(url_for("staff.parcel", number=number) if at_desk else url_for("staff.check_in"))


def keep_photos(case: Case) -> str:
    """Hang the photos on the case as soon as they are here: a mistyped serial must not lose them (C4)."""

    def keep(stored: StoredPhoto) -> None:
        parcels.add_photo(
            case,
            name=stored.name,
            width=stored.width,
            height=stored.height,
            size=stored.size,
            by=me(),
            now=clock.now(),
        )

    try:
        return photos.take("photos", keep, parcels.TooManyPhotos)[1]
    except (CaseMoved, StepRefused):
        return ""  # what follows tells it


def _tell(case: Case, form: ArrivalForm) -> None:
    """Say what was done, whether the owner was told that something is missing, and what differs."""
    name = numbers.group(case.number)
    if any(one.arrival is Arrival.MISSING for one in form.records()):
        flash(
            _("%(number)s: Paket angenommen. Der Salon erfährt per E-Mail, was fehlt.", number=name), "good"
        )
    else:
        flash(_("%(number)s: Paket angenommen, alles da.", number=name), "good")
    for text in arrivals.differing(form, case.device):
        flash(f"{name}: {text}", "stop")


def _ask(*, typed: str = "", errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return page("staff/check_in.html", status=status, typed=typed, errors=errors or {}, case=None)


def _show(
    case: Case, form: ArrivalForm | None = None, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    """Show the case with what belongs into its parcel; or why it cannot be taken in now."""
    can_receive = "receive" in steps_for(State(case.state), Role.STAFF)
    shown = form or arrival_form(case.device, formdata=None)
    return page(
        "staff/check_in.html",
        status=status,
        typed="",
        errors=errors or {},
        case=case,
        form=shown,
        can_receive=can_receive,
        notice=_("Jemand anderes war schneller. Ihre Eingabe wurde nicht gespeichert.")
        if status == 409
        else "",
        lost=form.typed if form and status == 409 else [],
        received=History.first_of(case, "receive"),
        missing=[] if can_receive else [(one, parts.name(one)) for one in ParcelItem.missing_of(case)],
        is_here=case.state in AT_THE_WORKSHOP,
        is_over=case.state in CLOSED,
        **form_values(case, shown),
    )


def form_values(case: Case | None, form: ArrivalForm) -> dict[str, object]:
    """Return what the fields of a parcel's form need on any page."""
    device = case.device if case else None
    return {
        "parts": arrivals.choices_of(form),
        "extras": arrivals.extras_of(device),
        "photos": list(Attachment.shown_of(case, PhotoKind.ARRIVAL)) if case else [],
    }


def scanned_number(text: str) -> str | None:
    """Return the case number of what was typed or scanned: the number, or the slip's address."""
    address = _ADDRESS.match(text)
    return case_number(address[1] if address else text)


def _mistake(number: str | None) -> str:
    if number is None:
        return _(
            "Das ist keine Vorgangsnummer. Sie hat ein R und neun Ziffern. Bitte vergleichen Sie jede Ziffer."
        )
    return _("Zu dieser Nummer gibt es keinen Vorgang.")


def me() -> Account:
    """Return who is signed in."""
    return current_user._get_current_object()
