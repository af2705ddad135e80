"""What happened to a case or a link, in words: who, when, from, to and why (section S)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import History
from portal.rules.links import LinkState, Mode
from portal.rules.workflow import State
from portal.web import labels

DONE = {
    "submit": _l("Gemeldet"),
    "release": _l("Zum Einsenden freigegeben"),
    "ask_back": _l("Rückfrage gestellt"),
    "answer": _l("Geantwortet"),
    "decline": _l("Abgelehnt"),
    "solve_remotely": _l("Ohne Einsendung gelöst"),
    "cancel": _l("Abgebrochen"),
    "mark_sent": _l("Abgeschickt"),
    "receive": _l("Paket angekommen"),
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    at: datetime
    what: str
    who: str
    change: str
    why: str


def entries(rows: Iterable[History]) -> list[Entry]:
    """Return what happened, the latest first."""
    return [_entry(row) for row in reversed(list(rows))]


def _entry(row: History) -> Entry:
    change = " · ".join(part for part in (_change(row), _details(row.facts)) if part)
    who = row.account.name if row.account else _("Portal")
    return Entry(row.at, str(DONE.get(row.what) or labels.step_label(row.what)), who, change, row.why)


def _change(row: History) -> str:
    source, target = _state(row, row.source), _state(row, row.target)
    return f"{source} → {target}" if source and target and source != target else ""


def _state(row: History, name: str) -> str:
    """Return what a state is called; a link's row names states of links."""
    kind = LinkState if row.link_id else State
    try:
        return labels.label(kind(name)) if name else ""
    except ValueError:
        return name


def _details(facts: dict[str, Any]) -> str:
    """Return what was written down with the deed, as far as it is for people."""
    parts = []
    if facts.get("mode"):
        parts.append(labels.label(Mode(facts["mode"])))
    if facts.get("days"):
        parts.append(_("%(days)s Tage", days=facts["days"]))
    if facts.get("real_backup_at"):
        parts.append(
            _("Sicherung vom %(when)s", when=labels.short(datetime.fromisoformat(facts["real_backup_at"])))
        )
    if facts.get("complete") is not None:
        parts.append(_("alle Daten da") if facts["complete"] else _("Daten fehlen"))
    if facts.get("number"):
        parts.append(str(facts["number"]))
    return ", ".join(parts)
