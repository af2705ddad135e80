"""The operator record as a form: what is asked for, how it is typed, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.actions.operator import LIMITS, TARGETS
from portal.models import Operator
from portal.rules import urgency
from portal.web import amounts, labels
from portal.web.forms import clean, day_of


class Kind(StrEnum):
    """How a field is typed and shown."""

    LINE = "line"
    TEXT = "text"
    DAY = "day"
    EUROS = "euros"
    NUMBER = "number"
    ADDRESS = "address"
    EMAIL = "email"
    COUNTRY = "country"
    PHONE = "phone"


@dataclass(frozen=True)
class Asked:
    """One field: its column, what it is called, how it is typed and a hint."""

    name: str
    label: Any
    kind: Kind = Kind.LINE
    hint: Any = ""
    is_needed: bool = False
    longest: int = 0


@dataclass(frozen=True)
class Group:
    """Fields that belong together."""

    title: Any
    fields: tuple[Asked, ...]
    hint: Any = ""

    @property
    def is_figures(self) -> bool:
        """Tell whether only numbers are asked for; they stand side by side."""
        return all(asked.kind is Kind.NUMBER for asked in self.fields)


NO_FEE = _l("Leer heißt: Diese Gebühr gibt es nicht. Dann steht sie nirgends.")
STAND = _l("Steht unter dem Text.")
DAYS = _l(
    "In Tagen. Steht ein Vorgang länger, rückt er in der Werkbank nach oben."
    " Warten auf den Salon zählt nicht."
)

GROUPS = (
    Group(
        _l("Wer wir sind"),
        (
            Asked("brand", _l("Marke"), hint=_l("Steht oben auf jeder Seite."), is_needed=True, longest=40),
            Asked("company", _l("Firma"), is_needed=True, longest=120),
            Asked("person", _l("Ansprechperson"), longest=80),
            Asked("street", _l("Straße und Hausnummer"), is_needed=True, longest=100),
            Asked("postal_code", _l("Postleitzahl"), is_needed=True, longest=10),
            Asked("city", _l("Ort"), is_needed=True, longest=80),
            Asked(
                "country", _l("Land"), Kind.COUNTRY, _l("Zwei Buchstaben, zum Beispiel DE."), True, longest=2
            ),
        ),
    ),
    Group(
        _l("Wie man uns erreicht"),
        (
            Asked("phone", _l("Telefon"), Kind.PHONE, longest=20),
            Asked(
                "email", _l("E-Mail-Adresse"), Kind.EMAIL, _l("Antworten auf unsere E-Mails gehen hierhin.")
            ),
            Asked("support_hours", _l("Wann wir da sind"), longest=200),
            Asked("helpdesk_url", _l("Adresse des Helpdesks"), Kind.ADDRESS, longest=300),
            Asked(
                "upload_name",
                _l("Name der Datensicherung von Hand"),
                hint=_l("So heißt der Knopf in der Kasse."),
                is_needed=True,
                longest=60,
            ),
        ),
    ),
    Group(
        _l("Fristen"),
        (
            Asked("release_days", _l("Eine Freigabe gilt (Tage)"), Kind.NUMBER, is_needed=True),
            Asked(
                "overdue_days", _l("Nach einem Paket fragen wir nach (Tagen)"), Kind.NUMBER, is_needed=True
            ),
            Asked("quote_days", _l("Ein Kostenvoranschlag gilt (Tage)"), Kind.NUMBER, is_needed=True),
        ),
    ),
    Group(
        _l("Zielzeiten"),
        tuple(
            Asked(name, labels.STATES[state], Kind.NUMBER, is_needed=True) for name, state in TARGETS.items()
        ),
        hint=DAYS,
    ),
    Group(
        _l("Geld"),
        (
            Asked("vat_percent", _l("Umsatzsteuer (Prozent)"), Kind.NUMBER, is_needed=True),
            Asked("inspection_fee_cents", _l("Überprüfung (Euro)"), Kind.EUROS, NO_FEE),
            Asked("third_party_fee_cents", _l("Hilfe bei Fremdhardware (Euro)"), Kind.EUROS, NO_FEE),
            Asked("training_fee_cents", _l("Schulung (Euro)"), Kind.EUROS, NO_FEE),
            Asked("quote_terms", _l("Bedingungen auf dem Kostenvoranschlag"), Kind.TEXT),
            Asked("quote_terms_on", _l("Stand der Bedingungen"), Kind.DAY, STAND),
        ),
    ),
    Group(
        _l("Rechtliche Texte"),
        (
            Asked(
                "imprint_text",
                _l("Impressum"),
                Kind.TEXT,
                _l("Name und Anschrift stehen schon darüber. Zeilen mit ## am Anfang sind Überschriften."),
            ),
            Asked("imprint_on", _l("Stand des Impressums"), Kind.DAY, STAND),
            Asked("privacy_text", _l("Datenschutz"), Kind.TEXT),
            Asked("privacy_on", _l("Stand des Datenschutztextes"), Kind.DAY, STAND),
            Asked("accessibility_text", _l("Barrierefreiheit"), Kind.TEXT),
            Asked("accessibility_on", _l("Stand der Erklärung"), Kind.DAY, STAND),
        ),
    ),
)
FIELDS: Mapping[str, Asked] = {asked.name: asked for group in GROUPS for asked in group.fields}
LONGEST_TEXT = 50_000
LEAST_DIGITS = 5
STANDS = {"quote_terms_on": "quote_terms"} | {
    f"{text}_on": f"{text}_text" for text in ("imprint", "privacy", "accessibility")
}
"""The days on which texts were last changed, and their texts."""


def shown(operator: Operator) -> dict[str, str]:
    """Return the record as it stands in the fields."""
    return {name: _shown(asked, _stored(operator, name)) for name, asked in FIELDS.items()}


def _stored(operator: Operator, name: str) -> Any:
    if name in TARGETS:
        return urgency.target_days(TARGETS[name], operator.target_days)
    return getattr(operator, name)


def _shown(asked: Asked, value: Any) -> str:
    if value is None:
        return ""
    return amounts.typed(value) if asked.kind is Kind.EUROS else str(value)


def mark_of(operator: Operator) -> str:
    """Return what the record was like when the form was made: somebody may be faster (rule S3)."""
    told = "\x00".join(f"{name}={value}" for name, value in shown(operator).items())
    return sha256(told.encode()).hexdigest()[:16]


def read(typed: Mapping[str, str], today: date) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values as the action takes them, and what is wrong by field."""
    values, wrong = {}, {}
    for name, asked in FIELDS.items():
        text = clean(typed.get(name, ""))
        if asked.kind is not Kind.TEXT:
            text = " ".join(text.split())
        found, problem = _value(asked, text)
        values[name] = found
        if problem:
            wrong[name] = problem
    return values, {**_wrong_together(values, today), **wrong}


