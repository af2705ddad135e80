"""What can the owner press on the page of a case?  First the one thing that is next (section S).

The order is that of importance: rules C2b, R1 and R4 say what comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from portal.models import Case
from portal.rules.workflow import State
from portal.web.context import operator
from portal.web.owner import sentences
from portal.web.owner.sentences import Saying


@dataclass(frozen=True)
class Button:
    """One of the ways on; `kind` is "go" (the next step), "ghost" (the second one) or "quiet"."""

    label: Any
    href: str
    kind: str = "go"


def of(case: Case, said: Saying, now: datetime) -> list[Button]:
    """Return the buttons of the card that says what is next, the most important first."""
    own = _lapsed(case) if sentences.is_lapsed(case, now) else _of_state(case)
    if not said.is_about_link:
        return own
    again = Button(_("Neuen Ersatzlink anfragen"), url_for("owner.link_new", device=case.device_id))
    return [again, *(replace(one, kind="ghost") if one.kind == "go" else one for one in own)]


def _of_state(case: Case) -> list[Button]:
    make = BUTTONS.get(State(case.state))
    return make(case) if make else []


def _to(case: Case, page: str) -> str:
    return url_for(f"owner.{page}", number=case.number)


def _ship(case: Case) -> list[Button]:
    return [
        Button(_("Begleitschein drucken"), url_for("papers.slip", number=case.number)),
        Button(_("Ich habe es abgeschickt"), _to(case, "mark_sent"), "ghost"),
        Button(_("Kein Drucker? So geht es mit dem Handy"), _to(case, "parcel"), "quiet"),
    ]


def _lapsed(case: Case) -> list[Button]:
    under_way = Button(_("Das Paket ist schon unterwegs"), _to(case, "mark_sent"), "quiet")
    return [call(), *_report_anew(case), under_way]


def call() -> Button:
    """Return the way to the phone, or to the page that says how to reach us where no phone is set."""
    phone = operator().phone
    if not phone:
        return Button(_("So erreichen Sie uns"), url_for("public.help"))
    return Button(_("Anrufen: %(phone)s", phone=phone), f"tel:{phone.replace(' ', '')}")


def _report_anew(_case: Case) -> list[Button]:
    return [Button(_("Neue Störung melden"), url_for("report.begin"), "ghost")]


BUTTONS: dict[State, Callable[[Case], list[Button]]] = {
    State.AWAITING_INFORMATION: lambda case: [Button(_("Antworten"), _to(case, "answer"))],
    State.AWAITING_SHIPMENT: _ship,
    State.AWAITING_QUOTE_DECISION: lambda case: [Button(_("Ansehen und entscheiden"), _to(case, "quote"))],
    State.ON_ITS_WAY_BACK: lambda case: [Button(_("Das Paket ist da"), _to(case, "arrived"))],
    State.DELIVERED: lambda case: [Button(_("Termin aussuchen"), _to(case, "appointment"))],
    State.DECLINED: _report_anew,
    State.SOLVED_REMOTELY: _report_anew,
    State.CANCELLED: _report_anew,
}
