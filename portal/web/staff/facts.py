"""What is known of a case, a device or a link, as rows of (term, text): facts before buttons."""

from collections.abc import Iterable, Mapping
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.models import Case, Device, Emergency, SubstituteLink, Swap
from portal.outside import clock
from portal.rules import report
from portal.rules.links import LinkState, Provider, TillState
from portal.rules.report import Page
from portal.rules.triage import CheckAnswer, Origin, QuickCheck, Topic
from portal.web import labels

Rows = list[tuple[Any, Any]]

YES_NO = {True: _l("ja"), False: _l("nein"), None: _l("weiß nicht")}
SAID = {"yes": _l("ja"), "no": _l("nein"), "unknown": _l("weiß nicht")}
CHECKED = {
    CheckAnswer.DONE: _l("gemacht"),
    CheckAnswer.NOT_POSSIBLE: _l("nicht möglich"),
    CheckAnswer.UNKNOWN: _l("weiß nicht"),
}

# The questions of the report in their order: page, name of the answer, what was asked.
QUESTIONS = (
    (Page.DEVICE_DETAILS, "origin", _l("Wo gekauft?")),
    (Page.DEVICE_DETAILS, "tse", _l("TSE als USB-Stick im Server?")),
    (Page.TOPIC, "topic", _l("Was ist betroffen?")),
    (Page.TOPIC_DETAILS, "server_affected", _l("Ist der Kassenserver auch betroffen?")),
    (Page.TOPIC_DETAILS, "bought_from", _l("Wo wurde das Zubehör gekauft?")),
    (Page.TOPIC_DETAILS, "technical_fault", _l("Steckt ein technischer Fehler dahinter?")),
    (Page.TOPIC_DETAILS, "first_training", _l("Ist es die erste Schulung?")),
    (Page.RUNNING, "running", _l("Läuft der Server noch?")),
    (Page.BACKUP, "booked", _l("Externe Sicherung gebucht?")),
    (Page.ENTERED, "entered", _l("Nach der Sicherung etwas eingegeben?")),
    (Page.LINK, "wanted", _l("Ersatzlink gewünscht?")),
    (Page.REMOTE, "rustdesk", _l("Ist RustDesk bereit?")),
)


def phone(number: str) -> str:
    """Return a stored phone number as it is read out: 02202 12345."""
    try:
        parsed = phonenumbers.parse(number, "DE")
    except phonenumbers.NumberParseException:
        return number
    home = parsed.country_code == 49
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if home else form.INTERNATIONAL)


def of_salon(case: Case) -> Rows:
    """Return who it is and whom to call."""
    salon, customer = case.salon, case.customer
    return [
        (_("Salon"), f"{salon.name}\n{salon.street}, {salon.postal_code} {salon.city}" if salon else ""),
        (_("Telefon des Salons"), phone(salon.phone) if salon and salon.phone else ""),
        (_("Kunde"), f"{customer.name}, {customer.number}" if customer else _("noch nicht zugeordnet")),
        (_("Ansprechperson"), f"{case.contact_name}\n{phone(case.contact_phone)}"),
        (
            _("Rücksendung an"),
            f"{case.return_name}\n{case.return_street}, {case.return_postal_code} {case.return_city}",
        ),
    ]


def of_reporter(emergency: Emergency | None) -> Rows:
    """Return who reported without an account, as they say (rule P1a)."""
    if emergency is None or not emergency.email:  # it was erased with its person (P3)
        return []
    proof = _("bestätigt") if emergency.confirmed_at else _("noch nicht bestätigt")
    return [
        (_("Gemeldet ohne Konto von"), f"{emergency.email}, {proof}"),
        (_("Genannte Kundennummer"), emergency.customer_number),
    ]


def of_device(device: Device | None) -> Rows:
    """Return what is registered about the device; what nobody told us is said so."""
    if device is None:
        return [(_("Gerät"), _("nicht angegeben"))]
    return [
        (_("Gerät"), device.name),
        (_("Seriennummer"), device.serial or _("nicht bekannt")),
        (_("Gekauft"), bought(device)),
        (_("Herkunft"), labels.label(Origin(device.origin))),
        (_("TSE im Server"), YES_NO[device.tse_in_server]),
        (_("Externe Sicherung"), _booked(device.backup_booked)),
    ]


