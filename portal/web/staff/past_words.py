"""What was done, in words: for the history of a case and for that of the whole portal (rule S).

Every deed that is written down has its words here, under what it belongs to.
"""

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l


class Kind(StrEnum):
    """What a deed belongs to, as people search for it."""

    CASE = "case"
    PARCEL = "parcel"
    WORKSHOP = "workshop"
    APPOINTMENT = "appointment"
    LINK = "link"
    REGISTER = "register"
    ACCOUNT = "account"
    PRIVACY = "privacy"
    PORTAL = "portal"
    LOOK = "look"
    SIGN_IN = "sign_in"


KINDS: dict[Kind, Any] = {
    Kind.CASE: _l("Vorgang"),
    Kind.PARCEL: _l("Paket"),
    Kind.WORKSHOP: _l("Werkstatt und Kostenvoranschlag"),
    Kind.APPOINTMENT: _l("Termine"),
    Kind.LINK: _l("Ersatzlink"),
    Kind.REGISTER: _l("Kunden und Geräte"),
    Kind.ACCOUNT: _l("Konten"),
    Kind.PRIVACY: _l("Datenschutz"),
    Kind.PORTAL: _l("Portal"),
    Kind.LOOK: _l("Einsicht und Ausgabe"),
    Kind.SIGN_IN: _l("Anmeldung"),
}
DEEDS: dict[Kind, dict[str, Any]] = {
    Kind.CASE: {
        "submit": _l("Gemeldet"),
        "release": _l("Zum Einsenden freigegeben"),
        "ask_back": _l("Rückfrage gestellt"),
        "answer": _l("Geantwortet"),
        "decline": _l("Abgelehnt"),
        "solve_remotely": _l("Ohne Einsendung gelöst"),
        "cancel": _l("Abgebrochen"),
        "extend": _l("Freigabe verlängert"),
        "lapse": _l("Freigabe abgelaufen"),
        "note": _l("Interne Notiz"),
        "remind": _l("Salon erinnert"),
        "decide": _l("Über die Kosten entschieden"),
        "set_purchase_date": _l("Kaufdatum eingetragen"),
        "give_feedback": _l("Rückmeldung gegeben"),
        "confirm_read": _l("Gelesen: erst nach der Inbetriebnahme benutzen"),
        "commission": _l("In Betrieb genommen, abgeschlossen"),
        "tick": _l("Inbetriebnahme"),
        "open_at_desk": _l("Paket ohne Meldung, Vorgang angelegt"),
        "add_outage_line": _l("Zeile im Ausfallprotokoll ergänzt"),
        "withdraw_outage_line": _l("Zeile im Ausfallprotokoll zurückgezogen"),
        "blacken_photo": _l("Foto geschwärzt"),
        "remove_photo": _l("Foto gelöscht"),
        "match": _l("Meldung ohne Anmeldung einem Kunden zugeordnet"),
        "renew_secret": _l("Neue geheime Adresse für den Vorgang"),
        "confirm_reporter_email": _l("E-Mail-Adresse der Meldung bestätigt"),
        "change_reporter_email": _l("E-Mail-Adresse der Meldung geändert"),
    },
    Kind.PARCEL: {
        "mark_sent": _l("Abgeschickt"),
        "receive": _l("Paket angekommen"),
        "check_in": _l("Inhalt des Pakets erfasst"),
        "part_arrived": _l("Teil nachgekommen"),
        "part_waived": _l("Teil wird nicht mehr erwartet"),
        "part_added": _l("Teil dazu erfasst"),
        "part_identified": _l("Seriennummer geändert"),
        "store_at": _l("Lagerplatz geändert"),
        "photo_added": _l("Foto vom Eingang abgelegt"),
        "part_packed": _l("Teil eingepackt"),
        "part_unpacked": _l("Teil wieder ausgepackt"),
        "part_kept": _l("Teil bleibt hier"),
        "disposal_asked": _l("Gefragt, ob die TSE entsorgt werden darf"),
        "disposal_agreed": _l("Der Entsorgung der TSE zugestimmt"),
        "disposal_declined": _l("Die Entsorgung der TSE abgelehnt"),
        "sent_after": _l("Teile nachgeschickt"),
        "correct_tracking": _l("Sendungsnummer geändert"),
        "make_ready": _l("Bereit zum Rückversand"),
        "dispatch": _l("Zurückgeschickt"),
        "confirm_delivery": _l("Im Salon angekommen"),
    },
    Kind.WORKSHOP: {
        "start_diagnosis": _l("Prüfung begonnen"),
        "diagnose": _l("Befund geschrieben"),
        "start_repair": _l("Reparatur begonnen"),
        "no_fault_found": _l("Kein Fehler gefunden"),
        "not_repairable": _l("Nicht reparierbar"),
        "read_out": _l("Datenbank ausgelesen"),
        "fail_read_out": _l("Auslesen nicht möglich"),
        "take_back_read_out": _l("Auslesen zurückgenommen"),
        "load": _l("Daten auf den Link geladen"),
        "swap": _l("Teil getauscht"),
        "withdraw_swap": _l("Getauschtes Teil gestrichen"),
        "draft_quote": _l("Kostenvoranschlag begonnen"),
        "discard_quote": _l("Entwurf des Kostenvoranschlags verworfen"),
        "send_quote": _l("Kostenvoranschlag geschickt"),
        "accept_quote": _l("Kostenvoranschlag angenommen"),
        "decline_quote": _l("Kostenvoranschlag abgelehnt"),
        "lapse_quote": _l("Kostenvoranschlag abgelaufen"),
        "settle": _l("Endbetrag eingetragen"),
    },
    Kind.APPOINTMENT: {
        "book_commissioning": _l("Termin zur Inbetriebnahme vereinbart"),
        "unbook_commissioning": _l("Termin zur Inbetriebnahme abgesagt"),
        "book_appointment": _l("Termin gebucht"),
        "move_appointment": _l("Termin verschoben"),
        "cancel_appointment": _l("Termin abgesagt"),
        "miss_appointment": _l("Termin verpasst"),
        "finish_appointment": _l("Termin erledigt"),
        "remind_appointment": _l("An den Termin erinnert"),
        "set_calendar": _l("Zeiten für Termine geändert"),
        "add_holiday": _l("Freien Tag eingetragen"),
        "remove_holiday": _l("Freien Tag gestrichen"),
        "set_salon_hours": _l("Öffnungszeiten des Salons geändert"),
    },
    Kind.LINK: {
        "request_link": _l("Ersatzlink angefragt"),
        "refuse": _l("Ersatzlink abgelehnt"),
        "withdraw": _l("Ersatzlink zurückgezogen"),
        "delete": _l("Ersatzlink beendet"),
        "expire": _l("Ersatzlink abgelaufen"),
        "correct": _l("Fakten zur Sicherung berichtigt"),
        "grant": _l("Ersatzlink freigegeben"),
        "activate": _l("Ersatzlink aktiv"),
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
    },
    Kind.REGISTER: {
        "add_customer": _l("Kunde angelegt"),
        "change_customer": _l("Kunde geändert"),
        "add_salon": _l("Salon angelegt"),
        "change_salon": _l("Salon geändert"),
        "add_device": _l("Kassenserver angelegt"),
        "change_device": _l("Kassenserver geändert"),
        "import_register": _l("Kundenliste eingelesen"),
    },
    Kind.ACCOUNT: {
        "invite": _l("Eingeladen"),
        "close_account": _l("Konto geschlossen"),
        "reopen_account": _l("Konto wieder geöffnet"),
        "invite_colleague": _l("Kollegin oder Kollegen eingeladen"),
        "withdraw_invitation": _l("Einladung zurückgenommen"),
        "remove_colleague": _l("Person aus dem Betrieb entfernt"),
        "match_registration": _l("Mit bekannter Kundennummer registriert"),
        "approve_registration": _l("Registrierung angenommen"),
        "refuse_registration": _l("Registrierung abgelehnt"),
        "ask_email_change": _l("Neue E-Mail-Adresse eingetragen, noch nicht bestätigt"),
        "call_off_email_change": _l("Neue E-Mail-Adresse doch nicht"),
        "change_email": _l("E-Mail-Adresse geändert"),
        "set_email": _l("E-Mail-Adresse durch den Support geändert"),
        "set_password": _l("Passwort gesetzt"),
        "set_up_factor": _l("App für den zweiten Schritt eingerichtet"),
        "remove_factor": _l("App für den zweiten Schritt entfernt"),
        "reset_factor": _l("Zweiten Schritt zurückgesetzt"),
        "new_recovery_codes": _l("Neue Notfallcodes"),
        "use_recovery_code": _l("Mit einem Notfallcode bestätigt"),
        "passkey_added": _l("Passkey angelegt"),
        "passkey_removed": _l("Passkey entfernt"),
        "passkey_renamed": _l("Passkey umbenannt"),
        "passkey_copied": _l("Passkey abgewiesen: er wurde vielleicht kopiert"),
    },
    Kind.PRIVACY: {
        "ask_takeout": _l("Eigene Daten angefordert"),
        "fetch_takeout": _l("Eigene Daten abgerufen"),
        "ask_deletion": _l("Löschung beantragt"),
        "withdraw_deletion": _l("Löschung zurückgenommen"),
        "lock_customer": _l("Daten des Kunden gesperrt"),
        "anonymise": _l("Person anonymisiert"),
        "set_retention": _l("Aufbewahrung geändert"),
    },
    Kind.PORTAL: {
        "change_operator": _l("Angaben des Betreibers geändert"),
        "change_logo": _l("Logo geändert"),
        "make_key": _l("Schlüssel der Schnittstelle angelegt"),
        "revoke_key": _l("Schlüssel der Schnittstelle widerrufen"),
        "make_hook": _l("Webhook angelegt"),
        "renew_hook": _l("Webhook mit neuem Geheimnis"),
        "show_hook_secret": _l("Geheimnis eines Webhooks angesehen"),
        "end_hook": _l("Webhook abgeschaltet"),
        "resume_hook": _l("Webhook wieder eingeschaltet"),
    },
    Kind.LOOK: {
        "look": _l("Angesehen"),
        "fetch_paper": _l("Papier abgerufen"),
        "export_register": _l("Kundenliste ausgegeben (CSV)"),
        "export_history": _l("Verlauf ausgegeben (CSV)"),
    },
    Kind.SIGN_IN: {
        "sign_in": _l("Angemeldet"),
        "sign_out": _l("Abgemeldet"),
        "end_session": _l("Einen Browser abgemeldet"),
        "end_sessions": _l("Überall abgemeldet"),
        "shut_out": _l("Zu viele Versuche bei der Anmeldung"),
        "not_confirmed": _l("Passwort oder Code falsch eingegeben"),
    },
}
DONE = {what: words for deeds in DEEDS.values() for what, words in deeds.items()}
OF_COLLEAGUES = frozenset({*DEEDS[Kind.LOOK], *DEEDS[Kind.SIGN_IN]})
"""What says how colleagues work rather than what was done: for admins only."""
