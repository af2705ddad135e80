"""Let people in and out; passwords as argon2, sessions as rows that can be ended (section P)."""

from datetime import datetime
from functools import cache
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from peewee import IntegrityError

from portal.models import Account, Customer, SignIn
from portal.models.accounts import hash_of
from portal.models.base import transaction
from portal.rules.workflow import Role

MIN_PASSWORD = 10
MAX_PASSWORD = 128


class SignInRefused(Exception):
    """E-mail and password do not belong together; which of them is wrong is not told."""


class EmailTaken(ValueError):
    """Another account has this e-mail address."""


class PasswordUnfit(ValueError):
    """A password that is too short or too long."""


def normal(email: str) -> str:
    """Return the one spelling in which an e-mail address is stored and compared."""
    return email.strip().casefold()


def create(
    email: str,
    name: str,
    role: Role,
    *,
    password: str,
    now: datetime,
    customer: Customer | None = None,
    language: str = "de",
) -> Account:
    """Make an account; owners belong to a customer, staff to none.

    Raises EmailTaken, PasswordUnfit, and ValueError for an owner without a customer or
    staff with one.
    """
    if (role is Role.OWNER) != (customer is not None):
        raise ValueError("owners belong to a customer, staff to none")
    try:
        with transaction():
            return Account.create(
                email=normal(email),
                name=name,
                role=role,
                customer=customer,
                password_hash=hashed(password),
                language=language,
                created_at=now,
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error


def hashed(password: str) -> str:
    """Return the argon2 hash of a password, or raise PasswordUnfit."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise PasswordUnfit
    return PasswordHasher().hash(password)


@cache
def _dummy_hash() -> str:
    return PasswordHasher().hash(token_urlsafe())


def sign_in(email: str, password: str, *, device: str, now: datetime) -> tuple[Account, str]:
    """Return the account and a fresh session token, or raise SignInRefused.

    An unknown address costs the same time as a wrong password.
    """
    account = Account.get_or_none(Account.email == normal(email), Account.closed_at.is_null())
    known = account.password_hash if account else None
    fits = _fits(known or _dummy_hash(), password[: MAX_PASSWORD + 1])
    if account is None or known is None or not fits:
        raise SignInRefused
    token = token_urlsafe(32)
    SignIn.create(account=account, token_hash=hash_of(token), device=device[:200], created_at=now)
    return account, token


def _fits(stored: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def sign_out(token: str, *, now: datetime) -> None:
    """End one browser's session; a copied cookie is worthless from now on."""
    _end(SignIn.token_hash == hash_of(token), now)


def sign_out_everywhere(account: Account, *, now: datetime) -> None:
    """End all sessions of the account."""
    _end(SignIn.account == account, now)


def _end(which, now: datetime) -> None:
    SignIn.update(ended_at=now).where(which, SignIn.ended_at.is_null()).execute()


def speak(account: Account, language: str) -> None:
    """Set the language the account is shown and written to (rule P5)."""
    Account.update(language=language).where(Account.id == account.id).execute()