def _wrong_together(values: Mapping[str, str], today: date) -> dict[str, str]:
    """Name what is wrong only beside another field, or today."""
    wrong = {}
    code = values["postal_code"]
    pattern = r"\d{5}" if values["country"] == "DE" else r"[A-Za-z0-9][A-Za-z0-9 \-]{2,9}"
    if not re.fullmatch(pattern, code, re.ASCII):
        wrong["postal_code"] = _("Die Postleitzahl hat fünf Ziffern.")
    for name, text in STANDS.items():
        if values[text] and not values[name]:
            wrong[name] = _("Bitte geben Sie an, von wann der Text ist.")
        elif values[name] > today.isoformat():
            wrong[name] = _("Dieser Tag liegt in der Zukunft.")
    return wrong


def _value(asked: Asked, text: str) -> tuple[str, str]:
    if not text:
        return "", _("Bitte füllen Sie das aus.") if asked.is_needed else ""
    longest = asked.longest or LONGEST_TEXT
    if len(text) > longest:
        return text, _("Das ist zu lang. Bitte höchstens %(longest)s Zeichen.", longest=longest)
    if asked.kind is Kind.NUMBER:
        return _number(asked.name, text)
    return READERS.get(asked.kind, _plain)(text)


def _plain(text: str) -> tuple[str, str]:
    return text, ""


def _day(text: str) -> tuple[str, str]:
    found = day_of(text)
    return (found.isoformat(), "") if found else (text, _("Dieses Datum gibt es nicht. Bitte so: 21.11.2026"))


def _euros(text: str) -> tuple[str, str]:
    cents = amounts.cents_of(text)
    if cents is None or not 0 <= cents <= 10_000_000:
        return text, _("Das ist kein Betrag. Bitte so: 95,00")
    return str(cents), ""


def _number(name: str, text: str) -> tuple[str, str]:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return text, _("Bitte geben Sie eine ganze Zahl ein.")
    least, most = LIMITS[name]
    return text, "" if least <= int(text) <= most else beyond(name)


def beyond(name: str) -> str:
    """Say what numbers a field takes."""
    least, most = LIMITS[name]
    return _("Bitte %(least)s bis %(most)s.", least=least, most=most)


def _country(text: str) -> tuple[str, str]:
    code = text.upper()
    if code in phonenumbers.SUPPORTED_REGIONS:  # the codes of ISO 3166
        return code, ""
    return text, _("Bitte geben Sie die zwei Buchstaben des Landes ein, zum Beispiel DE.")


def _phone(text: str) -> tuple[str, str]:
    is_good = re.fullmatch(r"[\d +()/-]+", text, re.ASCII) and sum(map(str.isdigit, text)) >= LEAST_DIGITS
    if is_good:
        return text, ""
    return text, _("Das ist keine Telefonnummer. Bitte mit Vorwahl, zum Beispiel 02202 12345.")


def _address(text: str) -> tuple[str, str]:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_good = False
    return (text, "") if is_good else (text, _("Das ist keine Adresse. Sie beginnt mit https://"))


def _email(text: str) -> tuple[str, str]:
    try:
        return validate_email(text, check_deliverability=False).normalized, ""
    except EmailNotValidError:
        return text, _("Das ist keine E-Mail-Adresse. Sie sieht so aus: name@beispiel.de")


READERS = {
    Kind.DAY: _day,
    Kind.EUROS: _euros,
    Kind.ADDRESS: _address,
    Kind.EMAIL: _email,
    Kind.COUNTRY: _country,
    Kind.PHONE: _phone,
}
