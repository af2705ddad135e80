"""A parcel is here: one field, one scan, one button (rules C1, S2)."""

import re

from flask import Response, request
from flask_babel import gettext as _
from flask_login import current_user

from portal.models import Case
from portal.models import search as look_up
from portal.rules.parcel import components
from portal.rules.workflow import Role, State, steps_for
from portal.web.forms import clean
from portal.web.fragments import page
from portal.web.staff import bp, sheets
from portal.web.staff.search import case_number

_ADDRESS = re.compile(r"^https?://\S*/cases/([^/?#\s]+)")


@bp.get("/check-in")
def check_in() -> Response:
    """Ask for the number on the carton; a hit shows what should be in it, and one button."""
    typed = clean(request.args.get("number", ""))[:200]
    number = scanned_number(typed)
    found = look_up.case_numbered(current_user, number) if number else None
    error = _mistake(number) if typed and found is None else ""
    return page(
        "staff/check_in.html",
        status=422 if error else 200,
        typed="" if found else typed,
        error=error,
        errors={"number": error} if error else {},
        case=found,
        parts=components(found.device.tse_in_server if found.device else None) if found else (),
        step=_receiving(found) if found else None,
    )


def scanned_number(text: str) -> str | None:
    """Return the case number of what was typed or scanned: the number, or the slip's address."""
    address = _ADDRESS.match(text)
    return case_number(address[1] if address else text)


def _mistake(number: str | None) -> str:
    if number is None:
        return _(
            "Das ist keine Vorgangsnummer. Sie hat ein R und neun Ziffern. Bitte vergleichen Sie jede Ziffer."
        )
    return _("Zu dieser Nummer gibt es keinen Vorgang.")


def _receiving(case: Case) -> sheets.StepView | None:
    """Return the one step there is here, if the case can be received now."""
    if "receive" not in steps_for(State(case.state), Role.STAFF):
        return None
    return next(step for step in sheets.steps_of(case) if step.name == "receive")
