"""What happened to a case or a link, in words: who, when, from, to and why (section S)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.models import History
from portal.rules.commissioning import Item
from portal.rules.links import Answer, LinkState, Mode, TillDeed, TillState
from portal.rules.workflow import State
from portal.web import labels
from portal.web.staff import past_appointments, past_parcel, past_portal, past_reminders, past_workshop
from portal.web.staff.past_words import DONE

ITEMS = {
    Item.SESSION: _l("Sitzung steht"),
    Item.RESTORED: _l("Datenbank zurückgespielt"),
    Item.LINK_ENDED: _l("Ersatzlink beendet"),
    Item.REPOSTED: _l("Daten nachgebucht"),
    Item.TEST_RECEIPT: _l("Testbeleg geprüft"),
    Item.OWNER_CONFIRMS: _l("Salon hat bestätigt"),
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
    return [entry(row) for row in reversed(list(rows))]


def entry(row: History) -> Entry:
    """Return one row in words; of what was erased only that it was (rule P3)."""
    if row.erased_at:
        details = _("Einzelheiten gelöscht")
    else:
        details = _details(row) if row.case_id or row.link_id else ", ".join(past_portal.details(row))
    change = " · ".join(part for part in (_change(row), details) if part)
    return Entry(row.at, str(DONE.get(row.what, row.what)), _who(row), change, row.why)


def _who(row: History) -> str:
    """Return who did it: a person, another machine by the name of its key, or the portal itself."""
    if row.account:
        return row.account.name
    if row.facts.get("reporter"):
        return _("Meldende Person, ohne Konto")
    key = row.facts.get("api_key")
    return _("Schnittstelle, Schlüssel „%(key)s“", key=key) if key else _("Portal")


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


def _details(row: History) -> str:
    """Return what was written down with the deed, as far as it is for people."""
    facts = row.facts
    parts = [*_decided(facts), *_found_out(facts), *_of_till(row), *past_workshop.details(row)]
    if row.what == "warn" and facts.get("days"):
        parts = [ngettext("%(num)s Tag vorher", "%(num)s Tage vorher", facts["days"])]
    if facts.get("number"):
        parts.append(str(facts["number"]))
    if row.what == "match":
        parts += [str(facts["customer"]), str(facts["device"])]
    parts += [str(ITEMS[Item(item)]) for item in facts.get("items", ())]
    parts += past_parcel.details(row)
    parts += past_reminders.details(row)
    parts += past_appointments.details(row)
    if row.what == "settle":
        parts.append(labels.money(facts["final_cents"]))
    return ", ".join(parts)


def _decided(facts: dict[str, Any]) -> list[str]:
    parts = []
    if facts.get("mode"):
        parts.append(labels.label(Mode(facts["mode"])))
    if facts.get("days"):
        parts.append(ngettext("%(num)s Tag", "%(num)s Tage", facts["days"]))
    if facts.get("ends_at"):
        parts.append(_("endet %(when)s", when=_moment(facts["ends_at"])))
    return parts


def _found_out(facts: dict[str, Any]) -> list[str]:
    """Return the backup's facts, and what answer follows from them now (rules B2, L4a)."""
    parts = []
    if facts.get("real_backup_at"):
        parts.append(_("Sicherung vom %(when)s", when=_moment(facts["real_backup_at"])))
    if facts.get("complete") is not None:
        parts.append(_("alle Daten da") if facts["complete"] else _("Daten fehlen"))
    if facts.get("expected"):
        answer = labels.label(Answer(facts["expected"]))
        before = facts.get("expected_before")
        if before and before != facts["expected"]:
            answer = f"{labels.label(Answer(before))} → {answer}"
        parts.append(_("erwartet: %(answer)s", answer=answer))
    return parts


def _of_till(row: History) -> list[str]:
    """Return which deed the back end spoke of, and how the till is where staff have looked."""
    parts = []
    if row.facts.get("deed"):
        parts.append(labels.label(TillDeed(row.facts["deed"])))
    if row.what == "confirm_till" and row.facts.get("till"):
        parts.append(_("Kasse ist %(state)s", state=labels.label(TillState(row.facts["till"]))))
    if row.facts.get("till_id"):
        parts.append(str(row.facts["till_id"]))
    return parts


def _moment(text: str) -> str:
    return labels.short(datetime.fromisoformat(text))
