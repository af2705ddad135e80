"""How things are called on the screen: names of states, steps and kinds, and how times read."""

from datetime import date, datetime, timedelta

import phonenumbers
from flask import Flask
from flask_babel import format_date, format_datetime, format_time, get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import AppointmentState, Kind
from portal.rules.carriers import Carrier
from portal.rules.links import Answer, Ending, LinkReason, LinkState, Mode, Reason, TillDeed, TillState
from portal.rules.parcel import Arrival, Component, Departure, Leftover, Part
from portal.rules.quotes import QuoteState
from portal.rules.triage import Hold, Origin, Outcome, QuickCheck, Topic
from portal.rules.urgency import Harm
from portal.rules.warranty import Decision, Estimate
from portal.rules.workflow import State
from portal.rules.workshop import SwapPart

STATES = {
    State.DRAFT: _l("Entwurf"),
    State.SUBMITTED: _l("Gemeldet, wird geprüft"),
    State.AWAITING_INFORMATION: _l("Rückfrage an den Salon"),
    State.DECLINED: _l("Abgelehnt"),
    State.SOLVED_REMOTELY: _l("Ohne Einsendung gelöst"),
    State.CANCELLED: _l("Abgebrochen"),
    State.AWAITING_SHIPMENT: _l("Freigegeben zum Einsenden"),
    State.ON_ITS_WAY_TO_US: _l("Unterwegs zu uns"),
    State.RECEIVED: _l("Bei uns angekommen"),
    State.IN_DIAGNOSIS: _l("Wird geprüft"),
    State.AWAITING_QUOTE_DECISION: _l("Kostenvoranschlag liegt vor"),
    State.QUOTE_ACCEPTED: _l("Kostenvoranschlag angenommen"),
    State.QUOTE_DECLINED: _l("Kostenvoranschlag abgelehnt"),
    State.IN_REPAIR: _l("Wird repariert"),
    State.NO_FAULT_FOUND: _l("Kein Fehler gefunden"),
    State.NOT_REPAIRABLE: _l("Nicht reparierbar"),
    State.READY_TO_RETURN: _l("Bereit zum Rückversand"),
    State.ON_ITS_WAY_BACK: _l("Unterwegs zum Salon"),
    State.DELIVERED: _l("Im Salon angekommen"),
    State.COMMISSIONING_BOOKED: _l("Termin zur Inbetriebnahme steht"),
    State.COMMISSIONED: _l("Wieder in Betrieb"),
}

TOPICS = {
    Topic.SERVER: _l("Kassenserver"),
    Topic.SOFTWARE: _l("Kassenprogramm"),
    Topic.PERIPHERAL: _l("Drucker, Kassenlade oder anderes Zubehör"),
    Topic.PC_OR_TABLET: _l("PC oder Tablet"),
    Topic.INTERNET: _l("Internet oder Router"),
    Topic.CARD_TERMINAL: _l("EC-Terminal"),
    Topic.DATA_ENTRY: _l("Daten anlegen oder ändern"),
    Topic.BOOKKEEPING: _l("Buchhaltung"),
    Topic.TRAINING: _l("Schulung"),
}

OUTCOMES = {
    Outcome.SEND_IN: _l("Einsenden"),
    Outcome.REMOTE_SESSION: _l("Fernwartung"),
    Outcome.CHARGEABLE_SERVICE: _l("Kostenpflichtige Leistung"),
    Outcome.NOT_OURS: _l("Nicht unsere Zuständigkeit"),
    Outcome.DO_IT_YOURSELF: _l("Selbst lösbar"),
}

HOLDS = {
    Hold.NO_SPARE_PARTS: _l("Das Gerät wurde vor 2020 gekauft. Dafür gibt es keine Ersatzteile."),
    Hold.PURCHASE_UNKNOWN: _l("Das Kaufdatum ist noch zu klären."),
    Hold.CHECKS_OPEN: _l("Nicht alle Schnellprüfungen sind gemacht."),
    Hold.NOT_A_SEND_IN: _l("Das Gerät muss nicht eingeschickt werden. Der Support meldet sich."),
    Hold.THIRD_PARTY_DEVICE: _l("Das Gerät wurde nicht bei uns gekauft."),
    Hold.NOT_IDENTIFIED: _l("Wir ordnen die Meldung noch Ihrem Salon zu."),
    Hold.ALREADY_SENT_IN: _l("Für diesen Kassenserver gibt es schon einen offenen Vorgang."),
}

