"""Let people in and out; passwords as argon2, sessions as rows that can be ended (section P)."""

from datetime import datetime, timedelta
from functools import cache
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from peewee import IntegrityError

from portal.actions import history, throttle
from portal.models import Account, Customer, SignIn, SignInLink
from portal.models.accounts import hash_of
from portal.models.base import joined, transaction
from portal.rules import signing_in
from portal.rules.signing_in import FRESH, LONGEST, By, Counted, Unfit
from portal.rules.workflow import Role

LAST_USE_EVERY = timedelta(minutes=5)


class SignInRefused(Exception):
    """E-mail and password do not belong together; which of them is wrong is not told."""


class EmailTaken(ValueError):
    """Another account has this e-mail address."""


class PasswordUnfit(ValueError):
    """A password that must not be taken; `why` says why (rules.signing_in.Unfit)."""

    def __init__(self, why: Unfit) -> None:
        """Keep the reason."""
        super().__init__(str(why))
        self.why = why


class PasswordNeeded(Exception):
    """The present password is missing or wrong, and nobody has just come in by a link of theirs."""


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
                password_hash=hashed(password, normal(email)),
                language=language,
                created_at=now,
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error


def hashed(password: str, email: str = "") -> str:
    """Return the argon2 hash of a password, or raise PasswordUnfit."""
    why = signing_in.unfit(password, email)
    if why is not None:
        raise PasswordUnfit(why)
    return PasswordHasher().hash(password)


@cache
def _dummy_hash() -> str:
    return PasswordHasher().hash(token_urlsafe())


def sign_in(
    email: str, password: str, *, device: str, now: datetime, address: str = "", browser: str = ""
) -> tuple[Account, str]:
    """Return the account and a fresh session token, or raise SignInRefused or TooManyTries.

    An unknown e-mail address costs the same time as a wrong password, and is counted alike. `address` is
    where it comes from; `browser` marks a browser in which this e-mail address has signed in before: it is
    counted apart, so that strangers who guess keep nobody out.
    """
    email = normal(email)
    counts = _counts(email, address, browser)
    for counted, what in counts:
        throttle.check(counted, what, now=now)
    for counted, what in counts:
        throttle.count(counted, what, now=now)
    account = Account.get_or_none(Account.email == email, Account.closed_at.is_null())
    known = account.password_hash if account else None
    fits = _fits(known or _dummy_hash(), password[: LONGEST + 1])
    if account is None or known is None or not fits:
        _note_shut(account, counts, now)
        raise SignInRefused
    throttle.forget(*counts[0])
    if address:
        throttle.give_back(Counted.ADDRESS, address)
    return account, begin(account, By.PASSWORD, device=device, address=address, now=now)


def _counts(email: str, address: str, browser: str) -> list[tuple[Counted, str]]:
    own = (Counted.BROWSER, f"{browser}:{email}") if browser else (Counted.ACCOUNT, email)
    return [own, (Counted.ADDRESS, address)] if address else [own]


def _note_shut(account: Account | None, counts: list[tuple[Counted, str]], now: datetime) -> None:
    """Write down that guessing was slowed down; in the same way whether there is such an account or not."""
    shut = [counted for counted, what in counts if throttle.is_shut(counted, what, now=now)]
    if shut:
        history.record(account, "shut_out", by=None, at=now, counted=shut)


def begin(
    account: Account, by: By, *, device: str, address: str, now: datetime, after: SignIn | None = None
) -> str:
    """Begin a session and return its token, of which only the hash is kept.

    Whoever comes in has just proved who they are; one that follows `after` proved what that one had.
    """
    token = token_urlsafe(32)
    with joined():
        SignIn.create(
            account=account,
            token_hash=hash_of(token),
            device=device[:200],
            created_at=now,
            last_used_at=now,
            address=address[:45],
            by=by,
            second_factor_at=after.second_factor_at if after else None,
            confirmed_at=after.confirmed_at if after else now,
        )
        if after is None:
            history.record(account, "sign_in", by=account, at=now, way=by)
    return token


def renew(signed_in: SignIn) -> str:
    """Give a session another token and return it; a copy of the cookie as it was is worthless from now on."""
    token = token_urlsafe(32)
    is_open = (SignIn.id == signed_in.id) & SignIn.ended_at.is_null()
    SignIn.update(token_hash=hash_of(token)).where(is_open).execute()
    return token


def seen(signed_in: SignIn, *, address: str, now: datetime) -> None:
    """Note when and from where a session was last used; every few minutes at most."""
    if abs(now - signed_in.used_at) < LAST_USE_EVERY:
        return
    SignIn.update(last_used_at=now, address=address[:45]).where(SignIn.id == signed_in.id).execute()


def set_password(account: Account, password: str, *, present: str, signed_in: SignIn, now: datetime) -> None:
    """Set a new password and end all sessions of the account, this one too, and all open links (rule P1).

    The present one is needed, unless there is none yet or somebody has just come in by a link that only
    they can read. Raises PasswordNeeded, PasswordUnfit, TooManyTries.
    """
    if account.password_hash and not is_fresh(signed_in, now):
        check_password(account, present, now=now)
    fresh = hashed(password, account.email)
    with transaction():
        Account.update(password_hash=fresh).where(Account.id == account.id).execute()
        sign_out_everywhere(account, now=now)
        SignInLink.delete().where(SignInLink.account == account, SignInLink.used_at.is_null()).execute()
        history.record(None, "set_password", by=account, at=now)


def check_password(account: Account, present: str, *, now: datetime) -> None:
    """Look at the present password of who is signed in; raises PasswordNeeded and TooManyTries."""
    throttle.count(Counted.BROWSER, f"password:{account.id}", now=now)
    if not account.password_hash or not _fits(account.password_hash, present[: LONGEST + 1]):
        history.record(account, "not_confirmed", by=account, at=now, way=By.PASSWORD)
        raise PasswordNeeded
    throttle.forget(Counted.BROWSER, f"password:{account.id}")


def is_fresh(signed_in: SignIn, now: datetime) -> bool:
    """Tell whether somebody has just come in by a link sent to their own mailbox."""
    return signed_in.by is By.LINK and timedelta() <= now - signed_in.created_at < FRESH


def _fits(stored: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def sign_out(token: str, *, now: datetime) -> None:
    """End one browser's session; a copied cookie is worthless from now on."""
    mine = SignIn.token_hash == hash_of(token)
    with transaction():
        found = SignIn.get_or_none(mine)
        if found and _end(mine, now):
            history.record(found.account, "sign_out", by=found.account, at=now)


def end_session(account: Account, session_id: int, *, now: datetime) -> None:
    """End one of the account's own sessions; another's is not touched (rule P1)."""
    with transaction():
        if _end((SignIn.account == account) & (SignIn.id == session_id), now):
            history.record(account, "end_session", by=account, at=now)


def end_sessions(account: Account, *, now: datetime) -> None:
    """End all sessions of the account because its person wants it."""
    with transaction():
        sign_out_everywhere(account, now=now)
        history.record(account, "end_sessions", by=account, at=now)


def sign_out_everywhere(account: Account, *, now: datetime) -> None:
    """End all sessions of the account; a part of deeds that write down why."""
    _end(SignIn.account == account, now)


def _end(which, now: datetime) -> int:
    return SignIn.update(ended_at=now).where(which, SignIn.ended_at.is_null()).execute()


def speak(account: Account, language: str) -> None:
    """Set the language the account is shown and written to (rule P5)."""
    Account.update(language=language).where(Account.id == account.id).execute()
