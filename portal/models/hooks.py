"""Who is told of changes by webhook."""

from peewee import CharField, ForeignKeyField, IntegerField, JSONField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField


class Hook(BaseModel):
    """One address that hears of changes; its secret is computed from `generation`, never stored.

    `ended_at` says since when nothing is sent there any more.
    """

    url = CharField(max_length=500)
    topics = JSONField(default=list)
    generation = IntegerField(default=1)
    created_at = InstantField()
    created_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    ended_at = InstantField(null=True)
    ended_why = CharField(max_length=300, default="")

    @property
    def was_ended_by_people(self) -> bool:
        """Tell whether an admin has ended it; the portal itself always says why it did."""
        return self.ended_at is not None and not self.ended_why

    @classmethod
    def active(cls):
        """Select the addresses that are told of changes."""
        return cls.select().where(cls.ended_at.is_null()).order_by(cls.id)
