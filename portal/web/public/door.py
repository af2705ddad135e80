"""The door to the substitute till (rule L9)."""

from flask import Blueprint, Response, abort

from portal.actions import links
from portal.outside import clock
from portal.web.fragments import page

bp = Blueprint("door", __name__, url_prefix="/l")


@bp.get("/<token>")
def open(token: str) -> Response:
    """Show what applies now, before the door is passed."""
    found = links.open_door(token, now=clock.now())
    if found is None:
        abort(404)
    return page("public/door.html", token=token, door=found)


@bp.get("/<token>/go")
def enter(token: str) -> Response:
    """Lead on to the till."""
    abort(404)
