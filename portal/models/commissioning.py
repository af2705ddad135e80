"""What has been done of a commissioning: one row per item of the checklist (rule R5)."""

from peewee import ForeignKeyField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.rules.commissioning import Item
from portal.rules.workflow import State


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

    @classmethod
    def done_of(cls, case: Case) -> set[Item]:
        """Return which items of the case's checklist are done."""
        return {tick.item for tick in cls.select(cls.item).where(cls.case == case)}

    @classmethod
    def holds_back(cls, device_id: int) -> bool:
        """Tell whether the device's server has just taken over: it gets no substitute till now (rule L11a).

        So it is from the moment its database was restored until the case ends, or the appointment is off.
        """
        restored = cls.select(cls.id).join(Case)
        return restored.where(
            Case.device == device_id, Case.state == State.COMMISSIONING_BOOKED, cls.item == Item.LINK_ENDED
        ).exists()
