"""The owner's side: own cases, own links, own documents. One guard for all of it (rule P1)."""

from flask import Blueprint

from portal.rules.workflow import Role
from portal.web.access import guard

bp = Blueprint("owner", __name__)
guard(bp, Role.OWNER)

from portal.web.owner import cases, link_request, links, papers, steps  # noqa: E402, F401 (they add their views)
