"""Photos of the fault and of what arrived, stored under random names outside the web root."""

from enum import StrEnum

from peewee import SQL, CharField, ForeignKeyField, IntegerField
from playhouse.fields import EnumField

from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.drafts import Draft

MAX_PHOTOS = 5


class PhotoKind(StrEnum):
    """What a photo shows: the fault, as the owner saw it, or the parcel, as it arrived (rule C4)."""

    FAULT = "fault"
    ARRIVAL = "arrival"


class Attachment(BaseModel):
    """One re-encoded photo; it hangs on the draft until the report is sent, then on the case."""

    draft = ForeignKeyField(Draft, backref="photos", null=True, on_delete="SET NULL")
    case = ForeignKeyField(Case, backref="photos", null=True, on_delete="RESTRICT")
    name = CharField(max_length=64, unique=True)
    width = IntegerField()
    height = IntegerField()
    size = IntegerField()  # bytes
    at = InstantField()
    kind = EnumField(PhotoKind, max_length=10, default=PhotoKind.FAULT, constraints=[SQL("DEFAULT 'fault'")])
    blackened_at = InstantField(null=True)  # something in it was made unreadable
    removed_at = InstantField(null=True)  # its file is gone

    @classmethod
    def of_case(cls, case: Case, kind: PhotoKind = PhotoKind.FAULT):
        """Select the case's photos of one kind, in the order in which they came."""
        return cls.select().where(cls.case == case, cls.kind == kind).order_by(cls.id)

    @classmethod
    def shown_of(cls, case: Case, kind: PhotoKind = PhotoKind.FAULT):
        """Select those that have not been removed."""
        return cls.of_case(case, kind).where(cls.removed_at.is_null())
