"""Take places in the calendar and give them back: one row per cell and place, and none twice (rule R4).

A place is one of the kind's capacity: "two at the same time" are the places 0 and 1. An appointment
keeps one place for all its cells. Who books or moves holds the kind's row and so sees what the one before
has taken; that no place is given twice is the unique index's word in any case.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from peewee import IntegrityError

from portal.models import Appointment, Case, Seat
from portal.models.base import transaction
from portal.rules.appointments import Kind, cells, cells_in_order

Taken = Mapping[datetime, set[int]]
"""The beginning of a cell → the places that are taken there."""


class SlotTaken(Exception):
    """Somebody was faster: there is no free place at this time any more (rules R4, S3)."""


def taken(kind: Kind, start: datetime, end: datetime, *, but_for: Case | None = None) -> Taken:
    """Return which places are taken in [start, end), without those of the case itself."""
    found: defaultdict[datetime, set[int]] = defaultdict(set)
    for at, place in Seat.taken_between(kind, start, end, but_for=but_for):
        found[at].add(place)
    return found


def free_places(at: Taken, start: datetime, length: timedelta, capacity: int) -> list[int]:
    """Return the places that are free for the whole length, the first one first.

    None where as many are taken as there may be at once: after the capacity was lowered some may sit at
    places that there are no more.
    """
    within = [at.get(cell, set()) for cell in cells(start, length)]
    if any(len(places) >= capacity for places in within):
        return []
    gone = set().union(*within)
    return [place for place in range(capacity) if place not in gone]


def find_free(
    kind: Kind, starts: Iterable[datetime], length: timedelta, capacity: int, *, for_case: Case | None
) -> list[datetime]:
    """Return those of the slots that still have a free place, by one look at the table."""
    offered = list(starts)
    if not offered:
        return []
    at = taken(kind, min(offered), max(offered) + length, but_for=for_case)
    return [start for start in offered if free_places(at, start, length, capacity)]


def take(appointment: Appointment, capacity: int) -> int:
    """Take the appointment's cells at one place and return it; SlotTaken if none is free for all of them.

    Inside the deed's transaction. Should somebody else have been faster by a hair, the next place is tried.
    """
    length = appointment.ends_at - appointment.starts_at
    at = taken(appointment.kind, appointment.starts_at, appointment.ends_at)
    for place in free_places(at, appointment.starts_at, length, capacity):
        if _sat_down(appointment, length, place):
            return place
    raise SlotTaken(f"{appointment.kind} at {appointment.starts_at.isoformat()}")


def _sat_down(appointment: Appointment, length: timedelta, place: int) -> bool:
    rows = [
        {"appointment": appointment, "kind": appointment.kind, "at": cell, "place": place}
        for cell in cells_in_order(appointment.starts_at, length)
    ]
    try:
        with transaction():  # on its own: the refused insert must not spoil the deed around it
            Seat.insert_many(rows).execute()
    except IntegrityError:
        return False
    return True


def give_back(appointment: Appointment) -> None:
    """Free whatever the appointment has taken."""
    Seat.delete().where(Seat.appointment == appointment).execute()
