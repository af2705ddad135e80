"""A customers' list that is being taken over: read, shown, then worked off by the worker in pieces."""

from datetime import datetime
from enum import StrEnum

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField


class ImportState(StrEnum):
    """How far a list has come."""

    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"
    DROPPED = "dropped"


class ImportRun(BaseModel):
    """One list. `lines` are rules.register.Line as plain data; `done` of `total` are taken over.

    `due_at` is set while the worker has something to do; a worker that dies leaves the rest to the next.
    """

    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    file_name = CharField(max_length=120)
    state = EnumField(ImportState, max_length=10)
    lines = JSONField(default=list)
    problems = JSONField(default=list)
    expected = JSONField(default=dict)  # what the preview counted
    counts = JSONField(default=dict)  # what was done
    total = IntegerField()
    done = IntegerField(default=0)
    created_at = InstantField()
    due_at = InstantField(null=True, index=True)
    finished_at = InstantField(null=True)
    last_error = TextField(default="")

    @classmethod
    def due(cls, now: datetime):
        """Select the lists to be worked off, without their lines, the oldest first."""
        return cls.select(cls.id, cls.done, cls.total).where(cls.due_at <= now).order_by(cls.due_at, cls.id)

    @classmethod
    def newest(cls, limit: int = 10):
        """Select the last lists for the overview, without their lines."""
        columns = (
            cls.id,
            cls.file_name,
            cls.state,
            cls.total,
            cls.done,
            cls.created_at,
            cls.counts,
            cls.account,
        )
        return cls.select(*columns, Account).left_outer_join(Account).order_by(cls.id.desc()).limit(limit)
