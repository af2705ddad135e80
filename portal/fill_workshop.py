"""The bulk data's parcels, quotes and reminders: what must have happened on a case's way (C4, C5, W3)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from peewee import Model, fn

from portal.actions.offers import VENDOR
from portal.models import Consent, Device, Operator, ParcelItem, Quote
from portal.rules import berlin, parcel, quotes, reminders
from portal.rules.carriers import Carrier
from portal.rules.parcel import Arrival, Departure, Part
from portal.rules.quotes import Offer, Position, QuoteState
from portal.rules.reminders import Standing
from portal.rules.report import ConsentKind
from portal.rules.warranty import Decision
from portal.rules.workflow import State

Reached = Mapping[State, datetime]
"""When a case reached each state of its way."""

OFFER = Offer((Position("Festplatte 480 GB, mit Einbau", 1, 18_400),), 19, 14)
DIAGNOSIS = "Die Festplatte ist defekt."
ANSWERS = {
    State.QUOTE_ACCEPTED: (QuoteState.ACCEPTED, ConsentKind.QUOTE_ACCEPTED),
    State.QUOTE_DECLINED: (QuoteState.DECLINED, ConsentKind.QUOTE_DECLINED),
}


class Workshop:
    """Collects what belongs to the cases; the rows come out once the cases are written."""

    def __init__(self, now: datetime) -> None:
        """Begin behind the ids there are."""
        self.now = now
        self.vendor = Operator.current()
        self.parcels: list[tuple[int, dict[str, Any], Reached]] = []
        self.consents: list[dict[str, Any]] = []
        self.quotes: list[dict[str, Any]] = []
        self.next_consent = (Consent.select(fn.MAX(Consent.id)).scalar() or 0) + 1

    def tables(self) -> Iterator[tuple[type[Model], Iterable[dict[str, Any]]]]:
        """Yield each table with its rows, in the order in which they need one another."""
        yield ParcelItem, (row for known in self.parcels for row in _items(*known))
        yield Consent, self.consents
        yield Quote, self.quotes

    def take_in(self, case: dict[str, Any], device: dict[str, Any], reached: Reached) -> dict[str, Any]:
        """Keep what lies in the parcel and was offered; return what the case itself says of it."""
        if State.RECEIVED in reached:
            self.parcels.append((case["id"], device, reached))
        quote = self._offer(case, device, reached)
        return {**_case_columns(case["id"], reached), **self._next_reminder(case, reached, quote)}

    def _offer(self, case: dict, device: dict, reached: Reached) -> dict[str, Any] | None:
        sent_at = reached.get(State.AWAITING_QUOTE_DECISION)
        if sent_at is None:
            return None
        quote = _sent_quote(case["id"], sent_at) | {"frozen": self._frozen(case, device, sent_at)}
        owner = case["reporter"]
        for state, (answer, kind) in ANSWERS.items():
            if state in reached:
                given = {"state": answer, "open_of": None, "decided_at": reached[state], "decided_by": owner}
                quote |= given | {"consent": self._consent(case["id"], owner, kind, reached[state])}
        self.quotes.append(quote)
        return quote

    def _consent(self, case: int, owner: int, kind: ConsentKind, at: datetime) -> int:
        number = self.next_consent + len(self.consents)
        self.consents.append(
            {
                "id": number,
                "account": owner,
                "case": case,
                "kind": kind,
                "wording": "…",
                "version": "2026-11",
                "language": "de",
                "amount_cents": OFFER.totals.total_cents,
                "at": at,
            }
        )
        return number

    def _frozen(self, case: dict, device: dict, sent_at: datetime) -> dict[str, Any]:
        """Return what the quote's paper says; see actions.offers.frozen."""
        bought_on, totals = device["purchased_on"].isoformat(), OFFER.totals
        return {
            "case_number": case["number"],
            "quote_number": 1,
            "language": "de",
            "sent_on": berlin.day_of(sent_at).isoformat(),
            "valid_until": quotes.valid_until(sent_at, OFFER.days).isoformat(),
            "operator": {name: getattr(self.vendor, name) for name in VENDOR},
            "address": {
                "name": case["return_name"],
                "contact": case["contact_name"],
                "street": case["return_street"],
                "postal_code": case["return_postal_code"],
                "city": case["return_city"],
                "country": "DE",
            },
            "device": {"name": Device.name.default, "serial": device["serial"], "bought_on": bought_on},
            "fault": case["fault"],
            "diagnosis": DIAGNOSIS,
            "introduction": "",
            "positions": [{**one.stored, "sum_cents": one.sum_cents} for one in OFFER.positions],
            "net_cents": totals.net_cents,
            "vat_percent": OFFER.vat_percent,
            "vat_cents": totals.vat_cents,
            "total_cents": totals.total_cents,
            "inspection_fee_cents": None,
            "terms": "",
            "terms_on": None,
            "replaces": None,
        }

    def _next_reminder(self, case: dict, reached: Reached, quote: dict[str, Any] | None) -> dict[str, Any]:
        """Return when the owner is next reminded; what fell due by now was worked off."""
        state, since = list(reached.items())[-1]
        standing = Standing(
            state=state,
            since=since,
            valid_until=case["valid_until"],
            sent_at=reached.get(State.ON_ITS_WAY_TO_US),
            quote_valid_until=quote["valid_until"] if quote else None,
            dispatched_at=reached.get(State.ON_ITS_WAY_BACK),
        )
        return {"remind_at": reminders.next_at(standing, self.now), "reminded_at": self.now}


