"""What an owner is told about appointments: what is booked, until when it can change, what to have ready.

Rules R1, R4, T7 and T8. The case's page shows it as a card, see templates/owner/appointment_card.html.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.actions import appointments as deeds
from portal.models import Appointment, Case
from portal.outside import clock
from portal.rules.appointments import Kind, kinds_for
from portal.rules.triage import SESSION_NOTICES
from portal.rules.workflow import State
from portal.web import appointments
from portal.web.owner import bp
from portal.web.owner.sentences import NOTICES

# What each kind is called where one chooses it.
NAMES: Mapping[Kind, Any] = {
    Kind.COMMISSIONING: _l("Gemeinsam in Betrieb nehmen"),
    Kind.REMOTE: _l("Fernwartung mit RustDesk"),
    Kind.CALL: _l("Rückruf"),
}
_AT_THE_TILL = _l("Seien Sie zur vereinbarten Zeit an der Kasse und am Telefon. Wir rufen Sie an.")
READY: Mapping[Kind, tuple[Any, ...]] = {
    Kind.COMMISSIONING: (
        _l("Schließen Sie Strom und Router schon an. Mehr bitte nicht."),
        _AT_THE_TILL,
    ),
    Kind.REMOTE: (_l("Lassen Sie Kassenserver und Kasse eingeschaltet."), _AT_THE_TILL),
    Kind.CALL: (_l("Wir rufen Sie an. Bleiben Sie zur vereinbarten Zeit erreichbar."),),
}


@dataclass(frozen=True)
class Booked:
    """A booked appointment, and until when the owner may move or cancel it."""

    appointment: Appointment
    change_until: datetime
    now: datetime
    fits: bool  # this kind still makes sense for the case, so that it may be moved

    @property
    def may_change(self) -> bool:
        """Tell whether there is still time to move or cancel it."""
        return self.now <= self.change_until

    @property
    def is_over(self) -> bool:
        """Tell whether its time has passed."""
        return self.now >= self.appointment.ends_at


def booked(case: Case, now: datetime, found: Iterable[Appointment] | None = None) -> list[Booked]:
    """Return the case's booked appointments, the next first; `found` are they, where the page has them."""
    kinds = kinds_for(case.state, case.outcome)
    open_ones = Appointment.open_of(case) if found is None else found
    return [Booked(one, deeds.last_change_at(one), now, one.kind in kinds) for one in open_ones]


def to_choose(case: Case, taken: Iterable[Booked] = ()) -> list[Kind]:
    """Return the kinds that the owner may still choose for this case, as far as they are given."""
    open_kinds = {one.appointment.kind for one in taken}
    kinds = [kind for kind in kinds_for(case.state, case.outcome) if kind not in open_kinds]
    return [kind for kind in kinds if (found := deeds.settings_of(kind)) and found.is_offered]


def session_rules() -> list[Any]:
    """Return what holds in every session (rules T7, T8)."""
    return [NOTICES[kind] for kind in SESSION_NOTICES]


def card(case: Case, open_ones: Iterable[Appointment]) -> dict[str, Any]:
    """Return what the card on the case's page shows: what is booked, else whether one may be chosen."""
    found = booked(case, clock.now(), open_ones)
    is_next = bool(found) or case.state is State.DELIVERED  # then the page's own button leads there
    return {"booked": found, "kinds": [] if is_next else to_choose(case)}


@bp.context_processor
def words() -> dict[str, Any]:
    """Give the owner's templates what appointment pages and cards say."""
    return {
        "appointment_card": card,
        "appointment_names": NAMES,
        "appointment_about": appointments.ABOUT,
        "appointment_ready": READY,
        "session_rules": session_rules,
        "wall_clock": appointments.wall_clock,
        "weekday": appointments.weekday,
        "from_to": appointments.from_to,
    }
