"""Running numbers: the next case number of a year, and when the worker was last here."""

from datetime import datetime

from peewee import CharField, IntegerField

from portal.models.base import BaseModel, InstantField


class Counter(BaseModel):
    """How many case numbers a year has given out."""

    year = IntegerField(unique=True)
    last = IntegerField(default=0)


class Round(BaseModel):
    """When the worker last finished a round, or something that is done once in a while, by its name."""

    name = CharField(max_length=20, unique=True)
    at = InstantField()

    @classmethod
    def last_at(cls, name: str = "worker") -> datetime | None:
        """Return when the worker last finished a round, or what is called so, or None."""
        found = cls.get_or_none(cls.name == name)
        return found.at if found else None
