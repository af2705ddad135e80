"""What is the matter, and who acts next?  The sentence of a case as it stands now (section S).

`of` answers for the page, the list and the live update alike, so they never disagree. The sentence of each
state is in `sayings`; here is what else may change it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import Appointment, Case, SubstituteLink
from portal.rules.appointments import Kind
from portal.rules.links import Ending
from portal.rules.returns import Homecoming
from portal.rules.triage import SessionNotice, session_notices
from portal.rules.workflow import Actor, State
from portal.web import labels
from portal.web.owner import link_sentences
from portal.web.owner.link_sentences import Stage
from portal.web.owner.sayings import SAYINGS, Saying

__all__ = ["NOTICES", "NOT_YET", "SAYINGS", "TURNS", "Beside", "Saying", "is_lapsed", "notices", "of"]


@dataclass(frozen=True)
class Beside:
    """What stands beside the case and may change its sentence; None is what there is not.

    `link` is the case's newest: its read-out may be ahead of the case's state, or have failed.
    `appointment` is the next booked one, `has_begun` whether the checklist of the commissioning has.
    """

    link: SubstituteLink | None = None
    appointment: Appointment | None = None
    home: Homecoming | None = None
    has_begun: bool = False

    @property
    def is_unrepaired(self) -> bool:
        """Tell whether the server comes home as it was."""
        return self.home is not None and self.home.is_unrepaired


LAPSED = Saying(
    _l("Die Freigabe zum Einsenden ist abgelaufen"),
    Actor.OWNER,
    _l("Bitte so nicht mehr abschicken"),
    _l(
        "Rufen Sie uns an, dann verlängern wir sie. Oder melden Sie die Störung neu. Ist das Paket schon "
        "unterwegs? Dann sagen Sie es hier."
    ),
)

REMOTE = Saying(
    _l("Der Support meldet sich bei Ihnen"),
    Actor.STAFF,
    _l("Bitte nichts einschicken"),
    _l("Wir lesen Ihre Meldung und rufen Sie an. Meist helfen wir per Fernwartung."),
    _l("Meist am nächsten Werktag."),
)

READ_OUT = Saying(
    SAYINGS[State.RECEIVED].title,
    Actor.STAFF,
    _l("Ihre Daten sind ausgelesen, jetzt prüfen wir das Gerät"),
    _l("Sie müssen nichts tun."),
    _l("Meist 1 bis 3 Werktage."),
)
"""The server is here, and its data are read out already (rule L6)."""

NOT_READ_OUT = Saying(
    SAYINGS[State.RECEIVED].title,
    Actor.STAFF,
    _l("Ihre Daten ließen sich noch nicht auslesen"),
    _l("Sie müssen nichts tun."),
)
"""The server is here, and reading it out has failed so far: the link's card says what comes now (rule L6)."""

UNREPAIRED: dict[State, Saying] = {
    State.READY_TO_RETURN: replace(
        SAYINGS[State.READY_TO_RETURN], title=_l("Ihr Kassenserver geht unrepariert zurück zu Ihnen")
    ),
    State.ON_ITS_WAY_BACK: replace(
        SAYINGS[State.ON_ITS_WAY_BACK], title=_l("Ihr Kassenserver ist unrepariert auf dem Rückweg")
    ),
    State.DELIVERED: replace(
        SAYINGS[State.DELIVERED],
        title=_l("Ihr Kassenserver ist unrepariert zurück im Salon"),
        next=_l("Suchen Sie einen Termin mit uns aus"),
        text=_l(
            "Dann nehmen wir ein Ersatzgerät mit Ihren Daten in Betrieb, oder wir schließen die Kasse "
            "gemeinsam mit Ihnen ab."
        ),
    ),
    State.COMMISSIONED: replace(
        SAYINGS[State.COMMISSIONED],
        title=_l("Dieser Vorgang ist abgeschlossen"),
        text=_l("Der alte Kassenserver ist nicht repariert und bleibt aus."),
    ),
}
"""A server that comes home as it was: it stays out of use for good (rules W3, R1, R5)."""

