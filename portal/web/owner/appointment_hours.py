"""When is the salon open?  Told once, and appointments outside of it are not shown (rule R4)."""

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import appointments as deeds
from portal.models import Salon
from portal.outside import clock
from portal.rules.appointments import week_hours
from portal.web import hours
from portal.web.access import safe_next
from portal.web.forms import Form
from portal.web.fragments import go_to, page
from portal.web.owner import bp


class SalonHoursForm(Form):
    """The seven days of the week; all empty means: not told."""


for _name, _field in hours.day_fields().items():
    setattr(SalonHoursForm, _name, _field)


@bp.route("/salons/<id:salon>/hours", methods=["GET", "POST"])
def salon_hours(salon: int) -> Response:
    """Show and change the opening hours of an own salon, weekday by weekday."""
    found = get_object_or_404(Salon.of(current_user.customer), Salon.id == salon)
    form = SalonHoursForm(data=hours.fields_of(week_hours(found.hours)))
    back = safe_next(request.values.get("back")) or url_for("owner.cases")
    if request.method != "POST" or not form.validate():
        return _hours_page(found, form, back, 422 if request.method == "POST" else 200)
    deeds.set_salon_hours(
        found, hours.week_in(form) or None, by=current_user._get_current_object(), now=clock.now()
    )
    flash(_("Die Öffnungszeiten sind gespeichert."))
    return go_to(back)


def _hours_page(salon: Salon, form: SalonHoursForm, back: str, status: int) -> Response:
    return page(
        "owner/appointment_hours.html",
        status=status, salon=salon, form=form, errors=form.mistakes if status == 422 else {}, back=back,
        weekdays=hours.weekday_names(), with_days=hours.with_days,
    )  # fmt: skip
