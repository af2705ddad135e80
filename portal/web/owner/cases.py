"""Following a case: the list, the page of one case and its live update (rules P1, S3)."""

from flask import Response
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Case
from portal.web.fragments import page
from portal.web.owner import bp


def own(number: str) -> Case:
    """Return the case of this number if it belongs to the own business, else answer 404 (rule P1)."""
    return get_object_or_404(Case.visible_to(current_user), Case.number == number)


@bp.get("/cases")
def cases() -> Response:
    """List the own cases."""
    return page("owner/cases.html", cases=list(Case.visible_to(current_user).order_by(Case.id.desc()).limit(20)))


@bp.get("/cases/<number:number>")
def case(number: str) -> Response:
    """Show one case."""
    return page("owner/case.html", case=own(number))


@bp.get("/cases/<number:number>/progress")
def progress(number: str) -> Response:
    """Answer the page's question whether something changed."""
    own(number)
    return Response(status=204)
