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
from portal.web.staff import past_appointments, past_parcel, past_reminders, past_workshop

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
    "extend": _l("Freigabe verlängert"),
    "open_at_desk": _l("Paket ohne Meldung, Vorgang angelegt"),
    "check_in": _l("Inhalt des Pakets erfasst"),
    "part_arrived": _l("Teil nachgekommen"),
    "part_waived": _l("Teil wird nicht mehr erwartet"),
    "part_added": _l("Teil dazu erfasst"),
    "part_identified": _l("Seriennummer geändert"),
    "store_at": _l("Lagerplatz geändert"),
    "photo_added": _l("Foto vom Eingang abgelegt"),
    "blacken_photo": _l("Foto geschwärzt"),
    "remove_photo": _l("Foto gelöscht"),
    "part_packed": _l("Teil eingepackt"),
    "part_unpacked": _l("Teil wieder ausgepackt"),
    "part_kept": _l("Teil bleibt hier"),
    "disposal_asked": _l("Gefragt, ob die TSE entsorgt werden darf"),
    "disposal_agreed": _l("Der Entsorgung der TSE zugestimmt"),
    "disposal_declined": _l("Die Entsorgung der TSE abgelehnt"),
    "sent_after": _l("Teile nachgeschickt"),
    "correct_tracking": _l("Sendungsnummer geändert"),
    "note": _l("Interne Notiz"),
    "lapse": _l("Freigabe verfallen"),
    "remind": _l("Salon erinnert"),
    "confirm_read": _l("Gelesen: erst nach der Inbetriebnahme benutzen"),
    "give_feedback": _l("Rückmeldung gegeben"),
    "start_diagnosis": _l("Prüfung begonnen"),
    "draft_quote": _l("Kostenvoranschlag begonnen"),
    "discard_quote": _l("Entwurf des Kostenvoranschlags verworfen"),
    "send_quote": _l("Kostenvoranschlag geschickt"),
    "accept_quote": _l("Kostenvoranschlag angenommen"),
    "decline_quote": _l("Kostenvoranschlag abgelehnt"),
    "lapse_quote": _l("Kostenvoranschlag abgelaufen"),
    "settle": _l("Endbetrag eingetragen"),
    "start_repair": _l("Reparatur begonnen"),
    "no_fault_found": _l("Kein Fehler gefunden"),
    "not_repairable": _l("Nicht reparierbar"),
    "make_ready": _l("Bereit zum Rückversand"),
    "dispatch": _l("Zurückgeschickt"),
    "confirm_delivery": _l("Im Salon angekommen"),
    "commission": _l("In Betrieb genommen, abgeschlossen"),
    "unbook_commissioning": _l("Termin zur Inbetriebnahme abgesagt"),
    "book_commissioning": _l("Termin zur Inbetriebnahme vereinbart"),
    "book_appointment": _l("Termin gebucht"),
    "move_appointment": _l("Termin verschoben"),
    "cancel_appointment": _l("Termin abgesagt"),
    "miss_appointment": _l("Termin versäumt"),
    "finish_appointment": _l("Termin erledigt"),
    "remind_appointment": _l("An den Termin erinnert"),
    "set_calendar": _l("Zeiten für Termine geändert"),
    "add_holiday": _l("Freien Tag eingetragen"),
    "remove_holiday": _l("Freien Tag gestrichen"),
    "set_salon_hours": _l("Öffnungszeiten des Salons geändert"),
    "tick": _l("Inbetriebnahme"),
    "decide": _l("Über die Kosten entschieden"),
    "set_purchase_date": _l("Kaufdatum eingetragen"),
    "diagnose": _l("Befund geschrieben"),
    "take_back_read_out": _l("Auslesen zurückgenommen"),
    "swap": _l("Teil getauscht"),
    "withdraw_swap": _l("Getauschtes Teil gestrichen"),
    "add_outage_line": _l("Zeile im Ausfallprotokoll ergänzt"),
    "withdraw_outage_line": _l("Zeile im Ausfallprotokoll zurückgezogen"),
    "request_link": _l("Ersatzlink angefragt"),
    "refuse": _l("Ersatzlink abgelehnt"),
    "withdraw": _l("Ersatzlink zurückgezogen"),
    "delete": _l("Ersatzlink beendet"),
    "expire": _l("Ersatzlink abgelaufen"),
    "correct": _l("Fakten zur Sicherung berichtigt"),
    "grant": _l("Ersatzlink freigegeben"),
    "activate": _l("Ersatzlink aktiv"),
    "read_out": _l("Datenbank ausgelesen"),
    "fail_read_out": _l("Auslesen nicht möglich"),
    "load": _l("Daten auf den Link geladen"),
    "lift_lock": _l("Belegsperre aufgehoben"),
    "lock": _l("Belegsperre gesetzt"),
    "renew": _l("Neue Adresse für den Link"),
    "warn": _l("Vor dem Ende des Links gewarnt"),
    "hand_back": _l("Ersatzlink bei der Inbetriebnahme beendet"),
    "confirm_till": _l("Beim Anbieter nachgesehen"),
    "till_lock": _l("Kasse gesperrt, vom Kassensystem bestätigt"),
    "till_unlock": _l("Kasse entsperrt, vom Kassensystem bestätigt"),
    "till_delete": _l("Kasse gelöscht, vom Kassensystem bestätigt"),
    "till_problem": _l("Das Kassensystem hat es nicht getan"),
    "till_found": _l("Kasse vom Kassensystem wiedererkannt"),
    "till_in_vain": _l("Kasse kam zu spät, wird wieder gelöscht"),
    "till_removed": _l("Überzählige Kasse gelöscht"),
}
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
    return [_entry(row) for row in reversed(list(rows))]


def _entry(row: History) -> Entry:
    change = " · ".join(part for part in (_change(row), _details(row)) if part)
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
