"""Reports of people whom we do not know yet, and the secret link to their one case (rule P1a)."""

from peewee import CharField, ForeignKeyField, IntegerField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case


class Emergency(BaseModel):
    """Who reported without an account, as they say; staff match it to a customer.

    The token of `/c/<token>` is derived from the case and `generation` (ADR 004): renewing ends the old
    one. Only the hashes of it and of the code by mail are here.
    """

    case = ForeignKeyField(Case, backref="emergencies", unique=True, on_delete="RESTRICT")
    email = CharField(max_length=254, index=True)
    customer_number = CharField(max_length=20, default="")
    created_at = InstantField()

    token_hash = CharField(max_length=64, unique=True)
    generation = IntegerField(default=1)
    renewed_at = InstantField(null=True)
    opened_at = InstantField(null=True)
    ended_at = InstantField(null=True)  # the secret link opens nothing any more

    code_hash = CharField(max_length=64, default="")  # the six digits by mail
    code_expires_at = InstantField(null=True)
    code_tries = IntegerField(default=0)
    confirmed_at = InstantField(null=True)  # the e-mail address is theirs

    matched_at = InstantField(null=True)
    matched_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    @classmethod
    def of_case(cls, case: Case) -> "Emergency | None":
        """Return who reported the case without an account, if it was reported so."""
        return cls.get_or_none(cls.case == case)

    @classmethod
    def by_hash(cls, token_hash: str) -> "Emergency | None":
        """Return what a secret link belongs to, with its case; one query."""
        return cls.select(cls, Case).join(Case).where(cls.token_hash == token_hash).first()
