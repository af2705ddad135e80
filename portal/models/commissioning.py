"""What has been done of a commissioning: one row per item of the checklist (rule R5)."""

from peewee import ForeignKeyField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.rules.commissioning import Item


class CommissioningTick(BaseModel):
    """One item that somebody ticked, and when; an item is ticked once."""

    case = ForeignKeyField(Case, backref="commissioning_ticks", on_delete="RESTRICT")
    item = EnumField(Item, max_length=20)
    at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    class Meta:
        indexes = ((("case", "item"), True),)

    @classmethod
    def of_case(cls, case: Case):
        """Select the case's ticks with the people, in the order they were made."""
        return cls.select(cls, Account).left_outer_join(Account).where(cls.case == case).order_by(cls.id)
