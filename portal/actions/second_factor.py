"""The second proof of who somebody is: codes of an app, codes on paper, and what to do without (rule P1)."""

from datetime import datetime
from hmac import compare_digest
from secrets import randbelow
from typing import Any

import pyotp
from peewee import IntegrityError

from portal.actions import accounts, history, letters, throttle, vault
from portal.models import Account, Authenticator, Passkey, RecoveryCode, SignIn
from portal.models.base import is_sqlite, transaction
from portal.models.second_factor import has_any
from portal.rules import second_factor as rules
from portal.rules.second_factor import RECOVERY_CODES, RECOVERY_DIGITS, WINDOW, Proof
from portal.rules.signing_in import Counted


class CodeRefused(Exception):
    """The code is wrong, or too old."""


class CodeUsed(CodeRefused):
    """The code was right and has been taken before; none is taken twice."""


class OfferOver(ValueError):
    """The secret on the set-up page is not ours, another's, too old, or was taken already."""


class FactorThere(Exception):
    """There is a second factor already, and who asks has not shown it."""


class LastFactor(ValueError):
    """Staff must keep one second factor: a passkey first, then the app may go."""


def hold(account: Account) -> None:
    """Hold the account until the deed is done: two who add or remove factors at once take turns (S3)."""
    mine: Any = Account.select(Account.id).where(Account.id == account.id)
    list(mine if is_sqlite() else mine.for_update("FOR NO KEY UPDATE"))


def has_ended(signed_in: SignIn) -> bool:
    """Tell whether the session ended since its request began, by a reset for example."""
    return not SignIn.select().where(SignIn.id == signed_in.id, SignIn.ended_at.is_null()).exists()


def passed(signed_in: SignIn, *, now: datetime) -> None:
    """Note that a session showed the second factor: the whole portal is open to it, dangerous deeds too."""
    is_open = (SignIn.id == signed_in.id) & SignIn.ended_at.is_null()
    SignIn.update(second_factor_at=now, confirmed_at=now).where(is_open).execute()
    signed_in.second_factor_at = signed_in.confirmed_at = now


def confirmed(signed_in: SignIn, *, now: datetime) -> None:
    """Note that somebody proved anew who they are: dangerous deeds are open for ten minutes."""
    SignIn.update(confirmed_at=now).where(SignIn.id == signed_in.id).execute()
    signed_in.confirmed_at = now


def enter(
    account: Account, typed: str, *, signed_in: SignIn, secret: str, now: datetime, ahead: int = WINDOW
) -> None:
    """Let a session pass with a code of the app or one on paper.

    Raises CodeRefused (CodeUsed for one that was taken before) and TooManyTries.
    """
    _take(account, typed, secret=secret, now=now, ahead=ahead)
    passed(signed_in, now=now)


def confirm(
    account: Account, typed: str, *, signed_in: SignIn, secret: str, now: datetime, ahead: int = WINDOW
) -> None:
    """Take a code as a fresh proof of who somebody is; raises as `enter` does."""
    _take(account, typed, secret=secret, now=now, ahead=ahead)
    confirmed(signed_in, now=now)


def _take(account: Account, typed: str, *, secret: str, now: datetime, ahead: int) -> None:
    """Take a code, once; tries are counted before they are made, by kind of code."""
    proof, digits = rules.proof_of(typed), rules.digits_of(typed)
    if proof is None:
        raise CodeRefused
    what = f"{proof}:{account.id}"
    throttle.count(Counted.CODE, what, now=now)
    try:
        if proof is Proof.APP:
            _take_app(account, digits, secret=secret, now=now, ahead=ahead)
        else:
            _take_paper(account, digits, secret=secret, now=now)
    except CodeRefused:
        history.record(account, "not_confirmed", by=account, at=now, way=proof)
        raise
    throttle.forget(Counted.CODE, what)


def _take_app(account: Account, digits: str, *, secret: str, now: datetime, ahead: int) -> None:
    app = Authenticator.of(account)
    if app is None:
        raise CodeRefused
    plain = _secret_of(app, secret)
    step = _step_of(plain, digits, rules.good_steps(now, app.last_step, ahead))
    if step is None:
        was = _step_of(plain, digits, rules.good_steps(now, 0))
        raise CodeUsed if was else CodeRefused
    unmoved = (Authenticator.id == app.id) & (Authenticator.secret == app.secret)
    if not Authenticator.update(last_step=step).where(unmoved, Authenticator.last_step < step).execute():
        raise CodeUsed  # another request was faster


def _secret_of(app: Authenticator, secret: str) -> str:
    try:
        return vault.unseal(history.about(app.account), app.secret, secret=secret)
    except vault.NotOurs as problem:  # the portal's own secret was changed: `flask reset-factor` helps
        raise CodeRefused from problem


def _step_of(plain: str, digits: str, steps) -> int | None:
    made = pyotp.TOTP(plain)
    return next((step for step in steps if compare_digest(made.generate_otp(step), digits)), None)


