"""Lines an owner adds to the outage record (Ausfallprotokoll); the vendor's own times are history (O1)."""

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
