"""Staff write a quote, see it as its owner will, and send it (rules W3, W4, P4, S3).

Draft → preview → sent. What was typed stays on the page, whatever comes in between.
"""

from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import offers
from portal.actions import quotes as deeds
from portal.actions.cases import CaseMoved
from portal.actions.quote_conditions import NotQuotable, lacking
from portal.actions.quotes import QUOTABLE
from portal.models import Case, Quote
from portal.outside import clock
from portal.rules import quotes as rules
from portal.rules.quotes import Lack, Offer, QuoteState
from portal.rules.warranty import Decision
from portal.rules.workflow import State, StepRefused
from portal.web import documents
from portal.web.context import operator
from portal.web.documents import quote as paper
from portal.web.fragments import go_to, page
from portal.web.owner.quote import said_by
from portal.web.staff import bp
from portal.web.staff.cases import found
from portal.web.staff.quote_form import QuoteForm

LACKS = {
    Lack.DECISION: _l("Entscheiden Sie zuerst, dass die Reparatur kostenpflichtig ist."),
    Lack.PURCHASE_DATE: _l("Tragen Sie zuerst das Kaufdatum ein."),
}
FASTER = _l("Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Nichts wurde verschickt.")
KEPT = _l(
    "Jemand anderes hat den Entwurf inzwischen geändert. Ihre Angaben stehen noch hier, aber sie sind nicht "
    "gespeichert. Speichern Sie, dann ersetzen sie die andere Fassung."
)


@bp.get("/cases/<number:number>/quote")
def quote(number: str) -> Response:
    """Show the draft to write on, or the quote as it was sent."""
    return _show(found(number))


@bp.post("/cases/<number:number>/quote")
def write_quote(number: str) -> Response:
    """Keep the draft, add or remove a row, or go on to the preview."""
    case, form, pressed = found(number), QuoteForm.typed(request.form), request.form.get("do", "")
    if case.state not in QUOTABLE:
        return _show(case, status=409, notice=FASTER, form=form)
    if form.press(pressed):
        return _show(case, form=form)
    offer = form.offer()
    if offer is None:
        return _show(case, status=422, form=form)
    try:
        _save(case, offer)
    except (CaseMoved, StepRefused):
        moved = found(number)
        return _show(moved, status=409, notice=KEPT if moved.state in QUOTABLE else FASTER, form=form)
    if pressed == "preview":
        return go_to(url_for("staff.quote_preview", number=number))
    flash(_("Der Entwurf ist gespeichert."), "good")
    return go_to(url_for("staff.quote", number=number))


def _save(case: Case, offer: Offer) -> None:
    known = Quote.draft(case)
    same = known is not None and offers.offer_of(known) == offer and known.revision == _revision()
    if not same:  # saved again as it stands: nothing is done twice (S3)
        deeds.save_draft(case, offer, revision=_revision(), **_doing())


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _doing() -> dict[str, Any]:
    return {"by": current_user._get_current_object(), "now": clock.now()}


def _show(case: Case, *, status: int = 200, notice: Any = "", form: QuoteForm | None = None) -> Response:
    """Show the form where a quote can be written, and all quotes that were sent."""
    known = list(Quote.of_case(case))
    draft = next((one for one in known if one.state is QuoteState.DRAFT), None)
    sent = [one for one in known if one.state is not QuoteState.DRAFT]
    can_write = _can_write(case)
    return page(
        "staff/quote.html",
        status=status,
        case=case,
        draft=draft,
        sent=sent,
        newest=sent[0] if sent else None,
        said=said_by(sent[0].frozen) if sent else None,
        can_write=can_write,
        form=form or _first_form(draft, sent[0] if sent else None),
        was_typed=form is not None,
        errors=form.mistakes if form else {},
        lacks=[LACKS[lack] for lack in lacking(case)] if can_write else [],
        most=rules.most_cents(sent[0].total_cents) if sent else None,
        notice=notice,
    )


def _can_write(case: Case) -> bool:
    """Tell whether a quote may still become of it: a repair that has begun free of charge stays free (W0)."""
    is_free = case.state is State.IN_REPAIR and case.decision is not Decision.CHARGEABLE
    return case.state in QUOTABLE and not is_free


def _first_form(draft: Quote | None, newest: Quote | None) -> QuoteForm:
    """Return the draft to go on with; for an overrun the accepted quote, to begin from (W3)."""
    start = draft or newest
    return QuoteForm.of_quote(start) if start else QuoteForm.fresh(operator())


@bp.get("/cases/<number:number>/quote/preview")
def quote_preview(number: str) -> Response:
    """Show the draft exactly as the owner will see it."""
    case = found(number)
    draft = Quote.draft(case)
    if draft is None or case.state not in QUOTABLE:
        return go_to(url_for("staff.quote", number=number))
    return _preview(case, draft)


def _preview(case: Case, draft: Quote, *, status: int = 200, notice: Any = "") -> Response:
    return page(
        "staff/quote_preview.html",
        status=status,
        case=case,
        draft=draft,
        said=said_by(offers.frozen(case, draft, now=clock.now())),
        lacks=[LACKS[lack] for lack in lacking(case)],
        notice=notice,
    )


@bp.get("/cases/<number:number>/quote/preview.pdf")
def quote_pdf_preview(number: str) -> Response:
    """Show the paper as it would be sent, marked as a draft."""
    case = found(number)
    draft = Quote.draft(case) or abort(404)
    said = {**offers.frozen(case, draft, now=clock.now()), "sent_on": None}
    return documents.answer(paper.quote_preview(said), f"Entwurf-{case.number}-{draft.number}")


@bp.post("/cases/<number:number>/quote/send")
def send_quote(number: str) -> Response:
    """Send the draft as it was seen; of two senders the first one sends (rules W3, S3)."""
    case = found(number)
    draft = Quote.draft(case)
    if draft is None:
        return _show(case, status=409, notice=FASTER)
    try:
        deeds.send(draft, revision=_revision(), **_doing())
    except NotQuotable:
        return _preview(case, draft, status=409, notice=_("Der Kostenvoranschlag wurde nicht verschickt."))
    except (CaseMoved, StepRefused):
        moved = found(number)
        again = Quote.draft(moved)
        return (
            _preview(moved, again, status=409, notice=FASTER)
            if again
            else _show(moved, status=409, notice=FASTER)
        )
    flash(_("Der Kostenvoranschlag ist verschickt. Der Salon erfährt es per E-Mail."), "good")
    return go_to(url_for("staff.case", number=number))


@bp.post("/cases/<number:number>/quote/discard")
def discard_quote(number: str) -> Response:
    """Throw the draft away."""
    case = found(number)
    draft = Quote.draft(case)
    if draft is None:
        return _show(case, status=409, notice=FASTER)
    try:
        deeds.discard(draft, revision=_revision(), **_doing())
    except (CaseMoved, StepRefused):
        return _show(found(number), status=409, notice=FASTER)
    flash(_("Der Entwurf ist verworfen."), "good")
    return go_to(url_for("staff.quote", number=number))
