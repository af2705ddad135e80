"""The way of a link as a line: what is done, what is now, what comes next (section L).

What is done comes from the history; what comes next is the regular way from its stage on.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.models import Case, History, SubstituteLink
from portal.rules.links import Answer, Mode
from portal.rules.workflow import CLOSED
from portal.web import labels
from portal.web.owner.doors import Door
from portal.web.owner.link_sentences import Stage
from portal.web.way import Item

DONE = {
    "request_link": _l("Angefragt"),
    "grant": _l("Freigegeben"),
    "activate": _l("Eingerichtet"),
    "refuse": _l("Abgelehnt"),
    "lock": _l("Belegsperre eingeschaltet"),
    "read_out": _l("Daten ausgelesen"),
    "fail_read_out": _l("Auslesen hat nicht geklappt"),
    "load": _l("Daten auf den Link geladen"),
    "renew": _l("Adresse erneuert"),
    "withdraw": _l("Von Ihnen beendet"),
    "delete": _l("Vom Support beendet"),
    "hand_back": _l("Mit der Inbetriebnahme beendet"),
    "expire": _l("Abgelaufen"),
}
"""What a step is called once it is done; what is not here is not for owners."""

UNLOCKS = ("till_unlock", "confirm_till")

NOW: dict[Stage, tuple[Any, Any]] = {
    Stage.REQUESTED: (_l("Der Support entscheidet"), _l("meist am selben Werktag")),
    Stage.GRANTED: (_l("Wir richten den Link ein"), _l("meist in wenigen Minuten")),
    Stage.FULL: (_l("Sie arbeiten mit dem Link"), ""),
    Stage.VIEW_ONLY: (_l("Ihr Server kommt zu uns"), _l("bis dahin nur ansehen")),
    Stage.READING: (_l("Wir lesen Ihre Daten aus"), _l("meist 1 Werktag")),
    Stage.READ_OUT: (_l("Wir laden die Daten auf den Link"), _l("meist am selben Werktag")),
    Stage.READ_OUT_FAILED: (_l("Wir suchen einen anderen Weg"), _l("bis dahin nur ansehen")),
    Stage.UNLOCKING: (_l("Wir schalten die Kasse frei"), _l("meist in wenigen Minuten")),
    Stage.UNLOCKED: (_l("Sie können kassieren"), ""),
}
READ = (_l("Wir lesen Ihre Daten aus"), _l("meist 1 Werktag"))
LOAD = (_l("Wir laden die Daten auf den Link"), "")
CASH = (_l("Sie können kassieren"), "")
NEXT: dict[Stage, tuple[tuple[Any, Any], ...]] = {
    Stage.VIEW_ONLY: (READ, LOAD, CASH),
    Stage.READING: (LOAD, CASH),
    Stage.READ_OUT: (CASH,),
    Stage.READ_OUT_FAILED: (LOAD, CASH),
    Stage.UNLOCKING: (CASH,),
}


def of(link: SubstituteLink, door: Door, case: Case | None, history: Iterable[History]) -> list[Item]:
    """Return the line of a link: done, now, next."""
    done = [*_done(link, list(history)), *_arrived(link, case)]
    if door.stage is Stage.ENDED and link.ending is None and link.ends_at:  # over, and not yet written down
        done.append((link.ends_at, DONE["expire"]))
    items = [Item(label, "done", labels.moment(at)) for at, label in sorted(done, key=lambda one: one[0])]
    if door.kind in ("ended", "refused"):
        return items
    return [*items, _now(door, case), *_next(link, door, case)]


def _done(link: SubstituteLink, history: list[History]) -> list[tuple[datetime, Any]]:
    """Return what was done, with its time; set up as it was granted is one point, not two."""
    granted_at = next((row.at for row in history if row.what == "grant"), None)
    done = []
    for row in history:
        label = _label(row)
        if label is not None and not (row.what == "activate" and row.at == granted_at):
            done.append((_time(link, row), label))
    return done


def _label(row: History) -> Any:
    if row.what in UNLOCKS:
        return _l("Kasse freigeschaltet") if row.facts.get("till") == "open" else None
    if row.what == "grant" and row.facts.get("mode") == Mode.VIEW_ONLY:
        return _l("Freigegeben, nur zum Ansehen")
    return DONE.get(row.what)


def _time(link: SubstituteLink, row: History) -> datetime:
    """Return when it happened, which may be before it was written down."""
    real = {"read_out": link.read_out_at, "load": link.loaded_at}.get(row.what)
    if row.what == "expire":
        real = link.ends_at
    return real or row.at


def _arrived(link: SubstituteLink, case: Case | None) -> list[tuple[datetime, Any]]:
    """Return the server's arrival, which a link with receipt lock waits for."""
    waits = link.activated_at and (link.mode is Mode.VIEW_ONLY or link.lock_lifted_at)
    if not (waits and case and case.received_at):
        return []
    return [(max(case.received_at, link.activated_at), _l("Ihr Server ist bei uns"))]


def _now(door: Door, case: Case | None) -> Item:
    label, time = NOW[door.stage]
    if door.stage is Stage.VIEW_ONLY and not _is_going(case):
        label, time = _("Sie sehen mit dem Link nach"), _("Kassieren geht nicht")
    return Item(label, "now", time)


def _next(link: SubstituteLink, door: Door, case: Case | None) -> list[Item]:
    if door.stage is Stage.REQUESTED:
        is_full = door.expected is Answer.FULL  # what is not to be expected is not the next step either (L4a)
        return [Item(_("Sie arbeiten mit dem Link"), "next", _("höchstens 30 Tage"))] if is_full else []
    if door.stage is Stage.GRANTED:
        days = ngettext("%(num)s Tag lang", "%(num)s Tage lang", link.days or 0)
        is_locked = link.mode is Mode.VIEW_ONLY
        return [
            Item(
                _("Sie sehen mit dem Link nach") if is_locked else _("Sie arbeiten mit dem Link"),
                "next",
                days,
            )
        ]
    steps = NEXT.get(door.stage, ())
    if door.stage is Stage.VIEW_ONLY and not _is_going(case):
        steps = ()
    return [*(Item(label, "next", time) for label, time in steps), _end(link, case)]


def _end(link: SubstituteLink, case: Case | None) -> Item:
    until = labels.moment(link.ends_at)
    if _is_going(case):
        return Item(
            _("Ihr Server ist wieder in Betrieb"),
            "next",
            _("Der Link endet spätestens: %(moment)s", moment=until),
        )
    return Item(_("Der Link endet"), "next", until)


def _is_going(case: Case | None) -> bool:
    return case is not None and case.state not in CLOSED
