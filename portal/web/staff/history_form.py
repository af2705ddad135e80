"""What is searched for in the history: read from the page's address, which says it all (rule S)."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_login import current_user

from portal.models import past, register
from portal.models import search as look_up
from portal.models.past import Key, Sought
from portal.rules import berlin
from portal.rules.workflow import Role
from portal.web.forms import clean, day_of
from portal.web.staff.past_words import DEEDS, KINDS, OF_COLLEAGUES, Kind
from portal.web.staff.search import case_number

LONGEST = 100
FIELDS = ("who", "case", "customer", "kind", "words", "since", "until", "address")
AS_TYPED = ("kind", "since", "until")  # what names nobody
PORTAL = "portal"


@dataclass
class Question:
    """What was typed, what it means, and what cannot be meant."""

    typed: dict[str, str]
    sought: Sought = field(default_factory=Sought)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, str]:
        """Return what was filled in, for addresses."""
        return {name: text for name, text in self.typed.items() if text}

    @property
    def recorded(self) -> dict[str, Any]:
        """Return what the record of an export keeps of the question: about whom and from when (rule P3).

        Never the words that were typed: they may name people, and nothing could erase them from there.
        """
        kept: dict[str, Any] = {name: text for name in AS_TYPED if (text := self.typed[name])}
        kept |= {"about": self.sought.about[0]} if self.sought.about else {}
        kept |= {"people": list(self.sought.people)} if self.sought.people else {}
        kept |= {"by_portal": True} if self.sought.by_portal else {}
        also = [name for name in ("words", "address") if self.typed.get(name)]
        return kept | ({"also_by": also} if also else {})


def is_admin() -> bool:
    """Tell whether colleagues' sign-ins, looks and addresses are shown."""
    return current_user.role == Role.ADMIN


def kinds() -> list[tuple[str, Any]]:
    """Return what may be chosen."""
    shown = [kind for kind in Kind if is_admin() or not OF_COLLEAGUES & DEEDS[kind].keys()]
    return [("", _("Alles")), *((kind.value, KINDS[kind]) for kind in shown)]


def question() -> Question:
    """Read the question out of the address; what cannot be understood is told at its field."""
    names = FIELDS if is_admin() else FIELDS[:-1]
    values = request.form if request.method == "POST" else request.args
    asked = Question({name: " ".join(clean(values.get(name, "")).split())[:LONGEST] for name in names})
    meant: dict[str, Any] = {
        "hidden": () if is_admin() else tuple(sorted(OF_COLLEAGUES)),
        "words": asked.typed["words"],
        "address": asked.typed.get("address", ""),
    }
    for read in (_person, _case, _customer, _kind, _days):
        meant |= read(asked)
    asked.sought = Sought(**meant)
    return asked


def _person(asked: Question) -> dict[str, Any]:
    text = asked.typed["who"]
    if text.casefold() == PORTAL:
        return {"by_portal": True}
    found = past.people_called(text) if text else ()
    if text and not found:
        asked.errors["who"] = _("Niemand hat diese E-Mail-Adresse oder diesen Namen.")
    return {"people": found} if found else {}


def _case(asked: Question) -> dict[str, Any]:
    text = asked.typed["case"]
    number = case_number(text) if text else None
    found = look_up.case_numbered(current_user, number) if number else None
    if text and found is None:
        asked.errors["case"] = _("Diesen Vorgang gibt es nicht. Bitte prüfen Sie die Nummer.")
    return past.of_case(found) if found else {}


def _customer(asked: Question) -> dict[str, Any]:
    text = asked.typed["customer"]
    if not text or asked.typed["case"]:
        return {}
    found = register.customers_like(text)
    if len(found) != 1:
        asked.errors["customer"] = (
            _("So heißen mehrere Kunden. Bitte geben Sie die Kundennummer ein.")
            if found
            else _("Diesen Kunden gibt es nicht. Namen werden vom Anfang an gesucht.")
        )
        return {}
    return past.of_customer(found[0])


def _kind(asked: Question) -> dict[str, Any]:
    text = asked.typed["kind"]
    if text not in dict(kinds()):
        asked.typed["kind"] = text = ""
    return {"whats": tuple(DEEDS[Kind(text)])} if text else {}


def _days(asked: Question) -> dict[str, Any]:
    """Return the instants between which the days lie, both included."""
    since, until = (_day(asked, name) for name in ("since", "until"))
    return {
        "since": berlin.to_utc(since, time()) if since else None,
        "before": berlin.to_utc(until + timedelta(days=1), time()) if until else None,
    }


def _day(asked: Question, name: str) -> date | None:
    text = asked.typed[name]
    found = day_of(text) if text else None
    if text and found is None:
        asked.errors[name] = _("Das ist kein Datum. Bitte so: 02.05.2026")
    return found


def key_of(text: str) -> Key | None:
    """Return from where a page goes on; anything else is the first page."""
    at, _dot, number = text.rpartition("~")
    try:
        found = berlin.aware(datetime.fromisoformat(at))
    except (ValueError, OverflowError):  # no instant, or one before the first
        return None
    return (found, int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None


def text_of(key: Key | None) -> str:
    """Return a key as it stands in the address."""
    return f"{key[0].isoformat()}~{key[1]}" if key else ""
