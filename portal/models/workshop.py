"""What was swapped in the workshop: old and new serials, and from when to when each was in service (O2)."""

from peewee import CharField, DateField, ForeignKeyField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.parcels import ParcelItem
from portal.rules.workshop import SwapPart


class Swap(BaseModel):
    """One part that was swapped. TSE serials are hex; `withdrawn_at`: recorded by mistake."""

    case = ForeignKeyField(Case, backref="swaps", on_delete="RESTRICT")
    part = EnumField(SwapPart, max_length=20)
    name = CharField(max_length=80, default="")  # what an OTHER part is
    old_serial = CharField(max_length=80, default="")
    new_serial = CharField(max_length=80, default="")
    old_bsi_number = CharField(max_length=20, default="")
    new_bsi_number = CharField(max_length=20, default="")
    out_of_service_on = DateField(null=True)
    in_service_on = DateField(null=True)
    old_item = ForeignKeyField(ParcelItem, null=True, on_delete="RESTRICT")
    new_item = ForeignKeyField(ParcelItem, null=True, on_delete="RESTRICT")
    at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    withdrawn_at = InstantField(null=True)

    @classmethod
    def of_case(cls, case: Case):
        """Select what was swapped, oldest first, without what was recorded by mistake."""
        return cls.select().where(cls.case == case, cls.withdrawn_at.is_null()).order_by(cls.id)
