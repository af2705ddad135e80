"""What the owner does with a case: mark as sent, answer, cancel (rules S2, S3)."""

from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms.validators import StopValidation

from portal.actions import cases as deeds
from portal.actions.cases import CaseMoved
from portal.models import Case, Message
from portal.outside import clock
from portal.rules.carriers import Carrier, clean, looks_right
from portal.rules.workflow import Role, State, StepRefused, steps_for
from portal.web import labels
from portal.web.forms import Form, Line, Paragraphs, Required
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.cases import own, shown

LONGEST_NUMBER = 60
LONGEST_ANSWER = 4000


class Tracking(Line):
    """A tracking number; blanks and dashes do not count. Its look never refuses it."""

    def tidy(self, text: str) -> str:
        """Return the number as it is kept."""
        return clean(super().tidy(text))


class Shipped(Form):
    """Who carries the parcel, and its number."""

    tracking_number = Tracking(longest=LONGEST_NUMBER)
    carrier = Line(longest=10)

    def validate_carrier(self, field: Line) -> None:
        """Take the carrier that was chosen, or the only one the number can belong to."""
        chosen = field.data or guess(self.tracking_number.data or "")
        if chosen not in list(Carrier):
            raise StopValidation(_("Bitte wählen Sie den Paketdienst."))
        field.data = Carrier(chosen)


class Answered(Form):
    """The answer to the question of support."""

    text = Paragraphs(
        longest=LONGEST_ANSWER, validators=[Required(_l("Bitte schreiben Sie uns eine kurze Antwort."))]
    )


def guess(number: str) -> str:
    """Return the one carrier whose numbers look like this, or "" where none or several do."""
    if not number:
        return ""
    named = [carrier for carrier in Carrier if carrier is not Carrier.OTHER]
    fitting = [carrier for carrier in named if looks_right(carrier, number)]
    return fitting[0] if len(fitting) == 1 else ""


@bp.route("/cases/<number:number>/sent", methods=["GET", "POST"])
def mark_sent(number: str) -> Response:
    """Record that the parcel is on its way, or correct carrier and number afterwards."""
    case = own(number)
    if "mark_sent" not in steps_for(case.state, Role.OWNER) and case.state is not State.ON_ITS_WAY_TO_US:
        return moved(number)
    form = Shipped(data={"tracking_number": case.tracking_number, "carrier": case.carrier or ""})
    if request.method != "POST":
        return page("owner/sent.html", case=case, form=form, errors={}, carriers=_carriers())
    if not form.validate():
        return page(
            "owner/sent.html", status=422, case=case, form=form, errors=form.mistakes, carriers=_carriers()
        )
    try:
        _record_sent(case, form.carrier.data, form.tracking_number.data)
    except (CaseMoved, StepRefused):
        return moved(number)
    _flash_sent(form.carrier.data, form.tracking_number.data)
    return go_to(url_for("owner.case", number=number))


def _record_sent(case: Case, carrier: Carrier, tracking_number: str) -> None:
    """Take the step; sent again it corrects, and the same once more changes nothing (rule S3)."""
    given = {"by": current_user._get_current_object(), "now": clock.now()}
    if case.state is State.AWAITING_SHIPMENT:
        deeds.mark_sent(case, carrier, tracking_number, **given)
    elif (case.carrier, case.tracking_number) != (carrier, tracking_number):
        deeds.correct_tracking(case, carrier, tracking_number, **given)


def _flash_sent(carrier: Carrier, tracking_number: str) -> None:
    flash(_("Danke. Das Paket ist als abgeschickt eingetragen."))
    if tracking_number and not looks_right(carrier, tracking_number):
        name = labels.label(carrier)
        flash(
            _("Die Nummer sieht nicht nach %(carrier)s aus. Vergleichen Sie sie mit dem Beleg.", carrier=name)
        )


def _carriers() -> list[tuple[Any, Any]]:
    return [(carrier, labels.label(carrier)) for carrier in Carrier]


@bp.route("/cases/<number:number>/cancel", methods=["GET", "POST"])
def cancel(number: str) -> Response:
    """Ask whether to cancel, then cancel; until the parcel is received (rule S2)."""
    case = own(number)
    if "cancel" not in steps_for(case.state, Role.OWNER):
        return moved(number)
    if request.method != "POST":
        return page("owner/cancel.html", case=case)
    try:
        deeds.cancel(case, by=current_user._get_current_object(), now=clock.now())
    except (CaseMoved, StepRefused):
        return moved(number)
    flash(_("Der Vorgang ist abgebrochen."))
    return go_to(url_for("owner.case", number=number))


@bp.route("/cases/<number:number>/answer", methods=["GET", "POST"])
def answer(number: str) -> Response:
    """Answer the question of support; the case goes back to them."""
    case = own(number)
    form = Answered()
    if "answer" not in steps_for(case.state, Role.OWNER):
        return moved(number, typed=form.text.data or "")
    if request.method != "POST":
        return _answer_page(case, form)
    if not form.validate():
        return _answer_page(case, form, status=422)
    try:
        deeds.answer(case, form.text.data, by=current_user._get_current_object(), now=clock.now())
    except (CaseMoved, StepRefused):
        return moved(number, typed=form.text.data)
    flash(_("Danke. Ihre Antwort ist bei uns."))
    return go_to(url_for("owner.case", number=number))


def _answer_page(case: Case, form: Answered, status: int = 200) -> Response:
    asked = [message for message in Message.of_case(case, with_internal=False) if message.account_id]
    return page(
        "owner/answer.html",
        status=status,
        case=case,
        form=form,
        errors=form.mistakes if status == 422 else {},
        question=next((message for message in reversed(asked) if message.account.is_staff), None),
        longest=LONGEST_ANSWER,
    )


def moved(number: str, typed: str = "") -> Response:
    """Show the present state, say that the deed was not done, and give back what was typed (rule S3).

    Who only looks, by going back for one, has entered nothing: the deed may well be done.
    """
    notice = _("Hier hat sich in der Zwischenzeit etwas geändert. Ihre Eingabe wurde nicht ausgeführt.")
    if request.method != "POST":
        notice = _("Hier hat sich in der Zwischenzeit etwas geändert. So steht es jetzt.")
    return shown(own(number), status=409, notice=notice, typed=typed)
