"""The outbox: what was given up, what waits and why, and when the worker was last here (rule S4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import hooks
from portal.actions import letters as deeds
from portal.models import Hook, Letter, desk
from portal.models.counters import Round
from portal.models.letters import Channel, Waiting
from portal.outside import clock
from portal.rules.links import TillDeed
from portal.web import labels
from portal.web.fragments import go_to, page
from portal.web.staff import bp, letter_trouble

EVENTS = {
    "submitted": _l("Meldung eingegangen"),
    "emergency_code": _l("Code für eine Meldung ohne Konto"),
    "emergency_link": _l("Link zu einem Vorgang ohne Konto"),
    "released": _l("Zum Einsenden freigegeben"),
    "question": _l("Rückfrage"),
    "declined": _l("Meldung abgelehnt"),
    "solved_remotely": _l("Ohne Einsendung gelöst"),
    "cancelled": _l("Vorgang abgebrochen"),
    "on_its_way_to_us": _l("Unterwegs zu uns"),
    "received": _l("Paket angekommen"),
    "commissioned": _l("Wieder in Betrieb"),
    "link_requested": _l("Ersatzlink angefragt"),
    "link_granted": _l("Ersatzlink freigegeben"),
    "link_refused": _l("Ersatzlink abgelehnt"),
    "link_ended": _l("Ersatzlink beendet"),
    "link_ends_soon": _l("Ersatzlink endet bald"),
    "sign_in_link": _l("Link zum Anmelden"),
    "invitation": _l("Einladung"),
    "takeout_ready": _l("Kopie der Daten ist fertig"),
    "deletion_asked": _l("Löschung beantragt"),
    "deletion_waits": _l("Löschung wartet auf Offenes"),
    "deletion_withdrawn": _l("Löschung zurückgenommen"),
    "deletion_done": _l("Daten gelöscht"),
    "factor_changed": _l("Zweiter Schritt beim Anmelden geändert"),
    "passkey_changed": _l("Passkey angelegt oder entfernt"),
    "passkey_copied": _l("Passkey abgewiesen"),
    "registration_known": _l("Registriert, aber schon bekannt"),
    "registration_open": _l("Registrierung wird geprüft"),
    "registration_approved": _l("Registrierung angenommen"),
    "registration_refused": _l("Registrierung abgelehnt"),
    "colleague_added": _l("Noch jemand hat Zugang"),
    "colleague_invited": _l("Einladung aus dem Betrieb"),
    "colleague_known": _l("Einladung an jemanden mit Konto"),
    "person_removed": _l("Zugang beendet"),
    "email_change_old": _l("Neue E-Mail-Adresse, an die bisherige"),
    "email_change_new": _l("Neue E-Mail-Adresse, an die neue"),
    "email_change_taken": _l("Neue E-Mail-Adresse ist vergeben"),
    "email_changed": _l("E-Mail-Adresse geändert"),
    "staff_link_ends_soon": _l("Ersatzlink endet bald, an den Support"),
    "link_locked": _l("Belegsperre gesetzt"),
    "link_unlocked": _l("Belegsperre aufgehoben"),
    "link_read_out_failed": _l("Auslesen ist nicht gelungen"),
    "release_ends_soon": _l("Freigabe endet bald"),
    "release_lapsed": _l("Freigabe abgelaufen"),
    "parcel_awaited": _l("Angekündigtes Paket fehlt"),
    "part_awaited": _l("Fehlendes Teil noch nicht da"),
    "parcel_incomplete": _l("Im Paket fehlt etwas"),
    "parcel_complete": _l("Paket ist vollständig"),
    "parcel_waived": _l("Fehlendes Teil nicht mehr nötig"),
    "parcel_without_report": _l("Paket ohne Meldung"),
    "parcel_sent_after": _l("Teil nachgeschickt"),
    "tse_disposal_asked": _l("Frage zur alten TSE"),
    "in_repair": _l("Reparatur begonnen"),
    "no_fault_found": _l("Kein Fehler gefunden"),
    "not_repairable": _l("Nicht reparierbar"),
    "quote_sent": _l("Kostenvoranschlag"),
    "quote_ends_soon": _l("Kostenvoranschlag endet bald"),
    "quote_lapsed": _l("Kostenvoranschlag abgelaufen"),
    "quote_accepted": _l("Kostenvoranschlag angenommen"),
    "quote_declined": _l("Kostenvoranschlag abgelehnt"),
    "on_its_way_back": _l("Auf dem Rückweg"),
    "arrival_asked": _l("Frage nach der Ankunft"),
    "booking_asked": _l("Termin noch nicht ausgesucht"),
    "appointment_booked": _l("Termin gebucht"),
    "appointment_moved": _l("Termin verschoben"),
    "appointment_cancelled": _l("Termin entfällt"),
    "appointment_soon": _l("Erinnerung an den Termin"),
    "appointment_missed": _l("Zum Termin nicht erreicht"),
}
CHANNELS = {
    Channel.MAIL: _l("E-Mails"),
    Channel.TILL: _l("Aufträge an die Kassen"),
    Channel.HOOK: _l("Webhooks"),
}


@dataclass(frozen=True)
class Sheet:
    """A letter as the desk shows it: what it is, for whom, and what it is about."""

    letter: Letter
    title: str
    to: str
    link: int | None
    may_try_again: bool

    @property
    def trouble(self) -> Any:
        """Return why it has not left, in one sentence."""
        return letter_trouble.said_of(self.letter)


@dataclass(frozen=True)
class Queue:
    """What waits on one channel; `due_at` None = the next try comes with the next round."""

    label: Any
    count: int
    oldest_at: datetime
    due_at: datetime | None


@bp.get("/letters")
def letters() -> Response:
    """Show what was given up and what waits, and say when the worker was last here."""
    return _shown()


@bp.post("/letters/<id:letter>/again")
def letter_again(letter: int) -> Response:
    """Put a letter back into the outbox; 409 if it is there already, or can never leave."""
    found = get_object_or_404(Letter, Letter.id == letter)
    is_wanted = _sheet(found, desk.ended_hooks([found])).may_try_again
    if not (is_wanted and _tried_again(found)):
        notice = _("Dieser Auftrag wartet nicht mehr auf Sie, oder ein späterer ist schon ausgeführt.")
        return _shown(status=409, notice=notice)
    flash(_("Es wird noch einmal versucht."), "good")
    return go_to(url_for("staff.letters"))


def _tried_again(letter: Letter) -> bool:
    if letter.channel is not Channel.HOOK:
        return deeds.try_again(letter, now=clock.now())
    hook = Hook.get_by_id(letter.context["hook"])
    return hooks.try_again(hook, letter, by=current_user._get_current_object(), now=clock.now())


def _shown(*, status: int = 200, notice: str = "") -> Response:
    given_up, held_up = list(desk.given_up_letters()), list(Letter.held_up())
    ended = desk.ended_hooks(given_up)
    now = clock.now()
    return page(
        "staff/letters.html",
        status=status,
        notice=notice,
        given_up=[_sheet(letter, ended) for letter in given_up],
        held_up=[_sheet(letter, ended) for letter in held_up],
        queues=[_queue(channel, found, now) for channel, found in sorted(Letter.waiting().items())],
        last_round=Round.last_at(),
    )


def _queue(channel: Channel, waiting: Waiting, now: datetime) -> Queue:
    due_at = waiting.due_at if waiting.due_at > now else None
    return Queue(CHANNELS[channel], waiting.count, waiting.oldest_at, due_at)


def _sheet(letter: Letter, ended_hooks: set[int]) -> Sheet:
    context = letter.context
    if letter.channel is Channel.TILL:
        return Sheet(letter, labels.label(TillDeed(letter.event)), "", context.get("link_id"), True)
    if letter.channel is Channel.HOOK:
        title = _("Webhook %(event)s", event=letter.event)
        return Sheet(letter, title, letter.recipient, None, context.get("hook") not in ended_hooks)
    title = str(EVENTS.get(letter.event, letter.event))
    return Sheet(letter, title, letter.recipient, None if letter.case_id else context.get("link_id"), True)
