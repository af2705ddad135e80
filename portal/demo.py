"""Demo data: two customers, their devices, and cases in the states a first look should show.

Everything goes through the same actions that people use, at times before now, so that the
demo's history is a real one.
"""

from base64 import b32encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha1
from typing import Any

from portal import demo_calendar, demo_emergency, demo_links, demo_parcels, demo_registration, demo_workshop
from portal.actions import accounts, cases, customers, history, links, queue, reports, vault
from portal.actions.links import BackupFacts
from portal.demo_consents import accepted
from portal.models import Account, Authenticator, Case, Customer, Device, Operator, Salon
from portal.models.operator import DEFAULTS
from portal.rules.carriers import Carrier
from portal.rules.links import LinkReason
from portal.rules.report import ConsentKind, Page
from portal.rules.triage import Origin, Topic
from portal.rules.warranty import FIRST_YEAR_WITH_SPARE_PARTS
from portal.rules.workflow import Role

PASSWORD = "demo-passwort-2026"  # noqa: S105
FIRST_CUSTOMER = "10001"

OPERATOR = {
    **DEFAULTS,
    "phone": "02202 12345",
    "email": "support@portal.example",
    "support_hours": "Mo–Fr 9–18 Uhr, Sa 9–14 Uhr",
    "helpdesk_url": "https://helpdesk.example/",
    "imprint_text": ("Vertreten durch: Markus Schlimgen\n\nDies sind Demo-Angaben."),
    "imprint_on": date(2026, 11, 1),
    "privacy_text": (
        "Wir speichern, was Sie in der Meldung angeben, um Ihren Kassenserver zu reparieren und Sie zu "
        "erreichen.\n\n## Wer sieht Ihre Daten?\n\nNur der Support und die Menschen Ihres Betriebs.\n\n"
        "Dies sind Demo-Angaben."
    ),
    "privacy_on": date(2026, 11, 1),
    "accessibility_text": (
        "Das Portal soll für alle bedienbar sein: mit Tastatur, mit Vorlesehilfe und auf kleinen "
        "Bildschirmen.\n\nStoßen Sie auf ein Hindernis, rufen Sie uns bitte an."
    ),
    "accessibility_on": date(2026, 11, 1),
    "third_party_fee_cents": 9500,
    "training_fee_cents": 12000,
}


@dataclass(frozen=True)
class _Scene:
    """Who acts in the demo, and when now is."""

    now: datetime
    secret: str
    support: Account
    owner: Account
    second: Account


def make(*, now: datetime, secret: str) -> bool:
    """Make the demo data; False if it is there already."""
    if Customer.get_or_none(Customer.number == FIRST_CUSTOMER):
        return False
    if not Operator.select().exists():
        Operator.create(**OPERATOR)
    first = customers.add(FIRST_CUSTOMER, "Haarwerk GmbH", now=now)
    other = customers.add("10002", "Kosmetik am Markt", now=now)
    scene = _Scene(
        now,
        secret,
        support=_staff("support@portal.example", "Sabine Support", Role.STAFF, now, secret),
        owner=_account("inhaberin@salon.example", "Aylin Yıldız", Role.OWNER, now, first),
        second=_account("zweite@salon.example", "Linh Nguyen", Role.OWNER, now, other),
    )
    _staff("leitung@portal.example", "Markus Leitung", Role.ADMIN, now, secret)
    demo_calendar.make(by=scene.support, now=now)
    _first_customer(scene, first)
    _second_customer(scene, other)
    demo_emergency.make(now=now - timedelta(minutes=20), secret=secret)
    demo_registration.make(now=now - timedelta(minutes=40))
    queue.reassess_due(now=now)
    return True


def _account(email: str, name: str, role: Role, now: datetime, customer: Customer | None = None) -> Account:
    return accounts.create(email, name, role, password=PASSWORD, now=now, customer=customer)


def _staff(email: str, name: str, role: Role, now: datetime, secret: str) -> Account:
    """Make one of the staff with an app for codes, of which the demo's page shows the code."""
    account = _account(email, name, role, now)
    known = b32encode(sha1(f"{PASSWORD}:{email}".encode()).digest()).decode()  # noqa: S324 (RFC 6238)
    sealed = vault.seal(history.about(account), known, secret=secret, now=now)
    Authenticator.create(account=account, secret=sealed, created_at=now, confirmed_at=now)
    return account