def in_short(case: Case) -> Rows:
    """Return the few facts of a case that a decision at the desk needs."""
    device = case.device
    return [
        (_("Gerät"), (device.serial or device.name) if device else ""),
        (_("Schätzung"), "" if case.decision else labels.label(case.estimate)),
        (_("Entscheidung"), labels.label(case.decision) if case.decision else ""),
        (_("Lagerplatz"), case.storage_place),
        (_("Fehler"), shortened(case.fault, 160)),
        (_("Befund"), shortened(case.diagnosis, 160)),
        (_("Am Bildschirm"), case.on_screen),
        (_("Anrufen"), f"{case.contact_name}, {phone(case.contact_phone)}"),
    ]


def shortened(text: str, longest: int) -> str:
    """Return the text in one line, cut at a blank."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " …"


def bought(device: Device | None) -> str:
    """Return when the device was bought, as far as it is known (rule W4)."""
    if device is None:
        return _("nicht bekannt")
    if device.purchased_on:
        return labels.day(device.purchased_on, weekday=False)
    year, _dash, month = (device.purchased_in or "").partition("-")
    return f"{month}/{year}" if month else _("nicht bekannt")


def _booked(booked: bool | None) -> str:
    return {True: _("gebucht"), False: _("nicht gebucht"), None: _("nicht bekannt")}[booked]


def of_workshop(case: Case) -> Rows:
    """Return what staff decided and found (rules W0, L6); who and why is in the history."""
    decided = f"{labels.label(case.decision)}, {labels.short(case.decided_at)}" if case.decision else ""
    return [
        (_("Entscheidung"), decided),
        (_("Befund"), case.diagnosis),
        (_("Datenbank ausgelesen"), labels.short(case.read_out_at)),
        (_("Endbetrag"), labels.money(case.final_cents)),
    ]


def of_swaps(swaps: Iterable[Swap]) -> Rows:
    """Return each swapped part: the old serial, then the new one (rule O2)."""
    return [(swap.name or labels.label(swap.part), _serials(swap)) for swap in swaps]


def _serials(swap: Swap) -> str:
    if not (swap.old_serial or swap.new_serial):
        return _("ohne Seriennummer")
    return f"{swap.old_serial or '–'} →\n{swap.new_serial or '–'}"


def of_parcel(case: Case) -> Rows:
    """Return where the parcel is; the number leads to the carrier's page."""
    return [
        (_("Freigegeben"), labels.short(case.released_at)),
        (
            _("Abgelaufen") if case.is_lapsed(clock.now()) else _("Gültig bis"),
            labels.short(case.valid_until) if case.valid_until and not case.sent_at else "",
        ),
        (_("Abgeschickt"), labels.short(case.sent_at)),
        (_("Angekommen"), labels.short(case.received_at)),
    ]


def of_request(link: SubstituteLink) -> Rows:
    """Return what a link is decided by: what the owner said, and what staff found out (B1a–B3, L4a)."""
    return [
        (_("Anlass"), labels.label(link.reason) + (f": {link.reason_text}" if link.reason_text else "")),
        (_("Sicherung gebucht"), YES_NO[link.backup_booked]),
        (_("Zuletzt online"), labels.short(link.last_online_at) or _("nicht bekannt")),
        (_("Hochgeladen"), labels.short(link.uploaded_at)),
        (_("Sicherung (vermutet)"), labels.short(link.backup_at) or _("keine")),
        (
            _("Danach eingegeben"),
            {True: _("ja"), False: _("nichts"), None: _("weiß nicht")}[link.entered_since],
        ),
        (_("Sicherung (geprüft)"), labels.short(link.real_backup_at)),
        (_("Alle Daten da"), YES_NO[link.complete] if link.complete is not None else ""),
        (_("Begründung"), link.corrected_why),
        (_("Erwartet"), labels.label(link.expected)),
    ]


