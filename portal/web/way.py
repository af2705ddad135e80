"""The way of a case as a line: what is done, what is now, what comes next, each with its time.

What is done comes from the history, so a question asked twice stands there twice; what
comes next is the regular way from here on, with its usual duration.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import Case, History
from portal.rules.carriers import Carrier, tracking_url
from portal.rules.triage import Outcome
from portal.rules.warranty import Estimate
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
    "solve_remotely": _l("Ohne Einsenden gelöst"),
    "cancel": _l("Abgebrochen"),
    "lapse": _l("Freigabe abgelaufen"),
    "mark_sent": _l("Abgeschickt"),
    "receive": _l("Bei uns angekommen"),
    "start_diagnosis": _l("Daten ausgelesen"),
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
READ_FIRST = {READ: _l("Daten ausgelesen"), "start_diagnosis": _l("Prüfung begonnen")}
"""Where the data were read out for the case's link before the diagnosis began (rule L6)."""

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
    State.NOT_REPAIRABLE: (_l("Wir sprechen mit Ihnen"), _l("meist innerhalb von 2 Werktagen")),
    State.READY_TO_RETURN: (_l("Wir verschicken das Paket"), _l("meist innerhalb von 2 Werktagen")),
    State.ON_ITS_WAY_BACK: (_l("Unterwegs zu Ihnen"), _l("meist 1 bis 2 Werktage")),
    State.DELIVERED: (_l("Termin zur Inbetriebnahme vereinbaren"), ""),
}
"""Where the present state says it more exactly than its place."""

REMOTE_NEXT = ((_l("Wir rufen Sie an"), ""), (_l("Gelöst"), ""))


def of(case: Case, history: Iterable[History]) -> list[Item]:
    """Return the line of a case: done, now, next (section S)."""
    history = list(history)
    reads = [row.what for row in history if row.what in (READ, FAILED)]
    is_read = READ in reads
    done = [_done(case, row, is_read) for row in history if _is_step(row)]
    if case.state in CLOSED:
        return done
    place = State.IN_DIAGNOSIS if is_read and case.state is State.RECEIVED else State(case.state)
    now = _now(case, place)
    if place is State.RECEIVED and FAILED in reads:
        now = replace(now, label=ANOTHER_WAY, time="")
    return [*done, now, *_next(case, place)]


def _is_step(row: History) -> bool:
    """Tell a change of the case's state from notes, corrections and what happened to its link.

    Released within the same second as reported (rule S1) is one point, not two. Of the link only
    the read-out counts: it is a step of the server's own way.
    """
    at_once = row.what == "release" and row.account_id is None
    return row.what == READ or (row.link_id is None and row.what in STEPS and not at_once)


def _done(case: Case, row: History, is_read: bool) -> Item:
    if is_read and row.what in READ_FIRST:
        return Item(READ_FIRST[row.what], "done", labels.moment(row.at))
    if row.what == "mark_sent":
        return _sent(case, row.at)
    if row.what == "submit" and case.released_at and case.released_at == row.at:
        return Item(_("Gemeldet und zum Einsenden freigegeben"), "done", labels.moment(row.at))
    return Item(DONE[row.what], "done", labels.moment(row.at))


def _sent(case: Case, at: datetime) -> Item:
    known = case.carrier and case.carrier is not Carrier.OTHER
    name = labels.label(case.carrier)
    label = _("Abgeschickt mit %(carrier)s", carrier=name) if known else DONE["mark_sent"]
    address = tracking_url(case.carrier, case.tracking_number) if known else None
    return Item(label, "done", labels.moment(at), href=address or "", link=_("Paket verfolgen"))


def _now(case: Case, place: State) -> Item:
    label, time = NOW.get(place) or PLACES[PLACE_OF[place]]
    if case.state is State.AWAITING_SHIPMENT and case.valid_until:
        time = _("gültig bis %(moment)s", moment=labels.moment(case.valid_until))
    return Item(label, "now", time)


def _next(case: Case, place: State) -> list[Item]:
    here = PLACE_OF[place]
    if here == REVIEW and case.outcome is not Outcome.SEND_IN:
        return [Item(label, "next", time) for label, time in REMOTE_NEXT]
    return [Item(*_place(case, place)) for place in range(here + 1, len(PLACES))]


def _place(case: Case, place: int) -> tuple[Any, str, Any, Any]:
    label, time = PLACES[place]
    asks = place == REPAIR and case.estimate is not Estimate.IN_WARRANTY
    return label, "next", time, _("Was etwas kostet, fragen wir Sie vorher.") if asks else ""
