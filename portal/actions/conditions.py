"""What must hold before a step that the table of the workflow cannot see (Need.CONDITION).

Asked by `cases.advance` itself, so that no way leads around it.
"""

from collections.abc import Sequence

from portal.actions import queue
from portal.models import Appointment, Case, CommissioningTick, SubstituteLink
from portal.models.base import is_sqlite
from portal.rules import commissioning
from portal.rules.commissioning import Item
from portal.rules.workflow import Need


class NotCommissioned(ValueError):
    """The case cannot end yet: `items` of the list are open, or tills of `links` may still be there."""

    need = Need.CONDITION

    def __init__(self, items: Sequence[Item], links: Sequence[SubstituteLink]) -> None:
        """Keep what is missing."""
        named = [*items, *(f"till of link {link.id}" for link in links)]
        super().__init__(f"not commissioned: {', '.join(named)}")
        self.items = tuple(items)
        self.links = tuple(links)


class NoAppointment(ValueError):
    """There is no appointment yet in which the server could be put into service (rule R4)."""

    need = Need.CONDITION


def check(step: str, case: Case) -> None:
    """Raise what keeps the case from this step; inside the deed's transaction, before the case is held."""
    if step == "book_commissioning":
        _check_appointment(case)
    if step == "commission":
        _check_commissioned(case)


def _check_commissioned(case: Case) -> None:
    """Refuse to put a server into service while the list is open or a substitute till is left (R5, L11a).

    Links and case are held until the deed is done, in this order as in every deed: nothing can
    become open again in between.
    """
    left = [link for link in _held_links(case) if not has_no_till(link)]
    missing = commissioning.missing(CommissioningTick.done_of(queue.held(case)))
    if missing or left:
        raise NotCommissioned(missing, left)


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
