"""How was it?  One short answer per case, after it is closed."""

from hashlib import sha256

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

    @classmethod
    def of_case(cls, case: Case) -> "Feedback | None":
        """Return what was said about the case, if anything was."""
        return cls.get_or_none(cls.case == case)

    @property
    def mark(self) -> str:
        """Return a short text that differs whenever something else was said: what a form was shown (S3)."""
        return sha256(f"{self.score}:{self.text}".encode()).hexdigest()[:16]
