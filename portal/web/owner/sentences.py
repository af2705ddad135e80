"""What is the matter, and who acts next?  One sentence for every state of a case (section S).

`of` answers for the page, the list and the live update alike, so they never disagree.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import Case, SubstituteLink
from portal.rules.triage import SessionNotice, session_notices
from portal.rules.workflow import Actor, State, next_actor
from portal.web import labels


@dataclass(frozen=True)
class Saying:
    """What a state means for the owner: the matter, whose turn it is, what happens next and when."""

    title: Any
    turn: Actor
    next: Any  # the heading of the next step
    text: Any
    when: Any = ""


def _said(state: State, title: Any, next: Any, text: Any, when: Any = "") -> tuple[State, Saying]:
    return state, Saying(title, next_actor(state), next, text, when)


SAYINGS: dict[State, Saying] = dict(
    (
        _said(
            State.DRAFT,
            _l("Ihre Meldung ist noch nicht abgeschickt"),
            _l("Meldung zu Ende bringen"),
            _l("Beantworten Sie die letzten Fragen und schicken Sie die Meldung ab."),
        ),
        _said(
            State.SUBMITTED,
            _l("Wir prüfen Ihre Meldung"),
            _l("Bitte noch nichts einschicken"),
            _l("Wir lesen Ihre Meldung und schreiben Ihnen, wie es weitergeht."),
            _l("Meist am nächsten Werktag."),
        ),
        _said(
            State.AWAITING_INFORMATION,
            _l("Wir haben eine Frage an Sie"),
            _l("Bitte beantworten Sie unsere Frage"),
            _l("Danach geht es sofort weiter."),
        ),
        _said(
            State.DECLINED,
            _l("Wir haben Ihre Meldung abgelehnt"),
            _l("Dieser Vorgang ist beendet"),
            _l("Bitte schicken Sie nichts ein. Sehen Sie das anders? Dann rufen Sie uns an."),
        ),
        _said(
            State.SOLVED_REMOTELY,
            _l("Der Fehler ist ohne Einsenden behoben"),
            _l("Sie müssen nichts mehr tun"),
            _l("Bitte schicken Sie nichts ein. Tritt der Fehler wieder auf? Dann melden Sie ihn neu."),
        ),
        _said(
            State.CANCELLED,
            _l("Dieser Vorgang ist abgebrochen"),
            _l("Sie müssen nichts mehr tun"),
            _l("Bitte schicken Sie mit dieser Nummer nichts mehr ein. Sie können jederzeit neu melden."),
        ),
        _said(
            State.AWAITING_SHIPMENT,
            _l("Schicken Sie uns Ihren Kassenserver"),
            _l("Einpacken und abschicken"),
            _l("Drucken Sie den Begleitschein. Haken Sie ab, was ins Paket kommt, und legen Sie ihn dazu."),
        ),
        _said(
            State.ON_ITS_WAY_TO_US,
            _l("Ihr Kassenserver ist unterwegs zu uns"),
            _l("Jetzt fährt das Paket"),
            _l("Sobald es bei uns ist, schreiben wir Ihnen. Sie müssen nichts tun."),
            _l("Meist 1 bis 2 Werktage."),
        ),
        _said(
            State.RECEIVED,
            _l("Ihr Kassenserver ist bei uns angekommen"),
            _l("Wir lesen Ihre Daten aus"),
            _l("Danach prüfen wir das Gerät. Sie müssen nichts tun."),
            _l("Meist 1 Werktag."),
        ),
        _said(
            State.IN_DIAGNOSIS,
            _l("Wir prüfen Ihren Kassenserver"),
            _l("Wir suchen den Fehler"),
            _l("Kostet die Reparatur etwas, dann fragen wir Sie vorher."),
            _l("Meist 1 bis 3 Werktage."),
        ),
        _said(
            State.AWAITING_QUOTE_DECISION,
            _l("Ihr Kostenvoranschlag ist da"),
            _l("Bitte entscheiden Sie über die Reparatur"),
            _l("Wir reparieren erst, wenn Sie zustimmen. Rufen Sie uns dazu bitte an."),
        ),
        _said(
            State.QUOTE_ACCEPTED,
            _l("Sie haben den Kostenvoranschlag angenommen"),
            _l("Wir beginnen mit der Reparatur"),
            _l("Sie müssen nichts tun."),
            _l("Meist innerhalb von 2 Werktagen."),
        ),
        _said(
            State.QUOTE_DECLINED,
            _l("Wir reparieren Ihren Kassenserver nicht"),
            _l("Wir packen den Server für Sie ein"),
            _l("Der Kostenvoranschlag ist abgelehnt oder abgelaufen. Ihr Server kommt unrepariert zurück."),
            _l("Meist innerhalb von 2 Werktagen."),
        ),
        _said(
            State.IN_REPAIR,
            _l("Wir reparieren Ihren Kassenserver"),
            _l("Die Reparatur läuft"),
            _l("Sobald der Server fertig ist, schreiben wir Ihnen. Sie müssen nichts tun."),
            _l("Meist 3 bis 5 Werktage."),
        ),
        _said(
            State.NO_FAULT_FOUND,
            _l("Wir haben keinen Fehler gefunden"),
            _l("Wir packen den Server für Sie ein"),
            _l(
                "Vielleicht liegt es am Router, am Kabel oder am Strom im Salon. Wir besprechen es mit Ihnen."
            ),
            _l("Meist innerhalb von 2 Werktagen."),
        ),
        _said(
            State.NOT_REPAIRABLE,
            _l("Ihr Kassenserver lässt sich nicht reparieren"),
            _l("Wir melden uns bei Ihnen"),
            _l("Wir besprechen mit Ihnen, wie es ohne dieses Gerät weitergeht."),
            _l("Meist innerhalb von 2 Werktagen."),
        ),
        _said(
            State.READY_TO_RETURN,
            _l("Ihr Kassenserver geht bald zurück zu Ihnen"),
            _l("Wir verschicken das Paket"),
            _l("Sie bekommen die Sendungsnummer, sobald das Paket unterwegs ist."),
            _l("Meist innerhalb von 2 Werktagen."),
        ),
        _said(
            State.ON_ITS_WAY_BACK,
            _l("Ihr Kassenserver ist auf dem Rückweg"),
            _l("Jetzt fährt das Paket"),
            _l("Nehmen Sie es an und schließen Sie nur Strom und Router an. Arbeiten Sie noch nicht damit."),
            _l("Meist 1 bis 2 Werktage."),
        ),
        _said(
            State.DELIVERED,
            _l("Ihr Kassenserver ist zurück im Salon"),
            _l("Vereinbaren Sie den Termin zur Inbetriebnahme"),
            _l("Rufen Sie uns an. Wir nehmen den Server gemeinsam mit Ihnen in Betrieb."),
        ),
        _said(
            State.COMMISSIONING_BOOKED,
            _l("Der Termin zur Inbetriebnahme steht"),
            _l("Wir melden uns zum Termin"),
            _l("Halten Sie Ihre Fernwartung mit RustDesk bereit."),
        ),
        _said(
            State.COMMISSIONED,
            _l("Ihr Kassenserver ist wieder in Betrieb"),
            _l("Sie müssen nichts mehr tun"),
            _l("Sie arbeiten wieder wie gewohnt. Der Ersatzlink ist beendet."),
        ),
    )
)

LAPSED = Saying(
    _l("Die Freigabe zum Einsenden ist abgelaufen"),
    Actor.OWNER,
    _l("Bitte so nicht mehr abschicken"),
    _l("Rufen Sie uns an, dann verlängern wir sie. Ist das Paket schon unterwegs? Dann sagen Sie es hier."),
)

REMOTE = Saying(
    _l("Der Support meldet sich bei Ihnen"),
    Actor.STAFF,
    _l("Bitte nichts einschicken"),
    _l("Wir lesen Ihre Meldung und rufen Sie an. Meist helfen wir per Fernwartung."),
    _l("Meist am nächsten Werktag."),
)

READ_OUT = Saying(
    SAYINGS[State.RECEIVED].title,
    Actor.STAFF,
    _l("Ihre Daten sind ausgelesen, jetzt prüfen wir das Gerät"),
    _l("Sie müssen nichts tun."),
    _l("Meist 1 bis 3 Werktage."),
)
"""The server is here, and its data are read out for the link already (rule L6)."""

NOT_READ_OUT = Saying(
    SAYINGS[State.RECEIVED].title,
    Actor.STAFF,
    _l("Ihre Daten ließen sich noch nicht auslesen"),
    _l("Sie müssen nichts tun."),
)
"""The server is here, and reading it out has failed so far: the link's card says what comes now (rule L6)."""

