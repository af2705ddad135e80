"""What is the matter with a link, and who acts next?  One sentence for everything it can be (section L).

`stage_of` answers for the link's page, the case's page, the list, the door and the live update
alike, so they never disagree.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.models import Case, SubstituteLink
from portal.rules.links import Ending, LinkState, Mode
from portal.rules.workflow import AT_THE_WORKSHOP, CLOSED, Actor

SILENT_AFTER = timedelta(minutes=15)
"""How long the back end may take before the owner is told plainly that it takes too long."""


class Stage(StrEnum):
    """Where a link stands for who works with it; finer than its state."""

    REQUESTED = "requested"
    GRANTED = "granted"
    FULL = "full"
    VIEW_ONLY = "view_only"
    READING = "reading"
    READ_OUT = "read_out"
    READ_OUT_FAILED = "read_out_failed"
    UNLOCKING = "unlocking"
    UNLOCKED = "unlocked"
    ENDED = "ended"
    REFUSED = "refused"


CASHING = frozenset({Stage.FULL, Stage.UNLOCKED})
"""Where the salon can take payments."""

LOCKED = frozenset({Stage.VIEW_ONLY, Stage.READING, Stage.READ_OUT, Stage.READ_OUT_FAILED})
"""Where the receipt lock applies (rule L5)."""


@dataclass(frozen=True)
class LinkSaying:
    """What a stage means for the owner: the matter, whose turn it is, what happens next and when."""

    title: Any
    turn: Actor
    text: Any
    when: Any = ""


SAYINGS: dict[Stage, LinkSaying] = {
    Stage.REQUESTED: LinkSaying(
        _l("Ihr Ersatzlink ist angefragt"),
        Actor.STAFF,
        _l("Der Support entscheidet und schreibt Ihnen."),
        _l("Meist am selben Werktag."),
    ),
    Stage.GRANTED: LinkSaying(
        _l("Ihr Ersatzlink wird eingerichtet"),
        Actor.STAFF,
        _l(
            "Der Link ist freigegeben. Wir richten die Kasse dahinter ein und schreiben Ihnen, wenn er läuft."
        ),
        _l("Meist in wenigen Minuten."),
    ),
    Stage.FULL: LinkSaying(_l("Ihr Ersatzlink läuft"), Actor.NOBODY, ""),
    Stage.VIEW_ONLY: LinkSaying(
        _l("Ihr Ersatzlink läuft, aber nur zum Ansehen"),
        Actor.NOBODY,
        _l("Sobald Ihr Server bei uns ist, lesen wir Ihre Daten aus. Danach heben wir die Sperre auf."),
    ),
    Stage.READING: LinkSaying(
        _l("Wir lesen Ihre Daten aus"),
        Actor.STAFF,
        _l(
            "Ihr Server ist bei uns. Wir lesen die Daten aus und laden sie auf den Link. Dann geht Kassieren."
        ),
        _l("Meist 1 Werktag."),
    ),
    Stage.READ_OUT: LinkSaying(
        _l("Ihre Daten sind ausgelesen"),
        Actor.STAFF,
        _l("Jetzt laden wir sie auf den Link. Erst danach geht Kassieren. Wir schreiben Ihnen dann."),
        _l("Meist am selben Werktag."),
    ),
    Stage.READ_OUT_FAILED: LinkSaying(
        _l("Ihre Daten ließen sich noch nicht auslesen"),
        Actor.STAFF,
        _l(
            "Der Link bleibt darum zum Ansehen. Wir suchen einen anderen Weg und melden uns bei Ihnen. "
            "Schreiben Sie Belege und Termine so lange weiter auf Papier."
        ),
    ),
    Stage.UNLOCKING: LinkSaying(
        _l("Ihre Kasse wird freigeschaltet"),
        Actor.STAFF,
        _l(
            "Ihre Daten sind auf dem Link, die Belegsperre wird gerade aufgehoben. Bitte kassieren Sie erst, "
            "wenn hier steht: „Ab jetzt können Sie kassieren“."
        ),
        _l("Meist in wenigen Minuten. Sie bekommen dann eine E-Mail."),
    ),
    Stage.UNLOCKED: LinkSaying(
        _l("Ab jetzt können Sie kassieren"),
        Actor.NOBODY,
        _l("Alle Daten Ihres Servers sind auf dem Link. Das Ende des Links bleibt, wie es war."),
    ),
    Stage.REFUSED: LinkSaying(_l("Ein Ersatzlink ist nicht möglich"), Actor.NOBODY, ""),
}

WITHOUT_SERVER = LinkSaying(
    SAYINGS[Stage.VIEW_ONLY].title,
    Actor.NOBODY,
    _l(
        "Möchten Sie damit kassieren? Dann muss Ihr Server zu uns, damit wir die Daten auslesen. "
        "Rufen Sie uns an oder melden Sie ihn zum Einsenden."
    ),
)
"""View-only, and no server is on its way to us: nobody will lift the lock by itself."""

NEWS_FOR = timedelta(days=2)
"""How long the page is headed by the news that the lock has been lifted."""

ENDS_SOON = _l("Ihr Ersatzlink endet bald")
"""The title of a link in its last three days, the news it then has (rule L10)."""

STOP_CASHING = _l("Bitte kassieren Sie nicht mehr mit dem Link")
"""The title of a link whose lock was put on, as long as its till may not know of it (rule L5)."""

ENDED: dict[Ending, LinkSaying] = {
    Ending.EXPIRED: LinkSaying(
        _l("Der Ersatzlink ist abgelaufen"),
        Actor.NOBODY,
        _l("Brauchen Sie weiter einen? Dann fragen Sie einen neuen an."),
    ),
    Ending.DELETED: LinkSaying(
        _l("Der Support hat den Ersatzlink beendet"),
        Actor.NOBODY,
        _l("Brauchen Sie weiter einen? Dann rufen Sie uns an oder fragen Sie einen neuen an."),
    ),
    Ending.WITHDRAWN: LinkSaying(
        _l("Sie haben den Ersatzlink beendet"),
        Actor.NOBODY,
        _l("Brauchen Sie doch wieder einen? Dann fragen Sie einen neuen an."),
    ),
    Ending.COMMISSIONED: LinkSaying(
        _l("Der Ersatzlink endete mit der Inbetriebnahme"),
        Actor.NOBODY,
        _l("Sie arbeiten wieder mit Ihrem Kassenserver."),
    ),
}


NOT_YET_IN_SERVICE = LinkSaying(
    ENDED[Ending.COMMISSIONED].title,
    Actor.STAFF,
    _l("Der Support nimmt Ihren Kassenserver gerade in Betrieb. Bitte benutzen Sie ihn noch nicht."),
    _l("Sie bekommen eine E-Mail, sobald Sie ihn benutzen dürfen."),
)
"""The link has ended, and the server may not be used before the whole list is done (rules R1, L11a)."""


REQUEST_OVER = LinkSaying(
    _l("Die Anfrage nach einem Ersatzlink endete mit der Inbetriebnahme"),
    Actor.NOBODY,
    ENDED[Ending.COMMISSIONED].text,
)
REQUEST_OVER_NOT_YET = replace(NOT_YET_IN_SERVICE, title=REQUEST_OVER.title)
"""The same of a link that never ran: nobody is told that a till of theirs has ended (rules L11, O3)."""


def ending_of(link: SubstituteLink) -> Ending:
    """Return how the link ended; one past its end has expired, though nobody wrote it down yet (L9)."""
    return link.ending or Ending.EXPIRED


def saying_of(link: SubstituteLink, stage: Stage, case: Case | None) -> LinkSaying:
    """Return what the link's stage means for the owner."""
    if stage is Stage.ENDED:
        return _ended(link)
    without = stage is Stage.VIEW_ONLY and (case is None or case.state in CLOSED)
    said = WITHOUT_SERVER if without else SAYINGS[stage]
    return replace(said, title=STOP_CASHING) if is_still_unlocked(link, stage) else said


