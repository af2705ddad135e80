"""Who may come in: people (accounts) and the browsers they are signed in with."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from flask_login import UserMixin
from peewee import SQL, CharField, ForeignKeyField
from playhouse.fields import EnumField

from portal.models.base import BaseModel, InstantField
from portal.models.customers import Customer
from portal.rules.signing_in import By
from portal.rules.workflow import Role


class Account(UserMixin, BaseModel):
    """A person who signs in: an owner of one customer, or one of the staff."""

    email = CharField(max_length=254, unique=True)  # lower case; see actions.accounts.normal
    name = CharField(max_length=120)
    role = EnumField(Role, max_length=20)
    customer = ForeignKeyField(Customer, backref="accounts", null=True, on_delete="RESTRICT")
    password_hash = CharField(max_length=255, null=True)
    language = CharField(max_length=5, default="de")
    created_at = InstantField()
    closed_at = InstantField(null=True)
    anonymised_at = InstantField(null=True)  # the person is gone, what they did stays (P3)

    session_token: str | None = None
    signed_in: "SignIn | None" = None  # the row behind the token, for who came in with it
    reads_locked: int | None = None  # the locked business an admin looks into now, with a reason (P3)

    # Flask-Login compares the tokens of sessions: two people without one would be the same.
    __eq__ = BaseModel.__eq__  # type: ignore[assignment]
    __hash__ = BaseModel.__hash__

    @property
    def is_staff(self) -> bool:
        """Tell whether this person works for the operator."""
        return self.role in (Role.STAFF, Role.ADMIN)

    @classmethod
    def open_of(cls, customer: Customer | None):
        """Select the customer's people who may sign in, by name."""
        return (
            cls.select().where(cls.customer == customer, cls.closed_at.is_null()).order_by(cls.name, cls.id)
        )

    @classmethod
    def open_among(cls, addresses: Iterable[str]):
        """Select those of these e-mail addresses that may sign in."""
        return cls.select().where(cls.email.in_(list(addresses)), cls.closed_at.is_null()).order_by(cls.id)

    @classmethod
    def has_admin(cls) -> bool:
        """Tell whether anybody may manage the staff."""
        return cls.select(cls.id).where(cls.role == Role.ADMIN, cls.closed_at.is_null()).exists()

    def get_id(self) -> str | None:
        """Return the random token of this browser's session, not the account's id.

        Flask-Login puts it into the cookie; the session table knows only its hash, so
        signing out ends a copied cookie too.
        """
        return self.session_token


SIGN_IN_LASTS = timedelta(days=90)  # then the password is asked for again, whoever has the cookie


class SignIn(BaseModel):
    """One browser in which an account is signed in, until `ended_at` or its time is up."""

    account = ForeignKeyField(Account, backref="sign_ins", on_delete="CASCADE")
    token_hash = CharField(max_length=64, unique=True)
    device = CharField(max_length=200, default="")
    created_at = InstantField()
    ended_at = InstantField(null=True)
    last_used_at = InstantField(null=True)
    address = CharField(max_length=45, default="", constraints=[SQL("DEFAULT ''")])  # of the last use
    by = EnumField(By, max_length=10, default=By.PASSWORD, constraints=[SQL("DEFAULT 'password'")])
    second_factor_at = InstantField(null=True)  # staff see nothing before
    confirmed_at = InstantField(null=True)  # when they last proved anew who they are, for dangerous deeds

    @classmethod
    def open_of(cls, account: Account, now: datetime):
        """Select the browsers in which the account is signed in, the last used first."""
        is_open = cls.ended_at.is_null() & (cls.created_at > now - SIGN_IN_LASTS)
        return (
            cls.select()
            .where(cls.account == account, is_open)
            .order_by(cls.last_used_at.desc(), cls.id.desc())
        )

    @property
    def used_at(self) -> datetime:
        """Return when the browser was last seen."""
        return self.last_used_at or self.created_at

    @classmethod
    def account_of(cls, token: str, now: datetime) -> Account | None:
        """Return the account signed in with `token`, or None; one query."""
        found = (
            cls.select(cls, Account, Customer)
            .join(Account)
            .left_outer_join(Customer)
            .where(
                cls.token_hash == hash_of(token),
                cls.ended_at.is_null(),
                cls.created_at > now - SIGN_IN_LASTS,
                Account.closed_at.is_null(),
            )
            .first()
        )
        if found is None:
            return None
        account = found.account
        account.session_token, account.signed_in = token, found
        return account


def hash_of(token: str) -> str:
    """Return the form in which a secret token is stored."""
    return sha256(token.encode()).hexdigest()
