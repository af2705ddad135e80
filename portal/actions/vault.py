"""Keep small secrets so that the database alone gives nothing away (rule P1).

What must be read again (the secret of an app) is encrypted, what is only compared (codes on paper) is hashed
slowly; both with keys made of the portal's own secret, which is passed in.
"""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from functools import lru_cache

from argon2.low_level import Type, hash_secret_raw
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class NotOurs(ValueError):
    """This was not sealed with this secret, or not for this owner, or too long ago."""


def seal(owner: str, text: str, *, secret: str, now: datetime) -> str:
    """Encrypt the text for one owner, "account:5"; nobody can pass it off as another's."""
    return _fernet(secret).encrypt_at_time(f"{owner}\n{text}".encode(), int(now.timestamp())).decode()


def unseal(
    owner: str, sealed: str, *, secret: str, now: datetime | None = None, within: timedelta | None = None
) -> str:
    """Return the text again; with `within`, only if it was sealed no longer ago. Raises NotOurs."""
    try:
        fernet, token = _fernet(secret), sealed.encode()
        if within is None or now is None:
            found = fernet.decrypt(token)
        else:
            found = fernet.decrypt_at_time(token, int(within.total_seconds()), int(now.timestamp()))
    except (InvalidToken, UnicodeEncodeError) as problem:
        raise NotOurs(owner) from problem
    whose, _, text = found.decode().partition("\n")
    if whose != owner:
        raise NotOurs(owner)
    return text


def slow_hash(owner: str, code: str, *, secret: str) -> str:
    """Return the argon2 hash of a short code as 64 hex digits, salted by owner and secret.

    Always the same for the same code, so that it can be looked up.
    """
    salt = _derived(secret, f"recovery code of {owner}")[:16]
    return hash_secret_raw(
        code.encode(), salt, time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, type=Type.ID
    ).hex()


@lru_cache(maxsize=8)
def _fernet(secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(_derived(secret, "second factor")))


def _derived(secret: str, purpose: str) -> bytes:
    if not secret:
        raise ValueError("no secret, no key")
    return HKDF(SHA256(), 32, salt=None, info=f"portal: {purpose}".encode()).derive(secret.encode())
