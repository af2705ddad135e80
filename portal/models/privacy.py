"""What people want of their own data: a copy, or that it goes (rule P3)."""

from datetime import datetime
from enum import StrEnum

from peewee import BigIntegerField, CharField, ForeignKeyField, IntegerField, JSONField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.customers import Customer


class Takeout(BaseModel):
    """One copy of somebody's data, made by the worker piece by piece; the file lies outside the web root.

    `due_at` is set while there is something to do; a worker that dies leaves the rest to the next.
    """

    account = ForeignKeyField(Account, backref="takeouts", on_delete="CASCADE")
    asked_at = InstantField()
    due_at = InstantField(null=True, index=True)
    total = IntegerField(default=0)
    done = IntegerField(default=0)
    file_name = CharField(max_length=64, default="")
    size = BigIntegerField(default=0)  # bytes
    finished_at = InstantField(null=True)
    expires_at = InstantField(null=True, index=True)  # then the file goes
    last_error = TextField(default="")

    @classmethod
    def newest_of(cls, account: Account) -> "Takeout | None":
        """Return the account's last copy."""
        return cls.select().where(cls.account == account).order_by(cls.id.desc()).first()


class Scope(StrEnum):
    """What is to go: one person, or the whole business."""

    PERSON = "person"
    BUSINESS = "business"


class Deletion(BaseModel):
    """A request that data goes. `kept` says what stays locked, until when and why, as it was shown."""

    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    customer = ForeignKeyField(Customer, null=True, on_delete="SET NULL")
    scope = EnumField(Scope, max_length=10)
    asked_at = InstantField()
    due_at = InstantField(null=True, index=True)  # until then it can be taken back
    withdrawn_at = InstantField(null=True)
    done_at = InstantField(null=True)
    kept = JSONField(default=list)
    last_error = TextField(default="")

    @classmethod
    def due(cls, now: datetime):
        """Select the requests that are to be done now, the oldest first."""
        return cls.select().where(cls.due_at <= now).order_by(cls.due_at, cls.id)

    @classmethod
    def open_of(cls, account: Account) -> "Deletion | None":
        """Return the person's own request that can still be taken back."""
        mine = (cls.account == account) & cls.due_at.is_null(False)
        return cls.select().where(mine).order_by(cls.id.desc()).first()

    @classmethod
    def next_of(cls, customer: Customer) -> "Deletion | None":
        """Return the request of the business or of one of its people that is next to be carried out."""
        theirs = (cls.customer == customer) & cls.due_at.is_null(False)
        return cls.select().where(theirs).order_by(cls.due_at, cls.id).first()
