"""The desk: the queue by harm, and the other lists (rules S5, S6)."""

from flask import Response

from portal.web.fragments import page
from portal.web.staff import bp


@bp.get("/")
def queue() -> Response:
    """Show what needs a decision, worst harm first."""
    return page("staff/list.html")
