"""How long is what kept, in words: on pages, in letters and at the desk.  Rule P3."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.models import Operator
from portal.rules import retention
from portal.rules.retention import DAYS, Brief, Kind
from portal.web import labels

KINDS = {
    Kind.CORRESPONDENCE: _l(
        "Schriftverkehr: Meldung, Nachrichten, Zustimmungen und Versandpapiere eines Vorgangs"
    ),
    Kind.VOUCHERS: _l("Belege: angenommene Kostenvoranschläge, Endbeträge, getauschte Teile und TSE"),
    Kind.BOOKS: _l("Aufzeichnungen darüber, wann ein Ersatzlink die Kasse ersetzt hat"),
}
SHORT = {
    Kind.CORRESPONDENCE: _l("Schriftverkehr"),
    Kind.VOUCHERS: _l("Belege"),
    Kind.BOOKS: _l("Aufzeichnungen zum Ersatzlink"),
}
LAW = {
    Kind.CORRESPONDENCE: _l("§ 257 Abs. 1 Nr. 2 und 3 HGB, § 147 Abs. 1 Nr. 2 und 3 AO"),
    Kind.VOUCHERS: _l("§ 257 Abs. 1 Nr. 4 HGB, § 147 Abs. 1 Nr. 4 AO"),
    Kind.BOOKS: _l("§ 257 Abs. 1 Nr. 1 HGB, § 147 Abs. 1 Nr. 1 AO"),
}
BRIEFS = {
    Brief.DRAFTS: _l("Angefangene Meldungen, die nicht weitergeführt wurden"),
    Brief.SIGN_INS: _l("Wann und von wo aus sich jemand angemeldet hat, wenn die Anmeldung beendet ist"),
    Brief.LETTERS: _l("E-Mails, die wir geschickt haben, wenn der Vorgang abgeschlossen ist"),
    Brief.REQUESTS: _l("Anträge auf einen Zugang und auf eine andere E-Mail-Adresse, wenn sie erledigt sind"),
    Brief.COPIES: _l("Die Kopie der eigenen Daten"),
}


@dataclass(frozen=True)
class Period:
    """One kind of data and how long it is kept."""

    what: Any
    length: str
    why: Any = ""


def long_periods(operator: Operator) -> list[Period]:
    """Return the kinds that are kept for years, with what they are kept for."""
    years = retention.years(operator.retention_years)
    return [Period(KINDS[kind], in_years(years[kind]), LAW[kind]) for kind in Kind]


def brief_periods() -> list[Period]:
    """Return the kinds that are kept for days."""
    return [
        Period(text, ngettext("%(num)s Tag", "%(num)s Tage", DAYS[kind])) for kind, text in BRIEFS.items()
    ]


def in_years(number: int) -> str:
    """Return "6 Jahre"."""
    return ngettext("%(num)s Jahr", "%(num)s Jahre", number)


def stand() -> str:
    """Return of which day the usual periods are."""
    return labels.day(retention.STAND, weekday=False)


def kept(rows: Iterable[dict[str, Any]]) -> list[Period]:
    """Return what stays locked in words, of what was written down with a request."""
    return [_kept(Kind(row["kind"]), date.fromisoformat(row["until"]), row["cases"]) for row in rows]


def _kept(kind: Kind, until: date, cases: int) -> Period:
    counted = ngettext("%(num)s Vorgang", "%(num)s Vorgänge", cases)
    return Period(f"{counted}, {SHORT[kind]}", labels.day(until, weekday=False), LAW[kind])
