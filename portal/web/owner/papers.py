"""What belongs to the parcel: the phone view of the slip, and the photos (rules C1–C2b, P1)."""

from typing import Any

from flask import Response, abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from playhouse.flask_utils import get_object_or_404

from portal.models import Attachment, Case
from portal.outside import clock
from portal.rules.parcel import NOT_IN_PARCEL, Component, components
from portal.rules.workflow import Role, steps_for
from portal.web import documents, labels
from portal.web.context import operator
from portal.web.fragments import page
from portal.web.owner import bp, sentences
from portal.web.owner.cases import own

HINTS = {
    Component.SERVER: _l("Der kleine Rechner, der am Router hängt."),
    Component.POWER_CABLE: _l("Mit Netzteil, falls es eines gibt."),
    Component.LAN_CABLE: "",
    Component.TSE_USB: _l("Lassen Sie den USB-Stick im Server stecken."),
}


def to_send(number: str) -> Case:
    """Return the own case if its device is to be sent in, else answer 404."""
    case = own(number)
    if not case.is_send_in:
        abort(404)
    return case


@bp.get("/cases/<number:number>/parcel")
def parcel(number: str) -> Response:
    """Show number and checklist on the phone (rule C2a)."""
    case = to_send(number)
    return page(
        "owner/parcel.html",
        case=case,
        items=items_of(case),
        leftovers=NOT_IN_PARCEL,
        is_lapsed=sentences.is_lapsed(case, clock.now()),
        steps=steps_for(case.state, Role.OWNER),
        recipient=documents.recipient_lines(operator()),
    )


def items_of(case: Case) -> list[tuple[Any, Any, Any]]:
    """Return what to tick; whether the TSE is a stick in the server may not be known (rule C1)."""
    tse = case.device.tse_in_server if case.device else None
    items = [(component, labels.label(component), HINTS[component]) for component in components(tse)]
    if tse is None:
        hint = _("Nur wenn ein USB-Stick von Swissbit im Server steckt. Lassen Sie ihn stecken.")
        items.append((Component.TSE_USB, labels.label(Component.TSE_USB), hint))
    return items


@bp.get("/cases/<number:number>/photos/<id:photo>")
def photo(number: str, photo: int) -> Response:
    """Give one photo of the fault."""
    case = own(number)
    found = get_object_or_404(Attachment, Attachment.id == photo, Attachment.case == case)
    return documents.photo(found)
