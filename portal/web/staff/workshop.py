"""Staff work on a server that is with us: decide, find out, read out, swap parts (rules W0–W4, L6, O2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import swaps
from portal.actions import workshop as deeds
from portal.actions.cases import CaseMoved
from portal.actions.link_steps import LinkMoved
from portal.actions.swaps import SerialTaken, SwapIsKept
from portal.models import Account, Case, Swap
from portal.outside import clock
from portal.rules.warranty import Decision
from portal.rules.workflow import AT_THE_WORKSHOP, StepRefused
from portal.rules.workshop import MAY_DECIDE, SwapPart
from portal.web import labels
from portal.web.forms import Form
from portal.web.fragments import go_to, page
from portal.web.staff import bp, facts, sheets
from portal.web.staff.cases import found
from portal.web.staff.forms import text_form
from portal.web.staff.steps import FASTER
from portal.web.staff.workshop_forms import (
    DecisionForm,
    DiagnosisForm,
    SwapForm,
    purchase_form,
    withdraw_name,
)


@dataclass(frozen=True)
class Deed:
    """One form of the page: how it is read, what it does, what is said then, and where it stands."""

    form: Callable[[Case], Form | None]
    take: Callable[[Case, Any], object]
    done: Any
    section: str


@bp.get("/cases/<number:number>/workshop")
def workshop(number: str) -> Response:
    """Show the work on the server; while it is not with us the case's page has all there is to see."""
    case = found(number)
    if case.state not in AT_THE_WORKSHOP:
        return go_to(url_for("staff.case", number=number))
    return _show(case)


@bp.post("/cases/<number:number>/workshop/<deed>")
def workshop_deed(number: str, deed: str) -> Response:
    """Do one thing; who comes second is told, sees how it stands, and loses nothing typed (rule S3)."""
    if deed not in DEEDS:
        abort(404)
    return _do(found(number), deed, DEEDS[deed])


@bp.post("/cases/<number:number>/workshop/swaps/<id:swap>/withdraw")
def withdraw_swap(number: str, swap: int) -> Response:
    """Withdraw a swapped part that was recorded by mistake."""
    case = found(number)
    entry = get_object_or_404(Swap.recorded_for(case), Swap.id == swap)
    entry.case = case
    name = withdraw_name(entry.id)
    deed = Deed(
        form=lambda _case: text_form(name, _("Bitte geben Sie den Grund an.")),
        take=lambda _case, form: swaps.withdraw_swap(entry, form[name].data, **_now()),
        done=_l("Der Eintrag ist gestrichen."),
        section="at-swaps",
    )
    return _do(case, name, deed)


def _do(case: Case, name: str, deed: Deed) -> Response:
    form = deed.form(case)
    try:
        if request.form.get("seen", mark(case, name)) != mark(case, name):
            raise CaseMoved(case.number)
        if form is not None and not _fits(form):
            return _show(case, 422, form=form, failed=name)
        deed.take(case, form)
    except SerialTaken:
        return _taken(case, form, name)
    except SwapIsKept:
        return _refused(case, SWAP_IS_KEPT, form, name)
    except (CaseMoved, LinkMoved, StepRefused):
        return _refused(case, FASTER, form, name)
    flash(str(deed.done), "good")
    return go_to(url_for("staff.workshop", number=case.number) + f"#{deed.section}")


def _fits(form: Form) -> bool:
    return form.fits() if isinstance(form, SwapForm) else form.validate()


def _taken(case: Case, form: Any, name: str) -> Response:
    """Tell that the serial is another device's: at its field, or above where the field is not shown."""
    if not isinstance(form, SwapForm):
        return _refused(case, OLD_SERIAL_TAKEN, form, name)
    form.new_serial.errors = [_("Mit dieser Seriennummer ist schon ein anderes Gerät eingetragen.")]
    return _show(case, 422, form=form, failed=name)


SWAP_IS_KEPT = _l(
    "Dieser Eintrag lässt sich nicht streichen. Ein späterer baut darauf auf, oder das neue Teil ist schon "
    "eingepackt."
)
OLD_SERIAL_TAKEN = _l("Mit der alten Seriennummer ist inzwischen ein anderes Gerät eingetragen.")


def _refused(case: Case, notice: Any, form: Form | None, name: str) -> Response:
    fresh = found(case.number)
    if fresh.state not in AT_THE_WORKSHOP:
        flash(str(notice), "stop")
        return go_to(url_for("staff.case", number=case.number))
    return _show(fresh, 409, form=form, failed=name, notice=str(notice))


def _show(
    case: Case, status: int = 200, *, form: Form | None = None, failed: str = "", notice: str = ""
) -> Response:
    sheet = sheets.of_case(case)
    sheet.leave_out("staff.workshop")
    return page(
        "staff/workshop.html",
        status=status,
        case=case,
        sheet=sheet,
        errors=form.mistakes if form else {},
        typed={field.name: form.value(field.name) for field in form} if form else {},
        failed=failed,
        notice=notice,
        mark=mark,
        facts=facts,
        decisions=[(one, labels.label(one)) for one in Decision],
        parts=[(one, labels.label(one)) for one in SwapPart],
        swaps=list(Swap.of_case(case)),
        withdraw_name=withdraw_name,
        may_decide=case.state in MAY_DECIDE,
        may_swap=Swap.may_be_recorded(case),
        link=deeds.locked_link(case),
    )


def mark(case: Case, deed: str) -> str:
    """Return how that of the case stands which this form changes: a page that is out of date is told (S3)."""
    return {
        "purchase": str(case.device.purchased_on or "") if case.device_id else "",
        "decision": case.decided_at.isoformat() if case.decided_at else "",
        "diagnosis": sha256(case.diagnosis.encode()).hexdigest()[:12],
        "swap": str(Swap.recorded_for(case).count()) if deed == "swap" else "",
    }.get(deed, "")


def _me() -> Account:
    return current_user._get_current_object()


def _now() -> dict[str, Any]:
    return {"by": _me(), "now": clock.now()}


DEEDS: Mapping[str, Deed] = {
    "purchase": Deed(
        purchase_form,
        lambda case, form: deeds.set_purchase_date(case, form.bought_on.data, **_now()),
        _l("Das Kaufdatum ist eingetragen."),
        "at-purchase",
    ),
    "decision": Deed(
        lambda _case: DecisionForm(),
        lambda case, form: deeds.decide(
            case, Decision(form.decision.data), form.decision_reason.data, **_now()
        ),
        _l("Die Entscheidung ist eingetragen."),
        "at-decision",
    ),
    "diagnosis": Deed(
        lambda _case: DiagnosisForm(),
        lambda case, form: deeds.diagnose(case, form.diagnosis.data, **_now()),
        _l("Der Befund ist gespeichert."),
        "at-findings",
    ),
    "read-out": Deed(
        lambda _case: None,
        lambda case, _form: deeds.read_out(case, **_now()),
        _l("Die Datenbank ist als ausgelesen eingetragen."),
        "at-database",
    ),
    "take-back": Deed(
        lambda _case: text_form("take_back_reason", _("Bitte geben Sie den Grund an.")),
        lambda case, form: deeds.take_back_read_out(case, form["take_back_reason"].data, **_now()),
        _l("Das Auslesen ist zurückgenommen."),
        "at-database",
    ),
    "swap": Deed(
        lambda _case: SwapForm(),
        lambda case, form: swaps.swap(case, form.record(case.device if case.device_id else None), **_now()),
        _l("Das getauschte Teil ist eingetragen."),
        "at-swaps",
    ),
}
