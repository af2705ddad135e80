"""Papers at one address for both sides: an owner's own, and every one for staff (rule P1)."""

from flask import Blueprint, Response, abort
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Case
from portal.rules.workflow import Role
from portal.web import documents
from portal.web.access import guard
from portal.web.documents import slip as slips

bp = Blueprint("papers", __name__)
guard(bp, Role.OWNER, Role.STAFF, Role.ADMIN)


def seen(number: str) -> Case:
    """Return the case if its paper may be read by who asks, else answer 404 (rule P1)."""
    return get_object_or_404(Case.visible_to(current_user), Case.number == number)


@bp.get("/cases/<number:number>/slip.pdf")
def slip(number: str) -> Response:
    """Give the slip as PDF; before the release it says that it is not released (rules C2, P1a)."""
    case = seen(number)
    if not case.is_send_in:
        abort(404)
    return documents.answer(slips.made(case), f"Begleitschein-{case.number}")
