"""What the history says of deeds that belong to no case: who came in, what was changed or looked at."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.actions.operator import TARGETS
from portal.models import History
from portal.rules.retention import Kind
from portal.rules.second_factor import Proof
from portal.rules.signing_in import By
from portal.web import labels
from portal.web.retention_words import SHORT
from portal.web.staff.operator_form import FIELDS

WAYS: dict[str, Any] = {
    By.PASSWORD: _l("mit Passwort"),
    By.LINK: _l("mit Link aus der E-Mail"),
    By.PASSKEY: _l("mit Passkey"),
    Proof.APP: _l("Code aus der App"),
    Proof.PAPER: _l("Notfallcode"),
}
PAPERS: dict[str, Any] = {
    "slip": _l("Begleitschein"),
    "return_note": _l("Rücksendeschein"),
    "quote": _l("Kostenvoranschlag"),
    "earlier_quote": _l("Kostenvoranschlag"),
    "outage_record": _l("Ausfallprotokoll"),
    "facts": _l("Datenblatt zum Tausch"),
    "kit": _l("Notfallmappe"),
}
TOLD = ("number", "serial", "name", "email", "api_key", "url")


def details(row: History) -> list[str]:
    """Return what was written down with the deed, as far as it is for people."""
    facts = row.facts
    parts = [str(WAYS[facts["way"]])] if facts.get("way") in WAYS else []
    parts += [str(PAPERS[facts["paper"]])] if facts.get("paper") in PAPERS else []
    parts += [*_of_operator(row), *_changed(facts.get("old"), facts.get("new"))]
    if isinstance(facts.get("day"), str):
        parts.append(labels.day(date.fromisoformat(facts["day"]), weekday=False))
    if isinstance(facts.get("lines"), int):
        parts.append(ngettext("%(num)s Zeile", "%(num)s Zeilen", facts["lines"]))
    told = () if row.what == "change_operator" else TOLD
    return parts + [str(facts[name]) for name in told if isinstance(facts.get(name), str) and facts[name]]


def _changed(old: Any, new: Any) -> list[str]:
    """Return what was before, and what is now."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    changed = [(name, value) for name, value in new.items() if value != old.get(name)]
    return [f"{_named(name)}{_shown(old.get(name))} → {_shown(value)}" for name, value in changed]


def _named(name: str) -> str:
    """Return what was changed, where several things are under one deed."""
    return f"{SHORT[Kind(name)]}: " if name in set(Kind) else ""


def _of_operator(row: History) -> list[str]:
    """Return which fields were changed; what stands in them is on every page."""
    if row.what != "change_operator":
        return []
    return [_field(name) for name in row.facts if name in FIELDS]


def _field(name: str) -> str:
    label = str(FIELDS[name].label)
    return f"{_('Zielzeiten')}: {label}" if name in TARGETS else label


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("nichts")
    if isinstance(value, bool):
        return _("ja") if value else _("nein")
    return str(value)
