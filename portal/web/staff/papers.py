"""Photos, as staff get them."""

from flask import Response
from playhouse.flask_utils import get_object_or_404

from portal.models import Attachment
from portal.web import documents
from portal.web.staff import bp
from portal.web.staff.cases import found


@bp.get("/cases/<number:number>/photos/<id:photo>")
def photo(number: str, photo: int) -> Response:
    """Give one photo of the fault."""
    case = found(number)
    return documents.photo(get_object_or_404(Attachment, Attachment.id == photo, Attachment.case == case))
