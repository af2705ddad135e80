"""Whom we serve: customers (the businesses) and their salons."""

from typing import Any

from peewee import CharField, ForeignKeyField, JSONField

from portal.models.base import BaseModel, InstantField


class Customer(BaseModel):
    """A business with a customer number; it owns salons, devices and cases."""

    number = CharField(max_length=20, unique=True)
    name = CharField(max_length=120)
    search_name = CharField(max_length=160, index=True)  # base.searchable(name)
    created_at = InstantField()
    locked_at = InstantField(null=True)  # kept only because the law wants it (P3)

    @classmethod
    def is_shown_to(cls, staff: Any) -> Any:
        """Return the condition that staff may see the business: none that is locked, but one (rule P3)."""
        is_open = cls.locked_at.is_null()
        return is_open if staff.reads_locked is None else is_open | (cls.id == staff.reads_locked)

    @classmethod
    def locked(cls):
        """Select the businesses that are kept only because the law wants it, the last locked first."""
        return cls.select().where(cls.locked_at.is_null(False)).order_by(cls.locked_at.desc(), cls.id)


class Salon(BaseModel):
    """One place of a customer where a Kassenserver stands."""

    customer = ForeignKeyField(Customer, backref="salons", on_delete="RESTRICT")
    name = CharField(max_length=120)
    search_name = CharField(max_length=160, index=True)
    street = CharField(max_length=100)
    postal_code = CharField(max_length=10)
    city = CharField(max_length=80)
    country = CharField(max_length=2, default="DE")
    phone = CharField(max_length=20, default="", index=True)  # E.164
    hours = JSONField(null=True)  # {"0": [[540, 1080]], …}: minutes of the day per weekday; NULL = not told

    @classmethod
    def of(cls, customer: Customer):
        """Select the customer's salons, in a steady order."""
        return cls.select().where(cls.customer == customer).order_by(cls.name, cls.id)
