"""Lines an owner adds to the outage record (Ausfallprotokoll); the vendor's own times are history (O1)."""

from datetime import datetime

from peewee import Check, ForeignKeyField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.links import SubstituteLink


class OutageLine(BaseModel):
    """One line of the owner's own, of a case or of a link without one; it can be withdrawn, not changed."""

    case = ForeignKeyField(Case, backref="outage_lines", null=True, on_delete="RESTRICT")
    link = ForeignKeyField(SubstituteLink, backref="outage_lines", null=True, on_delete="RESTRICT")
    happened_at = InstantField()
    text = TextField()
    at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    withdrawn_at = InstantField(null=True)

    class Meta:
        constraints = [Check("(case_id IS NULL) <> (link_id IS NULL)")]

    @classmethod
    def of(cls, subject: Case | SubstituteLink):
        """Select the own lines of a record with their people, withdrawn ones too, in the order of time.

        A case tells what was written to its links as well: a link may have found its case later.
        """
        if isinstance(subject, Case):
            links = SubstituteLink.select(SubstituteLink.id).where(SubstituteLink.case == subject)
            belongs = (cls.case == subject) | cls.link.in_(links)
        else:
            belongs = cls.link == subject
        lines = cls.select(cls, Account).left_outer_join(Account, on=(cls.account == Account.id))
        return lines.where(belongs).order_by(cls.happened_at, cls.id)

    @classmethod
    def standing_of(cls, subject: Case | SubstituteLink):
        """Select the own lines that were not withdrawn."""
        return cls.of(subject).where(cls.withdrawn_at.is_null())

    @classmethod
    def same_as(cls, subject: Case | SubstituteLink, happened_at: datetime, text: str):
        """Select the standing lines that say exactly this: sent twice, it is written once (rule S3)."""
        return cls.standing_of(subject).where(cls.happened_at == happened_at, cls.text == text)
