"""A report being filled in: it belongs to a browser, not to an account."""

from peewee import CharField, ForeignKeyField, IntegerField, JSONField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField


class Draft(BaseModel):
    """The answers given so far, by page; `sent_at` is set once, when it becomes a case."""

    key_hash = CharField(max_length=64, unique=True)  # the browser holds the key
    account = ForeignKeyField(Account, null=True, backref="drafts", on_delete="CASCADE")
    answers = JSONField(default=dict)
    revision = IntegerField(default=0)
    started_at = InstantField()
    changed_at = InstantField(index=True)
    sent_at = InstantField(null=True)

    @classmethod
    def open_of(cls, account: Account):
        """Select the account's unsent reports, newest first: to go on, on another device."""
        return (
            cls.select().where(cls.account == account, cls.sent_at.is_null()).order_by(cls.changed_at.desc())
        )
