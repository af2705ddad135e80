"""Letters to be sent (outbox): written in the deed's transaction, delivered by the worker."""

from datetime import UTC, datetime, timedelta

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField, fn

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case

OVERDUE_AFTER = timedelta(minutes=30)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # "not NULL" in a form that uses the index


class Letter(BaseModel):
    """One e-mail about one event; `event_key` lets an event write it once only.

    `due_at` is its place in the line and NULL once the letter is sent or given up, so that the
    worker's index holds only what is left to do. `leased_until` says that a worker has it.
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
        """Select the letters that may be tried now and nobody has taken, oldest first."""
        return cls.select().where(cls.due_at <= now, cls.is_free(now)).order_by(cls.due_at, cls.id)

    @classmethod
    def is_free(cls, now: datetime):
        """Return the condition that no worker has the letter; a lease that ran out counts no more."""
        return cls.leased_until.is_null() | (cls.leased_until <= now)

    def has_earlier(self):
        """Return the condition that a letter of this case to this person stands before this one."""
        earlier = Letter.alias()
        return fn.EXISTS(
            earlier.select(earlier.id).where(
                earlier.case == self.case_id,  # NULL equals nothing: letters without a case wait for none
                earlier.recipient == self.recipient,
                earlier.id < self.id,
                earlier.due_at <= self.due_at,
            )
        )

    @classmethod
    def is_overdue(cls, now: datetime) -> bool:
        """Tell whether a letter waits for longer than half an hour; pauses between tries do not count."""
        return cls.select(cls.id).where(cls.due_at <= now - OVERDUE_AFTER).limit(1).exists()

    @classmethod
    def count_open(cls) -> int:
        """Count the letters that are neither sent nor given up."""
        return cls.select().where(cls.due_at > LONG_AGO).count()

    @classmethod
    def count_given_up(cls) -> int:
        """Count the letters that were given up."""
        return cls.select().where(cls.gave_up_at > LONG_AGO).count()
