"""Let people in by the key in their phone or computer (passkeys, WebAuthn).  Rule P1.

A question (challenge) is good once and for five minutes. It is used up before the answer is looked at, so
that of two equal answers at the same moment one is worth nothing. Whether an answer is genuine the library
says; where it may come from is known from the portal's own address, never from the request.
"""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from peewee import IntegrityError

from portal.actions import accounts, history, letters, second_factor, throttle
from portal.actions.second_factor import FactorThere, LastFactor
from portal.models import Account, Authenticator, Challenge, Passkey, SignIn
from portal.models.accounts import hash_of
from portal.models.base import transaction
from portal.models.second_factor import has_any
from portal.rules import passkeys as rules
from portal.rules.passkeys import CHALLENGE_LASTS, LONGEST_NAME, MOST, Doubt, Purpose, Site
from portal.rules.signing_in import By, Counted

if TYPE_CHECKING:
    from portal.actions.passkey_answers import NewKey


class PasskeyRefused(Exception):
    """The passkey's answer is not taken; `doubt` says why (rules.passkeys.Doubt)."""

    def __init__(self, doubt: Doubt) -> None:
        """Keep the reason."""
        super().__init__(str(doubt))
        self.doubt = doubt


@dataclass(frozen=True)
class Question:
    """What a browser is asked: the challenge it must bring back, and the options for its own function."""

    challenge: str
    options: dict[str, Any]


def ask_new(site: Site, account: Account, *, secret: str, now: datetime) -> Question:
    """Ask a browser to make a passkey for the account. Raises PasskeyRefused if there are too many."""
    from portal.actions.passkey_answers import creation_options

    known = list(Passkey.of(account))
    if len(known) >= MOST:
        raise PasskeyRefused(Doubt.TOO_MANY)
    challenge = _begin(Purpose.REGISTER, account, now)
    handle = known[0].user_handle if known else rules.user_handle(secret, account.id)
    return Question(challenge, creation_options(site, account, handle, challenge, known))


def ask(site: Site, account: Account, *, now: datetime) -> Question:
    """Ask a browser for one of the account's passkeys."""
    from portal.actions.passkey_answers import request_options

    challenge = _begin(Purpose.PROVE, account, now)
    return Question(challenge, request_options(site, challenge, list(Passkey.of(account))))


def ask_anybody(site: Site, *, address: str, now: datetime) -> Question:
    """Ask a browser for any passkey its user has for this site. Raises TooManyTries.

    Questions from one network address are counted; who comes in is taken off the count again.
    """
    from portal.actions.passkey_answers import request_options

    if address:
        throttle.count(Counted.ADDRESS, f"passkey:{address}", now=now)
    challenge = _begin(Purpose.SIGN_IN, None, now)
    return Question(challenge, request_options(site, challenge, []))


def _begin(purpose: Purpose, account: Account | None, now: datetime) -> str:
    challenge = token_urlsafe(32)
    Challenge.create(
        challenge_hash=hash_of(challenge),
        account=account,
        purpose=purpose,
        created_at=now,
        expires_at=now + CHALLENGE_LASTS,
    )
    return challenge


def _use_up(challenge: str, purpose: Purpose, account: Account | None, now: datetime) -> None:
    """Use a challenge up, for good and also for an answer that turns out wrong; raise PasskeyRefused."""
    is_whose = Challenge.account.is_null() if account is None else Challenge.account == account
    is_good = Challenge.used_at.is_null() & (Challenge.expires_at > now) & (Challenge.created_at <= now)
    is_this = (Challenge.challenge_hash == hash_of(challenge)) & (Challenge.purpose == purpose) & is_whose
    if not Challenge.update(used_at=now).where(is_this, is_good).execute():
        raise PasskeyRefused(Doubt.TOO_LATE)


def register(
    site: Site,
    account: Account,
    answer: str,
    *,
    challenge: str,
    name: str,
    signed_in: SignIn,
    secret: str,
    now: datetime,
) -> Passkey:
    """Keep the public half of a passkey that was just made, and tell its owner by mail.

    The session has passed with it: its device has looked who holds it. Raises PasskeyRefused, and
    FactorThere if staff have a second factor that this session has not shown.
    """
    from portal.actions.passkey_answers import NotGenuine, read_new

    _use_up(challenge, Purpose.REGISTER, account, now)
    try:
        new = read_new(site, answer, challenge)
    except NotGenuine as problem:
        raise PasskeyRefused(Doubt.UNPROVEN) from problem
    try:
        with transaction():
            second_factor.hold(account)
            if second_factor.has_ended(signed_in):
                raise PasskeyRefused(Doubt.TOO_LATE)
            if account.is_staff and signed_in.second_factor_at is None and has_any(account):
                raise FactorThere
            key = _keep(account, new, name, secret, now)
            second_factor.passed(signed_in, now=now)
            _tell(key, account, "added", now)
    except IntegrityError as problem:
        raise PasskeyRefused(Doubt.KNOWN) from problem
    return key


def _keep(account: Account, new: "NewKey", name: str, secret: str, now: datetime) -> Passkey:
    first = Passkey.of(account).first()
    return Passkey.create(
        account=account,
        credential_id=new.credential_id,
        public_key=new.public_key,
        user_handle=first.user_handle if first else rules.user_handle(secret, account.id),
        sign_count=new.sign_count,
        transports=new.transports,
        name=name[:LONGEST_NAME],
        created_at=now,
    )


