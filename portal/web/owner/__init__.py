"""The owner's side: own cases, own links, own documents. One guard for all of it (rule P1)."""

from flask import Blueprint, redirect, request, url_for
from flask_login import current_user

from portal.rules.workflow import Role
from portal.web.access import guard

bp = Blueprint("owner", __name__)


@bp.before_request
def show_staff_their_own_page():
    """Lead staff on who scanned the code of a slip: it holds the address of the owner's page."""
    if request.endpoint == "owner.case" and current_user.is_authenticated and current_user.is_staff:
        return redirect(url_for("staff.case", **(request.view_args or {})))
    return None


guard(bp, Role.OWNER)

from portal.web.owner import (  # noqa: E402, F401 (they add their views)
    appointment,
    appointment_booked,
    appointment_hours,
    arrived,
    cases,
    disposal,
    feedback,
    link_request,
    links,
    outage_record,
    papers,
    people,
    quote,
    steps,
)