CHECKS = {
    QuickCheck.POWER: _l("Netzteil und Steckdose"),
    QuickCheck.CABLE: _l("LAN-Kabel an beiden Enden"),
    QuickCheck.ROUTER: _l("Router ist online"),
    QuickCheck.RESTART: _l("Ein Neustart"),
}

ESTIMATES = {
    Estimate.IN_WARRANTY: _l("In der Gewährleistung"),
    Estimate.CHARGEABLE: _l("Reparatur ist kostenpflichtig"),
    Estimate.NO_SPARE_PARTS: _l("Keine Ersatzteile mehr"),
    Estimate.UNKNOWN: _l("Wird noch geprüft"),
}

DECISIONS = {
    Decision.WARRANTY: _l("Gewährleistung"),
    Decision.FULL_COVER: _l("Vollkasko"),
    Decision.GOODWILL: _l("Kulanz"),
    Decision.CHARGEABLE: _l("Kostenpflichtig"),
    Decision.NO_SPARE_PARTS: _l("Keine Ersatzteile"),
}

ORIGINS = {
    Origin.VENDOR: _l("bei uns gekauft"),
    Origin.ELSEWHERE: _l("woanders gekauft"),
    Origin.UNKNOWN: _l("Herkunft unbekannt"),
}

COMPONENTS = {
    Component.SERVER: _l("Kassenserver"),
    Component.POWER_CABLE: _l("Netzkabel des Kassenservers"),
    Component.LAN_CABLE: _l("LAN-Kabel zwischen Server und Router"),
    Component.TSE_USB: _l("Swissbit-TSE (USB-Stick im Server)"),
}

LEFTOVERS = {
    Leftover.PRINTER: _l("Bondrucker"),
    Leftover.CARD_TERMINAL: _l("EC-Terminal"),
    Leftover.PC: _l("PC oder Tablet"),
    Leftover.CASH_DRAWER: _l("Kassenlade"),
}

PARTS = {
    Part.SERVER: _l("Kassenserver"),
    Part.POWER_CABLE: _l("Netzkabel des Kassenservers"),
    Part.LAN_CABLE: _l("LAN-Kabel zwischen Server und Router"),
    Part.TSE_USB: _l("Swissbit-TSE (USB-Stick)"),
    Part.PRINTER: _l("Bondrucker"),
    Part.CARD_TERMINAL: _l("EC-Terminal"),
    Part.PC: _l("PC oder Tablet"),
    Part.CASH_DRAWER: _l("Kassenlade"),
    Part.OTHER: _l("Anderes Teil"),
}

ARRIVALS = {
    Arrival.ARRIVED: _l("angekommen"),
    Arrival.MISSING: _l("fehlt"),
    Arrival.UNEXPECTED: _l("unerwartet dabei"),
    Arrival.ADDED: _l("in der Werkstatt dazugekommen"),
    Arrival.WAIVED: _l("nicht mehr erwartet"),
}

DEPARTURES = {
    Departure.PACKED: _l("eingepackt"),
    Departure.SWAPPED: _l("getauscht, bleibt hier"),
    Departure.KEPT: _l("bleibt hier"),
}

SWAP_PARTS = {
    SwapPart.SERVER: _l("Kassenserver"),
    SwapPart.MAIN_BOARD: _l("Hauptplatine"),
    SwapPart.TSE: _l("TSE"),
    SwapPart.DISK: _l("Festplatte"),
    SwapPart.POWER_SUPPLY: _l("Netzteil"),
    SwapPart.OTHER: _l("Anderes Teil"),
}

CARRIERS = {
    Carrier.DHL: "DHL",
    Carrier.DPD: "DPD",
    Carrier.GLS: "GLS",
    Carrier.HERMES: "Hermes",
    Carrier.UPS: "UPS",
    Carrier.FEDEX: "FedEx",
    Carrier.OTHER: _l("Anderer Paketdienst"),
}

LINK_STATES = {
    LinkState.REQUESTED: _l("angefragt"),
    LinkState.GRANTED: _l("freigegeben, wird eingerichtet"),
    LinkState.ACTIVE: _l("aktiv"),
    LinkState.ENDED: _l("beendet"),
    LinkState.REFUSED: _l("abgelehnt"),
}

TILL_STATES = {
    TillState.NONE: _l("noch keine"),
    TillState.LOCKED: _l("gesperrt"),
    TillState.OPEN: _l("entsperrt"),
    TillState.GONE: _l("gelöscht"),
}

