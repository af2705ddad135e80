"""What every state of a case is called and means for its owner: one sentence each (section S).

The table alone; what changes a sentence, an appointment for one, is in `sentences`.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.rules.workflow import Actor, State, next_actor


@dataclass(frozen=True)
class Saying:
    """What a state means for the owner: the matter, whose turn it is, what happens next and when."""

    title: Any
    turn: Actor
    next: Any  # the heading of the next step
    text: Any
    when: Any = ""
    is_about_link: bool = False


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
            _l("Lesen Sie ihn in Ruhe durch. Wir reparieren erst, wenn Sie zustimmen."),
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
            _l(
                "Der Kostenvoranschlag ist abgelehnt oder abgelaufen. Ihr Server kommt unrepariert zurück. "
                "Danach klären wir in einem Termin, wie es weitergeht."
            ),
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
                "Vielleicht liegt es am Router, am Kabel oder am Strom im Salon. Das sehen wir uns im Termin "
                "zur Inbetriebnahme gemeinsam an."
            ),
            _l("Meist innerhalb von 2 Werktagen."),
        ),
        _said(
            State.NOT_REPAIRABLE,
            _l("Ihr Kassenserver lässt sich nicht reparieren"),
            _l("Wir packen den Server für Sie ein"),
            _l("Er kommt unrepariert zurück. Danach klären wir in einem Termin, wie es weitergeht."),
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
            _l("Ist das Paket da? Dann bestätigen Sie es hier. Danach suchen Sie den Termin aus."),
            _l("Meist 1 bis 2 Werktage."),
        ),
        _said(
            State.DELIVERED,
            _l("Ihr Kassenserver ist zurück im Salon"),
            _l("Suchen Sie den Termin zur Inbetriebnahme aus"),
            _l("Im Termin nehmen wir den Server gemeinsam mit Ihnen in Betrieb."),
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
            _l("Sie arbeiten wieder wie gewohnt."),
        ),
    )
)
