"""Give the register as the list that can be read in again: customers, salons, devices."""

from flask import Response, request
from flask_login import current_user

from portal.actions import history
from portal.models import whole_register
from portal.outside import clock
from portal.rules.register import HEADINGS, cells_of
from portal.web import confirm
from portal.web.csv_file import download
from portal.web.fragments import page
from portal.web.staff import bp


@bp.route("/customers/export", methods=["GET", "POST"])
def export_register() -> Response:
    """Give everybody's data to staff who have just proved who they are; it is recorded."""
    if asked := confirm.needed():
        return asked
    if request.method != "POST":
        return page(
            "staff/register_export.html",
            columns=list(HEADINGS.values()),
            without_salon=whole_register.without_salon(),
        )
    me = current_user._get_current_object()
    history.record(None, "export_register", by=me, at=clock.now())
    return download("kunden", list(HEADINGS.values()), map(cells_of, whole_register.lines()))
