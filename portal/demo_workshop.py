"""The demo's workshop: a quote to decide, a part missing, a parcel on its way home, a case well ended."""

from datetime import datetime, timedelta

from portal import demo_calendar, demo_parcels
from portal.actions import arrivals, cases, commissioning, feedback, quotes, workshop
from portal.actions.swaps import SwapRecord, swap
from portal.demo_consents import said
from portal.models import Account, Case
from portal.rules.carriers import Carrier
from portal.rules.commissioning import Item
from portal.rules.parcel import Part
from portal.rules.quotes import Offer, Position
from portal.rules.report import ConsentKind
from portal.rules.warranty import Decision
from portal.rules.workshop import SwapPart

OFFER = Offer(
    positions=(
        Position("Festplatte 480 GB, mit Einbau", 1, 11900),
        Position("Datenbank auf die neue Festplatte übertragen", 1, 6500),
    ),
    vat_percent=19,
    days=14,
    introduction="Die Festplatte ist defekt. Alle anderen Teile sind in Ordnung.",
)


def quoted(case: Case, *, owner: Account, by: Account) -> Case:
    """A server out of warranty: its owner has to decide about a quote (rule W3)."""
    begun = case.reported_at
    case = _looked_at(case, "Die Festplatte ist defekt.", Decision.CHARGEABLE, owner=owner, by=by)
    sent = begun + timedelta(days=4)
    draft = quotes.save_draft(case, OFFER, revision=0, by=by, now=sent)
    quotes.send(draft, revision=draft.revision, by=by, now=sent)
    return Case.get_by_id(case.id)


def incomplete(case: Case, *, owner: Account, by: Account, now: datetime) -> Case:
    """A parcel that came without its power cable (rule C4)."""
    begun = case.reported_at
    case = cases.mark_sent(case, Carrier.DPD, "09981122330044", by=owner, now=begun + timedelta(hours=2))
    here = now - timedelta(hours=5)
    return demo_parcels.take_in(case, by=by, now=here, missing=Part.POWER_CABLE, place="Regal 1")


def on_its_way_home(case: Case, *, owner: Account, by: Account) -> Case:
    """A repaired server that is on its way back to its salon (rules C5, R1)."""
    begun = case.reported_at
    case = _repaired(case, "Das Netzteil auf der Platine war defekt.", owner=owner, by=by)
    return demo_parcels.send_back(case, by=by, now=begun + timedelta(days=6))


def back_in_service(case: Case, *, owner: Account, by: Account) -> Case:
    """A server with a new main board, back in service; its owner said how it was (rules R5, O2)."""
    begun = case.reported_at
    case = _repaired(case, "Die Hauptplatine war defekt.", owner=owner, by=by, swapped=True)
    case = demo_parcels.send_back(case, by=by, now=begun + timedelta(days=6))
    home = begun + timedelta(days=8)
    case = arrivals.confirm(case, said(ConsentKind.NOT_BEFORE_COMMISSIONING), by=owner, now=home)
    case = demo_calendar.book_at_once(case, by=by, now=home + timedelta(days=1), at=home)
    done = home + timedelta(days=1, hours=1)
    for item in (Item.SESSION, Item.RESTORED, Item.REPOSTED, Item.TEST_RECEIPT, Item.OWNER_CONFIRMS):
        case = commissioning.tick(case, item, by=by, now=done)
    case = commissioning.complete(case, by=by, now=done)
    feedback.give(case, 5, "Schnell und freundlich. Danke!", seen="", by=owner, now=done + timedelta(hours=2))
    return case


def _looked_at(case: Case, found: str, decision: Decision, *, owner: Account, by: Account) -> Case:
    """Send the server in, look for the fault and decide (rules W0, W4)."""
    begun = case.reported_at
    case = cases.mark_sent(case, Carrier.DHL, demo_parcels.PARCEL, by=owner, now=begun + timedelta(hours=4))
    case = demo_parcels.take_in(case, by=by, now=begun + timedelta(days=2), place="Regal 2")
    at = begun + timedelta(days=3)
    case = workshop.read_out(case, by=by, now=at)
    case = cases.advance(case, "start_diagnosis", by=by, now=at)
    case = workshop.diagnose(case, found, by=by, now=at)
    return workshop.decide(case, decision, "Kauf laut Rechnung", by=by, now=at)


def _repaired(case: Case, found: str, *, owner: Account, by: Account, swapped: bool = False) -> Case:
    begun = case.reported_at
    case = _looked_at(case, found, Decision.WARRANTY, owner=owner, by=by)
    case = cases.advance(case, "start_repair", by=by, now=begun + timedelta(days=4))
    if swapped:
        record = SwapRecord(SwapPart.MAIN_BOARD, old_serial="MB-22-00417", new_serial="MB-25-01993")
        swap(case, record, by=by, now=begun + timedelta(days=4, hours=3))
    return cases.advance(case, "make_ready", by=by, now=begun + timedelta(days=5))
