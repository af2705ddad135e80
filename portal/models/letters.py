"""Letters to be sent (outbox): written in the deed's transaction, delivered by the worker.

Some go to people by mail, some to the till's back end, some to whoever asked for webhooks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from peewee import SQL, CharField, ForeignKeyField, IntegerField, JSONField, TextField, fn
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case

OVERDUE_AFTER = timedelta(minutes=30)
NOTICED_AFTER = timedelta(minutes=5)  # then its reader is told on the page instead
LONGEST_LEASE = timedelta(hours=1)  # far above the real one: the clocks of two workers may differ
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # "not NULL" in a form that uses the index


class Channel(StrEnum):
    """How a letter leaves the house."""

    MAIL = "mail"
    TILL = "till"
    HOOK = "hook"


class Letter(BaseModel):
    """One message about one event; `event_key` lets an event write it once only.

    `due_at` is its place in the line and NULL once the letter is sent or given up, so that the
    worker's index holds only what is left to do. `leased_until` says that a worker has it. One that
    is neither due nor sent nor given up was called off: nobody wants it any more.
    Letters of one `lane` leave in the order in which they were written.
    """

    event = CharField(max_length=40)  # by mail: the folder templates/mail/<event>/
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
    channel = EnumField(Channel, max_length=10, default=Channel.MAIL, constraints=[SQL("DEFAULT 'mail'")])
    lane = CharField(max_length=60, null=True)

    class Meta:
        indexes = (
            (("channel", "due_at", "id"), False),
            (("lane", "due_at"), False),
        )

    @classmethod
    def due(cls, now: datetime, channel: Channel = Channel.MAIL):
        """Select the channel's letters that may be tried now and nobody has taken, oldest first."""
        ready = (cls.channel == channel) & (cls.due_at <= now) & cls.is_free(now)
        if channel != Channel.MAIL:  # a long lane that has to wait must not hide the others
            ready &= ~cls._stands_behind(cls, is_strict=True)
        return cls.select().where(ready).order_by(cls.due_at, cls.id)

    @classmethod
    def is_free(cls, now: datetime):
        """Return the condition that no worker has the letter; a lease that ran out counts no more.

        Nor does one that is far off: the clock was wrong by which it was taken.
        """
        is_wrong = cls.leased_until > now + LONGEST_LEASE
        return cls.leased_until.is_null() | (cls.leased_until <= now) | is_wrong

    def has_earlier(self):
        """Return the condition that a letter of the same lane stands before this one.

        A mail that failed and pauses has lost its place and holds nobody up. Machines must hear
        things in order: there a pausing one holds up its lane until it is sent or given up.
        """
        return self._stands_behind(self, is_strict=self.channel != Channel.MAIL)

    @staticmethod
    def _stands_behind(later, *, is_strict: bool):
        earlier = Letter.alias()
        waiting = earlier.due_at > LONG_AGO if is_strict else earlier.due_at <= later.due_at
        return fn.EXISTS(
            earlier.select(earlier.id).where(earlier.lane == later.lane, earlier.id < later.id, waiting)
        )

    @classmethod
    def lane_of_reader(cls, case_id: int | None, link_id: int | None, reader: int | str) -> str | None:
        """Return what keeps a reader's letters about one case, or one link without a case, in order."""
        if case_id is not None:
            return f"case:{case_id}:{reader}"
        return f"link:{link_id}:{reader}" if link_id else None

    @classmethod
    def waiting_for(
        cls, account: Account, *, case: Case | None = None, link_id: int | None = None, now: datetime
    ) -> bool:
        """Tell whether a letter to this person about the case, or the link, has not left for some minutes.

        A link that came with a case has its letters there: give both. One look into an index.
        """
        lane = cls.lane_of_reader(case.id if case else None, link_id, account.id)
        late = (cls.due_at > LONG_AGO) & (cls.written_at <= now - NOTICED_AFTER)
        return cls.select(cls.id).where(cls.lane == lane, late).limit(1).exists()

    @classmethod
    def is_overdue(cls, now: datetime, channel: Channel = Channel.MAIL) -> bool:
        """Tell whether a letter could have left for half an hour; pauses between tries do not count.

        What machines must hear in order waits for the first of its lane: only that one counts.
        """
        late = (cls.channel == channel) & (cls.due_at <= now - OVERDUE_AFTER)
        if channel != Channel.MAIL:
            late &= ~cls._stands_behind(cls, is_strict=True)
        return cls.select(cls.id).where(late).limit(1).exists()

    @classmethod
    def waiting(cls) -> "dict[Channel, Waiting]":
        """Return what waits on each channel that has something waiting; one query."""
        columns = (cls.channel, fn.COUNT(cls.id), fn.MIN(cls.written_at), fn.MIN(cls.due_at))
        found = cls.select(*columns).where(cls.due_at > LONG_AGO).group_by(cls.channel)
        rows: Iterator[Any] = found.tuples().iterator()
        return {Channel(channel): Waiting(*rest) for channel, *rest in rows}

    @classmethod
    def held_up(cls, limit: int = 20):
        """Select the waiting letters that were tried in vain, the first of the line first."""
        return (
            cls.select(cls, Case)
            .left_outer_join(Case)
            .where(cls.due_at > LONG_AGO, cls.last_error != "")
            .order_by(cls.due_at, cls.id)
            .limit(limit)
        )

    def is_overtaken(self):
        """Return the condition that a later letter of the same lane has left already."""
        later = Letter.alias()
        left = later.sent_at > LONG_AGO
        return fn.EXISTS(later.select(later.id).where(later.lane == self.lane, later.id > self.id, left))

    @classmethod
    def count_open(cls) -> int:
        """Count the letters that are neither sent nor given up."""
        return cls.select().where(cls.due_at > LONG_AGO).count()

    @classmethod
    def count_given_up(cls) -> dict[Channel, int]:
        """Count the letters of each channel that were given up; a channel without any is left out."""
        found = cls.select(cls.channel, fn.COUNT(cls.id)).where(cls.gave_up_at > LONG_AGO)
        rows: Iterator[Any] = found.group_by(cls.channel).tuples().iterator()
        return {Channel(channel): count for channel, count in rows}


@dataclass(frozen=True)
class Waiting:
    """How many letters wait on a channel, since when the oldest, and when one of them is next due."""

    count: int
    oldest_at: datetime
    due_at: datetime
