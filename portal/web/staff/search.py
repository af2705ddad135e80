"""Find a case, a device or a customer by what people say on the phone."""

from flask import Response

from portal.web.fragments import page
from portal.web.staff import bp


@bp.get("/search")
def search() -> Response:
    """Show what was found."""
    return page("staff/list.html")
