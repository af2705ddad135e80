"""The Kassenserver: what we know of each device."""

from datetime import date

from peewee import BooleanField, CharField, DateField, ForeignKeyField
from playhouse.fields import EnumField

from portal.models.base import BaseModel, InstantField
from portal.models.customers import Customer, Salon
from portal.rules import warranty
from portal.rules.triage import Origin
from portal.rules.warranty import Estimate


class Device(BaseModel):
    """One Kassenserver; None means that nobody has told us yet."""

    salon = ForeignKeyField(Salon, backref="devices", on_delete="RESTRICT")
    name = CharField(max_length=80, default="Kassenserver")
    serial = CharField(max_length=60, null=True, unique=True)
    purchased_on = DateField(null=True)
    purchased_in = CharField(max_length=7, null=True)  # "2023-05" when only the month is known
    delivered_on = DateField(null=True)
    origin = EnumField(Origin, max_length=20, default=Origin.UNKNOWN)
    tse_in_server = BooleanField(null=True)
    tse_serial = CharField(max_length=64, null=True)
    backup_booked = BooleanField(null=True)
    created_at = InstantField()
    last_backup_at = InstantField(null=True)  # as the back end reported it (B2)

    @classmethod
    def of(cls, customer: Customer):
        """Select the customer's devices with their salons, in a steady order."""
        return (
            cls.select(cls, Salon).join(Salon).where(Salon.customer == customer).order_by(Salon.name, cls.id)
        )

    @classmethod
    def like(cls, salon: Salon, purchased_in: str | None, origin: Origin) -> "Device | None":
        """Return the salon's device that an owner described the same way before, if there is one.

        Without a serial two descriptions cannot be told apart; one device has one open link (L1).
        """
        same = (
            (cls.salon == salon) & cls.serial.is_null() & (cls.origin == origin) & cls.purchased_on.is_null()
        )
        month = cls.purchased_in.is_null() if purchased_in is None else cls.purchased_in == purchased_in
        return cls.select().where(same, month).order_by(cls.id).first()

    def estimate(self, today: date) -> Estimate:
        """Return what a repair would be, as an estimate of today (rules W0–W4)."""
        if self.purchased_on is None and self.purchased_in:
            year, month = self.purchased_in.split("-")
            return warranty.estimate_month(int(year), int(month), today)
        return warranty.estimate(self.purchased_on, self.delivered_on, today)
