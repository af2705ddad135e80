"""The rows of the bulk data: what is drawn, and how a case's way, link and history fit together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from peewee import Model, fn

from portal import fill_links
from portal.fill_calendar import Calendar
from portal.fill_ways import SHARES, way_to
from portal.fill_workshop import Workshop
from portal.models import Account, Case, Counter, Customer, Device, History, Salon, SubstituteLink
from portal.models.base import searchable
from portal.rules import berlin, numbers, parcel, urgency
from portal.rules.carriers import Carrier
from portal.rules.links import Answer, LinkReason, LinkState, Reason
from portal.rules.triage import Origin, Outcome, Topic
from portal.rules.urgency import Situation
from portal.rules.warranty import Estimate
from portal.rules.workflow import Role, State

CUSTOMERS_PER_CASE = 0.25

FIRST = [
    "Haar",
    "Schnitt",
    "Salon",
    "Studio",
    "Friseur",
    "Kamm",
    "Locken",
    "Beauty",
    "Nagel",
    "Kosmetik",
    "Barber",
    "Farb",
    "Style",
]
SECOND = [
    "werk",
    "punkt",
    "Yıldız",
    "Linh",
    "Schön",
    "Glück",
    "Müller",
    "Krämer",
    "Özdemir",
    "am",
    "Markt",
    "Eins",
    "Atelier",
    "Herz",
    "&",
    "Co",
    "Lounge",
]
STREETS = [
    "Hauptstraße",
    "Bahnhofstraße",
    "Gartenweg",
    "Kirchplatz",
    "Am",
    "Markt",
    "Lindenallee",
    "Königstraße",
    "Rheinufer",
]
CITIES = (
    ("51465", "Bergisch Gladbach"),
    ("50667", "Köln"),
    ("53111", "Bonn"),
    ("40213", "Düsseldorf"),
    ("52062", "Aachen"),
    ("57072", "Siegen"),
    ("42103", "Wuppertal"),
    ("51373", "Leverkusen"),
)
FAULTS = (
    "Der Server geht nicht mehr an.",
    "Der Server startet, aber die Kasse findet ihn nicht.",
    "Der Server piept dreimal und geht wieder aus.",
    "Seit dem Gewitter leuchtet nur noch die rote Lampe.",
    "Der Lüfter ist sehr laut, dann geht er aus.",
)
RETURN_TO = {
    "contact_name": "Inhaber",
    "contact_phone": "+49220212345",
    "return_name": "Salon",
    "return_street": "Hauptstraße 1",
    "return_postal_code": "51465",
    "return_city": "Bergisch Gladbach",
}
ESTIMATES = (Estimate.IN_WARRANTY, Estimate.CHARGEABLE, Estimate.CHARGEABLE, Estimate.NO_SPARE_PARTS)


def next_id(table: type[Model]) -> int:
    """Return the id the table's next row gets."""
    return (table.select(fn.MAX(table.id)).scalar() or 0) + 1


