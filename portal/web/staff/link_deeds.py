"""What staff may do with a granted link: which button, what it asks, what comes of it (L6–L11).

One table feeds the pane and the forms that come back from it. The step to be expected stands open,
its button filled; the others are folded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.actions.tills import lane_of
from portal.models import History, SubstituteLink, interfaces
from portal.rules import links as rules
from portal.rules.links import LinkState, Mode, Provider, TillState
from portal.rules.workflow import AT_THE_WORKSHOP
from portal.web.staff.forms import Ask, Tick

_READ = _l("Der Salon liest diesen Text.")
_REASON = _l("Bitte geben Sie den Grund an.")
_NOT_READ = _l("Der Salon liest diesen Text nicht.")


@dataclass(frozen=True)
class Deed:
    """One thing that may be done with the link: its button, what it asks, and what will come of it."""

    step: str
    label: Any
    says: Any = ""
    ask: Ask | None = None
    tick: Tick | None = None
    with_address: bool = False
    kind: str = "ghost"
    is_expected: bool = False

    @property
    def is_folded(self) -> bool:
        """Tell whether it opens first: what is not to be expected takes no room."""
        return not self.is_expected


@dataclass(frozen=True)
class Waiting:
    """What the portal wants of the till and nobody has confirmed yet (rules L6, L11a)."""

    title: Any
    text: Any
    since: datetime | None
    problem: str = ""
    given_up: int | None = None  # the order that the portal repeats no more of itself


def of(link: SubstituteLink, step: str) -> Deed:
    """Return what this step asks for with this link, whether or not it is offered now."""
    return _MAKE[step](link)


def offered(link: SubstituteLink) -> list[Deed]:
    """Return what may be done now, the expected step first; only what can work (rules L3, L6)."""
    expected = expected_step(link)
    deeds = [of(link, step) for step, is_possible in _POSSIBLE.items() if is_possible(link)]
    found = [replace(deed, is_expected=True, kind="go") if deed.step == expected else deed for deed in deeds]
    return sorted(found, key=lambda deed: not deed.is_expected)


def expected_step(link: SubstituteLink) -> str:
    """Return the step that the facts lead to, or nothing: then it is somebody else's turn."""
    if may_confirm(link) and link.provider is Provider.BY_HAND:
        return "confirm_till"
    if is_to_be_read_out(link):
        return "read_out" if link.read_out_at is None else "load"
    return ""


def may_confirm(link: SubstituteLink) -> bool:
    """Tell whether staff can confirm how the till stands: something is wanted of it that nobody confirmed."""
    return link.state in (LinkState.ACTIVE, LinkState.ENDED) and not link.till_is_confirmed


def is_to_be_read_out(link: SubstituteLink) -> bool:
    """Tell whether the receipt lock waits for the server that is with us (rule L6)."""
    locked = link.state is LinkState.ACTIVE and link.mode is Mode.VIEW_ONLY
    return locked and link.case_id is not None and link.case.state in AT_THE_WORKSHOP


def waiting(link: SubstituteLink) -> Waiting | None:
    """Return what is waiting for the till's confirmation and since when; None if nothing is."""
    if link.state is LinkState.GRANTED:
        text = _l(
            "Das Kassensystem hat die Kasse noch nicht eingerichtet. Die Tage des Links zählen erst danach."
        )
        return _with_order(link, Waiting(_l("Wartet auf das Kassensystem"), text, link.decided_at))
    if not may_confirm(link):
        return None
    title, by_hand, asked = _WAITING[link.till_wanted]
    text = by_hand if link.provider is Provider.BY_HAND else asked
    return _with_order(link, Waiting(title, text, _wanted_since(link)))


def _with_order(link: SubstituteLink, waiting: Waiting) -> Waiting:
    """Say what the back end answered last, and whether it is still asked."""
    order = interfaces.in_the_way(lane_of(link)) if link.provider is Provider.HTTP else None
    problem = (order.last_error if order else "") or link.till_problem
    if order is None or order.gave_up_at is None:
        return replace(waiting, problem=problem)
    title = _l("Das Kassensystem hat es nicht getan") if link.state is LinkState.GRANTED else waiting.title
    return replace(waiting, title=title, problem=problem, given_up=order.id)


def _wanted_since(link: SubstituteLink) -> datetime | None:
    if link.till_wanted is TillState.GONE:
        return link.ended_at
    return link.lock_lifted_at if link.till_wanted is TillState.OPEN else History.last_at(link, "lock")


_WAITING: Mapping[TillState, tuple[Any, Any, Any]] = {
    TillState.GONE: (
        _l("Kasse noch nicht gelöscht"),
        _l("Unser Link öffnet nicht mehr. Bitte löschen Sie die Kasse beim Anbieter."),
        _l("Unser Link öffnet nicht mehr. Das Kassensystem hat das Löschen noch nicht bestätigt."),
    ),
    TillState.OPEN: (
        _l("Kasse noch nicht entsperrt"),
        _l("Bitte heben Sie die Sperre beim Anbieter auf. Der Salon erfährt es mit Ihrer Bestätigung."),
        _l("Das Kassensystem hat das Entsperren noch nicht bestätigt. Der Salon erfährt es danach."),
    ),
    TillState.LOCKED: (
        _l("Kasse noch nicht gesperrt"),
        _l("Unser Link weist schon auf die Sperre hin. Bitte sperren Sie die Kasse beim Anbieter."),
        _l("Unser Link weist schon auf die Sperre hin. Das Kassensystem hat sie noch nicht bestätigt."),
    ),
}
_SEEN: Mapping[TillState, Any] = {
    TillState.GONE: _l("Ich habe nachgesehen: Kasse ist gelöscht"),
    TillState.OPEN: _l("Ich habe nachgesehen: Kasse ist entsperrt"),
    TillState.LOCKED: _l("Ich habe nachgesehen: Kasse ist gesperrt"),
}


