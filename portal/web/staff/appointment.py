"""Staff book, move and cancel for a salon that phones in, and note what came of it (rules R4, T7, T8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import appointments as deeds
from portal.actions.appointments import AlreadyBooked, NotAllowedNow, SlotNotOffered, SlotTaken
from portal.actions.cases import CaseMoved
from portal.models import Account, Appointment, Case
from portal.outside import clock
from portal.rules.appointments import Kind, kinds_for
from portal.rules.workflow import StepRefused
from portal.web import appointments, labels
from portal.web.access import safe_next
from portal.web.forms import Form, Moment, Paragraphs, clean, day_of
from portal.web.fragments import go_to, page
from portal.web.staff import bp
from portal.web.staff.calendar import Entry, words
from portal.web.staff.cases import found

AHEAD = 92  # days that staff look through at once
FASTER = _l("Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Nichts wurde ausgeführt.")
TAKEN = _l("Diese Zeit ist nicht mehr frei. Bitte suchen Sie eine andere aus. Ihre Notiz steht noch da.")
NOT_GIVEN = _l("Diese Zeit geht nicht. Nehmen Sie eine volle Viertelstunde, die noch kommt.")
NOT_NOW = _l("Das geht bei diesem Vorgang jetzt nicht. Hier sehen Sie den jetzigen Stand.")


class BookForm(Form):
    """When, and what the salon said to it; the moment is typed only where no free time is pressed."""

    other = Moment()
    note = Paragraphs(longest=appointments.LONGEST_NOTE)

    def moment(self) -> datetime | None:
        """Return the time that was pressed or typed; without one a message stands at the field."""
        pressed = request.form.get("at", "")
        if not self.validate():
            return None
        chosen = appointments.moment_of(pressed) if pressed else self.other.data
        if chosen is None:
            self.other.errors = [_("Bitte geben Sie Tag und Uhrzeit an.")]
        return chosen


@bp.route("/cases/<number:number>/appointment", methods=["GET", "POST"])
def appointment(number: str) -> Response:
    """Show what is booked and all that is free; pressing a time books it, or moves to it (rule R4)."""
    case, form = found(number), BookForm()
    if request.method != "POST":
        return show(case, form)
    kind = Kind(request.form["kind"]) if request.form.get("kind") in list(Kind) else abort(404)
    current = Appointment.open_for(case, kind)
    starts_at = form.moment()
    if starts_at is None:
        return show(case, form, status=422)
    if current and current.starts_at == starts_at:
        return go_to(url_for("staff.appointment", number=number))  # sent twice: it is booked already
    if request.form.get("replaces", "") != (str(current.id) if current else ""):
        return show(found(number), form, status=409, notice=FASTER)
    return _booked(case, kind, starts_at, form, current)


def _booked(
    case: Case, kind: Kind, starts_at: datetime, form: BookForm, current: Appointment | None
) -> Response:
    given: dict[str, Any] = {"by": _me(), "now": clock.now()}
    try:
        if current:
            deeds.move(current, starts_at, **given)
        else:
            deeds.book(case, kind, starts_at, note=form.note.data, **given)
    except SlotTaken:
        return show(found(case.number), form, status=409, notice=TAKEN)
    except SlotNotOffered:
        return show(found(case.number), form, status=409, notice=NOT_GIVEN)
    except (AlreadyBooked, CaseMoved):
        return show(found(case.number), form, status=409, notice=FASTER)
    except (NotAllowedNow, StepRefused):
        return show(found(case.number), form, status=409, notice=NOT_NOW)
    said = _("Verschoben auf %(when)s.") if current else _("Gebucht: %(when)s.")
    flash(said % {"when": labels.short(starts_at)}, "good")
    return go_to(_back() or url_for("staff.appointment", number=case.number))


def _back() -> str:
    """Return where the page was called from, if that is in the portal."""
    return safe_next(request.values.get("back")) or ""


def show(case: Case, form: BookForm, *, status: int = 200, notice: Any = "") -> Response:
    """Show the page; a form that came back keeps what was typed."""
    now = clock.now()
    entries = [Entry(one, now) for one in Appointment.open_of(case)]
    kinds = kinds_for(case.state, case.outcome)
    kind = _kind(kinds, entries)
    current = next((one for one in entries if one.appointment.kind == kind), None)
    return page(
        "staff/appointment.html",
        status=status, notice=notice, case=case, entries=entries, kinds=kinds, kind=kind, current=current,
        taken={one.appointment.kind for one in entries}, back=_back(),
        form=form, errors=form.mistakes if status == 422 else {}, note=form.note.data or "",
        settings=deeds.settings_of(kind) if kind else None, offer=_offer(case, kind, current),
        longest=appointments.LONGEST_NOTE, about=appointments.ABOUT, **words(),
    )  # fmt: skip


def _kind(kinds: tuple[Kind, ...], entries: list[Entry]) -> Kind | None:
    """Return the kind that is asked for, else the likeliest one that is not booked yet."""
    wanted = request.values.get("kind", "")
    if wanted in kinds:
        return Kind(wanted)
    taken = {one.appointment.kind for one in entries}
    return None if taken else next(iter(kinds), None)


def _offer(case: Case, kind: Kind | None, current: Entry | None) -> appointments.Offer:
    """Return the free times of the kind, owners' limits or not; its own time is none to move to."""
    if kind is None:
        return appointments.Offer()
    starts = deeds.free_slots(kind, now=clock.now(), days=AHEAD, for_case=case, by=_me())
    own = current.appointment.starts_at if current else None
    return appointments.offer((one for one in starts if one != own), day_of(request.args.get("day", "")))


def _me() -> Account:
    return current_user._get_current_object()


DONE: Mapping[str, Any] = {
    "cancel": _l("Der Termin ist abgesagt. Der Salon bekommt eine E-Mail."),
    "missed": _l("Notiert: Der Termin kam nicht zustande."),
    "done": _l("Notiert: Der Termin ist erledigt."),
}


@bp.post("/appointments/<id:appointment>/<deed>")
def appointment_deed(appointment: int, deed: str) -> Response:
    """Cancel an appointment, or note what came of it; then back to where it was pressed."""
    one = get_object_or_404(Appointment, Appointment.id == appointment)
    if deed not in DONE:
        abort(404)
    number = one.case.number
    if request.form.get("seen", "") not in ("", str(one.sequence)):
        return show(found(number), BookForm(formdata=None), status=409, notice=FASTER)
    try:
        _do(deed, one)
    except CaseMoved:
        return show(found(number), BookForm(formdata=None), status=409, notice=FASTER)
    except (NotAllowedNow, StepRefused):
        return show(found(number), BookForm(formdata=None), status=409, notice=NOT_NOW)
    flash(str(DONE[deed]), "good")
    return go_to(_back() or url_for("staff.appointment", number=number))


def _do(deed: str, one: Appointment) -> None:
    given: dict[str, Any] = {"by": _me(), "now": clock.now()}
    if deed == "cancel":
        deeds.cancel(one, why=clean(request.form.get("why", ""))[: appointments.LONGEST_NOTE], **given)
    elif deed == "missed":
        deeds.mark_missed(one, **given)
    else:
        deeds.mark_done(one, **given)