def _take_paper(account: Account, digits: str, *, secret: str, now: datetime) -> None:
    known = vault.slow_hash(history.about(account), digits, secret=secret)
    mine = (RecoveryCode.account == account) & (RecoveryCode.code_hash == known)
    with transaction():
        if RecoveryCode.update(used_at=now).where(mine, RecoveryCode.used_at.is_null()).execute():
            _changed(account, "use_recovery_code", by=account, now=now, left=RecoveryCode.left_of(account))
            return
    raise CodeUsed if RecoveryCode.select().where(mine).exists() else CodeRefused


def code_to_type(account: Account, *, secret: str, now: datetime) -> str | None:
    """Return the code the account's app shows now, or None; only the demo shows it to anybody."""
    app = Authenticator.of(account)
    if app is None:
        return None
    try:
        plain = _secret_of(app, secret)
    except CodeRefused:
        return None
    return pyotp.TOTP(plain).generate_otp(rules.next_step(now, app.last_step))


def offer(account: Account, *, secret: str, now: datetime) -> str:
    """Make a secret for an app, sealed for this account; nothing is kept until a first code of it comes."""
    return vault.seal(history.about(account), pyotp.random_base32(), secret=secret, now=now)


def offered(account: Account, sealed: str, *, secret: str, now: datetime) -> str:
    """Return the secret that was offered, to be shown; raises OfferOver."""
    try:
        return vault.unseal(
            history.about(account), sealed, secret=secret, now=now, within=rules.SET_UP_WITHIN
        )
    except vault.NotOurs as problem:
        raise OfferOver from problem


def set_up(
    account: Account,
    sealed: str,
    typed: str,
    *,
    signed_in: SignIn,
    secret: str,
    now: datetime,
    ahead: int = WINDOW,
) -> list[str]:
    """Take the app whose first code was typed, instead of an earlier one, and return new codes for paper.

    The session has passed with it. Raises CodeRefused, OfferOver, and FactorThere if the account has a
    second factor that this session has not shown, or the session has ended meanwhile.
    """
    plain = offered(account, sealed, secret=secret, now=now)
    step = _step_of(plain, rules.digits_of(typed), rules.good_steps(now, 0, ahead))
    if step is None:
        raise CodeRefused
    with transaction():
        hold(account)
        _make_room(account, sealed, signed_in)
        try:
            Authenticator.create(
                account=account, secret=sealed, last_step=step, created_at=now, confirmed_at=now
            )
        except IntegrityError as problem:  # another browser was faster
            raise FactorThere from problem
        codes = _write_codes(account, secret=secret, now=now)
        passed(signed_in, now=now)
        _changed(account, "set_up_factor", by=account, now=now)
    return codes


def _make_room(account: Account, sealed: str, signed_in: SignIn) -> None:
    """Let go of the earlier app; only who has shown the second factor may put another in its place."""
    mine = Authenticator.account == account
    if Authenticator.select().where(mine, Authenticator.secret == sealed).exists():
        raise OfferOver  # sent twice
    if has_ended(signed_in) or (signed_in.second_factor_at is None and has_any(account)):
        raise FactorThere
    if signed_in.second_factor_at is not None:
        Authenticator.delete().where(mine).execute()


def new_codes(account: Account, *, secret: str, now: datetime) -> list[str]:
    """Return new codes for paper; the earlier ones are worthless from now on."""
    with transaction():
        codes = _write_codes(account, secret=secret, now=now)
        _changed(account, "new_recovery_codes", by=account, now=now)
    return codes


def _write_codes(account: Account, *, secret: str, now: datetime) -> list[str]:
    """Write ten codes down, hashed; the only time they are known."""
    codes: set[str] = set()
    while len(codes) < RECOVERY_CODES:
        codes.add(str(randbelow(10**RECOVERY_DIGITS)).zfill(RECOVERY_DIGITS))
    about = history.about(account)
    RecoveryCode.delete().where(RecoveryCode.account == account).execute()
    for code in codes:
        known = vault.slow_hash(about, code, secret=secret)
        RecoveryCode.create(account=account, code_hash=known, created_at=now)
    return sorted(codes)


def remove_app(account: Account, *, now: datetime) -> None:
    """Let go of the app. Raises LastFactor for staff who have no passkey."""
    with transaction():
        hold(account)
        if account.is_staff and not Passkey.of(account).exists():
            raise LastFactor
        if Authenticator.delete().where(Authenticator.account == account).execute():
            _changed(account, "remove_factor", by=account, now=now)


def reset(account: Account, *, by: Account | None, why: str, now: datetime) -> None:
    """Take all second factors from somebody who has lost theirs: they set up a new one as they come in.

    All their sessions end. `by` None is the command on the server.
    """
    with transaction():
        hold(account)
        for table in (Authenticator, RecoveryCode, Passkey):
            table.delete().where(table.account == account).execute()
        accounts.sign_out_everywhere(account, now=now)
        _changed(account, "reset_factor", by=by, now=now, why=why)


def _changed(
    account: Account, what: str, *, by: Account | None, now: datetime, why: str = "", **facts: Any
) -> None:
    """Write it down, and tell the person: it may not have been them."""
    entry = history.record(account, what, by=by, at=now, why=why, **facts)
    letters.tell(account, "factor_changed", now=now, key=f"factor:{entry.id}", what=what, **facts)
