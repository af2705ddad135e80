"""The bulk data's appointments: one for each case that waits for its commissioning or had it (rule R4)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import Model, fn

from portal.models import Appointment, Seat
from portal.models.appointments import open_key
from portal.rules import appointments, berlin
from portal.rules.appointments import AppointmentState, Kind
from portal.rules.workflow import State

LENGTH = timedelta(hours=1)
FIRST_HOUR, LAST_HOUR = 9, 17
PLACES = 2  # at the same time
SATURDAY = 5


class Calendar:
    """Gives out the free hours of working days, one after the other."""

    def __init__(self, now: datetime) -> None:
        """Begin the day after the last that is taken, tomorrow at the earliest."""
        self.now = now
        self.next_id = (Appointment.select(fn.MAX(Appointment.id)).scalar() or 0) + 1
        taken = Seat.select(Seat.at).where(Seat.kind == Kind.COMMISSIONING).order_by(Seat.at.desc()).first()
        self.free = _free(berlin.day_of(max(now, taken.at) if taken else now))
        self.appointments: list[dict[str, Any]] = []
        self.seats: list[dict[str, Any]] = []

    def tables(self) -> Iterator[tuple[type[Model], Iterable[dict[str, Any]]]]:
        """Yield the appointments, then their seats."""
        yield Appointment, self.appointments
        yield Seat, self.seats

    def book(self, case: int, owner: int, reached: Mapping[State, datetime]) -> datetime | None:
        """Book for a case that has come so far; return the end of what is still to come."""
        booked_at, done_at = reached.get(State.COMMISSIONING_BOOKED), reached.get(State.COMMISSIONED)
        if booked_at is None:
            return None
        number = self.next_id + len(self.appointments)
        if done_at is not None:  # its seats are long past, and nobody asks for them
            row = {"state": AppointmentState.DONE, "starts_at": done_at - LENGTH, "ended_at": done_at}
            self.appointments.append(self._row(number, case, owner, booked_at, row))
            return None
        starts_at, place = next(self.free)
        row = {
            "state": AppointmentState.BOOKED,
            "starts_at": starts_at,
            "ended_at": None,
            "open_key": open_key(case, Kind.COMMISSIONING),
            "remind_at": appointments.remind_at(starts_at, self.now),
        }
        self.appointments.append(self._row(number, case, owner, booked_at, row))
        self.seats.extend(
            {"appointment": number, "kind": Kind.COMMISSIONING, "at": cell, "place": place}
            for cell in appointments.cells_in_order(starts_at, LENGTH)
        )
        return starts_at + LENGTH

    def _row(
        self, number: int, case: int, owner: int, booked_at: datetime, row: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "id": number,
            "case": case,
            "kind": Kind.COMMISSIONING,
            "open_key": None,
            "remind_at": None,
            "ends_at": row["starts_at"] + LENGTH,
            "uid": f"fill-{case}",
            "booked_at": booked_at,
            "account": owner,
            "changed_at": booked_at,
            **row,
        }


def _free(day: date) -> Iterator[tuple[datetime, int]]:
    """Yield each hour of the working days after this one, as often as there are places."""
    while True:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            for hour in range(FIRST_HOUR, LAST_HOUR):
                for place in range(PLACES):
                    yield berlin.to_utc(day, time(hour)), place
