"""The chain over the history: a row that was taken away or changed breaks it (rule S)."""

from peewee import CharField, ForeignKeyField

from portal.models.base import BaseModel
from portal.models.history import History


class Seal(BaseModel):
    """One link of the chain. Its order is that of the ids; triggers keep it for good.

    `content` is the digest of what the row says, `digest` that of the seal before, the row's own columns
    and `content`. So the words of a row can be erased when their time is over (P3), and nothing else.
    """

    history = ForeignKeyField(History, unique=True, on_delete="RESTRICT")
    content = CharField(max_length=64)
    digest = CharField(max_length=64)
