"""May support dispose of the owner's TSE?  Only by a deliberate yes, kept word for word (rules C4a, S7)."""

from flask import Response, flash, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import packing
from portal.actions.cases import CaseMoved
from portal.models import Account, Case, Operator, ParcelItem
from portal.outside import clock
from portal.rules.report import ConsentKind
from portal.rules.workflow import StepRefused
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.cases import own
from portal.web.owner.steps import moved
from portal.web.wordings import WORDINGS, text_of


@bp.route("/cases/<number:number>/tse-disposal", methods=["GET", "POST"])
def tse_disposal(number: str) -> Response:
    """Show what is asked about which TSE; agree with a tick, or decline. A mere GET changes nothing."""
    case = own(number)
    item = ParcelItem.disposal_open_of(case)
    if item is None:
        return moved(number) if request.method == "POST" else go_to(url_for("owner.case", number=number))
    if request.method != "POST":
        return _ask(case, item)
    if request.form.get("item") != str(item.id):
        return moved(number)
    is_agreed = request.form.get("answer") == "agree"
    if is_agreed and request.form.get("agree") != "yes":
        return _ask(case, item, errors={"agree": str(WORDINGS[ConsentKind.TSE_DISPOSAL].reminder)})
    try:
        _decide(item, is_agreed=is_agreed)
    except (CaseMoved, StepRefused):
        return moved(number)
    flash(
        _("Danke. Wir entsorgen die TSE.") if is_agreed else _("Danke. Sie bekommen die TSE zurück."), "good"
    )
    return go_to(url_for("owner.case", number=number))


def _decide(item: ParcelItem, *, is_agreed: bool) -> None:
    me, now = _me(), clock.now()
    if not is_agreed:
        packing.decline_disposal(item, by=me, now=now)
        return
    consent = {
        "wording": wording(item),
        "version": WORDINGS[ConsentKind.TSE_DISPOSAL].version,
        "language": str(get_locale() or "de"),
    }
    packing.agree_disposal(item, consent, by=me, now=now)


def wording(item: ParcelItem) -> str:
    """Return the text to agree to, with the number of the very TSE it is about."""
    text = text_of(ConsentKind.TSE_DISPOSAL, Operator.current())
    serial = item.tse_serial or item.serial
    return f"{text} {_('Seriennummer der TSE: %(serial)s', serial=serial)}" if serial else text


def _ask(case: Case, item: ParcelItem, errors: dict[str, str] | None = None) -> Response:
    return page(
        "owner/tse_disposal.html",
        status=422 if errors else 200,
        case=case,
        item=item,
        wording=wording(item),
        errors=errors or {},
    )


def _me() -> Account:
    return current_user._get_current_object()
