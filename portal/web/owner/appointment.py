"""The owner picks an appointment: the kind if there are several, a day, a time, and confirms (rule R4)."""

from datetime import datetime

from flask import Response, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import appointments as deeds
from portal.actions.appointments import AlreadyBooked, NotAllowedNow, SlotNotOffered, SlotTaken, TooLate
from portal.actions.cases import CaseMoved
from portal.models import Appointment, Case
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import Kind, WeekHours, kinds_for, last_change_at, week_hours
from portal.rules.workflow import StepRefused
from portal.web import appointments
from portal.web.forms import Form, Paragraphs, day_of
from portal.web.fragments import block, go_to, is_htmx, page
from portal.web.owner import bp
from portal.web.owner.appointment_words import Booked, booked, to_choose
from portal.web.owner.cases import own
from portal.web.owner.steps import moved

TAKEN = _l("Diese Zeit ist nicht mehr frei. Bitte wählen Sie eine andere.")
CHANGED = _l("Ihr Termin hat sich in der Zwischenzeit geändert. Hier sehen Sie den jetzigen Stand.")
TOO_LATE = _l("Online lässt sich dieser Termin nicht mehr ändern. Bitte rufen Sie uns an.")


class NoteForm(Form):
    """What the salon wants to say beforehand."""

    note = Paragraphs(longest=appointments.LONGEST_NOTE)


@bp.get("/cases/<number:number>/appointment")
def appointment(number: str) -> Response:
    """Show what is booked, and the kinds to choose from; where one is next, it is chosen already."""
    case = own(number)
    found = booked(case, clock.now())
    kinds = to_choose(case, found)
    if not found and (len(kinds) == 1 or Kind.COMMISSIONING in kinds):
        return redirect(url_for("owner.appointment_pick", number=number, kind=kinds[0]))
    if not found and not kinds and not kinds_for(case.state, case.outcome):
        return redirect(url_for("owner.case", number=number))
    return page("owner/appointment.html", case=case, booked=found, kinds=kinds)


def shown_booked(case: Case, notice: str) -> Response:
    """Say why a deed was not done, and show what is booked now (rule S3)."""
    found = booked(case, clock.now())
    kinds = to_choose(case, found)
    return page(
        "owner/appointment.html", status=409, notice=notice, case=case, booked=found, kinds=kinds
    )  # fmt: skip


@bp.get("/cases/<number:number>/appointment/<kind>")
def appointment_pick(number: str, kind: str) -> Response:
    """Show the next free days, and the free times of one of them."""
    case, kind = own(number), kind_of(kind)
    current = current_of(case, kind)
    if current and not (current.may_change and current.fits):
        return redirect(url_for("owner.appointment", number=number))
    if kind not in kinds_for(case.state, case.outcome):
        return redirect(url_for("owner.case", number=number))
    values = times_of(case, kind, current)
    if is_htmx():
        return block("owner/appointment_pick.html", "times", case=case, kind=kind, note="", **values)
    return page("owner/appointment_pick.html", case=case, kind=kind, current=current, note="", **values)


def kind_of(name: str) -> Kind:
    """Return the kind of this name, or answer 404."""
    return Kind(name) if name in list(Kind) else abort(404)


def current_of(case: Case, kind: Kind) -> Booked | None:
    """Return the booked appointment of this kind, which picking another time would move."""
    return next((one for one in booked(case, clock.now()) if one.appointment.kind == kind), None)


def times_of(case: Case, kind: Kind, current: Booked | None, wanted: datetime | None = None) -> dict:
    """Return the free times to show: within the salon's opening hours, unless all are wanted (rule R4)."""
    shows_all = request.args.get("all") == "1"
    open_hours = week_hours(case.salon.hours if case.salon else None)
    starts = free(case, kind, None if shows_all else open_hours)
    if current:
        starts = [start for start in starts if start != current.appointment.starts_at]
    day = day_of(request.args.get("day", "")) if wanted is None else berlin.day_of(wanted)
    return {
        "offer": appointments.offer(starts, day),
        "shows_all": shows_all,
        "has_hours": bool(open_hours),
        "more_without_hours": bool(open_hours and not starts and not shows_all and free(case, kind)),
        "text_of": appointments.text_of,
    }


