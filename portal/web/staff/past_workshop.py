"""What the history says of the workshop: what was before, and what is now (rules W0, W4, L6, O2)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from portal.models import History
from portal.rules.warranty import Decision
from portal.rules.workshop import SwapPart
from portal.web import labels


def details(row: History) -> list[str]:
    """Return what was written down with a deed of the workshop, as far as it is for people."""
    say = _SAY.get(row.what)
    return [part for part in say(row.facts) if part] if say else []


def _of_decision(facts: dict[str, Any]) -> Iterator[str]:
    before = facts.get("decision_before")
    old = labels.label(Decision(before)) if before else ""
    yield changed(old, labels.label(Decision(facts["decision"])))


def _of_purchase(facts: dict[str, Any]) -> Iterator[str]:
    yield changed(_bought(facts.get("bought_before", "")), _bought(facts["bought_on"]))


def _of_diagnosis(facts: dict[str, Any]) -> Iterator[str]:
    if facts.get("diagnosis_before"):
        yield _("vorher: %(text)s", text=labels.quoted(facts["diagnosis_before"]))


def _of_read_out(facts: dict[str, Any]) -> Iterator[str]:
    if facts.get("read_out_at"):
        when = labels.short(datetime.fromisoformat(facts["read_out_at"]))
        yield _("eingetragen war %(when)s", when=when)


def _of_swap(facts: dict[str, Any]) -> Iterator[str]:
    yield facts.get("name") or labels.label(SwapPart(facts["part"]))
    if facts.get("old") or facts.get("new"):
        yield changed(facts.get("old", ""), facts.get("new", ""))
    if facts.get("old_bsi") or facts.get("new_bsi"):
        yield changed(facts.get("old_bsi", ""), facts.get("new_bsi", ""))
    if facts.get("out_of_service_on"):
        yield _("außer Betrieb am %(day)s", day=_day(facts["out_of_service_on"]))
    if facts.get("in_service_on"):
        yield _("in Betrieb am %(day)s", day=_day(facts["in_service_on"]))


_SAY: Mapping[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "decide": _of_decision,
    "set_purchase_date": _of_purchase,
    "diagnose": _of_diagnosis,
    "take_back_read_out": _of_read_out,
    "swap": _of_swap,
    "withdraw_swap": _of_swap,
}


def changed(old: str, new: str) -> str:
    """Return "old → new", or the new alone where there was nothing before."""
    if not old or old == new:
        return new
    return f"{old} → {new or _('nichts')}"


def _bought(text: str) -> str:
    """Return a day of purchase; where only its month was known, that."""
    year, _dash, month = text.partition("-")
    return _day(text) if len(text) == len("2025-05-02") else f"{month}/{year}" if month else ""


def _day(text: str) -> str:
    return labels.day(date.fromisoformat(text), weekday=False)
