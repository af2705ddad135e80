"""What keeps strangers out: how often was tried in vain, and the links that were asked for by mail."""

from datetime import datetime

from peewee import SQL, CharField, ForeignKeyField, IntegerField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField

LONGEST_TARGET = 300


class Throttle(BaseModel):
    """Failures in a row of one account, browser or address; `key` is a hash, so no name stands here."""

    key = CharField(max_length=64, unique=True)
    failures = IntegerField()
    last_at = InstantField(index=True)
    free_at = InstantField()  # the next try counts from here


class SignInLink(BaseModel):
    """A link asked for by mail. Its secret part is derived from `mark` and never stored.

    It is asked for by anybody, with any e-mail address; whether there is an account is looked up
    afterwards by the worker, so that the answer takes the same time.
    """

    email = CharField(max_length=254)
    mark = CharField(max_length=43, unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    asked_at = InstantField()
    expires_at = InstantField(index=True)
    waits_since = InstantField(null=True, index=True)  # NULL once it was looked up
    used_at = InstantField(null=True)
    target = CharField(max_length=LONGEST_TARGET, default="", constraints=[SQL("DEFAULT ''")])
    """The page its reader wanted to see, whichever browser the link is opened in; or nothing."""

    @classmethod
    def usable(cls, mark: str, now: datetime) -> "SignInLink | None":
        """Return the link with this mark if it can still let somebody in."""
        fits = (
            (cls.mark == mark) & cls.used_at.is_null() & (cls.expires_at > now) & cls.account.is_null(False)
        )
        return cls.select(cls, Account).join(Account).where(fits, Account.closed_at.is_null()).first()
