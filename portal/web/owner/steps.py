"""What the owner does with a case: mark as sent, answer, cancel (rules S2, S3)."""

from flask import Response, url_for

from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.cases import own


@bp.post("/cases/<number:number>/sent")
def mark_sent(number: str) -> Response:
    """Record that the parcel is on its way."""
    own(number)
    return go_to(url_for("owner.case", number=number))


@bp.route("/cases/<number:number>/cancel", methods=["GET", "POST"])
def cancel(number: str) -> Response:
    """Ask whether to cancel, then cancel."""
    return page("owner/cancel.html", case=own(number))


@bp.post("/cases/<number:number>/answer")
def answer(number: str) -> Response:
    """Answer the question of support."""
    own(number)
    return go_to(url_for("owner.case", number=number))