def sign_in(
    site: Site, answer: str, *, challenge: str, device: str, address: str, now: datetime
) -> tuple[Account, str]:
    """Return the account and a fresh session token of who answers with their passkey; no name is needed.

    The key is something they have, and its device has looked who holds it: for staff both factors at once.
    Raises PasskeyRefused.
    """
    _use_up(challenge, Purpose.SIGN_IN, None, now)
    key, count = _proven(site, answer, challenge, None, now)
    with transaction():
        _note_use(key, count, now)
        token = accounts.begin(key.account, By.PASSKEY, device=device, address=address, now=now)
        second_factor.passed(SignIn.get(SignIn.token_hash == hash_of(token)), now=now)
    if address:
        throttle.give_back(Counted.ADDRESS, f"passkey:{address}")
    return key.account, token


def prove(
    site: Site, account: Account, answer: str, *, challenge: str, signed_in: SignIn, now: datetime
) -> None:
    """Take a passkey as the second factor of somebody signed in, or as proof before a dangerous deed.

    Raises PasskeyRefused.
    """
    _use_up(challenge, Purpose.PROVE, account, now)
    key, count = _proven(site, answer, challenge, account, now)
    with transaction():
        _note_use(key, count, now)
        second_factor.passed(signed_in, now=now)


def _proven(
    site: Site, answer: str, challenge: str, account: Account | None, now: datetime
) -> tuple[Passkey, int]:
    """Return the passkey that gave this answer, and how often it says it was used."""
    from portal.actions.passkey_answers import NotGenuine, named_in, read_count

    try:
        credential_id, whose = named_in(answer)
        key = _known(credential_id, account)
        is_theirs = whose == key.user_handle if account is None else whose in ("", key.user_handle)
        count = read_count(site, answer, challenge, key)
    except NotGenuine as problem:
        raise PasskeyRefused(Doubt.UNPROVEN) from problem
    if not is_theirs:
        raise PasskeyRefused(Doubt.UNPROVEN)
    if rules.is_copy(key.sign_count, count):
        tell_of_copy(key, now=now)
        raise PasskeyRefused(Doubt.COPIED)
    return key, count


def _known(credential_id: str, account: Account | None) -> Passkey:
    is_open = Account.closed_at.is_null()
    is_theirs = Passkey.account == account if account else True
    found = (
        Passkey.select(Passkey, Account)
        .join(Account)
        .where(Passkey.credential_id == credential_id, is_open, is_theirs)
        .first()
    )
    if found is None:
        raise PasskeyRefused(Doubt.UNKNOWN)
    return found


def _note_use(key: Passkey, count: int, now: datetime) -> None:
    """Keep how far the key has counted; who was overtaken by an answer that counts further is refused."""
    is_further = (Passkey.sign_count < count) | ((Passkey.sign_count == 0) & (count == 0))
    fresh = {Passkey.sign_count: count, Passkey.last_used_at: now}
    if not Passkey.update(fresh).where(Passkey.id == key.id, is_further).execute():
        raise PasskeyRefused(Doubt.TOO_LATE)


def rename(key: Passkey, name: str, *, by: Account, now: datetime) -> None:
    """Call one's own passkey something else; another's is not touched (rule P1)."""
    mine = (Passkey.account == by) & (Passkey.id == key.id) & (Passkey.name != name)
    with transaction():
        if Passkey.update(name=name[:LONGEST_NAME]).where(mine).execute():
            history.record(by, "passkey_renamed", by=by, at=now, name=name, before=key.name)


def remove(key: Passkey, *, by: Account, now: datetime) -> None:
    """Forget a passkey; it lets nobody in any more. Its owner is told by mail.

    Nothing happens if it is gone already. Raises LastFactor if one of the staff would be left without any.
    """
    with transaction():
        second_factor.hold(by)
        others = Passkey.of(by).where(Passkey.id != key.id).exists()
        if by.is_staff and not (others or Authenticator.of(by)):
            raise LastFactor
        if Passkey.delete().where(Passkey.id == key.id, Passkey.account == by).execute():
            _tell(key, by, "removed", now)


def _tell(key: Passkey, by: Account, change: str, now: datetime) -> None:
    history.record(by, f"passkey_{change}", by=by, at=now, name=key.name)
    about = f"passkey:{change}:{hash_of(key.credential_id)[:24]}:{now:%Y%m%d%H%M%S}"
    letters.tell(by, "passkey_changed", now=now, key=about, change=change, passkey=key.name)


def tell_of_copy(key: Passkey, *, now: datetime) -> None:
    """Write down that there seem to be two of a key; its owner is told once a day."""
    with transaction():
        history.record(key.account, "passkey_copied", by=None, at=now, name=key.name)
        about = f"passkey:copied:{hash_of(key.credential_id)[:24]}:{now:%Y%m%d}"
        letters.tell(key.account, "passkey_copied", now=now, key=about, passkey=key.name)


def tidy_up(*, now: datetime) -> int:
    """Throw away questions that nobody can answer any more; the worker calls it. Returns how many."""
    return Challenge.delete().where(Challenge.expires_at < now - CHALLENGE_LASTS).execute()
