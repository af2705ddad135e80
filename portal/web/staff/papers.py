"""Photos and the slip, as staff get them."""

from flask import Response, abort

from portal.web.staff import bp


@bp.get("/cases/<number:number>/photos/<id:photo>")
def photo(number: str, photo: int) -> Response:
    """Give one photo of the fault."""
    abort(404)


@bp.get("/cases/<number:number>/slip.pdf")
def slip(number: str) -> Response:
    """Give the slip as PDF."""
    abort(404)