def _ended(link: SubstituteLink) -> LinkSaying:
    if not is_server_in_service(link):
        return NOT_YET_IN_SERVICE if link.activated_at else REQUEST_OVER_NOT_YET
    if link.ending is Ending.COMMISSIONED and link.activated_at is None:
        return REQUEST_OVER
    return ENDED[ending_of(link)]


def is_server_in_service(link: SubstituteLink) -> bool:
    """Tell whether a link that ended for it has made room: the commissioning is complete (rules R1, R5)."""
    return link.ending is not Ending.COMMISSIONED or not Case.is_at_commissioning(link.device_id)


def stage_of(link: SubstituteLink, case: Case | None, now: datetime) -> Stage:
    """Return where the link stands; past its end it is over, worker or no worker (rule L9).

    `case` is the link's own case: only a server that was sent in with it can be read out (rule L6).
    """
    if not link.is_open(now):
        return _CLOSED.get(link.state, Stage.ENDED)
    if link.mode is Mode.VIEW_ONLY:
        return _locked(link, case)
    if not link.can_cash:
        return Stage.UNLOCKING
    is_news = link.lock_lifted_at is not None and now - link.lock_lifted_at < NEWS_FOR
    return Stage.UNLOCKED if is_news else Stage.FULL


_CLOSED = {
    LinkState.REQUESTED: Stage.REQUESTED,
    LinkState.GRANTED: Stage.GRANTED,
    LinkState.REFUSED: Stage.REFUSED,
}


def _locked(link: SubstituteLink, case: Case | None) -> Stage:
    if link.read_out_at is not None:
        return Stage.READ_OUT
    if link.read_out_failed_at is not None:
        return Stage.READ_OUT_FAILED
    is_here = case is not None and case.state in AT_THE_WORKSHOP
    return Stage.READING if is_here else Stage.VIEW_ONLY


def is_late(link: SubstituteLink, stage: Stage, now: datetime) -> bool:
    """Tell whether the till's back end has been silent for so long that people should call."""
    asked_at = {Stage.GRANTED: link.decided_at, Stage.UNLOCKING: link.lock_lifted_at}.get(stage)
    return asked_at is not None and now - asked_at > SILENT_AFTER


def is_still_unlocked(link: SubstituteLink, stage: Stage) -> bool:
    """Tell whether the lock was put on but the till may not know of it yet (rule L5)."""
    return stage in LOCKED and not link.till_is_confirmed
