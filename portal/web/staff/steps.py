"""Staff move a case on its way, and write notes to each other (section S)."""

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import cases as deeds
from portal.actions.cases import CaseMoved
from portal.models import Account, Case
from portal.outside import clock
from portal.rules import carriers, numbers, workflow
from portal.rules.carriers import Carrier
from portal.rules.workflow import Need, Role, StepRefused
from portal.web import labels
from portal.web.forms import Form
from portal.web.fragments import go_to
from portal.web.staff import bp, navigation
from portal.web.staff.cases import found, list_named, sheet_of, show
from portal.web.staff.forms import TrackingForm, text_form
from portal.web.staff.sheets import ASKS, NAMES

DONE = {
    "release": _l("zum Einsenden freigegeben"),
    "ask_back": _l("Frage ist beim Salon"),
    "decline": _l("Meldung abgelehnt"),
    "solve_remotely": _l("ohne Einsendung gelöst"),
    "cancel": _l("Vorgang abgebrochen"),
    "mark_sent": _l("als abgeschickt eingetragen"),
    "receive": _l("Paket angenommen"),
}


@bp.post("/cases/<number:number>/steps/<step>")
def step(number: str, step: str) -> Response:
    """Take one step of the workflow; who comes second is told and shown where the case is now (rule S3)."""
    case = found(number)
    if step not in NAMES:
        abort(404)
    at = list_named(request.form.get("at", ""))
    try:
        workflow.take_step(step, case.state, Role.STAFF)
        if request.form.get("seen", case.state) != case.state:
            raise CaseMoved(number)
        form = _form_of(step)
        if form is not None and not form.validate():
            sheet = sheet_of(case, at)
            sheet.form, sheet.failed = form, step
            return show(sheet, 422)
        _take(case, step, form)
    except (CaseMoved, StepRefused):
        return _moved(number, at)
    flash(_("%(number)s: %(done)s.", number=numbers.group(number), done=DONE[step]), "good")
    return go_to(after(at) or url_for("staff.case", number=number))


def after(at: str) -> str:
    """Return where to go after a deed: back to the list it was done from."""
    if at == "check-in":
        return url_for("staff.check_in")
    return navigation.address_of(at) if at else ""


def _form_of(step: str) -> Form | None:
    if Need.TRACKING in workflow.needs_for(step, Role.STAFF):
        return TrackingForm()
    ask = ASKS.get(step)
    return text_form(ask.name, ask.missing) if ask else None


def _take(case: Case, step: str, form: Form | None) -> None:
    by, now = _me(), clock.now()
    if isinstance(form, TrackingForm):
        number = carriers.clean(form.tracking_number.data)
        deeds.mark_sent(case, Carrier(form.carrier.data), number, by=by, now=now)
    elif form is not None:
        text = form[ASKS[step].name].data
        if step == "cancel":
            deeds.cancel(case, by=by, now=now, why=text)
        else:
            deeds.BY_TEXT[step](case, text, by=by, now=now)
    elif step == "release":
        deeds.release(case, by=by, now=now)
    else:
        deeds.receive(case, by=by, now=now)


@bp.post("/cases/<number:number>/extend")
def extend(number: str) -> Response:
    """Let the release be valid anew (rule C2b)."""
    case = found(number)
    try:
        if request.form.get("seen", case.state) != case.state:
            raise CaseMoved(number)
        extended = deeds.extend(case, by=_me(), now=clock.now())
    except (CaseMoved, StepRefused):
        return _moved(number, "")
    flash(_("Die Freigabe gilt jetzt bis %(when)s.", when=labels.day(extended.valid_until)), "good")
    return go_to(url_for("staff.case", number=number))


def _moved(number: str, at: str) -> Response:
    sheet = sheet_of(found(number), at)
    sheet.notice = _(
        "Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Ihr Schritt wurde nicht ausgeführt."
    )
    return show(sheet, 409)


def _me() -> Account:
    return current_user._get_current_object()


@bp.post("/cases/<number:number>/notes")
def note(number: str) -> Response:
    """Write an internal note; the salon never sees it (rule S6)."""
    case = found(number)
    form = text_form("note", _("Bitte schreiben Sie eine Notiz."))
    if not form.validate():
        sheet = sheet_of(case)
        sheet.form, sheet.failed = form, "note"
        return show(sheet, 422)
    deeds.note(case, form["note"].data, by=_me(), now=clock.now())
    return go_to(url_for("staff.case", number=number) + "#notes")
