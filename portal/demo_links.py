"""The demo's long ways: a link that ends before its server is back, and a server about to go into service."""

from collections.abc import Callable
from datetime import datetime, timedelta

from portal import demo_calendar, demo_parcels
from portal.actions import cases, links, readouts, workshop
from portal.models import Account, Case, Device, SubstituteLink
from portal.rules.carriers import Carrier
from portal.rules.links import Mode
from portal.rules.warranty import Decision

TILL = "https://ersatzkasse.example/salon"


def grant_locked(case: Case, *, by: Account, at: datetime, secret: str, days: int = 30) -> SubstituteLink:
    """Grant the case's requested link view-only: receipts were made after the backup."""
    link = SubstituteLink.open_for(case.device)
    if link is None:
        raise RuntimeError("the demo's report asked for no link")
    why = "Laut Salon wurden danach Belege erstellt."
    known = links.correct(link, real_backup_at=link.backup_at, complete=False, why=why, by=by, now=at)
    return links.grant(known, Mode.VIEW_ONLY, till_address=TILL, days=days, secret=secret, by=by, now=at)


def waiting_for_a_part(case: Case, *, owner: Account, by: Account, secret: str) -> Case:
    """A server in repair for weeks: the link, unlocked long ago, ends before it can be back (rule L10)."""
    begun = case.reported_at
    case = _sent_in(case, owner=owner, by=by, secret=secret)
    return _in_repair(case, by=by, begun=begun)


def ready_for_service(case: Case, *, owner: Account, by: Account, now: datetime, secret: str) -> Case:
    """A repaired server, back in its salon: the appointment of its commissioning is now (rules R5, L11)."""
    begun = case.reported_at
    case = _sent_in(case, owner=owner, by=by, secret=secret)
    case = _in_repair(case, by=by, begun=begun)
    case = cases.advance(case, "make_ready", by=by, now=begun + timedelta(days=8))
    case = demo_parcels.send_back(case, by=by, now=begun + timedelta(days=9))
    case = cases.advance(case, "confirm_delivery", by=by, now=begun + timedelta(days=11))
    return demo_calendar.book_at_once(case, by=by, now=now, at=begun + timedelta(days=12))


def _sent_in(case: Case, *, owner: Account, by: Account, secret: str) -> Case:
    """Send the server in, read it out and lift the receipt lock (rule L6)."""
    begun = case.reported_at
    link = grant_locked(case, by=by, at=begun + timedelta(hours=1), secret=secret)
    case = cases.mark_sent(case, Carrier.DHL, demo_parcels.PARCEL, by=owner, now=begun + timedelta(hours=6))
    case = demo_parcels.take_in(case, by=by, now=begun + timedelta(days=2))
    link = readouts.read_out(_now(link), by=by, now=begun + timedelta(days=3))
    readouts.load(link, by=by, now=begun + timedelta(days=3, hours=2), till_unlocked=True)
    return _fresh(case)


def _in_repair(case: Case, *, by: Account, begun: datetime) -> Case:
    """Look for the fault, decide, and begin the repair (rules W0, W4)."""
    found, decided = begun + timedelta(days=4), begun + timedelta(days=5)
    case = cases.advance(case, "start_diagnosis", by=by, now=found)
    case = workshop.diagnose(case, "Das Netzteil auf der Platine ist defekt.", by=by, now=decided)
    case = workshop.decide(case, Decision.WARRANTY, "Kauf laut Rechnung", by=by, now=decided)
    return cases.advance(case, "start_repair", by=by, now=decided)


def _now(link: SubstituteLink) -> SubstituteLink:
    return SubstituteLink.get_by_id(link.id)


def _fresh(case: Case) -> Case:
    return Case.get_by_id(case.id)


Report = Callable[..., Case]


def make(
    report: Report, devices: tuple[Device, Device], *, owner: Account, by: Account, now: datetime, secret: str
) -> None:
    """Make both cases; `report` sends a report as the owner would have."""
    waiting, ready = devices
    people = {"owner": owner, "by": by, "secret": secret}
    long_ago = now - timedelta(days=25, hours=3)
    waiting_for_a_part(
        report(owner, waiting, long_ago, fault="Schaltet sich von selbst aus.", entered="yes"), **people
    )
    earlier = now - timedelta(days=13, hours=5)
    ready_for_service(
        report(owner, ready, earlier, fault="Die Festplatte klackert.", entered="yes"), now=now, **people
    )
