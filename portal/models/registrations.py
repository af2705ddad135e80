"""Who wants to come in for the first time, and who wants another e-mail address."""

from datetime import datetime
from enum import StrEnum

from peewee import CharField, ForeignKeyField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.customers import Customer


class Verdict(StrEnum):
    """What became of a registration: it matched by itself, or staff said yes or no."""

    MATCHED = "matched"
    APPROVED = "approved"
    REFUSED = "refused"


class Registration(BaseModel):
    """An owner who registers with customer number and e-mail address.

    Whether they match is looked up by the worker, so that the answer says and takes the same for all.
    What does not match waits for staff: `verdict` is NULL.
    """

    email = CharField(max_length=254, index=True)
    name = CharField(max_length=120)
    customer_number = CharField(max_length=20, default="")
    business = CharField(max_length=120, default="")
    phone = CharField(max_length=20, default="")
    language = CharField(max_length=5, default="de")
    asked_at = InstantField()
    address = CharField(max_length=45, default="")
    looks_up_since = InstantField(null=True, index=True)  # NULL once the worker has looked it up
    verdict = EnumField(Verdict, max_length=10, null=True)
    decided_at = InstantField(null=True)
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    customer = ForeignKeyField(Customer, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    why = TextField(default="")

    @classmethod
    def waiting(cls):
        """Select what staff must decide, the oldest first."""
        return (
            cls.select()
            .where(cls.verdict.is_null(), cls.looks_up_since.is_null())
            .order_by(cls.asked_at, cls.id)
        )


class EmailChange(BaseModel):
    """A new e-mail address that both mailboxes must confirm; the links' secrets come from the marks."""

    account = ForeignKeyField(Account, backref="email_changes", on_delete="CASCADE")
    email = CharField(max_length=254)
    old_mark = CharField(max_length=43, unique=True)
    new_mark = CharField(max_length=43, unique=True)
    asked_at = InstantField()
    expires_at = InstantField(index=True)
    old_confirmed_at = InstantField(null=True)
    new_confirmed_at = InstantField(null=True)
    ended_at = InstantField(null=True)  # done, or called off

    @classmethod
    def open_of(cls, account: Account, now: datetime) -> "EmailChange | None":
        """Return the change that still waits for a confirmation."""
        return (
            cls.select()
            .where(cls.account == account, cls.ended_at.is_null(), cls.expires_at > now)
            .order_by(cls.id.desc())
            .first()
        )