def confirm_till(link: SubstituteLink) -> Deed:
    """Return the confirmation by hand: a tick, or a reason where a back end should have spoken."""
    seen = _SEEN.get(link.till_wanted, _SEEN[TillState.GONE])
    if link.provider is Provider.BY_HAND:
        missing = _l("Bitte sehen Sie beim Anbieter nach und bestätigen Sie es dann.")
        return Deed("confirm_till", _l("Bestätigen"), tick=Tick("till_seen", seen, missing))
    missing = _l("Bitte schreiben Sie, warum das Kassensystem es nicht selbst bestätigt.")
    ask = Ask("confirm_reason", _l("Warum von Hand?"), _NOT_READ, missing)
    return Deed("confirm_till", seen, ask=ask)


def _activate(_link: SubstituteLink) -> Deed:
    says = _l("Für den Fall, dass das Kassensystem nicht antwortet: Richten Sie die Kasse selbst ein.")
    return Deed("activate", _l("Von Hand einrichten"), says, with_address=True)


def _read_out(_link: SubstituteLink) -> Deed:
    return Deed("read_out", _l("Datenbank ausgelesen"))


def _load(link: SubstituteLink) -> Deed:
    label = _l("Auf den Link geladen")
    if link.provider is Provider.HTTP:
        says = _l("Das Kassensystem hebt dann die Belegsperre auf. Die Laufzeit bleibt, wie sie ist.")
        return Deed("load", label, says)
    says = _l("Der Salon erfährt sofort, dass er kassieren kann. Die Laufzeit bleibt, wie sie ist.")
    missing = _l("Bitte heben Sie zuerst die Sperre beim Anbieter auf.")
    tick = Tick("till_unlocked", _l("Die Sperre ist auch beim Anbieter aufgehoben."), missing)
    return Deed("load", label, says, tick=tick)


def _fail_read_out(_link: SubstituteLink) -> Deed:
    ask = Ask("read_out_problem", _l("Warum geht es nicht?"), _READ, _REASON)
    says = _l("Der Link bleibt nur zum Ansehen. Sie können es später noch einmal versuchen.")
    return Deed("fail_read_out", _l("Auslesen nicht möglich"), says, ask=ask)


def _lock(link: SubstituteLink) -> Deed:
    ask = Ask("lock_reason", _l("Warum darf der Salon nicht mehr kassieren?"), _READ, _REASON)
    tick = None
    if link.provider is Provider.BY_HAND:
        tick = Tick("till_locked", _l("Die Kasse ist beim Anbieter schon gesperrt."))
    says = _l("Wenn sich zeigt, dass doch Daten fehlen. Kassieren geht dann erst nach dem Auslesen wieder.")
    return Deed("lock", _l("Belegsperre setzen"), says, ask=ask, tick=tick, kind="stop")


def _renew(_link: SubstituteLink) -> Deed:
    says = _l("Die alte Adresse führt sofort nirgends mehr hin. Der Salon findet die neue auf seiner Seite. "
              "Die Laufzeit bleibt, wie sie ist.")  # fmt: skip
    return Deed("renew", _l("Neue Adresse geben"), says)


def _delete(link: SubstituteLink) -> Deed:
    ask = Ask("delete_reason", _l("Warum endet der Link jetzt?"), _READ, _REASON)
    if link.state is LinkState.GRANTED:
        return Deed("delete", _l("Zusage zurücknehmen"), ask=ask, kind="stop")
    tick = None
    if link.provider is Provider.BY_HAND:
        tick = Tick("till_deleted", _l("Die Kasse ist beim Anbieter schon gelöscht."))
    says = _l("Das ist endgültig. Ein späterer Bedarf ist eine neue Anfrage.")
    return Deed("delete", _l("Link jetzt beenden"), says, ask=ask, tick=tick, kind="stop")


_MAKE: Mapping[str, Callable[[SubstituteLink], Deed]] = {
    "confirm_till": confirm_till,
    "activate": _activate,
    "read_out": _read_out,
    "load": _load,
    "fail_read_out": _fail_read_out,
    "lock": _lock,
    "renew": _renew,
    "delete": _delete,
}


def _is_active(link: SubstituteLink) -> bool:
    return link.state is LinkState.ACTIVE


_POSSIBLE: Mapping[str, Callable[[SubstituteLink], bool]] = {
    "confirm_till": may_confirm,
    "activate": lambda link: link.state is LinkState.GRANTED,
    "read_out": lambda link: is_to_be_read_out(link) and link.read_out_at is None,
    "load": lambda link: is_to_be_read_out(link) and link.read_out_at is not None,
    "fail_read_out": lambda link: is_to_be_read_out(link) and link.read_out_at is None,
    "renew": _is_active,
    "lock": lambda link: _is_active(link) and rules.may_lock(link.mode, link.lock_lifted_at),
    "delete": lambda link: link.state in (LinkState.GRANTED, LinkState.ACTIVE),
}
STEPS = frozenset(_MAKE)