@dataclass
class Maker:
    """Draws customers first, then cases; each table's rows come out in the order of their ids."""

    random: Random
    now: datetime
    cases: int
    devices: list[dict[str, Any]] = field(default_factory=list)
    owner_of: dict[int, int] = field(default_factory=dict)  # device → customer
    owners: dict[int, int] = field(default_factory=dict)  # customer → account
    links: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    serials: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin where the database ends."""
        self.calendar = Calendar(self.now)
        self.workshop = Workshop(self.now)

    def tables(self) -> Iterator[tuple[type[Model], Iterable[dict[str, Any]]]]:
        customers, salons, accounts = self._customers()
        yield Customer, customers
        yield Salon, salons
        yield Account, accounts
        yield Device, self.devices
        yield Case, self._cases()
        for year, last in self.serials.items():
            Counter.update(last=last).where(Counter.year == year).execute()
        yield SubstituteLink, self.links
        yield History, self.history
        yield from self.workshop.tables()
        yield from self.calendar.tables()

    def _customers(self) -> tuple[list, list, list]:
        first = {table: next_id(table) for table in (Customer, Salon, Account, Device)}
        customers, salons, accounts = [], [], []
        for index in range(max(1, int(self.cases * CUSTOMERS_PER_CASE))):
            customer = first[Customer] + index
            name = self._name()
            customers.append(
                {
                    "id": customer,
                    "number": f"F{customer:07d}",
                    "name": name,
                    "search_name": searchable(name),
                    "created_at": self.now,
                }
            )
            salon = first[Salon] + index
            salons.append(self._salon(salon, customer, name))
            account = first[Account] + index
            self.owners[customer] = account
            accounts.append(
                {
                    "id": account,
                    "email": f"inhaber{customer}@fill.example",
                    "name": f"Inhaber {customer}",
                    "role": Role.OWNER,
                    "customer": customer,
                    "created_at": self.now,
                    "language": "de",
                }
            )
            for _number in range(self.random.choice((1, 1, 2, 3))):
                device = self._device(first[Device] + len(self.devices), salon)
                self.devices.append(device)
                self.owner_of[device["id"]] = customer
        return customers, salons, accounts

    def _name(self) -> str:
        return f"{self.random.choice(FIRST)} {self.random.choice(SECOND)} {self.random.randint(1, 9999)}"

    def _salon(self, salon: int, customer: int, name: str) -> dict[str, Any]:
        postal_code, city = self.random.choice(CITIES)
        street = f"{self.random.choice(STREETS)} {self.random.randint(1, 200)}"
        return {
            "id": salon,
            "customer": customer,
            "name": name,
            "search_name": searchable(name),
            "street": street,
            "postal_code": postal_code,
            "city": city,
            "phone": f"+492202{salon % 1_000_000:06d}",
        }

    def _device(self, device: int, salon: int) -> dict[str, Any]:
        bought = berlin.day_of(self.now - timedelta(days=self.random.randint(30, 3000)))
        return {
            "id": device,
            "salon": salon,
            "serial": f"F-{device:08d}",
            "purchased_on": bought,
            "origin": Origin.VENDOR,
            "tse_in_server": self.random.choice((True, False, None)),
            "backup_booked": self.random.choice((True, True, False)),
            "created_at": self.now,
        }

    def _cases(self) -> Iterator[dict[str, Any]]:
        first = next_id(Case)
        states = [state for state, share in SHARES for _times in range(share)]
        link_open: set[int] = set()
        for index in range(self.cases):
            yield self._case(first + index, self.random.choice(states), link_open)

    def _case(self, case: int, state: State, link_open: set[int]) -> dict[str, Any]:
        device = self.random.choice(self.devices)
        age = (
            timedelta(days=self.random.randint(60, 900))
            if state is State.COMMISSIONED
            else (timedelta(days=self.random.randint(0, 25), hours=self.random.randint(0, 23)))
        )
        reported = self.now - age
        owner = self.owners[self.owner_of[device["id"]]]
        reached = self._write_history(case, owner, state, reported)
        since, sent_at = reached[state], reached.get(State.ON_ITS_WAY_TO_US)
        link = self._link(case, device, state, reported, link_open)
        situation = Situation(
            state=state, state_since=since, sent_at=sent_at, **fill_links.situation_of(link),
            booked_until=self.calendar.book(case, owner, reached),
        )  # fmt: skip
        found, released_at = urgency.assess(situation, self.now), reached.get(State.AWAITING_SHIPMENT)
        row = {
            "id": case,
            "number": self._number(reported.year),
            "customer": self.owner_of[device["id"]],
            "salon": device["salon"],
            "device": device["id"],
            "reporter": owner,
            "state": state,
            "state_since": since,
            "topic": Topic.SERVER,
            "outcome": Outcome.SEND_IN,
            "estimate": self.random.choice(ESTIMATES),
            "estimated_on": berlin.day_of(reported),
            "fault": self.random.choice(FAULTS),
            **RETURN_TO,
            "reported_at": reported,
            "released_at": released_at,
            "valid_until": released_at and parcel.valid_until(released_at),
            "carrier": Carrier.DHL if sent_at else None,
            "tracking_number": f"00340434{case:012d}" if sent_at else "",
            "sent_at": sent_at,
            "last_online_at": reported,
            "harm": found.harm,
            "harm_since": found.since,
            "reassess_at": found.next_at,
        }
        return row | self.workshop.take_in(row, device, reached)

    def _number(self, year: int) -> str:
        if year not in self.serials:
            Counter.insert(year=year, last=0).on_conflict_ignore().execute()
            self.serials[year] = Counter.get(Counter.year == year).last
        self.serials[year] += 1
        return numbers.make(year, self.serials[year])

    def _write_history(
        self, case: int, owner: int, state: State, reported: datetime
    ) -> dict[State, datetime]:
        """Write the steps up to `state`, spread over the time since; return when each state was reached."""
        steps = way_to(state)
        gap = (self.now - reported) / (len(steps) + 1)
        if state is State.COMMISSIONED:
            gap = min(gap, timedelta(hours=self.random.randint(6, 48)))  # a way as long as ways usually are
        source, reached = State.DRAFT, {}
        for index, (step, target) in enumerate(steps):
            reached[target] = reported + gap * index
            self.history.append(
                {
                    "at": reached[target],
                    "account": owner,
                    "case": case,
                    "link": None,
                    "what": step,
                    "source": source,
                    "target": target,
                }
            )
            source = target
        return reached

    def _link(
        self, case: int, device: dict, state: State, reported: datetime, link_open: set[int]
    ) -> dict[str, Any] | None:
        """Give two of five cases a link: ended for old cases, requested or active for running ones."""
        if self.random.random() > 0.4:
            return None
        running = state in _RUNNING and device["id"] not in link_open
        if running:
            link_open.add(device["id"])
        kind = self.random.choice(("requested", "active")) if running else "ended"
        complete = self.random.random() < 0.7
        link = {
            "id": self._next_link(),
            "customer": self.owner_of[device["id"]],
            "device": device["id"],
            "case": case,
            "requester": self.owners[self.owner_of[device["id"]]],
            "reason": LinkReason.DEFECT,
            "requested_at": reported,
            "state": LinkState(kind),
            "open_device": device["id"] if running else None,
            "backup_booked": True,
            "last_online_at": reported,
            "entered_since": not complete,
            "expected": Answer.FULL if complete else Answer.VIEW_ONLY,
            "backup_at": reported,
            "reasons": [Reason.BACKUP_FROM_SLOT],
            **fill_links.life_of(
                kind, complete, reported + min(timedelta(hours=3), (self.now - reported) / 2), self.now
            ),
        }
        self.links.append(link)
        return link

    def _next_link(self) -> int:
        return self.links[-1]["id"] + 1 if self.links else next_id(SubstituteLink)


_RUNNING = frozenset(State) - {
    State.DRAFT,
    State.COMMISSIONED,
    State.CANCELLED,
    State.DECLINED,
    State.SOLVED_REMOTELY,
    State.DELIVERED,
}
