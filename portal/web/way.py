"""The way of a case as a line: what is done, what is now, what comes next, each with its time.

What is done comes from the history, so a question asked twice stands there twice; what
comes next is the regular way from here on, with its usual duration, and for a server that comes
home unrepaired the way it takes instead.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import Appointment, Case, History
from portal.outside import clock
from portal.rules.appointments import Kind
from portal.rules.carriers import Carrier, tracking_url
from portal.rules.parcel import Arrival, Part
from portal.rules.returns import homecoming
from portal.rules.triage import Outcome
from portal.rules.warranty import Decision, Estimate
from portal.rules.workflow import CLOSED, STEPS, State
from portal.web import labels


@dataclass(frozen=True)
class Item:
    """One point of the line; `state` is "done", "now" or "next"."""

    label: Any
    state: str
    time: Any = ""
    note: Any = ""
    href: str = ""
    link: Any = ""


DONE = {
    "submit": _l("Gemeldet"),
    "release": _l("Zum Einsenden freigegeben"),
    "ask_back": _l("Wir haben Sie etwas gefragt"),
    "answer": _l("Sie haben geantwortet"),
    "decline": _l("Abgelehnt"),
    "solve_remotely": _l("Ohne Einsendung gelöst"),
    "cancel": _l("Abgebrochen"),
    "lapse": _l("Freigabe abgelaufen, abgebrochen"),
    "mark_sent": _l("Abgeschickt"),
    "receive": _l("Bei uns angekommen"),
    "start_diagnosis": _l("Prüfung begonnen"),
    "send_quote": _l("Kostenvoranschlag geschickt"),
    "accept_quote": _l("Kostenvoranschlag angenommen"),
    "decline_quote": _l("Kostenvoranschlag abgelehnt"),
    "lapse_quote": _l("Kostenvoranschlag abgelaufen"),
    "start_repair": _l("Reparatur begonnen"),
    "no_fault_found": _l("Kein Fehler gefunden"),
    "not_repairable": _l("Nicht reparierbar"),
    "make_ready": _l("Bereit zum Rückversand"),
    "dispatch": _l("Zurückgeschickt"),
    "confirm_delivery": _l("Zurück im Salon"),
    "book_commissioning": _l("Termin vereinbart"),
    "unbook_commissioning": _l("Termin abgesagt"),
    "commission": _l("Wieder in Betrieb"),
}
"""What a step is called once it is done; every step of the workflow has its words."""

READ, FAILED = "read_out", "fail_read_out"
ANOTHER_WAY = _l("Wir suchen einen anderen Weg")
BESIDES = {
    "match": _l("Ihrem Salon zugeordnet"),
    READ: _l("Daten ausgelesen"),
    "part_arrived": _l("Nachgekommen: %(part)s"),
    "part_waived": _l("Nicht mehr nötig: %(part)s"),
    "sent_after": _l("Teile nachgeschickt"),
    "move_appointment": _l("Termin verschoben"),
    "miss_appointment": _l("Termin verpasst"),
}
"""What is no step of the workflow and yet a point of the server's way (rules C4, L6, R4)."""

