"""What belongs to the parcel: the slip, the phone view of it, the photos (rules C1–C2b, P1)."""

from flask import Response, abort

from portal.web.fragments import page
from portal.web.owner import bp
from portal.web.owner.cases import own


@bp.get("/cases/<number:number>/slip.pdf")
def slip(number: str) -> Response:
    """Give the slip as PDF."""
    own(number)
    abort(404)


@bp.get("/cases/<number:number>/parcel")
def parcel(number: str) -> Response:
    """Show number and checklist on the phone (rule C2a)."""
    return page("owner/parcel.html", case=own(number))


@bp.get("/cases/<number:number>/photos/<id:photo>")
def photo(number: str, photo: int) -> Response:
    """Give one photo of the fault."""
    own(number)
    abort(404)
