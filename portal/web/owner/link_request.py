"""Asking for a substitute link on its own (rules L1, L4a, L7, L8)."""

from flask import Response

from portal.web.fragments import page
from portal.web.owner import bp


@bp.route("/links/new", methods=["GET", "POST"])
def link_new() -> Response:
    """Ask for a link without a report."""
    return page("owner/link_new.html")
