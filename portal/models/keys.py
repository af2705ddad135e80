"""Keys of the till's back end for the API; what they may do, and when they were last used."""

from peewee import CharField, ForeignKeyField, JSONField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField


class ApiKey(BaseModel):
    """One key, made by an admin: the database knows its hash and its first characters only."""

    name = CharField(max_length=80)
    prefix = CharField(max_length=12)
    key_hash = CharField(max_length=64, unique=True)
    scopes = JSONField(default=list)
    created_at = InstantField()
    created_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    last_used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    revoked_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    @classmethod
    def all_of_them(cls):
        """Select the keys with who made and revoked them: those in use first, then the newest first."""
        maker, revoker = Account.alias(), Account.alias()
        return (
            cls.select(cls, maker, revoker)
            .left_outer_join(maker, on=(cls.created_by == maker.id), attr="created_by")
            .switch(cls)
            .left_outer_join(revoker, on=(cls.revoked_by == revoker.id), attr="revoked_by")
            .order_by(cls.revoked_at.is_null(False), cls.id.desc())
        )

    @classmethod
    def in_use(cls):
        """Select the keys that have not been revoked."""
        return cls.select().where(cls.revoked_at.is_null())
