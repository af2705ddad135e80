"""What must hold before a step that the table of the workflow cannot see (Need.CONDITION).

Asked by `cases.advance` itself, so that no way leads around it.
"""

from collections.abc import Iterable, Sequence

from portal.actions import queue, quote_conditions
from portal.models import Appointment, Case, CommissioningTick, ParcelItem, SubstituteLink
from portal.models.base import is_sqlite
from portal.models.workshop import obstacles_of
from portal.rules import commissioning
from portal.rules.commissioning import Item
from portal.rules.parcel import Part
from portal.rules.workflow import Need
from portal.rules.workshop import Obstacle


class NotCommissioned(ValueError):
    """The case cannot end yet: `items` of the list are open, or tills of `links` may still be there."""

    need = Need.CONDITION

    def __init__(self, items: Sequence[Item], links: Sequence[SubstituteLink]) -> None:
        """Keep what is missing."""
        named = [*items, *(f"till of link {link.id}" for link in links)]
        super().__init__(f"not commissioned: {', '.join(named)}")
        self.items = tuple(items)
        self.links = tuple(links)


class RepairRefused(ValueError):
    """The repair cannot begin: `obstacles` tells what is missing (rules W0, W2–W4)."""

    need = Need.CONDITION

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        """Keep what is missing."""
        super().__init__(f"no repair: {', '.join(obstacles)}")
        self.obstacles = tuple(obstacles)


class PartsOutstanding(ValueError):
    """Parts keep the case from its step: `items` are not accounted for, or nothing was ever checked in."""

    need = Need.CONDITION

    def __init__(self, items: Sequence[ParcelItem]) -> None:
        """Keep which parts they are; none means that nobody has recorded what was in the parcel."""
        super().__init__(f"outstanding: {', '.join(item.part for item in items) or 'never checked in'}")
        self.items = tuple(items)


class NoAppointment(ValueError):
    """There is no appointment yet in which the server could be put into service (rule R4)."""

    need = Need.CONDITION


def check(step: str, case: Case) -> None:
    """Raise what keeps the case from this step; inside the deed's transaction, before the case is held."""
    if step == "book_commissioning":
        _check_appointment(case)
    if step == "commission":
        _check_commissioned(case)
        _check_parts_settled(case)
    if step == "dispatch":
        _check_parts_accounted_for(case)
    if step == "start_repair":
        _check_repairable(case)
    if step in quote_conditions.STEPS:
        quote_conditions.check(step, case)


def _check_repairable(case: Case) -> None:
    """Refuse a repair before it is decided and agreed to; the case is held until the deed is done (W0–W4)."""
    obstacles = obstacles_of(queue.held(case))
    if obstacles:
        raise RepairRefused(obstacles)


def _check_commissioned(case: Case) -> None:
    """Refuse to put a server into service while the list is open or a substitute till is left (R5, L11a).

    Links and case are held until the deed is done, in this order as in every deed: nothing can
    become open again in between.
    """
    left = [link for link in _held_links(case) if not has_no_till(link)]
    missing = commissioning.missing(CommissioningTick.done_of(queue.held(case)))
    if missing or left:
        raise NotCommissioned(missing, left)


def _check_parts_accounted_for(case: Case) -> None:
    """Refuse to send the parcel back while a part that came does not go out, the TSE first (C4a, C5)."""
    items = list(ParcelItem.of_case(queue.held(case)))
    left = [item for item in items if item.standing.keeps_from_dispatch]
    if left or not ParcelItem.is_checked_in(case):
        raise PartsOutstanding(tse_first(left))


def _check_parts_settled(case: Case) -> None:
    """Refuse to end a case while a part is awaited, still here or packed but not sent (rules C4, C5)."""
    left = [item for item in ParcelItem.of_case(queue.held(case)) if not item.standing.is_settled]
    if left:
        raise PartsOutstanding(tse_first(left))


def tse_first(items: Iterable[ParcelItem]) -> list[ParcelItem]:
    """Return the parts with the TSE before all others (rule C5)."""
    return sorted(items, key=lambda item: item.part is not Part.TSE_USB)


def _check_appointment(case: Case) -> None:
    """Refuse to wait for a commissioning that nobody has booked (rule R4)."""
    if Appointment.commissioning_of(queue.held(case).id) is None:
        raise NoAppointment(case.number)


def has_no_till(link: SubstituteLink) -> bool:
    """Tell whether nobody can be at the link's till: there never was one, or it is known to be deleted."""
    return commissioning.till_is_gone(link.till_wanted, link.till_confirmed)


def _held_links(case: Case) -> list[SubstituteLink]:
    links = SubstituteLink.of_server(case)
    return list(links if is_sqlite() else links.for_update("FOR NO KEY UPDATE"))
