"""What happened: who, when, from, to and why. Rows are added, never changed (rule S)."""

from datetime import datetime

from peewee import CharField, ForeignKeyField, JSONField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.links import SubstituteLink


class History(BaseModel):
    """One thing that was done, written in the same transaction; triggers keep it for good."""

    at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT")  # NULL: the portal itself
    case = ForeignKeyField(Case, backref="history", null=True, on_delete="RESTRICT")
    link = ForeignKeyField(SubstituteLink, backref="history", null=True, on_delete="RESTRICT")
    what = CharField(max_length=40)
    source = CharField(max_length=30, default="")
    target = CharField(max_length=30, default="")
    why = TextField(default="")
    facts = JSONField(default=dict)

    @classmethod
    def of_case(cls, case: Case):
        """Select everything that happened to the case, with the people, oldest first."""
        return cls.select(cls, Account).left_outer_join(Account).where(cls.case == case).order_by(cls.id)

    @classmethod
    def of_link(cls, link: SubstituteLink):
        """Select everything that happened to the link, with the people, oldest first."""
        return cls.select(cls, Account).left_outer_join(Account).where(cls.link == link).order_by(cls.id)

    @classmethod
    def last_at(cls, link: SubstituteLink, what: str) -> datetime | None:
        """Return when this was last done with the link."""
        rows = cls.select(cls.at).where(cls.link == link, cls.what == what).order_by(cls.id.desc())
        row = rows.first()
        return row.at if row else None