def _first_customer(scene: _Scene, customer: Customer) -> None:
    """One salon with a running case and link, one device free to report, one without spare parts."""
    haarwerk = customers.add_salon(
        customer,
        "Salon Haarwerk",
        street="Severinstraße 12",
        postal_code="50678",
        city="Köln",
        phone="+49221123456",
    )
    mitte = customers.add_salon(
        customer,
        "Haarwerk Mitte",
        street="Neumarkt 4",
        postal_code="50667",
        city="Köln",
        phone="+49221654321",
    )
    for salon in (haarwerk, mitte):
        demo_calendar.open_from_tuesday(salon, by=scene.owner, now=scene.now)
    _device(haarwerk, "KS-2025-0417", scene.now, bought_days_ago=300, tse_in_server=True, backup_booked=True)
    running = _device(
        mitte, "KS-2022-1183", scene.now, bought_days_ago=1500, tse_in_server=False, backup_booked=True
    )
    customers.add_device(
        mitte,
        now=scene.now,
        name="Kassenserver (alt)",
        serial="KS-2018-0032",
        purchased_on=date(2018, 3, 14),
        origin=Origin.VENDOR,
        tse_in_server=None,
        backup_booked=None,
    )
    _case_with_locked_link(scene, running, scene.now - timedelta(days=8, hours=2))
    _first_workshop(scene, haarwerk)


def _first_workshop(scene: _Scene, salon: Salon) -> None:
    """A quote that waits for the owner, and a case that came to its good end."""
    old = _device(
        salon, "KS-2023-0204", scene.now, bought_days_ago=1000, tse_in_server=False, backup_booked=True
    )
    new = _device(
        salon, "KS-2025-0088", scene.now, bought_days_ago=400, tse_in_server=True, backup_booked=True
    )
    earlier, long_ago = scene.now - timedelta(days=6, hours=1), scene.now - timedelta(days=30, hours=2)
    case = _report(
        scene.owner, old, earlier, fault="Sehr langsam, friert ein.", entered="no", wants_link=False
    )
    demo_workshop.quoted(case, owner=scene.owner, by=scene.support)
    case = _report(scene.owner, new, long_ago, fault="Startet nicht mehr.", entered="no", wants_link=False)
    demo_workshop.back_in_service(case, owner=scene.owner, by=scene.support)


def _case_with_locked_link(scene: _Scene, device: Device, reported: datetime) -> None:
    """A server that has just arrived, while its salon has a view-only link."""
    case = _report(scene.owner, device, reported, fault="Der Server geht nicht mehr an.", entered="yes")
    decided = reported + timedelta(hours=1)
    demo_links.grant_locked(case, by=scene.support, at=decided, secret=scene.secret)
    sent = reported + timedelta(hours=3)
    case = cases.mark_sent(case, Carrier.DHL, "00340434161094042557", by=scene.owner, now=sent)
    demo_parcels.take_in(case, by=scene.support, now=scene.now - timedelta(hours=3), place="Regal 3")


def _second_customer(scene: _Scene, customer: Customer) -> None:
    """A new request at the top of the queue, a question, a move, and a report to review."""
    markt = customers.add_salon(
        customer,
        "Kosmetik am Markt",
        street="Markt 9",
        postal_code="53111",
        city="Bonn",
        phone="+49228998877",
    )
    demo_calendar.open_from_tuesday(markt, by=scene.second, now=scene.now)
    device = _device(
        markt, "KS-2024-0099", scene.now, bought_days_ago=500, tse_in_server=True, backup_booked=True
    )
    _report(
        scene.second, device, scene.now - timedelta(hours=2), fault="Rote Lampe, kein Bild.", entered="no"
    )
    _case_with_question(scene, markt)
    old = customers.add_device(
        markt,
        now=scene.now,
        serial="KS-2019-0007",
        purchased_on=date(2019, 6, 3),
        origin=Origin.VENDOR,
        tse_in_server=False,
        backup_booked=True,
    )
    earlier = scene.now - timedelta(hours=5)
    _report(scene.second, old, earlier, fault="Lüfter sehr laut.", entered="no", wants_link=False)
    _link_for_a_move(scene, markt)
    _long_ways(scene, markt)
    _second_workshop(scene, markt)


