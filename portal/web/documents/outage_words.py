"""What was done in an outage and what was used instead, as the outage record says it (rules O1, L4–L6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import History, SubstituteLink, Swap
from portal.rules.commissioning import Item
from portal.rules.links import Ending, LinkState, Mode, TillState
from portal.rules.workflow import State
from portal.web import documents, labels

WORDS = {
    "submit": _l("Störung gemeldet"),
    "release": _l("Zum Einsenden freigegeben"),
    "decline": _l("Meldung abgelehnt"),
    "solve_remotely": _l("Ohne Einsendung gelöst"),
    "cancel": _l("Vorgang abgebrochen"),
    "lapse": _l("Freigabe zum Einsenden abgelaufen"),
    "mark_sent": _l("Kassenserver abgeschickt"),
    "receive": _l("Kassenserver beim Support angekommen"),
    "start_diagnosis": _l("Prüfung begonnen"),
    "part_arrived": _l("Fehlendes Teil beim Support angekommen"),
    "read_out": _l("Datenbank ausgelesen"),
    "take_back_read_out": _l("Auslesen zurückgenommen"),
    "fail_read_out": _l("Datenbank ließ sich nicht auslesen"),
    "send_quote": _l("Kostenvoranschlag geschickt"),
    "accept_quote": _l("Kostenvoranschlag angenommen"),
    "decline_quote": _l("Kostenvoranschlag abgelehnt"),
    "lapse_quote": _l("Kostenvoranschlag abgelaufen"),
    "start_repair": _l("Reparatur begonnen"),
    "no_fault_found": _l("Kein Fehler gefunden"),
    "not_repairable": _l("Als nicht reparierbar festgestellt"),
    "make_ready": _l("Bereit zum Rückversand"),
    "dispatch": _l("Kassenserver zurückgeschickt"),
    "sent_after": _l("Weitere Teile nachgeschickt"),
    "confirm_delivery": _l("Kassenserver im Salon angekommen"),
    "book_commissioning": _l("Termin zur Inbetriebnahme vereinbart"),
    "unbook_commissioning": _l("Termin zur Inbetriebnahme abgesagt"),
    "commission": _l("Kassenserver in Betrieb genommen"),
    "request_link": _l("Ersatzlink angefragt"),
    "grant": _l("Ersatzlink freigegeben"),
    "activate": _l("Ersatzlink eingerichtet"),
    "refuse": _l("Ersatzlink abgelehnt"),
    "lock": _l("Belegsperre auf dem Ersatzlink gesetzt"),
    "load": _l("Ausgelesene Daten auf den Ersatzlink geladen"),
    "withdraw": _l("Ersatzlink vom Salon beendet"),
    "delete": _l("Ersatzlink vom Support beendet"),
    "hand_back": _l("Ersatzlink bei der Inbetriebnahme beendet"),
    "expire": _l("Ersatzlink abgelaufen"),
}
"""What is a measure, and what it is called; what is not here is no matter of the record."""

BEFORE_IT_RAN = {
    "withdraw": _l("Anfrage des Ersatzlinks zurückgezogen"),
    "delete": _l("Freigabe des Ersatzlinks zurückgenommen"),
    "hand_back": "",
}
"""The ends of a link that never ran: nothing was used, so nothing is said to have ended (rules O1, O3)."""

UNLOCKED = _l("Belegsperre auf dem Ersatzlink aufgehoben")
RESTORED = _l("Datenbank auf den Kassenserver zurückgespielt")
REPAIRED = _l("Reparatur abgeschlossen, zum Rückversand bereit")
OPENINGS = ("till_unlock", "confirm_till", "lift_lock")


@dataclass(frozen=True)
class Measure:
    """One thing that was done: when, what, by whom."""

    at: str
    what: str
    who: str


@dataclass(frozen=True)
class Period:
    """From when to when a substitute could be used, and how."""

    start: str
    end: str
    kind: str


@dataclass(frozen=True)
class Substitute:
    """A link that was used instead of the server."""

    name: str
    periods: tuple[Period, ...]
    lifted: str  # when the receipt lock was lifted
    until: str  # when it ends at the latest, while it runs


def measures(
    rows: Sequence[History], links: Sequence[SubstituteLink], swaps: Iterable[Swap]
) -> list[tuple[datetime, Measure]]:
    """Return what was done in the order of time, each with the moment it was written down (rule O1)."""
    by_id = {link.id: link for link in links}
    opened = {unlocked_row(rows, link) for link in links}
    unused = {link.id for link in links if link.activated_at is None}
    found = [(_time(row, by_id), row.at, _what(row, opened, unused), _who(row)) for row in rows]
    found += [(swap.at, swap.at, _swapped(swap), _("Support")) for swap in swaps]
    told = sorted((one for one in found if one[2]), key=lambda one: one[0])
    return [(written, Measure(documents.stamp(at), what, who)) for at, written, what, who in told]


def _what(row: History, opened: set[int | None], unused: set[int]) -> str:
    if row.id in opened:
        return str(UNLOCKED)
    if row.link_id in unused and row.what in BEFORE_IT_RAN:
        return str(BEFORE_IT_RAN[row.what])
    if row.what == "tick":
        return str(RESTORED) if Item.RESTORED in row.facts.get("items", ()) else ""
    if row.what == "make_ready" and row.source == State.IN_REPAIR:
        return str(REPAIRED)
    if row.what == "grant" and row.facts.get("mode"):
        return f"{WORDS['grant']}: {labels.label(Mode(row.facts['mode']))}"
    return str(WORDS.get(row.what, ""))


def _swapped(swap: Swap) -> str:
    return _("Teil getauscht: %(part)s", part=swap.name or labels.label(swap.part))


def _who(row: History) -> str:
    """Return whose deed it was; the record names sides, not people."""
    if row.account_id is None:
        return _("Portal")
    return _("Support") if row.account.is_staff else _("Salon")


def _time(row: History, links: dict[int, SubstituteLink]) -> datetime:
    """Return when it happened, which may be before it was written down."""
    link = links.get(row.link_id or 0)
    if link is None:
        return row.at
    real = {"read_out": link.read_out_at, "load": link.loaded_at, "expire": link.ends_at}.get(row.what)
    return real or row.at


def substitutes(rows: Sequence[History], links: Iterable[SubstituteLink]) -> list[Substitute]:
    """Return which links were used, from when to when and how (rules O1, L4–L6)."""
    return [_substitute(rows, link) for link in links if link.activated_at]


def _substitute(rows: Sequence[History], link: SubstituteLink) -> Substitute:
    opened = unlocked_row(rows, link)
    lifted = next((row.at for row in rows if row.id == opened), None)
    is_running = link.state is LinkState.ACTIVE
    return Substitute(
        name=_("Ersatzlink %(number)s (digitale Kasse im Browser)", number=link.id),
        periods=tuple(_periods(rows, link, lifted)),
        lifted=documents.stamp(lifted),
        until=documents.stamp(link.ends_at) if is_running else "",
    )


def _periods(rows: Sequence[History], link: SubstituteLink, lifted: datetime | None) -> list[Period]:
    """Return the stretches of time in which the link was full or view-only, one after the other."""
    changes = [(link.activated_at, _first_mode(rows, link))]
    changes += [(row.at, Mode.VIEW_ONLY) for row in rows if row.link_id == link.id and row.what == "lock"]
    changes += [(lifted, Mode.FULL)] if lifted else []
    ends = [at for at, _mode in changes[1:]] + [ended_at(link)]
    return [
        Period(documents.stamp(at), documents.stamp(end), labels.label(mode))
        for (at, mode), end in zip(changes, ends, strict=True)
        if at != end
    ]


def _first_mode(rows: Sequence[History], link: SubstituteLink) -> Mode | None:
    granted = (row.facts.get("mode") for row in rows if row.link_id == link.id and row.what == "grant")
    first = next(granted, None)
    return Mode(first) if first else link.mode


def unlocked_row(rows: Sequence[History], link: SubstituteLink) -> int | None:
    """Return which row tells that the receipt lock is really off (rule L6).

    That the portal lifts it is one thing, that the till is known to be open another. The latter counts
    where it was written down by itself; until it is confirmed the lock holds.
    """
    if link.lock_lifted_at is None:
        return None
    later = [row for row in rows if row.link_id == link.id and row.at >= link.lock_lifted_at]
    confirmed = [row for row in later if row.what in OPENINGS and row.facts.get("till") == TillState.OPEN]
    if confirmed:
        return confirmed[0].id
    if link.till_confirmed is not TillState.OPEN and link.state is LinkState.ACTIVE:
        return None
    return next((row.id for row in later if row.what == "lift_lock"), None)


def ended_at(link: SubstituteLink) -> datetime | None:
    """Return when the link ended; one that ran out did so at its end, whoever noticed later (rule L9)."""
    return link.ends_at if link.ending is Ending.EXPIRED else link.ended_at