# The regular way: each place with its words, its usual duration and the states that are there.
REVIEW, SHIP, TRAVEL, READ_OUT, REPAIR, BACK, COMMISSION = range(7)
PLACES = (
    (_l("Wir prüfen Ihre Meldung"), _l("meist am nächsten Werktag")),
    (_l("Einpacken und abschicken"), ""),
    (_l("Unterwegs zu uns"), _l("meist 1 bis 2 Werktage")),
    (_l("Wir lesen Ihre Daten aus"), _l("meist 1 Werktag")),
    (_l("Prüfen und reparieren"), _l("meist 3 bis 5 Werktage")),
    (_l("Zurück zu Ihnen"), _l("meist 1 bis 2 Werktage")),
    (_l("Inbetriebnahme mit Termin"), ""),
)
PLACE_OF = {
    State.DRAFT: REVIEW,
    State.SUBMITTED: REVIEW,
    State.AWAITING_INFORMATION: REVIEW,
    State.AWAITING_SHIPMENT: SHIP,
    State.ON_ITS_WAY_TO_US: TRAVEL,
    State.RECEIVED: READ_OUT,
    State.IN_DIAGNOSIS: REPAIR,
    State.AWAITING_QUOTE_DECISION: REPAIR,
    State.QUOTE_ACCEPTED: REPAIR,
    State.IN_REPAIR: REPAIR,
    State.QUOTE_DECLINED: BACK,
    State.NO_FAULT_FOUND: BACK,
    State.NOT_REPAIRABLE: BACK,
    State.READY_TO_RETURN: BACK,
    State.ON_ITS_WAY_BACK: BACK,
    State.DELIVERED: COMMISSION,
    State.COMMISSIONING_BOOKED: COMMISSION,
}
NOW = {
    State.AWAITING_INFORMATION: (_l("Ihre Antwort auf unsere Frage"), ""),
    State.IN_DIAGNOSIS: (_l("Wir suchen den Fehler"), _l("meist 1 bis 3 Werktage")),
    State.AWAITING_QUOTE_DECISION: (_l("Ihre Entscheidung zum Kostenvoranschlag"), ""),
    State.QUOTE_ACCEPTED: (_l("Die Reparatur beginnt"), _l("meist innerhalb von 2 Werktagen")),
    State.IN_REPAIR: (_l("Wir reparieren"), _l("meist 3 bis 5 Werktage")),
    State.QUOTE_DECLINED: (_l("Wir packen den Server ein"), _l("meist innerhalb von 2 Werktagen")),
    State.NO_FAULT_FOUND: (_l("Wir packen den Server ein"), _l("meist innerhalb von 2 Werktagen")),
    State.NOT_REPAIRABLE: (_l("Wir packen den Server ein"), _l("meist innerhalb von 2 Werktagen")),
    State.READY_TO_RETURN: (_l("Wir verschicken das Paket"), _l("meist innerhalb von 2 Werktagen")),
    State.ON_ITS_WAY_BACK: (_l("Unterwegs zu Ihnen"), _l("meist 1 bis 2 Werktage")),
    State.DELIVERED: (_l("Termin zur Inbetriebnahme vereinbaren"), ""),
}
"""Where the present state says it more exactly than its place."""

REMOTE_NEXT = ((_l("Wir rufen Sie an"), ""), (_l("Gelöst"), ""))

UNREPAIRED = {
    BACK: (_l("Unrepariert zurück zu Ihnen"), PLACES[BACK][1]),
    COMMISSION: (_l("Termin: So geht es ohne dieses Gerät weiter"), ""),
}
"""The places of a server that comes home as it was (rules W3, R5)."""

PACKING = frozenset({State.QUOTE_DECLINED, State.NO_FAULT_FOUND, State.NOT_REPAIRABLE, State.READY_TO_RETURN})
"""The states in which the way back is the next place, not the present one."""

UNREPAIRED_STATES = frozenset({State.QUOTE_DECLINED, State.NOT_REPAIRABLE})
QUOTE_NEXT = _l("Ihre Entscheidung zum Kostenvoranschlag")


def of(case: Case, history: Iterable[History], booked: Appointment | None = None) -> list[Item]:
    """Return the line of a case: done, now, next (section S); `booked` is its next appointment (R4)."""
    history = list(history)
    done = [item for row in history for item in _done(case, row)]
    if case.state in CLOSED:
        return done
    names = [row.what for row in history]
    is_read = READ in names or case.read_out_at is not None
    place = State.IN_DIAGNOSIS if is_read and case.state is State.RECEIVED else State(case.state)
    now = _now(case, place, booked)
    if place is State.RECEIVED and FAILED in names:
        now = replace(now, label=ANOTHER_WAY, time="")
    unrepaired = place in UNREPAIRED_STATES or _comes_home_unrepaired(history)
    if unrepaired and PLACE_OF[place] == COMMISSION and case.state is State.DELIVERED:
        now = replace(now, label=UNREPAIRED[COMMISSION][0])
    return [*done, now, *_next(case, place, unrepaired=unrepaired)]


def _comes_home_unrepaired(history: list[History]) -> bool:
    """Tell it by the state from which the server was made ready to return."""
    ready = [row.source for row in history if row.what == "make_ready"]
    return bool(ready) and homecoming(ready[-1]).is_unrepaired


