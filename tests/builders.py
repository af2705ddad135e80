"""Plain builders: each makes one thing, ready to use, with what the test does not care about filled in.

They write through the portal's actions, so what they build could have come about. All need a database.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from argon2 import PasswordHasher

from portal.actions import (
    accounts,
    appointments,
    cases,
    customers,
    links,
    packing,
    parcels,
    quotes,
    reports,
    workshop,
)
from portal.actions.links import BackupFacts
from portal.actions.parcels import PartRecord
from portal.models import (
    Account,
    Appointment,
    CalendarKind,
    Case,
    Customer,
    Device,
    Draft,
    Operator,
    ParcelItem,
    Quote,
    Salon,
    SubstituteLink,
)
from portal.models.operator import DEFAULTS
from portal.rules import berlin, report
from portal.rules.appointments import GRID, Kind
from portal.rules.carriers import Carrier
from portal.rules.links import LinkReason, Mode
from portal.rules.parcel import expected_parts
from portal.rules.quotes import Offer, Position
from portal.rules.report import Page
from portal.rules.triage import Origin
from portal.rules.warranty import Decision
from portal.rules.workflow import Role, State
from tests.clients import DEMO_PASSWORD
from tests.filled_in import CHECKS_OPEN, SEND_IN

NOW = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)  # Saturday, 10:14 in Berlin, unless the test says otherwise

SECRET = "a secret for tests, long enough to be one"
_numbers = count(1)
# A real hash of the demo password, as cheap as argon2 allows: hundreds of tests sign in with it.
_PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(DEMO_PASSWORD)


def a_customer(name: str = "Haarwerk GmbH", **columns: Any) -> Customer:
    """Make a business with a customer number of its own."""
    number = columns.pop("number", f"K{next(_numbers):05d}")
    return customers.add(number, name, now=columns.pop("now", NOW))


def a_salon(customer: Customer | None = None, name: str = "Salon Haarwerk", **address: Any) -> Salon:
    """Make a salon, of a new customer unless one is given."""
    given = {
        "street": "Lindenstraße 8",
        "postal_code": "51469",
        "city": "Bergisch Gladbach",
        "country": "DE",
        "phone": "+49220212345",
        **address,
    }
    return customers.add_salon(customer or a_customer(), name, **given)


def a_device(salon: Salon | None = None, **facts: Any) -> Device:
    """Make a Kassenserver: bought from us, in warranty at NOW, TSE in it, backup booked."""
    given = {
        "serial": f"JC-{next(_numbers):06d}",
        "purchased_on": date(2025, 5, 2),
        "origin": Origin.VENDOR,
        "tse_in_server": True,
        "backup_booked": True,
        **facts,
    }
    return customers.add_device(salon or a_salon(), now=given.pop("now", NOW), **given)


def an_owner(customer: Customer | None = None, email: str = "", **columns: Any) -> Account:
    """Make an owner of the customer who can sign in with the demo password."""
    return _an_account(email, Role.OWNER, customer=customer or a_customer(), **columns)


def a_staff_member(email: str = "", **columns: Any) -> Account:
    """Make one of the support staff."""
    return _an_account(email, Role.STAFF, **columns)


def an_admin(email: str = "", **columns: Any) -> Account:
    """Make one of the staff who may do everything."""
    return _an_account(email, Role.ADMIN, **columns)


def _an_account(email: str, role: Role, **columns: Any) -> Account:
    given = {"name": "Ada Muster", "language": "de", "created_at": NOW, "customer": None, **columns}
    address = accounts.normal(email or f"{role}-{next(_numbers)}@salon.example")
    return Account.create(email=address, role=role, password_hash=_PASSWORD_HASH, **given)


def an_operator(**columns: Any) -> Operator:
    """Store the operator record; without it the portal uses the vendor's defaults."""
    return Operator.create(**{**DEFAULTS, **columns})


def a_draft(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, **changes: Mapping[str, Any]
) -> tuple[Draft, str]:
    """Make a complete report of the device, and the key its browser holds; see `answers`.

    It is as `reports.answer` leaves it, but written once: to answer page by page took a fifth of all tests.
    """
    draft, key = reports.begin(account=by, now=now)
    given = answers(device, **changes)
    Draft.update(answers=given, revision=len(given)).where(Draft.id == draft.id).execute()
    return Draft.get_by_id(draft.id), key


