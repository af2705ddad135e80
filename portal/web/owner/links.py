"""One substitute link: state, countdown, withdrawal (rules L2, L3, L9)."""

from flask import Response
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import SubstituteLink
from portal.web.fragments import page
from portal.web.owner import bp


def own_link(number: int) -> SubstituteLink:
    """Return the link if it belongs to the own business, else answer 404 (rule P1)."""
    return get_object_or_404(SubstituteLink.visible_to(current_user), SubstituteLink.id == number)


@bp.get("/links/<id:link>")
def link(link: int) -> Response:
    """Show one link."""
    return page("owner/link.html", link=own_link(link))


@bp.get("/links/<id:link>/progress")
def link_progress(link: int) -> Response:
    """Answer the page's question whether something changed."""
    own_link(link)
    return Response(status=204)


@bp.route("/links/<id:link>/withdraw", methods=["GET", "POST"])
def link_withdraw(link: int) -> Response:
    """Ask whether to withdraw, then withdraw."""
    return page("owner/withdraw.html", link=own_link(link))
