"""How the desk says things: why a row stands where it stands, in words with since when (rule S5)."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import format_date, format_datetime, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import Case, Message, SubstituteLink
from portal.outside import clock
from portal.rules import berlin
from portal.rules.forecast import Reckoning
from portal.rules.links import Answer, LinkReason, LinkState, Mode, Provider, Reason, TillState
from portal.rules.triage import Hold
from portal.rules.urgency import Harm, target_days
from portal.rules.workflow import CLOSED, State
from portal.rules.workshop import Obstacle, obstacles
from portal.web import context, labels
from portal.web.staff import reckoning
from portal.web.staff.facts import shortened

# The same facts as in labels, but said to support instead of to the salon.
REASONS = {
    Reason.BACKUP_FROM_UPLOAD: _l("Der Salon hat eine Sicherung hochgeladen."),
    Reason.BACKUP_FROM_SLOT: _l("Externe Sicherung nach Fahrplan, nur vermutet."),
    Reason.BACKUP_NOT_BOOKED: _l("Externe Sicherung nicht gebucht."),
    Reason.BACKUP_BOOKING_UNKNOWN: _l("Unbekannt, ob die externe Sicherung gebucht ist."),
    Reason.LAST_ONLINE_UNKNOWN: _l("Unbekannt, wann der Server zuletzt online war."),
    Reason.NOTHING_ENTERED: _l("Danach wurde laut Salon nichts eingegeben."),
    Reason.DATA_ENTERED: _l("Danach wurde etwas eingegeben. Das liegt nur auf dem Server."),
    Reason.ENTERED_UNKNOWN: _l("Der Salon weiß nicht, ob danach etwas eingegeben wurde."),
    Reason.BACKUP_CONFIRMED: _l("Sicherung vom Support geprüft."),
    Reason.BACKUP_OLDER_THAN_THOUGHT: _l("Sicherung älter als vermutet: Was danach kam, ist offen."),
    Reason.ALL_DATA_IN_BACKUP: _l("Alle Daten sind in der Sicherung, geprüft."),
    Reason.DATA_MISSING: _l("Daten fehlen in der Sicherung, geprüft."),
    Reason.THIRD_PARTY_SERVER: _l("Fremdgerät: kein Anspruch auf einen Ersatzlink."),
}

HOLDS = {
    Hold.NO_SPARE_PARTS: _l("Vor 2020 gekauft, keine Ersatzteile"),
    Hold.PURCHASE_UNKNOWN: _l("Kaufdatum unbekannt"),
    Hold.CHECKS_OPEN: _l("Schnellprüfungen nicht alle gemacht"),
    Hold.NOT_A_SEND_IN: _l("Muss nicht eingeschickt werden"),
    Hold.THIRD_PARTY_DEVICE: _l("Fremdgerät, nicht bei uns gekauft"),
    Hold.NOT_IDENTIFIED: _l("Noch keinem Kunden zugeordnet"),
    Hold.ALREADY_SENT_IN: _l("Zum selben Gerät läuft schon eine Einsendung"),
}

OBSTACLES = {
    Obstacle.PURCHASE_UNKNOWN: _l("Das Kaufdatum fehlt."),
    Obstacle.DECISION_OPEN: _l("Die Entscheidung über die Kosten fehlt."),
    Obstacle.NO_SPARE_PARTS: _l("Für dieses Gerät gibt es keine Ersatzteile."),
    Obstacle.QUOTE_OPEN: _l("Der Salon hat noch keinen Kostenvoranschlag angenommen."),
}
"""What keeps a repair from beginning (rules W0, W2–W4)."""

KINDS = {
    Harm.CANNOT_CASH: "stop",
    Harm.RECEIPT_LOCK: "stop",
    Harm.LINK_ENDS_FIRST: "you",
    Harm.ANSWER_OPEN: "you",
    Harm.OVERDUE: "you",
    Harm.TILL_LEFT: "you",
    Harm.STUCK: "you",
}


@dataclass(frozen=True)
class Row:
    """One row of a list at the desk: first the salon, then why it stands there."""

    title: str
    href: str
    pane: str  # the address of its decision, for the pane beside the list
    number: str = ""
    why: str = ""
    text: str = ""
    kind: str = ""


def when(moment: datetime) -> str:
    """Return "heute 10:12", "Sa 10:12" within the last days, else "12.11." """
    shown, today = berlin.day_of(moment), berlin.day_of(clock.now())
    if shown == today:
        return _("heute %(clock)s", clock=format_datetime(moment, "H:mm"))
    if 0 < (today - shown).days < 7:
        return format_datetime(moment, "EEE H:mm").replace(".", "", 1)
    return format_date(shown, "d.M." if shown.year == today.year else "d.M.yyyy")


def until(moment: datetime) -> str:
    """Return how long is left: "2 Tagen", "5 Stunden", as it reads after "in"."""
    left = moment - clock.now()
    if left.days >= 1:
        return ngettext("%(num)s Tag", "%(num)s Tagen", left.days)
    hours = int(left.total_seconds() // 3600)
    if hours >= 1:
        return ngettext("%(num)s Stunde", "%(num)s Stunden", hours)
    return ngettext("%(num)s Minute", "%(num)s Minuten", max(0, int(left.total_seconds() // 60)))


def salon_of(subject: Case | SubstituteLink) -> str:
    """Return salon and town of a case or a link; without a salon, who is to be called."""
    salon = subject.device.salon if isinstance(subject, SubstituteLink) else subject.salon
    if salon is not None:
        return f"{salon.name}, {salon.city}"
    return f"{subject.return_name}, {subject.return_city}"


def data_of(link: SubstituteLink) -> str:
    """Return in three words what is known about backup and data."""
    if link.complete is not None:
        return _("Daten vollständig, geprüft") if link.complete else _("Daten fehlen, geprüft")
    if Reason.THIRD_PARTY_SERVER in link.reasons:
        return _("Fremdgerät")
    return {
        Answer.FULL: _("Daten laut Salon vollständig"),
        Answer.VIEW_ONLY: _("Daten fehlen") if link.entered_since else _("Daten fehlen vielleicht"),
        Answer.NONE: _("keine Sicherung"),
        Answer.STAFF: _("Sicherung unklar"),
    }[link.expected]


def holds_of(case: Case) -> list[str]:
    """Return why the report waits for staff, as it is said at the desk (rule S1)."""
    return [str(HOLDS[Hold(hold)]) for hold in case.holds]


def row_of_case(
    case: Case,
    link: SubstituteLink | None = None,
    message: Message | None = None,
    at: str = "",
    reckoned: Reckoning | None = None,
) -> Row:
    """Return the row of a case: its harm in words, or where it stands (rule S5)."""
    harm = Harm(case.harm) if case.harm else None
    why, text = _words_of_case(harm, case, link, message)
    if harm is Harm.LINK_ENDS_FIRST and link and reckoned:
        why, text = _words_of_short_link(case, link, reckoned)
    if case.customer_id is None and case.state not in CLOSED and harm is not Harm.CANNOT_CASH:
        text = "; ".join(filter(None, (_("Noch nicht zugeordnet"), text)))
    return Row(
        title=salon_of(case),
        href=url_for("staff.case", number=case.number),
        pane=url_for("staff.case_pane", number=case.number, at=at or None),
        number=case.number,
        why=why,
        text=text,
        kind=KINDS.get(harm, "") if harm else "",
    )


def row_of_link(link: SubstituteLink, at: str = "", reckoned: Reckoning | None = None) -> Row:
    """Return the row of a link, in its own words also where its case has the place in the queue."""
    harm = Harm(link.harm) if link.harm else None
    if link.state in (LinkState.REQUESTED, LinkState.GRANTED):
        why, text = _words_of_request(link)
        kind = "stop" if link.reason == LinkReason.DEFECT else ""
    elif link.state == LinkState.ENDED:
        (why, text), kind = _words_of_till_left(link), KINDS[Harm.TILL_LEFT]
    else:
        why, text = _words_of_active(link), labels.label(link.reason)
        kind = KINDS.get(harm, "") if harm else ("" if link.can_cash else "stop")
        if link.can_cash and link.case_id and link.case.harm == Harm.LINK_ENDS_FIRST:
            kind = KINDS[Harm.LINK_ENDS_FIRST]
            why, text = _words_of_short_link(link.case, link, reckoned) if reckoned else (why, text)
    page, pane = url_for("staff.link", link=link.id), url_for("staff.link_pane", link=link.id, at=at or None)
    number = link.case.number if link.case_id else ""
    return Row(salon_of(link), page, pane, number, why, text, kind)


def _words_of_case(
    harm: Harm | None, case: Case, link: SubstituteLink | None, message: Message | None
) -> tuple[str, str]:
    standing = _standing(case)
    if harm is Harm.LINK_OTHER and link:  # the case itself is over
        return _("Ersatzlink angefragt seit %(when)s.", when=when(link.requested_at)), standing
    if harm is Harm.CANNOT_CASH and link:
        return _words_of_request(link)
    if harm is Harm.CANNOT_CASH and case.customer_id is None:
        return _words_of_emergency(case)
    if harm is Harm.CANNOT_CASH:
        lost = _("Der Ersatzlink ist zu Ende, der Server noch nicht zurück: %(standing)s", standing=standing)
        if case.state in (State.DELIVERED, State.COMMISSIONING_BOOKED):
            lost = _("Der Ersatzlink ist zu Ende, der Server noch nicht in Betrieb.") + " " + standing
        return _("Kann seit %(when)s nicht kassieren.", when=when(case.harm_since)), lost
    if harm in (Harm.RECEIPT_LOCK, Harm.LINK_ENDS_FIRST) and link:
        return _words_of_active(link), _with_failed_read_out(link, standing)
    if harm is Harm.ANSWER_OPEN:
        said = labels.quoted(shortened(message.text, 90)) if message else ""
        return _("Antwort offen seit %(time)s.", time=labels.duration(case.harm_since)), said
    if harm is Harm.DECISION:
        return _words_of_decision(case)
    if harm is Harm.OVERDUE:
        sent = _("Abgeschickt %(when)s", when=when(case.sent_at or case.state_since))
        carrier = f" · {labels.label(case.carrier)}" if case.carrier else ""
        return _("Paket seit %(time)s überfällig.", time=labels.duration(case.harm_since)), sent + carrier
    if harm is Harm.STUCK:
        return _words_of_stuck(case), f"{_stuck_at(case)} {standing}"
    return "", standing


def _words_of_emergency(case: Case) -> tuple[str, str]:
    """Say that a till is dead and nobody knows yet whose (rules S5, P1a)."""
    why = _("Notfall ohne Zuordnung: kann seit %(when)s nicht kassieren.", when=when(case.harm_since))
    return why, _("Der Ersatzlink wird angefragt, sobald der Kunde zugeordnet ist.")


def _words_of_request(link: SubstituteLink) -> tuple[str, str]:
    since = when(link.requested_at)
    text = _("Ersatzlink angefragt, %(data)s", data=data_of(link))
    if link.state == LinkState.GRANTED:
        text = _("Ersatzlink zugesagt, die Kasse wird eingerichtet.")
        if link.till_problem:
            text += " " + _("Letzte Meldung:") + " " + labels.quoted(shortened(link.till_problem, 90))
    if link.reason == LinkReason.DEFECT:
        return _("Kann seit %(when)s nicht kassieren.", when=since), text
    if link.state == LinkState.REQUESTED:
        text = f"{labels.label(link.reason)}, {data_of(link)}"
    return _("Ersatzlink angefragt seit %(when)s.", when=since), text


def _words_of_short_link(case: Case, link: SubstituteLink, reckoned: Reckoning) -> tuple[str, str]:
    """Say by how much the link is too short, or how long it still lasts; then when the two are (rule L10)."""
    why = reckoning.short_by(reckoned.gap(link.ends_at)) or _words_of_active(link)
    days = {"end": when(link.ends_at), "back": when(reckoned.back_at), "standing": _standing(case)}
    return why, _("Link bis %(end)s, Server etwa %(back)s zurück. %(standing)s", **days)


def _words_of_till_left(link: SubstituteLink) -> tuple[str, str]:
    why = _("Kasse seit %(time)s nicht gelöscht.", time=labels.duration(link.ended_at))
    if link.provider == Provider.BY_HAND:
        return why, _("Der Link ist zu Ende. Bitte die Kasse beim Anbieter löschen und das bestätigen.")
    return why, _("Der Link ist zu Ende. Das Kassensystem hat das Löschen noch nicht bestätigt.")


def _words_of_active(link: SubstituteLink) -> str:
    if link.mode == Mode.VIEW_ONLY:
        if link.till_confirmed is TillState.OPEN:  # locked afterwards; cashing still works
            return _("Kasse noch nicht gesperrt") + "."
        row = link.case if link.case_id else link
        since = row.harm_since if row.harm == Harm.RECEIPT_LOCK else link.activated_at
        return _("Belegsperre seit %(time)s.", time=labels.duration(since))
    if not link.can_cash:
        return _("Kasse noch gesperrt: Das Freischalten ist nicht bestätigt.")
    return _("Link endet in %(time)s.", time=until(link.ends_at))


def _words_of_decision(case: Case) -> tuple[str, str]:
    why = _("Wartet seit %(time)s auf Entscheidung.", time=labels.duration(case.harm_since))
    reasons = "; ".join(str(HOLDS[Hold(hold)]) for hold in case.holds if hold != Hold.NOT_IDENTIFIED)
    if Hold.NOT_A_SEND_IN in case.holds:
        reasons = f"{labels.label(case.outcome)}: {labels.label(case.topic)}"
    return why, reasons or ("" if case.holds else _("Freigabe prüfen"))


def _words_of_stuck(case: Case) -> str:
    return ngettext(
        "Seit %(time)s über dem Ziel von %(num)s Tag.",
        "Seit %(time)s über dem Ziel von %(num)s Tagen.",
        target_days(State(case.state), context.operator().target_days) or 1,
        time=labels.duration(case.harm_since),
    )


_STUCK_AT = {
    State.SUBMITTED: _l("Die Meldung ist noch nicht geprüft."),
    State.RECEIVED: _l("Die Prüfung hat noch nicht begonnen."),
    State.IN_DIAGNOSIS: _l("Die Prüfung ist noch nicht zu Ende."),
    State.QUOTE_ACCEPTED: _l("Die Reparatur hat noch nicht begonnen."),
    State.QUOTE_DECLINED: _l("Noch nicht bereit zum Rückversand."),
    State.IN_REPAIR: _l("Die Reparatur ist noch nicht zu Ende."),
    State.NO_FAULT_FOUND: _l("Noch nicht bereit zum Rückversand."),
    State.NOT_REPAIRABLE: _l("Noch nicht bereit zum Rückversand."),
    State.READY_TO_RETURN: _l("Noch nicht eingepackt und verschickt."),
    State.COMMISSIONING_BOOKED: _l("Die Inbetriebnahme ist noch nicht abgeschlossen."),
}
"""What a case is stuck at, for every state with a target time (rule S6)."""


def _stuck_at(case: Case) -> str:
    """Say what is to be done next; in the diagnosis, what the repair waits for (rules S6, W0–W4)."""
    if case.state is State.IN_DIAGNOSIS:
        bought_on = case.device.purchased_on if case.device_id else None
        waits = obstacles(case.decision, bought_on, quote_accepted=False)
        return str(OBSTACLES[waits[0]] if waits else _STUCK_AT[State.QUOTE_ACCEPTED])
    return str(_STUCK_AT.get(State(case.state), ""))


def _with_failed_read_out(link: SubstituteLink, standing: str) -> str:
    """Add that the database could not be read out: the lock waits for it (rule L6)."""
    if link.read_out_failed_at is None:
        return standing
    failed = _("Auslesen ging %(when)s nicht:", when=when(link.read_out_failed_at))
    return f"{standing} · {failed} {labels.quoted(shortened(link.read_out_problem, 90))}"


def _standing(case: Case) -> str:
    return _("%(state)s, seit %(when)s", state=labels.label(case.state), when=when(case.state_since))