def of_link(link: SubstituteLink) -> Rows:
    """Return how a link that was decided stands: what it allows, until when, and how its till is."""
    return [*_standing(link), *_till(link), *_lock(link), *_use(link)]


def _standing(link: SubstituteLink) -> Rows:
    active = link.state == LinkState.ACTIVE
    return [
        (_("Stand"), labels.label(link.state)),
        (_("Art"), labels.label(link.mode) if link.mode else ""),
        (_("Tage"), link.days if link.state == LinkState.GRANTED else ""),
        (_("Aktiv seit"), labels.short(link.activated_at)),
        (_("Endet") if active else _("Laufzeit bis"), labels.short(link.ends_at)),
        (_("Beendet"), f"{labels.short(link.ended_at)}, {ending_of(link)}" if link.ended_at else ""),
        (_("Abgelehnt"), f"{labels.short(link.decided_at)}: {link.refusal}" if link.refusal else ""),
    ]


def _till(link: SubstituteLink) -> Rows:
    """Return how the till is as far as anybody has confirmed, who made it, and where it is."""
    if link.till_wanted == link.till_confirmed == TillState.NONE:
        return []
    confirmed = labels.label(link.till_confirmed)
    if link.till_confirmed_at:
        confirmed += f", {labels.short(link.till_confirmed_at)}"
    made = _("von Hand") if link.provider == Provider.BY_HAND else _("vom Kassensystem")
    return [
        (_("Kasse (bestätigt)"), confirmed),
        (_("Eingerichtet"), f"{made}, {link.till_id}" if link.till_id else made),
        (_("Adresse der Kasse"), link.till_address),
    ]


def _lock(link: SubstituteLink) -> Rows:
    """Return how far the way out of the receipt lock is (rule L6)."""
    failed = link.read_out_failed_at
    return [
        (_("Nicht auszulesen"), f"{labels.short(failed)}: {link.read_out_problem}" if failed else ""),
        (_("Ausgelesen"), labels.short(link.read_out_at)),
        (_("Geladen"), labels.short(link.loaded_at)),
        (_("Sperre aufgehoben"), labels.short(link.lock_lifted_at)),
    ]


def _use(link: SubstituteLink) -> Rows:
    """Return how often it was opened, and what its people were told of its end (rules L9, L10)."""
    opened = _("nie")
    if link.opened_count:
        opened = _(
            "%(times)s-mal, zuletzt %(when)s", times=link.opened_count, when=labels.short(link.last_opened_at)
        )
    warned = ""
    if link.warned_days:
        warned = ngettext("%(num)s Tag vor dem Ende", "%(num)s Tage vor dem Ende", link.warned_days)
    active = link.state == LinkState.ACTIVE
    return [
        (_("Geöffnet"), opened if link.activated_at else ""),
        (_("Neue Adresse seit"), labels.short(link.renewed_at)),
        (_("Zuletzt gewarnt"), warned),
        (_("Nächste Warnung"), labels.short(link.warn_at) if active else ""),
    ]


ENDINGS = {
    "expired": _l("abgelaufen"),
    "deleted": _l("vom Support beendet"),
    "withdrawn": _l("vom Salon beendet"),
    "commissioned": _l("bei der Inbetriebnahme beendet"),
}


def ending_of(link: SubstituteLink) -> str:
    """Return how the link came to its end, as it is said to support."""
    return str(ENDINGS.get(link.ending or "", ""))


def of_checks(case: Case) -> Rows:
    """Return the answers to the quick checks (T1)."""
    given = report.quick_checks(case.answers)
    return [(labels.label(check), CHECKED[given[check]]) for check in QuickCheck if check in given]


def of_answers(case: Case) -> Rows:
    """Return the report's other answers as they were given (T9)."""
    rows = [(question, _answer(case.answers.get(page, {}), name)) for page, name, question in QUESTIONS]
    return [(question, text) for question, text in rows if text]


def _answer(given: Mapping[str, Any], name: str) -> str:
    value = str(given.get(name) or "")
    if name == "topic" and value:
        return labels.label(Topic(value))
    if name in ("origin", "bought_from") and value:
        return labels.label(Origin(value))
    return str(SAID.get(value, value))
