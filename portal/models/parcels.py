"""What lies in a case's parcel: each part, how it came and how it left (rules C4, C4a, C5)."""

from peewee import CharField, ForeignKeyField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.consents import Consent
from portal.rules.parcel import Arrival, Departure, Part


class ParcelItem(BaseModel):
    """One part of one case. `departure` NULL: still with us, or still awaited."""

    case = ForeignKeyField(Case, backref="parcel_items", on_delete="RESTRICT")
    part = EnumField(Part, max_length=20)
    name = CharField(max_length=80, default="")  # what an OTHER part is
    arrival = EnumField(Arrival, max_length=20)
    at = InstantField()  # of the first record
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    arrived_at = InstantField(null=True)
    waived_why = TextField(default="")
    serial = CharField(max_length=80, default="")
    tse_serial = CharField(max_length=64, default="")  # hex (C4a)
    bsi_number = CharField(max_length=20, default="")  # BSI-K-TR-nnnn-yyyy
    departure = EnumField(Departure, max_length=20, null=True)
    departed_at = InstantField(null=True)
    departure_why = TextField(default="")
    disposal_asked_at = InstantField(null=True)  # a TSE is disposed of by written consent only (C4a)
    consent = ForeignKeyField(Consent, null=True, on_delete="RESTRICT")

    @classmethod
    def of_case(cls, case: Case):
        """Select the case's parts in the order in which they were recorded."""
        return cls.select().where(cls.case == case).order_by(cls.id)
