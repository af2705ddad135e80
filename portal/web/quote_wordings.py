"""The texts with which an owner answers a quote, word for word (rules W3, P4, S7).

Both name the quote, its day and its amount, and are kept as they were shown. Whoever changes a text gives
it a new version.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from portal.models import Quote
from portal.rules.report import ConsentKind
from portal.web import labels
from portal.web.wordings import Wording

WORDINGS: Mapping[ConsentKind, Wording] = {
    ConsentKind.QUOTE_ACCEPTED: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass Sie den Kostenvoranschlag annehmen."),
        _l(
            "Ich nehme den Kostenvoranschlag Nr. %(number)s vom %(day)s über insgesamt %(amount)s an. Der "
            "Kassenserver soll repariert werden. Wird es mehr als 10 Prozent teurer, bekomme ich vorher "
            "einen neuen Kostenvoranschlag."
        ),
    ),
    ConsentKind.QUOTE_DECLINED: Wording(
        "2026-11",
        _l("Bitte bestätigen Sie, dass Sie den Kostenvoranschlag ablehnen."),
        _l(
            "Ich lehne den Kostenvoranschlag Nr. %(number)s vom %(day)s über insgesamt %(amount)s ab. Der "
            "Kassenserver wird nicht repariert und kommt zu mir zurück."
        ),
        _l(
            "Ich lehne den Kostenvoranschlag Nr. %(number)s vom %(day)s über insgesamt %(amount)s ab. Der "
            "Kassenserver wird nicht repariert und kommt zu mir zurück. Die Überprüfung kostet %(fee)s. Dem "
            "habe ich vor dem Einsenden zugestimmt."
        ),
    ),
}


def text_of(kind: ConsentKind, quote: Quote) -> str:
    """Return the text to accept in the language of the request."""
    wording, said = WORDINGS[kind], quote.frozen
    fee = said["inspection_fee_cents"]
    text = wording.text if fee is None or wording.with_fee is None else wording.with_fee
    return str(text) % {
        "number": quote.number,
        "day": labels.day(date.fromisoformat(said["sent_on"]), weekday=False),
        "amount": labels.money(quote.total_cents),
        "fee": labels.money(fee),
    }


def accept(kind: ConsentKind, quote: Quote, now: datetime) -> dict[str, Any]:
    """Return the answer as it is stored; a yes with the total, a no with what the inspection costs (S7)."""
    fee = quote.frozen["inspection_fee_cents"]
    return {
        "kind": str(kind),
        "wording": text_of(kind, quote),
        "version": WORDINGS[kind].version,
        "language": str(get_locale() or "de"),
        "amount_cents": quote.total_cents if kind is ConsentKind.QUOTE_ACCEPTED else fee,
        "at": now.isoformat(),
    }
