"""A parcel is here: one field, one scan, one button."""

from flask import Response

from portal.web.fragments import page
from portal.web.staff import bp


@bp.get("/check-in")
def check_in() -> Response:
    """Ask for the number."""
    return page("staff/list.html")
