"""The texts people accept, word for word (rules T3, T6–T8, L2, L7, L8, W2, W3, P4, R1, S7).

Each is kept with the acceptance as it was shown. Whoever changes a text gives it a new version.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from portal.models import Operator
from portal.rules.report import ConsentKind
from portal.web import labels


@dataclass(frozen=True)
class Wording:
    """A text to accept; `with_fee` is its form where the operator has set an amount (rule P4)."""

    version: str
    reminder: Any  # said when the box is not ticked
    text: Any
    with_fee: Any = None
    fee: str = ""  # the operator's column that holds the amount


WORDINGS: Mapping[ConsentKind, Wording] = {
    ConsentKind.THIRD_PARTY_CHARGE: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass diese Hilfe extra kostet."),
        _l(
            "Das Gerät ist Fremdhardware. Mir ist bekannt: Hilfe dabei ist eine kostenpflichtige "
            "Sonderleistung, zusätzlich zu meinem Supportvertrag. Ich möchte sie anfragen."
        ),
        _l(
            "Das Gerät ist Fremdhardware. Mir ist bekannt: Hilfe dabei ist eine kostenpflichtige "
            "Sonderleistung, zusätzlich zu meinem Supportvertrag. Sie kostet %(amount)s. Ich möchte sie "
            "anfragen."
        ),
        "third_party_fee_cents",
    ),
    ConsentKind.TRAINING_CHARGE: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass die Schulung extra kostet."),
        _l(
            "Mir ist bekannt: Nach der ersten Schulung ist jede weitere kostenpflichtig. Ich möchte ein "
            "Angebot."
        ),
        _l(
            "Mir ist bekannt: Nach der ersten Schulung ist jede weitere kostenpflichtig. Sie kostet "
            "%(amount)s. Ich möchte ein Angebot."
        ),
        "training_fee_cents",
    ),
    ConsentKind.NO_SPARE_PARTS: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass es keine Ersatzteile gibt."),
        _l(
            "Mir ist bekannt: Für Geräte, die vor 2020 gekauft wurden, gibt es keine Ersatzteile. Der "
            "Support prüft meine Meldung zuerst. Ich schicke noch nichts ein."
        ),
    ),
    ConsentKind.REPAIR_BY_QUOTE: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie den Weg über den Kostenvoranschlag."),
        _l(
            "Mir ist bekannt: Die Reparatur kann etwas kosten. Vorher bekomme ich einen "
            "Kostenvoranschlag. Repariert wird erst, wenn ich ihn angenommen habe."
        ),
    ),
    ConsentKind.INSPECTION_FEE: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie die Kosten der Überprüfung."),
        _l(
            "Mir ist bekannt: Ist das Gerät nicht mehr in der Gewährleistung, kostet die Überprüfung "
            "etwas. Ich bin damit einverstanden."
        ),
        _l(
            "Mir ist bekannt: Ist das Gerät nicht mehr in der Gewährleistung, kostet die Überprüfung "
            "%(amount)s. Ich bin damit einverstanden."
        ),
        "inspection_fee_cents",
    ),
    ConsentKind.LINK_TEMPORARY: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie die Dauer von höchstens 30 Tagen."),
        _l(
            "Der Ersatzlink gilt höchstens 30 Tage. Danach wird er abgeschaltet und lässt sich nicht "
            "wieder einschalten."
        ),
    ),
    ConsentKind.LINK_TSE: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie den Punkt zur TSE."),
        _l(
            "Steckt die TSE als USB-Stick im Server, fällt sie mit ihm aus. Mit einem vollen Ersatzlink "
            "darf ich trotzdem arbeiten. Belege muss ich weiter ausgeben: Der Ausfall der TSE hebt die "
            "Belegpflicht nicht auf."
        ),
    ),
    ConsentKind.LINK_DEVICES: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie den Punkt zu Drucker und EC-Terminal."),
        _l(
            "Bondrucker und EC-Terminal haben meist kein WLAN und arbeiten mit dem Ersatzlink nicht. War "
            "das Terminal mit der Kasse verbunden, muss seine Hotline es auf manuellen Betrieb umstellen."
        ),
    ),
    ConsentKind.REMOTE_TERMS: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie die Regeln der Fernwartung."),
        _l(
            "Der Support arbeitet nur in einer vereinbarten Sitzung, nie im Hintergrund. Während der "
            "Sitzung benutzen wir die Kasse nur, wenn der Support es erlaubt. Steht unten links ein "
            "Support-Benutzer, bedient im Salon niemand die Kasse."
        ),
    ),
    ConsentKind.TSE_DISPOSAL: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass wir die TSE entsorgen dürfen."),
        _l(
            "Der Support darf die TSE aus meinem Kassenserver entsorgen. Ich bekomme sie nicht zurück. Mir "
            "ist bekannt: Was auf ihr gespeichert ist, lässt sich danach nicht mehr auslesen."
        ),
    ),
    ConsentKind.NOT_BEFORE_COMMISSIONING: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass Sie das gelesen haben."),
        _l(
            "Ich habe gelesen: Wir benutzen den Kassenserver erst, wenn der Support ihn in einem Termin mit "
            "uns in Betrieb genommen hat. Sonst entstehen in der Kasse schwere Fehler, die niemand mehr "
            "berichtigen kann. Bis dahin schließen wir nur Strom und Router an."
        ),
    ),
}


def amount_of(kind: ConsentKind, operator: Operator) -> int | None:
    """Return the fee in cents that goes with a text, or None: no amount set, no amount shown (rule P4)."""
    fee = WORDINGS[kind].fee
    return getattr(operator, fee) if fee else None


def text_of(kind: ConsentKind, operator: Operator) -> str:
    """Return the text to accept in the language of the request."""
    wording, amount = WORDINGS[kind], amount_of(kind, operator)
    if amount is None or wording.with_fee is None:
        return str(wording.text)
    return str(wording.with_fee) % {"amount": labels.money(amount)}


def accept(kinds: Iterable[ConsentKind], operator: Operator, now: datetime) -> list[dict[str, Any]]:
    """Return the acceptances of these texts as they are stored (rule S7)."""
    return [
        {
            "kind": str(kind),
            "wording": text_of(kind, operator),
            "version": WORDINGS[kind].version,
            "language": str(get_locale() or "de"),
            "amount_cents": amount_of(kind, operator),
            "at": now.isoformat(),
        }
        for kind in kinds
    ]
