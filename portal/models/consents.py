"""What somebody accepted: wording, version, language and time (rules P4, S7)."""

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.links import SubstituteLink


class Consent(BaseModel):
    """One accepted text, kept as it was shown."""

    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    case = ForeignKeyField(Case, backref="consents", null=True, on_delete="RESTRICT")
    link = ForeignKeyField(SubstituteLink, backref="consents", null=True, on_delete="RESTRICT")
    kind = CharField(max_length=40)
    wording = TextField()
    version = CharField(max_length=20)
    language = CharField(max_length=5)
    amount_cents = IntegerField(null=True)
    at = InstantField()

    @classmethod
    def of_case(cls, case: Case):
        """Select what was accepted for the case, oldest first."""
        return cls.select().where(cls.case == case).order_by(cls.id)

    @classmethod
    def is_given(cls, case: Case, kind: str) -> bool:
        """Tell whether a text of this kind was accepted for the case."""
        return cls.select(cls.id).where(cls.case == case, cls.kind == kind).exists()