def _done(case: Case, row: History) -> Iterator[Item]:
    """Yield the point of a change of the case's state, and of the few other things that count.

    Released within the same second as reported (rule S1) is one point, not two. Of a link only
    the read-out counts: it is a step of the server's own way.
    """
    at_once = row.what == "release" and row.account_id is None
    if row.what in BESIDES and (row.link_id is None or row.what == READ):
        yield _besides(row)
    elif row.link_id is None and row.what == "check_in":
        yield from _missing(row)
    elif row.link_id is None and row.what in STEPS and not at_once:
        yield _step(case, row)


def _step(case: Case, row: History) -> Item:
    time = labels.moment(row.at)
    if row.what == "mark_sent":
        return _carried(
            DONE["mark_sent"], _l("Abgeschickt mit %(carrier)s"), case.carrier, case.tracking_number, time
        )
    if row.what == "dispatch":
        named = _l("Zurückgeschickt mit %(carrier)s")
        return _carried(DONE["dispatch"], named, case.return_carrier, case.return_tracking, time)
    if row.what == "submit" and case.released_at and case.released_at == row.at:
        return Item(_("Gemeldet und zum Einsenden freigegeben"), "done", time)
    return Item(DONE[row.what], "done", time)


def _carried(label: Any, named: Any, carrier: Carrier | None, number: str, time: str) -> Item:
    """Return the point of a parcel, with the way to its carrier's page."""
    if carrier is None or carrier is Carrier.OTHER:
        return Item(label, "done", time)
    said = str(named) % {"carrier": labels.label(carrier)}
    return Item(said, "done", time, href=tracking_url(carrier, number) or "", link=_("Paket verfolgen"))


def _besides(row: History) -> Item:
    label, note = str(BESIDES[row.what]), ""
    if "%(part)s" in label:
        label %= {"part": _part(row.facts)}
    if row.what == "move_appointment":
        note = _("Jetzt: %(moment)s", moment=labels.moment(datetime.fromisoformat(row.facts["starts_at"])))
    return Item(label, "done", labels.moment(row.at), note)


def _missing(row: History) -> Iterator[Item]:
    """Yield a point for what was missing in the parcel (rule C4)."""
    gone = [_part(one) for one in row.facts.get("parts", ()) if one.get("arrival") == Arrival.MISSING]
    if gone:
        yield Item(_("Im Paket fehlte: %(parts)s", parts=", ".join(gone)), "done", labels.moment(row.at))


def _part(facts: dict[str, Any]) -> str:
    return facts.get("name") or labels.label(Part(facts["part"]))


def _now(case: Case, place: State, booked: Appointment | None) -> Item:
    label, time = NOW.get(place) or PLACES[PLACE_OF[place]]
    if case.state is State.AWAITING_SHIPMENT and case.valid_until:
        until = labels.moment(case.valid_until)
        time = _("gültig bis %(moment)s", moment=until)
        if case.is_lapsed(clock.now()):
            time = _("Freigabe abgelaufen: %(moment)s", moment=until)
    if case.state is State.COMMISSIONING_BOOKED and booked is not None and booked.kind is Kind.COMMISSIONING:
        time = labels.moment(booked.starts_at)
    return Item(label, "now", time)


def _next(case: Case, place: State, *, unrepaired: bool) -> Iterator[Item]:
    """Yield what is still to come; before the server is here nobody knows how it comes home."""
    here = PLACE_OF[place]
    if here == REVIEW and case.outcome is not Outcome.SEND_IN:
        yield from (Item(label, "next", time) for label, time in REMOTE_NEXT)
        return
    is_charged = place is State.IN_DIAGNOSIS and case.decision is Decision.CHARGEABLE
    if is_charged:
        yield Item(QUOTE_NEXT, "next")
    if is_charged or place is State.AWAITING_QUOTE_DECISION:
        yield Item(_("Reparatur"), "next", NOW[State.IN_REPAIR][1], _("Nur wenn Sie zustimmen."))
    for number in range(here if place in PACKING else here + 1, len(PLACES)):
        label, time = UNREPAIRED.get(number, PLACES[number]) if unrepaired else PLACES[number]
        yield Item(label, "next", time, _note(case, number))


def _note(case: Case, number: int) -> Any:
    """Say before the repair that nothing is charged without asking, unless it is covered (rules W0, W3)."""
    covered = (Decision.WARRANTY, Decision.FULL_COVER, Decision.GOODWILL)
    decided = case.decision in covered if case.decision else case.estimate is Estimate.IN_WARRANTY
    return "" if number != REPAIR or decided else _("Was etwas kostet, fragen wir Sie vorher.")
