"""Papers at one address for both sides: an owner's own, and every one for staff (rule P1)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import Case, Quote, SubstituteLink, Swap
from portal.outside import clock
from portal.rules.quotes import QuoteState
from portal.rules.returns import GOING_HOME
from portal.rules.workflow import AT_THE_WORKSHOP, Role, State
from portal.web import documents, erased
from portal.web.access import guard
from portal.web.documents import facts_sheet as sheets
from portal.web.documents import kit as kits
from portal.web.documents import outage
from portal.web.documents import quote as quotes
from portal.web.documents import return_note as notes
from portal.web.documents import slip as slips
from portal.web.looking import looked

bp = Blueprint("papers", __name__)
guard(bp, Role.OWNER, Role.STAFF, Role.ADMIN)

HAS_SLIP = frozenset(
    {State.SUBMITTED, State.AWAITING_INFORMATION, State.AWAITING_SHIPMENT, State.ON_ITS_WAY_TO_US}
)
SENT_IN = AT_THE_WORKSHOP | GOING_HOME


class Offered(NamedTuple):
    """A paper there is for a case: what it is called, what it is good for, where it lies."""

    label: str
    hint: str
    url: str


def seen(number: str) -> Case:
    """Return the case if its papers may be read by who asks, else answer 404 (rule P1)."""
    found = erased.refused(get_object_or_404(Case.visible_to(current_user), Case.number == number))
    looked(found, "fetch_paper", paper=request.endpoint.rpartition(".")[2])
    return found


@bp.get("/cases/<number:number>/slip.pdf")
def slip(number: str) -> Response:
    """Give the slip as PDF; before the release it says that it is not released (rules C2, P1a)."""
    case = seen(number)
    if not case.is_send_in:
        abort(404)
    return documents.answer(slips.made(case), f"Begleitschein-{case.number}")


@bp.get("/cases/<number:number>/return-note.pdf")
def return_note(number: str) -> Response:
    """Give the note that lies in the parcel that comes back (rules R1, R3, C5)."""
    case = seen(number)
    if case.state not in GOING_HOME:
        abort(404)
    return documents.answer(notes.made(case), f"Rücksendeschein-{case.number}")


@bp.get("/cases/<number:number>/quote.pdf")
def quote(number: str) -> Response:
    """Give the newest quote that was sent (rules W3, P4)."""
    case = seen(number)
    return _quote(case, Quote.last_sent(case))


@bp.get("/cases/<number:number>/quotes/<id:quote>.pdf")
def earlier_quote(number: str, quote: int) -> Response:
    """Give the quote of this number within the case, as it was sent (rule P4)."""
    case = seen(number)
    return _quote(case, get_object_or_404(Quote.of_case(case), Quote.number == quote))


def _quote(case: Case, found: Quote | None) -> Response:
    if found is None or not found.frozen or found.state is QuoteState.DRAFT:
        abort(404)
    return documents.answer(quotes.made(found), f"Kostenvoranschlag-{case.number}-{found.number}")


@bp.get("/cases/<number:number>/outage-record.pdf")
def outage_record(number: str) -> Response:
    """Give the outage record of a case (rules O1, O3)."""
    case = seen(number)
    return documents.answer(outage.made(case), f"Ausfallprotokoll-{case.number}")


@bp.get("/links/<id:link>/outage-record.pdf")
def link_outage_record(link: int) -> Any:
    """Give the outage record of a link; one that belongs to a case is told of in the case's (O1)."""
    found = get_object_or_404(SubstituteLink.visible_to(current_user), SubstituteLink.id == link)
    if found.case_id:
        return redirect(url_for("papers.outage_record", number=found.case.number))
    return documents.answer(outage.made(found), f"Ausfallprotokoll-Ersatzlink-{found.id}")


@bp.get("/cases/<number:number>/facts.pdf")
def facts(number: str) -> Response:
    """Give the facts sheet, if server, main board or TSE was swapped (rules O2, O3)."""
    case = seen(number)
    swaps = sheets.swaps_of(case)
    if not swaps:
        abort(404)
    return documents.answer(sheets.made(case, swaps), f"Datenblatt-Tausch-{case.number}")


@bp.get("/cases/<number:number>/kit.pdf")
def kit(number: str) -> Response:
    """Give the emergency kit with the number of the case in it (rule O4)."""
    case = seen(number)
    return documents.answer(kits.made_for(case), f"Notfallmappe-{case.number}")


@bp.app_template_global("papers_of")
def offered(
    case: Case, known_quotes: Iterable[Quote] | None = None, known_swaps: Iterable[Swap] | None = None
) -> list[Offered]:
    """Return the papers there are for a case now, in the order of its way.

    What is known of quotes and swaps spares a question each, where the page has it already.
    """
    found = [*_slip(case), *_quotes(case, known_quotes), *_return_note(case), *_facts(case, known_swaps)]
    return [*found, *_always(case)]


def _slip(case: Case) -> list[Offered]:
    if not case.is_send_in or case.state not in HAS_SLIP:
        return []
    hint = _("fürs Paket") if case.released_at else _("noch nicht freigegeben")
    if case.is_lapsed(clock.now()):
        hint = _("abgelaufen")
    return [Offered(_("Begleitschein"), hint, url_for("papers.slip", number=case.number))]


def _quotes(case: Case, known: Iterable[Quote] | None) -> list[Offered]:
    if case.state not in SENT_IN:
        return []
    found = Quote.of_case(case) if known is None else known
    sent = [one for one in found if one.state is not QuoteState.DRAFT and one.frozen]
    return [
        Offered(
            _("Kostenvoranschlag %(number)s", number=one.number),
            QUOTES[one.state](),
            url_for("papers.earlier_quote", number=case.number, quote=one.number),
        )
        for one in sent
    ]


QUOTES = {
    QuoteState.SENT: lambda: _("noch nicht entschieden"),
    QuoteState.ACCEPTED: lambda: _("angenommen"),
    QuoteState.DECLINED: lambda: _("abgelehnt"),
    QuoteState.LAPSED: lambda: _("abgelaufen"),
}


def _return_note(case: Case) -> list[Offered]:
    if case.state not in GOING_HOME:
        return []
    address = url_for("papers.return_note", number=case.number)
    return [Offered(_("Rücksendeschein"), _("was im Paket ist und was noch nicht geht"), address)]


def _facts(case: Case, known: Iterable[Swap] | None) -> list[Offered]:
    if case.state not in SENT_IN or not sheets.swaps_of(case, known):
        return []
    address = url_for("papers.facts", number=case.number)
    return [Offered(_("Datenblatt zum Tausch"), _("alte und neue Seriennummern"), address)]


def _always(case: Case) -> list[Offered]:
    """Return what there is in every state; the owner goes to the record by its page, to add lines (O1)."""
    record = "papers.outage_record" if current_user.is_staff else "owner.outage_record"
    return [
        Offered(_("Ausfallprotokoll"), _("was wann geschehen ist"), url_for(record, number=case.number)),
        Offered(
            _("Notfallmappe"),
            _("Belege von Hand, EC-Terminal, Liste zum Nachtragen"),
            url_for("papers.kit", number=case.number),
        ),
    ]