TURNS = {
    Actor.OWNER: _l("Sie sind dran"),
    Actor.STAFF: _l("Wir sind dran"),
    Actor.CARRIER: _l("Der Paketdienst ist dran"),
    Actor.NOBODY: _l("Abgeschlossen"),
}

NOTICES = {
    SessionNotice.RUSTDESK_READY: _l(
        "Halten Sie RustDesk bereit. So ist es vereinbart. TeamViewer unterstützen wir nicht mehr."
    ),
    SessionNotice.LIVE_ONLY: _l(
        "Wir arbeiten nur live mit Ihnen, nie im Hintergrund. Sonst kann die Datenbank Schaden nehmen."
    ),
    SessionNotice.HANDS_OFF_IN_SESSION: _l(
        "Benutzen Sie die Kasse während der Sitzung nicht, außer wir bitten Sie darum."
    ),
    SessionNotice.HANDS_OFF_WHILE_SUPPORT_SIGNED_IN: _l(
        "Steht unten links an der Kasse ein Support-Benutzer, dann benutzen Sie die Kasse nicht."
    ),
}

NOT_YET = frozenset({State.ON_ITS_WAY_BACK, State.DELIVERED, State.COMMISSIONING_BOOKED})
"""The states in which a returned server must not be used yet (rule R1)."""


def is_lapsed(case: Case, now: datetime) -> bool:
    """Tell whether the parcel must not be sent any more (rule C2b)."""
    return case.state is State.AWAITING_SHIPMENT and case.is_lapsed(now)


def of(case: Case, now: datetime, link: SubstituteLink | None = None) -> Saying:
    """Return what the case's state means for the owner at this moment (rules S1, S2, C2b).

    `link` is the case's newest link: its read-out may be ahead of the case's state, or have failed.
    """
    if case.state is State.RECEIVED and link is not None:
        if link.read_out_at is not None:
            return READ_OUT
        if link.read_out_failed_at is not None:
            return NOT_READ_OUT
    if is_lapsed(case, now):
        return LAPSED
    if case.state is State.SUBMITTED and not case.is_send_in:
        return REMOTE
    said = SAYINGS[case.state]
    if case.state is State.AWAITING_SHIPMENT and case.valid_until:
        until = labels.moment(case.valid_until)
        return replace(said, when=_("Die Freigabe gilt bis %(moment)s.", moment=until))
    return said


def notices(case: Case) -> list[Any]:
    """Return what must be known before support works with the salon from afar (rules T7, T8)."""
    live = case.state in (State.SUBMITTED, State.AWAITING_INFORMATION)
    kinds = session_notices(case.outcome) if live else ()
    if case.state is State.COMMISSIONING_BOOKED:
        kinds = tuple(SessionNotice)
    return [NOTICES[kind] for kind in kinds]
