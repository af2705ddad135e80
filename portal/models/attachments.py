"""Photos of the fault, stored under random names outside the web root."""

from peewee import CharField, ForeignKeyField, IntegerField

from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.drafts import Draft

MAX_PHOTOS = 5


class Attachment(BaseModel):
    """One re-encoded photo; it hangs on the draft until the report is sent, then on the case."""

    draft = ForeignKeyField(Draft, backref="photos", null=True, on_delete="SET NULL")
    case = ForeignKeyField(Case, backref="photos", null=True, on_delete="RESTRICT")
    name = CharField(max_length=64, unique=True)
    width = IntegerField()
    height = IntegerField()
    size = IntegerField()  # bytes
    at = InstantField()

    @classmethod
    def of_case(cls, case: Case):
        """Select the case's photos, in the order in which they came."""
        return cls.select().where(cls.case == case).order_by(cls.id)
