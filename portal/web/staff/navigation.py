"""The lists at the desk's side, and how much is in each (a count never looks at more than a hundred rows)."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.models import desk
from portal.models.letters import NOTICED_AFTER
from portal.outside import clock
from portal.rules.carriers import Carrier
from portal.rules.workflow import Role, State
from portal.web import labels
from portal.web.staff import bp

QUEUE = "decide"
LINKS = "links"
GROUPS: dict[str, tuple[State, ...]] = {
    "underway": (State.ON_ITS_WAY_TO_US,),
    "workshop": (
        State.RECEIVED, State.IN_DIAGNOSIS, State.QUOTE_ACCEPTED, State.QUOTE_DECLINED, State.IN_REPAIR,
        State.NO_FAULT_FOUND, State.NOT_REPAIRABLE,
    ),
    "return": (State.READY_TO_RETURN, State.ON_ITS_WAY_BACK),
    "commissioning": (State.DELIVERED, State.COMMISSIONING_BOOKED),
    "waiting": (State.AWAITING_INFORMATION, State.AWAITING_SHIPMENT, State.AWAITING_QUOTE_DECISION),
}  # fmt: skip
NAMES = {
    QUEUE: _l("Entscheiden"),
    LINKS: _l("Ersatzlinks"),
    "underway": _l("Unterwegs"),
    "workshop": _l("Werkstatt"),
    "return": _l("Rückversand"),
    "commissioning": _l("Inbetriebnahme"),
    "waiting": _l("Wartet auf Kunden"),
    "all": _l("Alle"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the side: where it leads and how much is there."""

    label: Any
    href: str
    count: str | None
    current: bool = False
    kind: str = ""


def address_of(name: str, **values: Any) -> str:
    """Return the address of a list; the queue is the desk itself."""
    if name == QUEUE:
        return url_for("staff.queue", **values)
    return url_for("staff.listed", name=name, **values)


def entries(current: str = "") -> list[Entry]:
    """Return the lines of the side with their counts; one query."""
    found = desk.counts(GROUPS, late_from=clock.now() - NOTICED_AFTER)
    found[QUEUE] = found.pop("queue")
    lines = [
        Entry(label, address_of(name), _shown(found.get(name)), name == current)
        for name, label in NAMES.items()
    ]
    lines.append(Entry(_l("Kalender"), url_for("staff.calendar"), None, current == "calendar"))
    lines.append(Entry(_l("Kunden"), url_for("staff.customers"), None, current == "customers"))
    lines.append(_registered(found["registrations"], is_current=current == "registrations"))
    lines.append(Entry(_l("Verlauf"), url_for("staff.history"), None, current == "history"))
    lines += _outbox(found["letters"], found["late"], is_current=current == "letters")
    if current_user.role == Role.ADMIN:
        lines.append(Entry(_l("Team"), url_for("staff.team"), None, current == "team"))
        lines.append(Entry(_l("Betreiber"), url_for("staff.operator"), None, current == "operator"))
        lines.append(
            Entry(_l("Schnittstellen"), url_for("staff.interfaces_page"), None, current == "interfaces")
        )
    return lines


def _registered(waiting: int, *, is_current: bool) -> Entry:
    """Return the line of those who registered and wait for staff."""
    return Entry(_l("Registrierungen"), url_for("staff.registrations"), _shown(waiting), is_current)


def _outbox(given_up: int, late: int, *, is_current: bool) -> list[Entry]:
    """Return the line of the outbox, if something in it was given up or waits for too long (rule S4)."""
    if not given_up and not late and not is_current:
        return []
    label, kind = (_l("Nicht zugestellt"), "stop") if given_up else (_l("Postausgang"), "")
    return [Entry(label, url_for("staff.letters"), _shown(given_up or late), is_current, kind)]


def _shown(count: int | None) -> str | None:
    if count is None:
        return None
    return f"{desk.COUNT_UP_TO}+" if count > desk.COUNT_UP_TO else str(count)


def carriers() -> list[tuple[str, str]]:
    """Return the carriers to choose from, nobody chosen first."""
    return [("", str(_l("Bitte wählen"))), *((carrier.value, labels.label(carrier)) for carrier in Carrier)]


@bp.context_processor
def side() -> dict[str, Any]:
    """Give the desk's frame its lines; they are asked for only where it is shown."""
    return {"desk_entries": entries, "list_names": NAMES, "list_address": address_of, "carriers": carriers()}
