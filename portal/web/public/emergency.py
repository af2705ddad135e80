"""The secret address of one case, for somebody without an account: look, and do what is next.  Rule P1a.

Whoever has the secret sees this one case and acts in it as its owner would. It signs nobody in, and a mere
GET changes nothing. What proves the e-mail address is in `emergency_proof`.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, request, url_for
from flask_babel import gettext as _

from portal.actions import cases, emergencies
from portal.actions.cases import CaseMoved
from portal.models import Case, Emergency, History, Message, SubstituteLink
from portal.outside import clock
from portal.rules import emergencies as rules
from portal.rules import report
from portal.rules.carriers import Carrier, looks_right
from portal.rules.report import Page
from portal.rules.triage import Hold
from portal.rules.workflow import CLOSED, Role, State, StepRefused, steps_for
from portal.web import documents, labels, way
from portal.web.documents import slip as slips
from portal.web.fragments import go_to, page
from portal.web.owner import case_page, parcel_card, sentences
from portal.web.owner.papers import items_of
from portal.web.owner.steps import LONGEST_ANSWER, Answered, Shipped
from portal.web.papers import HAS_SLIP
from portal.web.security import keep_secret

bp = Blueprint("emergency", __name__, url_prefix="/c")
bp.after_request(keep_secret)

BY_SECRET = frozenset({"answer", "mark_sent"})
"""The steps that need no account; the others decide about money and appointments."""

WITH_ACCOUNT = frozenset({State.AWAITING_QUOTE_DECISION, State.ON_ITS_WAY_BACK, State.DELIVERED})
"""Where the owner is next with something that only an account can do."""


def secret() -> str:
    """Return what the portal makes its tokens with."""
    return current_app.config["PORTAL"].secret


def held(token: str) -> Emergency:
    """Return what the secret opens; 404 for one that never was or was renewed, 410 once it is over."""
    found = emergencies.find(token)
    if found is None:
        abort(page("public/emergency_over.html", status=404, is_over=False))
    if emergencies.is_over(found, now=clock.now()):
        abort(page("public/emergency_over.html", status=410, is_over=True))
    return found


def address_of(emergency: Emergency, **values: Any) -> str:
    """Return the secret address of the case as it is now."""
    return url_for("emergency.case", token=emergencies.token_of(emergency, secret()), **values)


@bp.get("/<token>")
def case(token: str) -> Response:
    """Show the number, what is the matter, who is next and the way."""
    return shown(held(token))


def shown(
    emergency: Emergency, status: int = 200, errors: dict[str, str] | None = None, **values: Any
) -> Response:
    """Show the case as it stands now; `errors` are those of the code, or why a deed was not done."""
    now = clock.now()
    case: Case = emergency.case
    return page(
        "public/emergency.html",
        status=status,
        emergency=emergency,
        token=emergencies.token_of(emergency, secret()),
        address=current_app.config["PORTAL"].url.rstrip("/") + address_of(emergency),
        errors=errors or {},
        case=case,
        code_is_open=_has_open_code(emergency, now),
        **_of_case(case, now),
        **values,
    )


def _of_case(case: Case, now: datetime) -> dict[str, Any]:
    beside = case_page.beside_of([case], {})[case.id]
    history = list(History.of_case(case))
    parcel = parcel_card.of_case(case)
    may = [step for step in steps_for(case.state, Role.OWNER) if step in BY_SECRET]
    has_slip = case.is_send_in and case.state in HAS_SLIP
    return {
        "saying": sentences.of(case, now, beside),
        "turns": sentences.TURNS,
        "steps": may,
        "is_lapsed": case.is_lapsed(now),
        "needs_account": case.state in WITH_ACCOUNT,
        **_link_of(case),
        "holds": [Hold(hold) for hold in case.holds] if case.state is State.SUBMITTED else [],
        "notices": sentences.notices(case),
        "why": case_page.reason_of(case, history),
        "messages": list(Message.of_case(case, with_internal=False)),
        "way": way.of(case, history, beside.appointment),
        "missing": parcel.missing if parcel else (),
        "unneeded": parcel.unneeded if parcel else (),
        "not_yet": case.state in sentences.NOT_YET,
        "has_slip": has_slip,
        "items": items_of(case) if has_slip else [],
    }


def _link_of(case: Case) -> dict[str, Any]:
    """Return whether a link is wished for, and the one that was asked for; its door needs an account."""
    wished = report.yes_no(case.answers, Page.LINK, "wanted") is True and case.state not in CLOSED
    return {"wants_link": wished, "link": SubstituteLink.shown_with(case) if wished else None}


def _has_open_code(emergency: Emergency, now: datetime) -> bool:
    """Tell whether there is a code that may still be typed."""
    expires_at = emergency.code_expires_at
    return expires_at is not None and expires_at > now and emergency.code_tries < rules.CODE_TRIES


@bp.get("/<token>/slip.pdf")
def slip(token: str) -> Response:
    """Give the slip; before the release it says that it is not released (rules C2, P1a)."""
    case = held(token).case
    if not case.is_send_in:
        abort(404)
    return documents.answer(slips.made(case), f"Begleitschein-{case.number}")


@bp.route("/<token>/sent", methods=["GET", "POST"])
def sent(token: str) -> Response:
    """Record that the parcel is on its way, or correct carrier and number afterwards."""
    found = held(token)
    case = found.case
    if "mark_sent" not in steps_for(case.state, Role.OWNER) and case.state is not State.ON_ITS_WAY_TO_US:
        return moved(found)
    form = Shipped(data={"tracking_number": case.tracking_number, "carrier": case.carrier or ""})
    if request.method != "POST":
        return _sent_page(token, case, form)
    if not form.validate():
        return _sent_page(token, case, form, 422)
    try:
        _record_sent(case, form.carrier.data, form.tracking_number.data)
    except (CaseMoved, StepRefused):
        return moved(held(token))
    flash(_("Danke. Das Paket ist als abgeschickt eingetragen."))
    if form.tracking_number.data and not looks_right(form.carrier.data, form.tracking_number.data):
        flash(_("Bitte vergleichen Sie die Sendungsnummer noch einmal mit dem Beleg."))
    return go_to(address_of(found))


def _record_sent(case: Case, carrier: Carrier, number: str) -> None:
    """Take the step; sent again it corrects, and the same once more changes nothing (rule S3)."""
    given: dict[str, Any] = {"by": None, "role": Role.OWNER, "now": clock.now()}
    if case.state is State.AWAITING_SHIPMENT:
        cases.mark_sent(case, carrier, number, **given)
    elif (case.carrier, case.tracking_number) != (carrier, number):
        cases.correct_tracking(case, carrier, number, **given)


def _sent_page(token: str, case: Case, form: Shipped, status: int = 200) -> Response:
    carriers = [(carrier, labels.label(carrier)) for carrier in Carrier]
    return page(
        "owner/sent.html",
        status=status,
        home=url_for("emergency.case", token=token),
        action=url_for("emergency.sent", token=token),
        case=case,
        form=form,
        errors=form.mistakes if status == 422 else {},
        carriers=carriers,
    )


@bp.route("/<token>/answer", methods=["GET", "POST"])
def answer(token: str) -> Response:
    """Answer the question of support; the case goes back to them."""
    found = held(token)
    form = Answered()
    if "answer" not in steps_for(found.case.state, Role.OWNER):
        return moved(found, typed=form.text.data or "")
    if request.method != "POST":
        return _answer_page(token, found.case, form)
    if not form.validate():
        return _answer_page(token, found.case, form, 422)
    try:
        cases.answer(found.case, form.text.data, by=None, role=Role.OWNER, now=clock.now())
    except (CaseMoved, StepRefused):
        return moved(held(token), typed=form.text.data)
    flash(_("Danke. Ihre Antwort ist bei uns."))
    return go_to(address_of(found))


def _answer_page(token: str, case: Case, form: Answered, status: int = 200) -> Response:
    asked = [message for message in Message.of_case(case, with_internal=False) if message.account_id]
    return page(
        "owner/answer.html",
        status=status,
        home=url_for("emergency.case", token=token),
        action=url_for("emergency.answer", token=token),
        case=case,
        form=form,
        errors=form.mistakes if status == 422 else {},
        question=next((message for message in reversed(asked) if message.account.is_staff), None),
        longest=LONGEST_ANSWER,
    )


def moved(emergency: Emergency, typed: str = "") -> Response:
    """Show the present state, say that the deed was not done, and give back what was typed (rule S3)."""
    notice = _("Hier hat sich in der Zwischenzeit etwas geändert. So steht es jetzt.")
    if request.method == "POST":
        notice = _("Hier hat sich in der Zwischenzeit etwas geändert. Ihre Eingabe wurde nicht ausgeführt.")
    return shown(emergency, 409, notice=notice, typed=typed)


from portal.web.public import emergency_proof  # noqa: E402, F401 (it adds its addresses)
