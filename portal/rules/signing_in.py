"""How often may somebody try to come in, and how long is a way in good for?  Rule P1.

Guessing gets slower with every failure, and nobody is locked out: the pause ends by itself, a browser that
has signed in before is counted apart from strangers, and the link by mail stays open to who can read it.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

SHORTEST, LONGEST = 10, 128
SIGN_IN, EMAIL_CHANGE = "sign-in-link", "email-change"  # what a link by mail is for
COMMON = Path(__file__).with_name("common_passwords.txt")


class Unfit(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    NAMES_YOU = "names_you"


class Counted(StrEnum):
    """What failures are counted for: an account as strangers try it, one known browser of it, an address."""

    ACCOUNT = "account"
    BROWSER = "browser"
    ADDRESS = "address"
    LINK = "link"
    CODE = "code"
    REPORT = "report"  # sent by somebody without an account (P1a)


class By(StrEnum):
    """How somebody came in."""

    PASSWORD = "password"  # noqa: S105
    LINK = "link"
    PASSKEY = "passkey"


FREE = {
    Counted.ACCOUNT: 5,
    Counted.BROWSER: 10,
    Counted.ADDRESS: 40,
    Counted.LINK: 3,
    Counted.CODE: 5,
    Counted.REPORT: 10,
}
"""How many failures in a row cost nothing; a salon's people share one address, so it has more."""

LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
"""When a failure is the last one for so long, it begins anew."""

LINK_LASTS = timedelta(minutes=15)
INVITATION_LASTS = timedelta(days=14)
EMAIL_CHANGE_LASTS = timedelta(hours=24)
FRESH = timedelta(minutes=15)
"""How long after a link by mail a new password may be set without the old one."""


def pause_after(failures: int, counted: Counted) -> timedelta:
    """Return how long to wait after so many failures in a row.

    Nothing at first, then 2, 4, 8 … seconds, 15 minutes at most.
    """
    beyond = failures - FREE[counted] + 1
    if beyond <= 0:
        return timedelta()
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_PAUSE)


def link_token(secret: str, mark: str, use: str = SIGN_IN) -> str:
    """Return what stands in the link by mail: the mark, and a proof that only we can make.

    A proof made for one `use` is worth nothing for another. ValueError without a secret.
    """
    if not secret:
        raise ValueError("no secret, no token")
    digest = hmac.digest(secret.encode(), f"{use}:{mark}".encode(), "sha256")
    return f"{mark}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def mark_of(secret: str, token: str, use: str = SIGN_IN) -> str | None:
    """Return the mark of a link by mail if its proof is right, else None."""
    mark, _, _proof = token.partition(".")
    expected = link_token(secret, mark, use)
    return mark if hmac.compare_digest(expected.encode(), token.encode()) else None


def unfit(password: str, email: str = "") -> Unfit | None:
    """Return why a password must not be taken, or None if it may.

    Length counts, not kinds of characters; what everybody tries first is refused, and one's own address.
    The list is the part with ten characters and more of a public list of passwords found in leaks.
    """
    if len(password) < SHORTEST:
        return Unfit.TOO_SHORT
    if len(password) > LONGEST:
        return Unfit.TOO_LONG
    plain = password.casefold()
    if plain in _common() or len(set(plain)) < 4:
        return Unfit.COMMON
    own = {email.casefold(), email.casefold().partition("@")[0]} - {""}
    return Unfit.NAMES_YOU if any(_is_mostly(plain, name) for name in own) else None


def _is_mostly(password: str, name: str) -> bool:
    return len(name) > 3 and name in password and len(password) - len(name) < 6


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())