def free(case: Case, kind: Kind, open_hours: WeekHours | None = None) -> list[datetime]:
    """Return the beginnings that are free for this case, as far ahead as is given."""
    days = appointments.days_ahead(deeds.settings_of(kind))
    return deeds.free_slots(
        kind, now=clock.now(), days=days, salon_hours=open_hours, for_case=case
    )  # fmt: skip


@bp.route("/cases/<number:number>/appointment/<kind>/confirm", methods=["GET", "POST"])
def appointment_confirm(number: str, kind: str) -> Response:
    """Show the chosen time with all there is to know before, then book it or move to it (rule R4)."""
    case, kind = own(number), kind_of(kind)
    starts_at = appointments.moment_of(request.values.get("at", "")) or abort(404)
    form, current = NoteForm(), current_of(case, kind)
    if kind not in kinds_for(case.state, case.outcome):
        return moved(number, typed=form.note.data or "")
    if current and current.appointment.starts_at == starts_at:
        return go_to(url_for("owner.appointment", number=number))  # sent twice: it is booked already
    if request.method == "POST" and request.form.get("look") != "yes":
        return _confirmed(case, kind, starts_at, form, current)
    if starts_at not in free(case, kind):
        return _taken(case, kind, starts_at, form, current)
    return _confirm_page(case, kind, starts_at, form, current)


def _confirm_page(
    case: Case, kind: Kind, starts_at: datetime, form: NoteForm, current: Booked | None, status: int = 200
) -> Response:
    settings = deeds.settings_of(kind) or abort(404)
    ends_at = appointments.end_of(starts_at, settings)
    is_fixed = clock.now() > last_change_at(starts_at, settings.change_hours)
    return page(
        "owner/appointment_confirm.html",
        status=status, case=case, kind=kind, starts_at=starts_at, ends_at=ends_at, current=current, form=form,
        is_fixed=is_fixed,
        errors=form.mistakes if status == 422 else {}, longest=appointments.LONGEST_NOTE,
        at=appointments.text_of(starts_at), day=berlin.day_of(starts_at),
    )  # fmt: skip


def _confirmed(
    case: Case, kind: Kind, starts_at: datetime, form: NoteForm, current: Booked | None
) -> Response:
    if not form.validate():
        return _confirm_page(case, kind, starts_at, form, current, 422)
    if request.form.get("replaces", "") != (str(current.appointment.id) if current else ""):
        return shown_booked(case, CHANGED)
    try:
        made = _book_or_move(case, kind, starts_at, form.note.data, current)
    except (SlotTaken, SlotNotOffered):
        return _taken(case, kind, starts_at, form, current)
    except AlreadyBooked:
        return shown_booked(own(case.number), CHANGED)
    except TooLate:
        return shown_booked(own(case.number), TOO_LATE)
    except (NotAllowedNow, CaseMoved, StepRefused):
        return moved(case.number, typed=form.note.data)
    flash(
        _("Der Termin ist verschoben. Sie bekommen eine E-Mail.")
        if current
        else _("Der Termin ist gebucht. Sie bekommen eine E-Mail mit allen Angaben.")
    )
    return go_to(url_for("owner.appointment", number=made.case.number))


def _book_or_move(
    case: Case, kind: Kind, starts_at: datetime, note: str, current: Booked | None
) -> Appointment:
    given = {"by": current_user._get_current_object(), "now": clock.now()}
    if current:
        return deeds.move(current.appointment, starts_at, **given)
    return deeds.book(case, kind, starts_at, note=note, **given)


def _taken(case: Case, kind: Kind, starts_at: datetime, form: NoteForm, current: Booked | None) -> Response:
    """Tell kindly that this time cannot be had, and show what is free now; the note is kept (rule S3)."""
    return page(
        "owner/appointment_pick.html",
        status=409, notice=TAKEN, case=case, kind=kind, current=current, note=form.note.data or "",
        **times_of(case, kind, current, starts_at),
    )  # fmt: skip
