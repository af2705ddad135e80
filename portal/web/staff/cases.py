"""One case as staff see it: facts before buttons (rules P1, S3)."""

from flask import Response
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Case
from portal.web.fragments import page
from portal.web.staff import bp


@bp.get("/cases/<number:number>")
def case(number: str) -> Response:
    """Show one case."""
    found = get_object_or_404(Case.visible_to(current_user), Case.number == number)
    return page("staff/case.html", case=found)
