"""Letters to be sent (outbox): written in the deed's transaction, delivered by the worker."""

from datetime import datetime

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case


class Letter(BaseModel):
    """One e-mail about one event; `event_key` lets an event write it once only.

    `due_at` is NULL once the letter is sent or given up, so that the worker's index
    holds only what is left to do.
    """

    event = CharField(max_length=40)  # the folder templates/mail/<event>/
    event_key = CharField(max_length=120, unique=True)
    message_id = CharField(max_length=120, unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    case = ForeignKeyField(Case, null=True, backref="letters", on_delete="RESTRICT")
    recipient = CharField(max_length=254)
    language = CharField(max_length=5)
    context = JSONField(default=dict)
    written_at = InstantField()
    due_at = InstantField(null=True, index=True)
    leased_until = InstantField(null=True)
    tries = IntegerField(default=0)
    sent_at = InstantField(null=True)
    gave_up_at = InstantField(null=True, index=True)
    last_error = TextField(default="")

    @classmethod
    def due(cls, now: datetime):
        """Select the letters that may be tried now, oldest first."""
        return cls.select().where(cls.due_at <= now).order_by(cls.due_at, cls.id)
