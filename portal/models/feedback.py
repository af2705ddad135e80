"""How was it?  One short answer per case, after it is closed."""

from peewee import Check, ForeignKeyField, IntegerField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case


class Feedback(BaseModel):
    """What the owner thought of it: 1 (bad) to 5 (very good), and words if they like."""

    case = ForeignKeyField(Case, backref="feedback", unique=True, on_delete="RESTRICT")
    score = IntegerField()
    text = TextField(default="")
    at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    class Meta:
        constraints = [Check("score BETWEEN 1 AND 5")]
