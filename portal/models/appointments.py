"""Appointments between support and salon, and when there may be any (rule R4)."""

from collections.abc import Iterator
from datetime import date, datetime

from peewee import BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.customers import Salon
from portal.rules.appointments import AppointmentState, Kind, Terms


class CalendarKind(BaseModel):
    """How appointments of one kind are given: length, how many at once, and how early or late."""

    kind = EnumField(Kind, max_length=20, unique=True)
    is_offered = BooleanField(default=True)
    minutes = IntegerField()  # how long one takes; a multiple of the grid of rules.appointments
    capacity = IntegerField()  # how many at the same time
    notice_hours = IntegerField()  # not booked later than this before it begins
    change_hours = IntegerField()  # not moved or cancelled by the owner later than this before it
    ahead_days = IntegerField()  # not booked further ahead
    revision = IntegerField(default=1)

    @classmethod
    def of(cls, kind: Kind) -> "CalendarKind | None":
        """Return how appointments of the kind are given, or None before staff have said so."""
        return cls.get_or_none(cls.kind == kind)

    @classmethod
    def without_times(cls) -> list[Kind]:
        """Return the kinds of which nobody finds a time though they are meant to be given."""
        has_hours = cls.kind.in_(WeeklyHours.select(WeeklyHours.kind))
        settled = cls.select(cls.kind).where(~cls.is_offered | ((cls.capacity > 0) & has_hours))
        fine = {row.kind for row in settled}
        return [kind for kind in Kind if kind not in fine]

    @property
    def terms(self) -> Terms:
        """Return the numbers as the rules take them."""
        return Terms(self.minutes, self.capacity, self.notice_hours, self.change_hours, self.ahead_days)


class WeeklyHours(BaseModel):
    """From when to when on a weekday appointments of a kind are given; several rows a day may be."""

    kind = EnumField(Kind, max_length=20)
    weekday = IntegerField()  # 0 is Monday
    opens = IntegerField()  # minutes after midnight, Europe/Berlin
    closes = IntegerField()

    class Meta:
        indexes = ((("kind", "weekday", "opens"), True),)

    @classmethod
    def of(cls, kind: Kind) -> dict[int, list[tuple[int, int]]]:
        """Return the kind's hours by weekday, each day's in order."""
        hours: dict[int, list[tuple[int, int]]] = {}
        for row in cls.select().where(cls.kind == kind).order_by(cls.weekday, cls.opens):
            hours.setdefault(row.weekday, []).append((row.opens, row.closes))
        return hours


class Holiday(BaseModel):
    """A day on which there are no appointments."""

    day = DateField(unique=True)
    name = CharField(max_length=80)

    @classmethod
    def between(cls, first: date, last: date):
        """Select the holidays from the first day to the last, both included, in order."""
        return cls.select().where(cls.day >= first, cls.day <= last).order_by(cls.day)

    @classmethod
    def days_from(cls, first: date, days: int) -> frozenset[date]:
        """Return which of these days are holidays."""
        last = date.fromordinal(min(first.toordinal() + days, date.max.toordinal()))
        return frozenset(holiday.day for holiday in cls.between(first, last))

    @classmethod
    def from_day(cls, first: date):
        """Select the holidays on this day and after it, in order."""
        return cls.select().where(cls.day >= first).order_by(cls.day)