NOW_IN_SERVICE = Saying(
    _l("Wir nehmen Ihren Kassenserver gerade in Betrieb"),
    Actor.STAFF,
    _l("Wir gehen alles mit Ihnen durch"),
    _l("Sie bekommen eine E-Mail, sobald Sie ihn benutzen dürfen."),
)
"""The commissioning has begun: what was agreed for it is no news any more (rules R1, R5, L11a)."""

DUE_NOW = Saying(
    _l("Ihr Termin zur Inbetriebnahme ist jetzt"),
    Actor.STAFF,
    _l("Wir rufen Sie an"),
    _l("Haben Sie nach einer Viertelstunde nichts gehört? Dann rufen Sie uns bitte an."),
)
"""The appointment has come, and support has not begun its list yet: nobody is told that it has (rule R4)."""

NOT_DONE = Saying(
    _l("Die Inbetriebnahme ist noch nicht abgeschlossen"),
    Actor.STAFF,
    _l("Wir melden uns bei Ihnen"),
    _l("Benutzen Sie den Kassenserver noch nicht. Sie bekommen eine E-Mail, sobald Sie ihn benutzen dürfen."),
)
"""The appointment is over, and the list is not done: nobody may take that for a server in service (R1)."""

STILL_AT_IT = timedelta(hours=2)
"""For how long after its end an appointment is taken to go on."""

TURNS = {
    Actor.OWNER: _l("Sie sind dran"),
    Actor.STAFF: _l("Wir sind dran"),
    Actor.CARRIER: _l("Der Paketdienst ist dran"),
    Actor.NOBODY: _l("Abgeschlossen"),
}

NOTICES = {
    SessionNotice.RUSTDESK_READY: _l(
        "Halten Sie RustDesk bereit. So ist es vereinbart. TeamViewer unterstützen wir nicht mehr."
    ),
    SessionNotice.LIVE_ONLY: _l(
        "Wir arbeiten nur live mit Ihnen, nie im Hintergrund. Sonst kann die Datenbank Schaden nehmen."
    ),
    SessionNotice.HANDS_OFF_IN_SESSION: _l(
        "Benutzen Sie die Kasse während der Sitzung nicht, außer wir bitten Sie darum."
    ),
    SessionNotice.HANDS_OFF_WHILE_SUPPORT_SIGNED_IN: _l(
        "Steht unten links an der Kasse ein Support-Benutzer, dann benutzen Sie die Kasse nicht."
    ),
}

NOT_YET = frozenset({State.ON_ITS_WAY_BACK, State.DELIVERED, State.COMMISSIONING_BOOKED})
"""The states in which a returned server must not be used yet (rule R1)."""


def is_lapsed(case: Case, now: datetime) -> bool:
    """Tell whether the parcel must not be sent any more (rule C2b)."""
    return case.is_lapsed(now)


def of(case: Case, now: datetime, beside: Beside | None = None) -> Saying:
    """Return what the case's state means for the owner at this moment (rules S1, S2, C2b, R1, R4).

    An appointment that stands is in the title; so is a link that has run out while the server is away,
    unless the owner is next anyway.
    """
    beside = beside or Beside()
    said = standing(case, now, beside)
    if said.turn in (Actor.OWNER, Actor.NOBODY) or case.state is State.COMMISSIONING_BOOKED:
        return said
    if beside.link is not None and _has_run_out(beside.link, case, now):
        return _without_link(said)
    return _with_appointment(said, beside.appointment, now)