def _case_columns(case: int, reached: Reached) -> dict[str, Any]:
    is_quoted = State.AWAITING_QUOTE_DECISION in reached
    decided_at = reached.get(State.AWAITING_QUOTE_DECISION) or reached.get(State.IN_REPAIR)
    dispatched_at = reached.get(State.ON_ITS_WAY_BACK)
    return {
        "received_at": reached.get(State.RECEIVED),
        "storage_place": f"Regal {case % 40 + 1}" if State.RECEIVED in reached else "",
        "diagnosis": DIAGNOSIS if decided_at else "",
        "decision": (Decision.CHARGEABLE if is_quoted else Decision.WARRANTY) if decided_at else None,
        "decided_at": decided_at,
        "return_carrier": Carrier.DHL if dispatched_at else None,
        "return_tracking": f"00340435{case:012d}" if dispatched_at else "",
        "dispatched_at": dispatched_at,
        "delivered_at": reached.get(State.DELIVERED),
    }


def _items(case: int, device: dict[str, Any], reached: Reached) -> Iterator[dict[str, Any]]:
    """Yield what came in, and that it went out again once the parcel has left (rules C4, C5)."""
    left_at = reached.get(State.ON_ITS_WAY_BACK)
    for part in parcel.expected_parts(device["tse_in_server"]):
        is_tse = part is Part.TSE_USB
        yield {
            "case": case,
            "part": part,
            "arrival": Arrival.ARRIVED,
            "at": reached[State.RECEIVED],
            "account": None,
            "arrived_at": reached[State.RECEIVED],
            "serial": device["serial"] if part is Part.SERVER else "",
            "tse_serial": f"{case:064x}" if is_tse else "",
            "bsi_number": "BSI-K-TR-0490-2021" if is_tse else "",
            "departure": Departure.PACKED if left_at else None,
            "departed_at": left_at,
        }


def _sent_quote(case: int, sent_at: datetime) -> dict[str, Any]:
    """Return the case's one quote as it was sent (rule W3)."""
    totals, until = OFFER.totals, quotes.valid_until(sent_at, OFFER.days)
    positions = [position.stored for position in OFFER.positions]
    return {
        "case": case,
        "number": 1,
        "state": QuoteState.SENT,
        "draft_of": None,
        "open_of": case,
        "positions": positions,
        "vat_percent": OFFER.vat_percent,
        "days": OFFER.days,
        "created_at": sent_at,
        "account": None,
        "sent_at": sent_at,
        "valid_until": until,
        "net_cents": totals.net_cents,
        "total_cents": totals.total_cents,
        "decided_at": None,
        "decided_by": None,
        "consent": None,
    }