class Appointment(BaseModel):
    """One appointment of one case. `open_key` lets a case have one open appointment of a kind only."""

    case = ForeignKeyField(Case, backref="appointments", on_delete="RESTRICT")
    kind = EnumField(Kind, max_length=20)
    state = EnumField(AppointmentState, max_length=20)
    starts_at = InstantField()
    ends_at = InstantField()
    open_key = CharField(max_length=40, null=True, unique=True)  # "<case id>:<kind>" while booked
    uid = CharField(max_length=80, unique=True)  # of the calendar entry, for good
    sequence = IntegerField(default=0)  # of the calendar entry: one more with each change
    note = TextField(default="")  # what the salon wrote to it
    booked_at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    changed_at = InstantField()
    ended_at = InstantField(null=True)
    ended_why = TextField(default="")
    remind_at = InstantField(null=True, index=True)

    class Meta:
        indexes = ((("starts_at", "id"), False),)
        constraints = [
            Check("(open_key IS NOT NULL) = (state = 'booked')"),
            Check("ends_at > starts_at"),
        ]

    @classmethod
    def open_of(cls, case: Case):
        """Select the case's booked appointments, the next first."""
        booked = cls.state == AppointmentState.BOOKED
        return cls.select().where(cls.case == case, booked).order_by(cls.starts_at)

    @classmethod
    def open_for(cls, case: Case | int, kind: Kind) -> "Appointment | None":
        """Return the case's booked appointment of this kind; there is one at most."""
        case_id = case if isinstance(case, int) else case.id
        return cls.get_or_none(cls.open_key == open_key(case_id, kind))

    @classmethod
    def commissioning_of(cls, case_id: int) -> "Appointment | None":
        """Return the case's booked appointment for the commissioning; its case is not read."""
        return cls.open_for(case_id, Kind.COMMISSIONING)

    @classmethod
    def of_case(cls, case: Case):
        """Select all the case's appointments, whatever became of them, the latest booked last."""
        return cls.select().where(cls.case == case).order_by(cls.booked_at, cls.id)

    @classmethod
    def booked_between(cls, start: datetime, end: datetime):
        """Select what is booked with a beginning in [start, end), with its case, in order."""
        within = (cls.starts_at >= start) & (cls.starts_at < end) & (cls.state == AppointmentState.BOOKED)
        return cls.select(cls, Case).join(Case).where(within).order_by(cls.starts_at, cls.id)

    @classmethod
    def in_calendar(cls, start: datetime, end: datetime):
        """Select what was not cancelled and begins in [start, end), with case and salon, in order."""
        within = (cls.starts_at >= start) & (cls.starts_at < end) & (cls.state != AppointmentState.CANCELLED)
        found = cls.select(cls, Case, Salon).join(Case).left_outer_join(Salon, on=(Case.salon == Salon.id))
        return found.where(within).order_by(cls.starts_at, cls.id)

    @classmethod
    def to_remind(cls, now: datetime):
        """Select the booked appointments of which people are to be reminded by now, the oldest first."""
        due = (cls.remind_at <= now) & (cls.state == AppointmentState.BOOKED)
        return cls.select().where(due).order_by(cls.remind_at, cls.id)

    @property
    def is_booked(self) -> bool:
        """Tell whether it was neither cancelled nor done nor missed."""
        return self.state is AppointmentState.BOOKED


class Seat(BaseModel):
    """One cell of time that an appointment takes up at one of the kind's places.

    Unique: however many ask at once, and whatever length appointments have, none gets a place twice (R4).
    """

    appointment = ForeignKeyField(Appointment, backref="seats", on_delete="CASCADE")
    kind = EnumField(Kind, max_length=20)
    at = InstantField()  # the beginning of the cell; rules.appointments has its length
    place = IntegerField()  # 0 … capacity - 1

    class Meta:
        indexes = ((("kind", "at", "place"), True),)

    @classmethod
    def taken_between(
        cls, kind: Kind, start: datetime, end: datetime, *, but_for: Case | None = None
    ) -> Iterator[tuple[datetime, int]]:
        """Yield cell and place of what is taken in [start, end); `but_for` leaves out a case's own."""
        within = (cls.kind == kind) & (cls.at >= start) & (cls.at < end)
        found = cls.select(cls.at, cls.place).where(within)
        if but_for is not None:
            own = Appointment.select(Appointment.id).where(Appointment.case == but_for)
            found = found.where(cls.appointment.not_in(own))
        rows: Iterator[tuple[datetime, int]] = found.tuples().iterator()
        return rows


def open_key(case_id: int, kind: Kind) -> str:
    """Return what a booked appointment is found by, and is there once only."""
    return f"{case_id}:{kind}"
