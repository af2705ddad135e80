"""The second proof of who somebody is: passkeys, codes of an app, and codes on paper (rule P1)."""

from peewee import BigIntegerField, CharField, ForeignKeyField, JSONField, TextField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField


class Passkey(BaseModel):
    """A key in somebody's phone or computer, of which only the public half is here (WebAuthn)."""

    account = ForeignKeyField(Account, backref="passkeys", on_delete="CASCADE")
    credential_id = CharField(max_length=1400, unique=True)  # Base64url
    public_key = TextField()  # Base64url of the COSE key
    user_handle = CharField(max_length=100)  # the same for all keys of an account, and says nothing
    sign_count = BigIntegerField(default=0)
    transports = JSONField(default=list)
    name = CharField(max_length=60)
    created_at = InstantField()
    last_used_at = InstantField(null=True)

    @classmethod
    def of(cls, account: Account):
        """Select the account's passkeys, the oldest first."""
        return cls.select().where(cls.account == account).order_by(cls.id)


class Authenticator(BaseModel):
    """The app that shows a new code every half minute (TOTP); its secret is stored encrypted.

    It counts once a first code of it was typed in: `confirmed_at`. `last_step` is the half minute of the
    last code that was taken, so that none is taken twice.
    """

    account = ForeignKeyField(Account, backref="authenticators", unique=True, on_delete="CASCADE")
    secret = TextField()
    last_step = BigIntegerField(default=0)
    created_at = InstantField()
    confirmed_at = InstantField(null=True)

    @classmethod
    def of(cls, account: Account) -> "Authenticator | None":
        """Return the account's app once it counts."""
        return cls.get_or_none(cls.account == account, cls.confirmed_at.is_null(False))


class RecoveryCode(BaseModel):
    """One of the codes on paper, for the day on which the phone is lost; each is good once."""

    account = ForeignKeyField(Account, backref="recovery_codes", on_delete="CASCADE")
    code_hash = CharField(max_length=64)
    created_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        indexes = ((("account", "code_hash"), True),)

    @classmethod
    def left_of(cls, account: Account) -> int:
        """Count the codes that are still good."""
        return cls.select().where(cls.account == account, cls.used_at.is_null()).count()


def has_any(account: Account) -> bool:
    """Tell whether the account has a second factor: the app, or a passkey."""
    return Authenticator.of(account) is not None or Passkey.of(account).exists()


class Challenge(BaseModel):
    """What a passkey is asked to sign, once; the browser holds the other half in its session."""

    challenge_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")  # NULL: whoever it is, at signing in
    purpose = CharField(max_length=20)
    created_at = InstantField()
    expires_at = InstantField(index=True)
    used_at = InstantField(null=True)