TILL_DEEDS = {
    TillDeed.CREATE: _l("Kasse einrichten"),
    TillDeed.LOCK: _l("Kasse sperren"),
    TillDeed.UNLOCK: _l("Kasse entsperren"),
    TillDeed.DELETE: _l("Kasse löschen"),
}

MODES = {
    Mode.FULL: _l("voller Link"),
    Mode.VIEW_ONLY: _l("nur ansehen, mit Belegsperre"),
}

ANSWERS = {
    Answer.FULL: _l("voller Link"),
    Answer.VIEW_ONLY: _l("Link nur zum Ansehen"),
    Answer.NONE: _l("kein Link möglich"),
    Answer.STAFF: _l("der Support prüft es"),
}

REASONS = {
    Reason.BACKUP_FROM_UPLOAD: _l("Sie haben selbst eine Sicherung hochgeladen."),
    Reason.BACKUP_FROM_SLOT: _l("Es gibt vermutlich eine externe Sicherung."),
    Reason.BACKUP_NOT_BOOKED: _l("Die externe Sicherung ist nicht gebucht."),
    Reason.BACKUP_BOOKING_UNKNOWN: _l("Ob die externe Sicherung gebucht ist, ist noch nicht bekannt."),
    Reason.LAST_ONLINE_UNKNOWN: _l("Wann der Server zuletzt online war, ist noch nicht bekannt."),
    Reason.NOTHING_ENTERED: _l("Seit der Sicherung wurde nichts eingegeben."),
    Reason.DATA_ENTERED: _l("Seit der Sicherung wurde etwas eingegeben. Das liegt nur auf dem Server."),
    Reason.ENTERED_UNKNOWN: _l("Vielleicht wurde seit der Sicherung etwas eingegeben."),
    Reason.BACKUP_CONFIRMED: _l("Der Support hat die Sicherung geprüft."),
    Reason.BACKUP_OLDER_THAN_THOUGHT: _l(
        "Die Sicherung ist älter als gedacht. Danach wurde vielleicht etwas eingegeben."
    ),
    Reason.ALL_DATA_IN_BACKUP: _l("Alle Ihre Daten sind in der Sicherung."),
    Reason.DATA_MISSING: _l("In der Sicherung fehlen Daten. Sie liegen nur auf dem Server."),
    Reason.THIRD_PARTY_SERVER: _l("Der Server ist nicht von uns. Der Support entscheidet."),
}

LINK_REASONS = {
    LinkReason.DEFECT: _l("Kassenserver ist defekt"),
    LinkReason.MOVING: _l("Umzug"),
    LinkReason.RENOVATION: _l("Renovierung"),
    LinkReason.OTHER: _l("Anderer Grund"),
}

ENDINGS = {
    Ending.EXPIRED: _l("abgelaufen"),
    Ending.DELETED: _l("vom Support beendet"),
    Ending.WITHDRAWN: _l("von Ihnen beendet"),
    Ending.COMMISSIONED: _l("bei der Inbetriebnahme beendet"),
}

HARMS = {
    Harm.CANNOT_CASH: _l("Kann nicht kassieren"),
    Harm.RECEIPT_LOCK: _l("Belegsperre"),
    Harm.LINK_ENDS_FIRST: _l("Link endet vor der Rückkehr des Servers"),
    Harm.ANSWER_OPEN: _l("Antwort offen"),
    Harm.DECISION: _l("Entscheidung offen"),
    Harm.LINK_OTHER: _l("Ersatzlink angefragt"),
    Harm.OVERDUE: _l("Paket überfällig"),
    Harm.TILL_LEFT: _l("Kasse noch nicht gelöscht"),
    Harm.STUCK: _l("Liegt zu lange"),
}

KINDS = {
    Kind.COMMISSIONING: _l("Inbetriebnahme"),
    Kind.REMOTE: _l("Fernwartung"),
    Kind.CALL: _l("Rückruf"),
}

APPOINTMENT_STATES = {
    AppointmentState.BOOKED: _l("vereinbart"),
    AppointmentState.CANCELLED: _l("abgesagt"),
    AppointmentState.DONE: _l("erledigt"),
    AppointmentState.MISSED: _l("nicht zustande gekommen"),
}

QUOTE_STATES = {
    QuoteState.DRAFT: _l("Entwurf"),
    QuoteState.SENT: _l("Verschickt, Antwort offen"),
    QuoteState.ACCEPTED: _l("Angenommen"),
    QuoteState.DECLINED: _l("Abgelehnt"),
    QuoteState.LAPSED: _l("Abgelaufen"),
}

