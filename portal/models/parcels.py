"""What lies in a case's parcel: each part, how it came and how it left (rules C4, C4a, C5)."""

from peewee import CharField, ForeignKeyField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.consents import Consent
from portal.rules.parcel import FROM_CHECK_IN, Arrival, Departure, Part, Standing


class ParcelItem(BaseModel):
    """One part of one case. `departure` NULL: still with us, or still awaited.

    PACKED without `departed_at` lies in a carton that has not left yet.
    """

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

    @classmethod
    def missing_of(cls, case: Case):
        """Select what the case's owner still has to send (rule C4)."""
        return cls.of_case(case).where(cls.arrival == Arrival.MISSING)

    @classmethod
    def is_checked_in(cls, case: Case) -> bool:
        """Tell whether somebody has recorded what was in the parcel; single parts do not count."""
        listed = cls.select(cls.id).where(cls.case == case, cls.arrival.in_(list(FROM_CHECK_IN)))
        return listed.exists()

    @property
    def came_late(self) -> bool:
        """Tell whether the part was missing at first, and came later (rule C4)."""
        return self.arrived_at is not None and self.arrived_at > self.at

    @classmethod
    def disposal_open_of(cls, case: Case) -> "ParcelItem | None":
        """Return the case's TSE whose owner has been asked about its disposal and has not answered (C4a)."""
        return next((item for item in cls.of_case(case) if item.is_disposal_open), None)

    @property
    def is_disposal_open(self) -> bool:
        """Tell whether the owner has still to say if the TSE may be disposed of (rule C4a)."""
        return self.disposal_asked_at is not None and self.consent_id is None and self.departure is None

    @property
    def standing(self) -> Standing:
        """Return how the part stands, for the rules."""
        return Standing(
            part=self.part,
            arrival=self.arrival,
            departure=self.departure,
            has_left=self.departed_at is not None,
            may_stay=self.consent_id is not None,
        )
