"""Appointments between support and salon, and when there may be any (rule R4)."""

from datetime import datetime

from peewee import BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.rules.appointments import AppointmentState, Kind


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


class WeeklyHours(BaseModel):
    """From when to when on a weekday appointments of a kind are given; several rows a day may be."""

    kind = EnumField(Kind, max_length=20)
    weekday = IntegerField()  # 0 is Monday
    opens = IntegerField()  # minutes after midnight, Europe/Berlin
    closes = IntegerField()

    class Meta:
        indexes = ((("kind", "weekday", "opens"), True),)


class Holiday(BaseModel):
    """A day on which there are no appointments."""

    day = DateField(unique=True)
    name = CharField(max_length=80)


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
    def booked_between(cls, start: datetime, end: datetime):
        """Select what is booked with a beginning in [start, end), with its case, in order."""
        within = (cls.starts_at >= start) & (cls.starts_at < end) & (cls.state == AppointmentState.BOOKED)
        return cls.select(cls, Case).join(Case).where(within).order_by(cls.starts_at, cls.id)


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
