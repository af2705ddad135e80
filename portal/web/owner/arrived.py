"""The parcel is back: stop, read, confirm. What is done too early cannot be undone (rules R1, R3, S7)."""

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import arrivals
from portal.actions.cases import CaseMoved
from portal.models import Case, Consent, History
from portal.outside import clock
from portal.rules.returns import homecoming
from portal.rules.workflow import Role, StepRefused, steps_for
from portal.web import wordings
from portal.web.context import operator
from portal.web.forms import Accept, Form
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.cases import own
from portal.web.owner.steps import moved

READ = arrivals.READ


class Arrived(Form):
    """The one thing to confirm."""

    read = Accept(message=wordings.WORDINGS[READ].reminder)


@bp.route("/cases/<number:number>/arrived", methods=["GET", "POST"])
def arrived(number: str) -> Response:
    """Confirm that the parcel is there and rule R1 was read; the reading also after staff confirmed it."""
    case, form = own(number), Arrived()
    is_arrival = "confirm_delivery" in steps_for(case.state, Role.OWNER)
    if not is_arrival and case.state not in arrivals.IN_THE_SALON:
        return moved(number)
    if not is_arrival and Consent.is_given(case, READ):
        return go_to(url_for("owner.case", number=number))  # sent twice: it is done
    if request.method != "POST":
        return _shown(case, form, is_arrival)
    if not form.validate():
        return _shown(case, form, is_arrival, status=422)
    return _confirmed(case, is_arrival)


def _shown(case: Case, form: Arrived, is_arrival: bool, status: int = 200) -> Response:
    return page(
        "owner/arrived.html",
        status=status,
        case=case,
        is_arrival=is_arrival,
        is_unrepaired=homecoming(History.made_ready_from([case]).get(case.id, "")).is_unrepaired,
        wording=wordings.text_of(READ, operator()),
        errors=form.mistakes if status == 422 else {},
    )


def _confirmed(case: Case, is_arrival: bool) -> Response:
    now = clock.now()
    read = wordings.accept([READ], operator(), now)[0]
    try:
        _record(case, read, is_arrival, by=current_user._get_current_object(), now=now)
    except (CaseMoved, StepRefused):
        return moved(case.number)
    flash(_("Danke. Das ist bestätigt."))
    return go_to(url_for("owner.case", number=case.number))


def _record(case: Case, read: Mapping[str, Any], is_arrival: bool, **given: Any) -> None:
    """Confirm; should staff or a colleague have confirmed the arrival meanwhile, the reading still counts."""
    if is_arrival:
        try:
            arrivals.confirm(case, read, **given)
        except CaseMoved:
            arrivals.confirm_read(own(case.number), read, **given)
    else:
        arrivals.confirm_read(case, read, **given)
