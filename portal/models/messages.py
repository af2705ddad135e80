"""What owner and support write to each other about a case."""

from peewee import BooleanField, ForeignKeyField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case


class Message(BaseModel):
    """One message; an internal one is a note among staff and never reaches the owner (S6)."""

    case = ForeignKeyField(Case, backref="messages", on_delete="RESTRICT")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    text = TextField()
    internal = BooleanField(default=False)
    at = InstantField()

    @classmethod
    def of_case(cls, case: Case, *, with_internal: bool):
        """Select the case's messages with their writers, oldest first."""
        messages = cls.select(cls, Account).left_outer_join(Account).where(cls.case == case).order_by(cls.id)
        return messages if with_internal else messages.where(cls.internal == False)  # noqa: E712