def standing(case: Case, now: datetime, beside: Beside | None = None) -> Saying:
    """Return the sentence of the server's own way, whatever became of its link."""
    beside = beside or Beside()
    state = State(case.state)
    if state is State.RECEIVED:
        return _received(case, beside.link)
    if is_lapsed(case, now):
        return replace(LAPSED, when=_("Sie galt bis %(moment)s.", moment=labels.moment(case.valid_until)))
    if state is State.SUBMITTED and not case.is_send_in:
        return REMOTE
    said = UNREPAIRED.get(state, SAYINGS[state]) if beside.is_unrepaired else SAYINGS[state]
    if state is State.COMMISSIONING_BOOKED:
        return _at_commissioning(said, beside, now)
    if state is State.COMMISSIONED and beside.link is not None and beside.link.activated_at is not None:
        return replace(said, text=f"{said.text} {_('Der Ersatzlink ist beendet.')}")
    if state is State.AWAITING_SHIPMENT and case.valid_until:
        until = labels.moment(case.valid_until)
        return replace(said, when=_("Die Freigabe gilt bis %(moment)s.", moment=until))
    return said


def awaiting_part(said: Saying) -> Saying:
    """Say that we go on as far as we can; what to send stands on a card of its own (rule C4)."""
    if said.turn is not Actor.STAFF:
        return said
    text = _("Wir machen weiter, so weit es geht. Für den Rest brauchen wir das fehlende Teil von Ihnen.")
    return replace(said, text=text, when="")


def _received(case: Case, link: SubstituteLink | None) -> Saying:
    if case.read_out_at is not None or (link is not None and link.read_out_at is not None):
        return READ_OUT
    if link is not None and link.read_out_failed_at is not None:
        return NOT_READ_OUT
    return SAYINGS[State.RECEIVED]


def _at_commissioning(said: Saying, beside: Beside, now: datetime) -> Saying:
    """Say when the appointment is, that it goes on now, or that it came to nothing yet (rules R1, R4)."""
    booked = beside.appointment
    made_room = beside.link is not None and beside.link.ending is Ending.COMMISSIONED
    is_over = booked is not None and now >= booked.ends_at + STILL_AT_IT
    if is_over:
        return NOT_DONE
    if beside.has_begun or made_room:
        return NOW_IN_SERVICE
    if booked is None:
        return said
    if now >= booked.starts_at:
        return DUE_NOW
    when = labels.moment(booked.starts_at)
    if beside.is_unrepaired:
        return replace(said, title=_("Ihr Termin mit uns: %(moment)s", moment=when))
    return replace(said, title=_("Ihr Termin zur Inbetriebnahme: %(moment)s", moment=when))


def _has_run_out(link: SubstituteLink, case: Case, now: datetime) -> bool:
    ended = link_sentences.stage_of(link, case, now) is Stage.ENDED
    return ended and link_sentences.ending_of(link) is Ending.EXPIRED


def _without_link(said: Saying) -> Saying:
    """Head the page with the end of the link: the salon has no till, and only the owner can ask anew."""
    standing = _("Stand der Reparatur: %(standing)s.", standing=said.title)
    return Saying(
        _("Ihr Ersatzlink ist abgelaufen"),
        Actor.OWNER,
        _("Brauchen Sie weiter einen? Dann fragen Sie neu an"),
        _("Mit dem alten Link können Sie nicht mehr arbeiten.") + " " + standing,
        is_about_link=True,
    )


def _with_appointment(said: Saying, booked: Appointment | None, now: datetime) -> Saying:
    if booked is None or now >= booked.ends_at:
        return said
    when = labels.moment(booked.starts_at)
    if booked.kind is Kind.REMOTE:
        return replace(
            said,
            title=_("Ihr Termin zur Fernwartung: %(moment)s", moment=when),
            next=_("Wir melden uns zum Termin"),
            text=_("Halten Sie Ihre Fernwartung mit RustDesk bereit. Bitte schicken Sie nichts ein."),
            when="",
        )
    return replace(said, title=_("Wir rufen Sie an: %(moment)s", moment=when))


def notices(case: Case) -> list[Any]:
    """Return what must be known before support works with the salon from afar (rules T7, T8)."""
    live = case.state in (State.SUBMITTED, State.AWAITING_INFORMATION)
    kinds = session_notices(case.outcome) if live else ()
    if case.state is State.COMMISSIONING_BOOKED:
        kinds = tuple(SessionNotice)
    return [NOTICES[kind] for kind in kinds]