def _second_workshop(scene: _Scene, salon: Salon) -> None:
    """A parcel without its power cable, and one on its way home."""
    cable = _device(
        salon, "KS-2024-0131", scene.now, bought_days_ago=450, tse_in_server=False, backup_booked=True
    )
    home = _device(
        salon, "KS-2024-0132", scene.now, bought_days_ago=450, tse_in_server=True, backup_booked=True
    )
    people = {"owner": scene.second, "by": scene.support}
    lately, earlier = scene.now - timedelta(days=2, hours=3), scene.now - timedelta(days=7, hours=4)
    case = _report(scene.second, cable, lately, fault="Kein Netz.", entered="no", wants_link=False)
    demo_workshop.incomplete(case, **people, now=scene.now)
    case = _report(scene.second, home, earlier, fault="Geht immer aus.", entered="no", wants_link=False)
    demo_workshop.on_its_way_home(case, **people)


def _long_ways(scene: _Scene, salon: Salon) -> None:
    """A link that ends too early, and a server about to go into service."""
    waiting = _device(
        salon, "KS-2023-0512", scene.now, bought_days_ago=600, tse_in_server=False, backup_booked=True
    )
    ready = _device(
        salon, "KS-2023-0518", scene.now, bought_days_ago=600, tse_in_server=True, backup_booked=True
    )
    demo_links.make(
        _report,
        (waiting, ready),
        owner=scene.second,
        by=scene.support,
        now=scene.now,
        secret=scene.secret,
    )


def _case_with_question(scene: _Scene, salon: Salon) -> None:
    """A report on which support asked back."""
    device = _device(
        salon, "KS-2021-0456", scene.now, bought_days_ago=1800, tse_in_server=None, backup_booked=False
    )
    case = _report(
        scene.second,
        device,
        scene.now - timedelta(days=1),
        fault="Startet immer wieder neu.",
        entered="unknown",
        wants_link=False,
        checks="unknown",
    )
    asked = scene.now - timedelta(hours=20)
    case = cases.ask_back(case, "Leuchtet am Netzteil eine grüne Lampe?", by=scene.support, now=asked)
    demo_calendar.book_a_call(case, by=scene.second, now=scene.now)


def _link_for_a_move(scene: _Scene, salon: Salon) -> None:
    """A request without a case: the salon moves house."""
    device = _device(
        salon, "KS-2025-0301", scene.now, bought_days_ago=200, tse_in_server=False, backup_booked=True
    )
    uploaded = scene.now - timedelta(hours=5)
    facts = BackupFacts(True, uploaded - timedelta(hours=1), uploaded, False)
    asked = scene.now - timedelta(hours=4)
    links.request(device, facts, by=scene.second, now=asked, reason=LinkReason.MOVING)


def _device(salon: Salon, serial: str, now: datetime, *, bought_days_ago: int, **facts: Any) -> Device:
    bought = (now - timedelta(days=bought_days_ago)).date()
    return customers.add_device(
        salon, now=now, serial=serial, purchased_on=bought, origin=Origin.VENDOR, **facts
    )


def _report(
    owner: Account,
    device: Device,
    at: datetime,
    *,
    fault: str,
    entered: str,
    wants_link: bool = True,
    checks: str = "done",
) -> Case:
    """Fill in and send a report as the owner would have."""
    draft, _key = reports.begin(account=owner, now=at)
    salon = device.salon
    terms = accepted(ConsentKind.LINK_TEMPORARY, ConsentKind.LINK_DEVICES, ConsentKind.LINK_TSE, at=at)
    is_old = device.purchased_on.year < FIRST_YEAR_WITH_SPARE_PARTS
    costs = accepted(ConsentKind.NO_SPARE_PARTS if is_old else ConsentKind.REPAIR_BY_QUOTE, at=at)
    answers: dict[Page, dict[str, Any]] = {
        Page.DEVICE: {"device": str(device.id)},
        Page.TOPIC: {"topic": Topic.SERVER},
        Page.CHECKS: {"power": checks, "cable": "done", "router": "done", "restart": "done", "helped": "no"},
        Page.FAULT: {"since": at.date().isoformat(), "on_screen": "", "text": fault},
        Page.RUNNING: {"running": "no"},
        Page.ONLINE: {"when": "at", "at": (at - timedelta(minutes=20)).isoformat()},
        Page.ENTERED: {"entered": entered},
        Page.LINK: {"wanted": "yes" if wants_link else "no"},
        Page.LINK_TERMS: {"consents": terms},
        Page.ADDRESS: {
            "name": salon.name,
            "street": salon.street,
            "postal_code": salon.postal_code,
            "city": salon.city,
            "country": "DE",
            "phone": salon.phone,
            "contact_name": owner.name,
        },
        Page.COSTS: {"consents": costs},
    }
    for page, given in answers.items():
        draft = reports.answer(draft, page, given, account=owner, now=at)
    return reports.send(draft, by=owner, now=at)