TABLES = (
    STATES, TOPICS, OUTCOMES, HOLDS, CHECKS, ESTIMATES, DECISIONS, ORIGINS, COMPONENTS, LEFTOVERS, CARRIERS,
    PARTS, ARRIVALS, DEPARTURES, SWAP_PARTS,
    LINK_STATES, TILL_STATES, TILL_DEEDS, MODES, ANSWERS, REASONS, LINK_REASONS, ENDINGS, HARMS,
    KINDS, APPOINTMENT_STATES, QUOTE_STATES,
)  # fmt: skip
BY_KIND = {type(next(iter(table))): table for table in TABLES}


def label(value: object) -> str:
    """Return what a value of one of the rules' enums is called; an unknown one is shown as it is."""
    table = BY_KIND.get(type(value), {})
    return str(table.get(value, value))


def _english() -> bool:
    return str(get_locale() or "de").startswith("en")


def day(value: date | datetime | None, *, weekday: bool = True) -> str:
    """Return "Samstag, 21. November 2026", or without the weekday."""
    if value is None:
        return ""
    shown = berlin.day_of(value) if isinstance(value, datetime) else value
    if _english():
        return format_date(shown, "EEEE, d MMMM y" if weekday else "d MMMM y")
    return format_date(shown, "EEEE, d. MMMM y" if weekday else "d. MMMM y")


def time_of_day(value: datetime | None) -> str:
    """Return "9:58 Uhr"."""
    if value is None:
        return ""
    return gettext("%(clock)s Uhr", clock=format_time(value, "H:mm"))


def moment(value: datetime | None) -> str:
    """Return "heute, 9:05 Uhr" or "Samstag, 21. November, 10:14 Uhr"; the year if it is another one."""
    if value is None:
        return ""
    today, shown = berlin.day_of(clock.now()), berlin.day_of(value)
    if shown == today:
        return gettext("heute, %(clock)s", clock=time_of_day(value))
    if shown == today - timedelta(days=1):
        return gettext("gestern, %(clock)s", clock=time_of_day(value))
    point = "" if _english() else "."
    pattern = f"EEEE, d{point} MMMM" if shown.year == today.year else f"EEEE, d{point} MMMM y"
    return f"{format_datetime(value, pattern)}, {time_of_day(value)}"


def short(value: datetime | None) -> str:
    """Return "Sa 21.11., 9:58", as the desk needs it."""
    if value is None:
        return ""
    pattern = "EEE d MMM, H:mm" if _english() else "EEE d.M., H:mm"
    return format_datetime(value, pattern).replace(". ", " ", 1)


def time_left(ends_at: datetime) -> tuple[int, str]:
    """Return what is left until a moment as a number and its unit: (22, "Tage")."""
    left = max(ends_at - clock.now(), timedelta())
    if left >= timedelta(days=2):
        return left.days, ngettext("Tag", "Tage", left.days)
    hours = int(left.total_seconds() // 3600)
    if hours >= 1:
        return hours, ngettext("Stunde", "Stunden", hours)
    minutes = int(left.total_seconds() // 60)
    return minutes, ngettext("Minute", "Minuten", minutes)


def duration(start: datetime) -> str:
    """Return how long something has lasted: "2 Tagen", "5 Stunden", as it reads after "seit"."""
    gone = max(clock.now() - start, timedelta())
    if gone >= timedelta(days=1):
        return ngettext("%(num)s Tag", "%(num)s Tagen", gone.days)
    if gone >= timedelta(hours=1):
        return ngettext("%(num)s Stunde", "%(num)s Stunden", int(gone.total_seconds() // 3600))
    return ngettext("%(num)s Minute", "%(num)s Minuten", int(gone.total_seconds() // 60))


def quoted(text: str) -> str:
    """Return what somebody said in the quotation marks of the reader's language."""
    return gettext("„%(said)s“", said=text)


def money(cents: int | None) -> str:
    """Return "95,00 €"."""
    from flask_babel import format_currency

    return "" if cents is None else format_currency(cents / 100, "EUR")


def phone(number: str) -> str:
    """Return a stored phone number as people write it: "02202 12345", abroad with its country."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    german = parsed.country_code == 49
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if german else form.INTERNATIONAL)


def init_app(app: Flask) -> None:
    """Make the names known as filters."""
    app.jinja_env.filters.update(
        label=label, day=day, time_of_day=time_of_day, moment=moment,
        short=short, duration=duration, money=money, phone=phone, quoted=quoted,
    )  # fmt: skip
    app.jinja_env.globals["time_left"] = time_left