def answers(device: Device | None = None, **changes: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return complete answers; `changes` replace a page's answers by its name (data_first=…)."""
    given: dict[str, dict[str, Any]] = {
        Page.DEVICE: {"device": str(device.id) if device else "unlisted"},
        **SEND_IN,
    }
    for name, change in changes.items():
        page = Page(name.replace("_", "-"))
        if change is None:
            given.pop(page, None)
        else:
            given[page] = dict(change)
    return given


def a_case(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, **changes: Mapping[str, Any]
) -> Case:
    """Make a case as the owner's report makes it: released at once, unless the answers say otherwise.

    `changes` are answers by page: `a_case(checks=CHECKS_OPEN)` waits for staff.
    """
    device = device or a_device()
    owner = by or an_owner(device.salon.customer)
    draft, _ = a_draft(device, owner, now, **{"costs": accepting(device, now), **changes})
    return reports.send(draft, by=owner, now=now)


def accepting(device: Device, now: datetime = NOW) -> dict[str, Any]:
    """Return the answers of the page on costs that this device needs (rules W2, W3)."""
    facts = report.DeviceFacts(estimate=device.estimate(berlin.day_of(now)))
    fee = Operator.current().inspection_fee_cents is not None
    return {"consents": [consent(kind, now) for kind in report.cost_consents(facts, inspection_fee=fee)]}


def consent(kind: str, now: datetime = NOW) -> dict[str, Any]:
    """Return one acceptance as a page stores it (rule S7)."""
    said = {"kind": str(kind), "wording": "Ein Text.", "version": "1", "language": "de"}
    return {**said, "at": now.isoformat()}


def a_waiting_case(device: Device | None = None, by: Account | None = None, now: datetime = NOW) -> Case:
    """Make a case that waits for staff: one quick check was not made."""
    return a_case(device, by, now, checks=CHECKS_OPEN)


def a_sent_case(device: Device | None = None, by: Account | None = None, now: datetime = NOW) -> Case:
    """Make a released case whose parcel is on its way to us; what waits for staff is released by them."""
    case = a_case(device, by, now)
    if case.state is State.SUBMITTED:
        case = cases.release(case, by=a_staff_member(), now=now)
    return cases.mark_sent(case, Carrier.DHL, "00340434161094042557", by=case.reporter, now=now)


def a_case_checked_in(
    case: Case | None = None,
    *,
    parts: Sequence[PartRecord] = (),
    now: datetime = NOW,
    staff: Account | None = None,
    **given: Any,
) -> Case:
    """Take a parcel in: all that belongs into it has arrived, unless `parts` say otherwise (rule C4)."""
    case = case or a_sent_case(now=now)
    usual = [PartRecord(part) for part in expected_parts(case.device.tse_in_server if case.device else None)]
    return parcels.check_in(case, parts or usual, by=staff or a_staff_member(), now=now, **given)


def a_case_ready_to_return(
    case: Case | None = None, *, now: datetime = NOW, staff: Account | None = None, **given: Any
) -> Case:
    """Make a case without a fault that lies ready to be packed; `given` as for `a_case_checked_in`."""
    staff = staff or a_staff_member()
    case = a_case_checked_in(case, now=now, staff=staff, **given)
    for step in ("start_diagnosis", "no_fault_found", "make_ready"):
        case = cases.advance(case, step, by=staff, now=now)
    return case


def a_case_on_its_way_back(
    case: Case | None = None, *, now: datetime = NOW, staff: Account | None = None
) -> Case:
    """Pack all parts of a case that lies ready, and send them back; without one make it (rule C5)."""
    staff = staff or a_staff_member()
    case = case or a_case_ready_to_return(now=now, staff=staff)
    for item in [one for one in ParcelItem.of_case(case) if not one.standing.is_accounted_for]:
        packing.pack(item, by=staff, now=now)
    return packing.dispatch(Case.get_by_id(case.id), Carrier.DHL, "00340434161094042557", by=staff, now=now)


def a_case_delivered(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, staff: Account | None = None
) -> Case:
    """Make a case whose server is back in the salon, still without an appointment."""
    staff = staff or a_staff_member()
    ready = a_case_ready_to_return(a_sent_case(device, by, now), now=now, staff=staff)
    case = a_case_on_its_way_back(ready, now=now, staff=staff)
    return cases.advance(case, "confirm_delivery", by=staff, now=now)


def a_case_at_commissioning(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, staff: Account | None = None
) -> Case:
    """Make a case whose server is back in the salon; its commissioning is the next quarter of an hour."""
    case = a_case_delivered(device, by, now, staff)
    return an_appointment(case, now=now, by=staff).case


def a_remote_case(device: Device | None = None, by: Account | None = None, now: datetime = NOW) -> Case:
    """Make a case that support solves in a remote session: the software, and nothing to send (rule T7)."""
    device = device or a_device()
    pages = {"contact": SEND_IN[Page.ADDRESS], "remote": {"consents": [consent("remote_terms", now)]}}
    return a_case(device, by, now, topic={"topic": "software"}, **pages)


WEEKDAYS = {day: [(9 * 60, 18 * 60)] for day in range(5)}  # Monday to Friday, 9 to 18


def a_calendar(kind: Kind = Kind.COMMISSIONING, *, now: datetime = NOW, **terms: Any) -> CalendarKind:
    """Give appointments of a kind: on weekdays, an hour each, many at once, unless `terms` say otherwise."""
    usual = {
        "minutes": 60, "capacity": 50, "notice_hours": 4, "change_hours": 24, "ahead_days": 60,
        "is_offered": True, "hours": WEEKDAYS, "revision": getattr(CalendarKind.of(kind), "revision", 0),
    }  # fmt: skip
    return appointments.set_kind(kind, **{**usual, **terms}, by=a_staff_member(), now=now)


def an_appointment(
    case: Case | None = None,
    kind: Kind = Kind.COMMISSIONING,
    starts_at: datetime | None = None,
    *,
    now: datetime = NOW,
    by: Account | None = None,
) -> Appointment:
    """Book an appointment as staff do, in the next free quarter of an hour unless told otherwise."""
    if CalendarKind.of(kind) is None:
        a_calendar(kind, now=now)
    case = case or (a_case_delivered(now=now) if kind is Kind.COMMISSIONING else a_remote_case(now=now))
    start = starts_at or now + GRID - (now - datetime.min.replace(tzinfo=UTC)) % GRID
    while True:
        try:
            return appointments.book(case, kind, start, by=by or a_staff_member(), now=now)
        except appointments.SlotTaken:
            if starts_at:
                raise
            start += GRID


def a_case_in_diagnosis(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, staff: Account | None = None
) -> Case:
    """Make a case whose server is here and being looked at."""
    staff = staff or a_staff_member()
    case = a_case_checked_in(a_sent_case(device, by, now), now=now, staff=staff)
    return cases.advance(case, "start_diagnosis", by=staff, now=now)


def an_offer(*amounts: int, **changes: Any) -> Offer:
    """Make an offer of these net amounts in cents; unless given 200.00 €, which is 238.00 € with VAT."""
    positions = tuple(Position(f"Arbeit {n}", 1, net) for n, net in enumerate(amounts or (20000,), start=1))
    return Offer(**{"positions": positions, "vat_percent": 19, "days": 14, **changes})


def a_chargeable_case(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, staff: Account | None = None
) -> Case:
    """Make a case in diagnosis whose repair staff have decided to be chargeable (rules W0, W3)."""
    device = device or a_device(purchased_on=date(2023, 5, 2))
    case = a_case_in_diagnosis(device, by, now, staff)
    return workshop.decide(case, Decision.CHARGEABLE, "Nach Ablauf", by=staff or a_staff_member(), now=now)


def a_case_in_repair(
    device: Device | None = None, by: Account | None = None, now: datetime = NOW, staff: Account | None = None
) -> Case:
    """Make a case whose server is being repaired under warranty (rules W0, W4)."""
    staff = staff or a_staff_member()
    case = a_case_in_diagnosis(device, by, now, staff)
    case = workshop.decide(case, Decision.WARRANTY, "Laut Rechnung", by=staff, now=now)
    return cases.advance(case, "start_repair", by=staff, now=now)


def a_case_with_quote(
    device: Device | None = None,
    by: Account | None = None,
    now: datetime = NOW,
    *,
    staff: Account | None = None,
    offer: Offer | None = None,
    case: Case | None = None,
) -> Case:
    """Make a case whose owner has a quote to answer; `Quote.unanswered(case)` is it (rules W3, P4)."""
    staff = staff or a_staff_member()
    case = case or a_chargeable_case(device, by, now, staff)
    draft = quotes.save_draft(case, offer or an_offer(), revision=0, by=staff, now=now)
    return quotes.send(draft, revision=draft.revision, by=staff, now=now).case


def accepted(case: Case, by: Account | None = None, now: datetime = NOW) -> Quote:
    """Let the owner accept the quote that is open, and return it."""
    quote = Quote.unanswered(case)
    given = {**consent("quote_accepted", now), "amount_cents": quote.total_cents}
    return quotes.accept(quote, given, by=by or case.reporter, now=now)


def a_link_request(
    device: Device | None = None,
    by: Account | None = None,
    now: datetime = NOW,
    *,
    entered_since: bool | None = False,
    reason: LinkReason = LinkReason.DEFECT,
    case: Case | None = None,
) -> SubstituteLink:
    """Ask for a link; nothing was entered since the backup unless the test says so."""
    device = device or (case.device if case else a_device())
    owner = by or (case.reporter if case else an_owner(device.salon.customer))
    facts = BackupFacts(True, now - timedelta(hours=1), None, entered_since)
    return links.request(device, facts, by=owner, now=now, reason=reason, case=case)


def an_active_link(
    device: Device | None = None,
    mode: Mode = Mode.FULL,
    now: datetime = NOW,
    *,
    days: int = 30,
    staff: Account | None = None,
    secret: str = SECRET,
    link: SubstituteLink | None = None,
) -> SubstituteLink:
    """Make an active link; its token is `portal.rules.links.door_token(secret, link.id, link.generation)`.

    A test that goes through the door gives the secret of its app: `app.config["SECRET_KEY"]`.
    """
    requested = link or a_link_request(device, now=now, entered_since=mode is Mode.VIEW_ONLY)
    staff = staff or a_staff_member()
    known = links.correct(
        requested,
        real_backup_at=requested.backup_at,
        complete=mode is Mode.FULL,
        why="Nachgesehen",
        by=staff,
        now=now,
    )
    return links.grant(
        known, mode, till_address="https://till.example/42", days=days, secret=secret, by=staff, now=now
    )
