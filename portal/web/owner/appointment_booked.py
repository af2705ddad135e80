"""What an owner does with a booked appointment: put it into a calendar, or cancel it (rule R4)."""

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import appointments as deeds
from portal.actions.appointments import NotAllowedNow, TooLate
from portal.actions.cases import CaseMoved
from portal.models import Appointment, Case
from portal.outside import clock
from portal.rules.workflow import StepRefused
from portal.web import calendar_entry
from portal.web.context import language
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.appointment import TOO_LATE, shown_booked
from portal.web.owner.appointment_words import Booked, booked
from portal.web.owner.cases import own
from portal.web.owner.steps import moved


@bp.get("/cases/<number:number>/appointments/<id:appointment>.ics")
def appointment_file(number: str, appointment: int) -> Response:
    """Give the appointment as a calendar takes it, as it is now (rules R1, R4, T7, T8)."""
    case = own(number)
    found = get_object_or_404(Appointment, Appointment.id == appointment, Appointment.case == case)
    answer = Response(
        calendar_entry.calendar_of(found, language()), content_type="text/calendar; charset=utf-8"
    )
    answer.headers.set("Content-Disposition", "attachment", filename=calendar_entry.FILE_NAME)
    return answer


@bp.route("/cases/<number:number>/appointments/<id:appointment>/cancel", methods=["GET", "POST"])
def appointment_cancel(number: str, appointment: int) -> Response:
    """Ask whether to cancel, then cancel, as long as there is time (rule R4)."""
    case = own(number)
    found = next((one for one in booked(case, clock.now()) if one.appointment.id == appointment), None)
    if found is None or not found.may_change:
        return _cannot_cancel(case, appointment, found)
    if request.method != "POST":
        return page("owner/appointment_cancel.html", case=case, one=found)
    try:
        deeds.cancel(found.appointment, by=current_user._get_current_object(), now=clock.now())
    except TooLate:
        return shown_booked(own(number), TOO_LATE)
    except (NotAllowedNow, CaseMoved, StepRefused):
        return moved(number)
    flash(_("Der Termin ist abgesagt."))
    return go_to(url_for("owner.case", number=number))


def _cannot_cancel(case: Case, appointment: int, found: Booked | None) -> Response:
    if found is not None:
        return shown_booked(case, TOO_LATE)
    if all(one.id != appointment for one in Appointment.of_case(case)):
        abort(404)
    return moved(case.number)
