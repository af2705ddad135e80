"""What only admins may do, and only while it is surely them: team, operator, interfaces (rule P1)."""

from flask import Response, abort
from flask_login import current_user

from portal.rules.workflow import Role
from portal.web import confirm


def only() -> Response | None:
    """Answer 404 to everybody else, and ask an admin anew who they are; None: go on."""
    if current_user.role != Role.ADMIN:
        abort(404)
    return confirm.needed()
