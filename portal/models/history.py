"""What happened: who, when, from, to and why. Rows are added, never changed (rule S)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import SQL, CharField, ForeignKeyField, JSONField, TextField

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
    address = CharField(max_length=45, default="", constraints=[SQL("DEFAULT ''")])  # from where
    about = CharField(
        max_length=40, null=True, index=True
    )  # "customer:12", "account:5": neither case nor link
    erased_at = InstantField(null=True)  # its words' time was over (P3); the row itself stays

    class Meta:
        indexes = tuple(
            ((*first, "at", "id"), False) for first in ((), ("account",), ("what",), ("address",))
        )  # what the page of the history searches by, the newest first

    @classmethod
    def of_case(cls, case: Case):
        """Select everything that happened to the case, with the people, oldest first."""
        return cls.select(cls, Account).left_outer_join(Account).where(cls.case == case).order_by(cls.id)

    @classmethod
    def first_of(cls, case: Case, what: str) -> "History | None":
        """Return the row of the first time that this was done with the case, with the person."""
        return cls.of_case(case).where(cls.what == what).first()

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

    @classmethod
    def made_ready_from(cls, cases: Iterable[Case]) -> dict[int, str]:
        """Return from which state each of these cases was made ready, by the case's id; one query."""
        ids = [case.id for case in cases]
        if not ids:
            return {}
        rows: Any = cls.select(cls.case, cls.source).where(cls.case.in_(ids), cls.what == "make_ready")
        return dict(rows.order_by(cls.id).tuples())
