"""What may a key of the till's back end do, how is it kept, and with what are webhooks signed?"""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.berlin import aware

PREFIX = "portal_"
"""How every key begins, so that one left in a log or a repository is recognised."""

HOOK_PREFIX = "whsec_"

SHOWN = 12
"""How many characters of a key are kept in plain text, to tell keys apart; the rest is 226 random bits."""

USE_IS_NOTED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may do."""

    LINKS_READ = "links:read"
    BACKUPS_WRITE = "backups:write"
    READ_OUTS_WRITE = "read-outs:write"


def key_hash(key: str) -> str:
    """Return what the database keeps instead of the key: its SHA-256 in hex; 256 random bits need no salt."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def use_is_noted(last_used_at: datetime | None, now: datetime) -> bool:
    """Tell whether a use at `now` is known well enough already: at most one is written per minute."""
    return last_used_at is not None and abs(aware(now) - aware(last_used_at)) < USE_IS_NOTED_EVERY


def hook_secret(secret: str, hook_id: int, generation: int) -> str:
    """Return what signs one hook's webhooks, in the form of Standard Webhooks: whsec_<Base64 of 32 bytes>.

    It is an HMAC of hook and generation, so that it can be shown again although it is stored nowhere; a
    new generation makes the old secret worthless. ValueError without a secret of the portal.
    """
    if not secret:
        raise ValueError("no secret, no key")
    message = f"hook:{hook_id}:{generation}".encode()
    return HOOK_PREFIX + b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()
