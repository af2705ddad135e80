"""Staff move a case on its way (section S)."""

from flask import Response, url_for

from portal.web.fragments import go_to
from portal.web.staff import bp


@bp.post("/cases/<number:number>/steps/<step>")
def step(number: str, step: str) -> Response:
    """Take one step of the workflow."""
    return go_to(url_for("staff.case", number=number))


@bp.post("/cases/<number:number>/notes")
def note(number: str) -> Response:
    """Write an internal note."""
    return go_to(url_for("staff.case", number=number))
