"""Staff move a case on its way, and write notes to each other (section S)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import cases as deeds
from portal.actions import packing, workshop
from portal.actions.cases import CaseMoved, NeedMissing
from portal.actions.conditions import RepairRefused
from portal.actions.quote_conditions import NotSettled, Overrun, QuoteNotAnswered
from portal.models import Account, Case
from portal.outside import clock
from portal.rules import carriers, numbers, workflow
from portal.rules.carriers import Carrier
from portal.rules.workflow import Need, Role, StepRefused
from portal.web import labels
from portal.web.forms import Form, clean
from portal.web.fragments import go_to
from portal.web.staff import bp, navigation
from portal.web.staff.cases import found, list_named, sheet_of, show
from portal.web.staff.forms import AmountForm, TrackingForm, text_form
from portal.web.staff.next_steps import ASKS, NAMES, asks_amount
from portal.web.staff.words import OBSTACLES

DONE = {
    "release": _l("zum Einsenden freigegeben"),
    "ask_back": _l("Frage ist beim Salon"),
    "decline": _l("Meldung abgelehnt"),
    "solve_remotely": _l("ohne Einsendung gelöst"),
    "cancel": _l("Vorgang abgebrochen"),
    "mark_sent": _l("als abgeschickt eingetragen"),
    "start_diagnosis": _l("Prüfung begonnen"),
    "no_fault_found": _l("kein Fehler gefunden, der Salon erfährt es"),
    "not_repairable": _l("nicht reparierbar, der Salon erfährt es"),
    "start_repair": _l("Reparatur begonnen"),
    "make_ready": _l("bereit zum Rückversand"),
    "confirm_delivery": _l("im Salon angekommen"),
}
FASTER = _l(
    "Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Ihr Schritt wurde nicht ausgeführt."
)


@bp.post("/cases/<number:number>/steps/<step>")
def step(number: str, step: str) -> Response:
    """Take one step of the workflow; who comes second is told and shown where the case is now (rule S3)."""
    case = found(number)
    if step not in NAMES:
        abort(404)
    at, form = list_named(request.form.get("at", "")), _form_of(case, step)
    try:
        workflow.take_step(step, case.state, Role.STAFF)
        if request.form.get("seen", case.state) != case.state:
            raise CaseMoved(number)
        if form is not None and not form.validate():
            return _mistyped(case, step, at, form)
        _take(case, step, form)
    except Overrun as problem:
        return _mistyped(case, step, at, _refused_amount(form, problem))
    except (CaseMoved, StepRefused, NeedMissing, RepairRefused, NotSettled, QuoteNotAnswered) as problem:
        return _not_taken(number, at, _why_not(problem), step, form)
    flash(_("%(number)s: %(done)s.", number=numbers.group(number), done=DONE[step]), "good")
    return go_to(after(at) or url_for("staff.case", number=number))


def _mistyped(case: Case, step: str, at: str, form: Form) -> Response:
    sheet = sheet_of(case, at)
    sheet.form, sheet.failed = form, step
    return show(sheet, 422)


def _refused_amount(form: AmountForm, problem: Overrun) -> AmountForm:
    form.final_amount.errors = [
        _(
            "Das ist mehr als 10 %% über dem angenommenen Kostenvoranschlag von %(amount)s. "
            "Bitte schicken Sie dem Salon zuerst einen neuen.",
            amount=labels.money(problem.accepted_cents),
        )
    ]
    return form


def _why_not(problem: Exception) -> str:
    """Say why the step was not taken: what is missing, or that somebody else was faster."""
    if isinstance(problem, RepairRefused):
        missing = " ".join(str(OBSTACLES[obstacle]) for obstacle in problem.obstacles)
        return _("Die Reparatur kann noch nicht beginnen. %(missing)s", missing=missing)
    if isinstance(problem, NotSettled):
        return _("Bitte geben Sie zuerst an, was die Reparatur gekostet hat.")
    if isinstance(problem, QuoteNotAnswered):
        return _("Der Salon hat noch keinen Kostenvoranschlag angenommen.")
    return str(FASTER)


def after(at: str) -> str:
    """Return where to go after a deed: back to the list it was done from."""
    if at == "check-in":
        return url_for("staff.check_in")
    return navigation.address_of(at) if at else ""


def _form_of(case: Case, step: str) -> Form | None:
    if Need.TRACKING in workflow.needs_for(step, Role.STAFF):
        return TrackingForm()
    if asks_amount(case, step):
        return AmountForm()
    ask = ASKS.get(step)
    return text_form(ask.name, ask.missing) if ask else None


def _take(case: Case, step: str, form: Form | None) -> None:
    doing: dict[str, Any] = {"by": _me(), "now": clock.now()}
    if isinstance(form, TrackingForm):
        number = carriers.clean(form.tracking_number.data)
        deeds.mark_sent(case, Carrier(form.carrier.data), number, **doing)
    elif isinstance(form, AmountForm):
        workshop.make_ready(case, form.final_amount.data, **doing)
    elif form is not None:
        TEXT[step](case, form[ASKS[step].name].data, **doing)
    else:
        PLAIN.get(step, partial(_advance, step=step))(case, **doing)


def _advance(case: Case, *, step: str, by: Account, now: datetime) -> None:
    deeds.advance(case, step, by=by, now=now)


def _cancel(case: Case, text: str, *, by: Account, now: datetime) -> None:
    deeds.cancel(case, by=by, now=now, why=text)


# How a step is taken that asks for a text, and one that asks for nothing.
TEXT: dict[str, Callable[..., object]] = {
    **deeds.BY_TEXT,
    "cancel": _cancel,
    "no_fault_found": workshop.no_fault_found,
    "not_repairable": workshop.not_repairable,
}
PLAIN: dict[str, Callable[..., object]] = {"release": deeds.release}


@bp.post("/cases/<number:number>/extend")
def extend(number: str) -> Response:
    """Let the release be valid anew (rule C2b)."""
    case = found(number)
    try:
        if request.form.get("seen", case.state) != case.state:
            raise CaseMoved(number)
        extended = deeds.extend(case, by=_me(), now=clock.now())
    except (CaseMoved, StepRefused):
        return _not_taken(number, "", str(FASTER))
    flash(_("Die Freigabe gilt jetzt bis %(when)s.", when=labels.day(extended.valid_until)), "good")
    return go_to(url_for("staff.case", number=number))


@bp.post("/cases/<number:number>/correct-tracking")
def correct_tracking(number: str) -> Response:
    """Correct carrier and number of a parcel that is on its way back (rule C5)."""
    case, form, at = found(number), TrackingForm(), list_named(request.form.get("at", ""))
    if not form.validate():
        return _mistyped(case, "correct_tracking", at, form)
    carrier, tracking = Carrier(form.carrier.data), carriers.clean(form.tracking_number.data)
    try:
        packing.correct_tracking(case, carrier, tracking, by=_me(), now=clock.now())
    except (CaseMoved, StepRefused):
        return _not_taken(number, at, str(FASTER), "correct_tracking", form)
    done = _("Sendungsnummer geändert")
    flash(_("%(number)s: %(done)s.", number=numbers.group(number), done=done), "good")
    return go_to(after(at) or url_for("staff.case", number=number))


def _not_taken(number: str, at: str, notice: str, step: str = "", form: Form | None = None) -> Response:
    """Show the present state with what was typed: in its form if it can still be sent, else to be read."""
    sheet = sheet_of(found(number), at)
    sheet.notice = notice
    if form is not None and any(view.name == step for view in sheet.steps):
        sheet.form, sheet.failed = form, step
    elif form is not None and step in ASKS:
        sheet.kept = kept([ASKS[step].name])
    return show(sheet, 409)


def kept(names: Iterable[str]) -> list[str]:
    """Return what was typed into these fields of a form that came too late."""
    return [text for name in names if (text := clean(request.form.get(name, "")))]


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
