"""Papers at one address for both sides: an owner's own, and every one for staff (rule P1)."""

from flask import Blueprint, Response
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Case
from portal.rules.workflow import Role
from portal.web import documents
from portal.web.access import guard

bp = Blueprint("papers", __name__)
guard(bp, Role.OWNER, Role.STAFF, Role.ADMIN)


@bp.get("/cases/<number:number>/slip.pdf")
def slip(number: str) -> Response:
    """Give the slip as PDF; before the release it says that it is not released (rules C2, P1a)."""
    return documents.answer(get_object_or_404(Case.visible_to(current_user), Case.number == number))
