"""Staff decide about substitute links (section L)."""

from flask import Response, abort, url_for

from portal.web.fragments import go_to
from portal.web.staff import bp


@bp.get("/links/<id:link>")
def link(link: int) -> Response:
    """Show one link."""
    abort(404)


@bp.post("/links/<id:link>/steps/<step>")
def link_step(link: int, step: str) -> Response:
    """Take one step with the link."""
    return go_to(url_for("staff.link", link=link))
