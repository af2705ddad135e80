"""Letters that could not be sent, and whether the worker is at work (rule S4)."""

from flask import Response

from portal.web.fragments import page
from portal.web.staff import bp


@bp.get("/letters")
def letters() -> Response:
    """List the letters that were given up."""
    return page("staff/list.html")
