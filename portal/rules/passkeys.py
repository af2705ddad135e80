"""Where do passkeys work, for how long is a question to one good, and when was one copied?  Rule P1."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

CHALLENGE_LASTS = timedelta(minutes=5)
MOST = 20
"""How many passkeys one account may have."""
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000  # characters; a browser's own is below 3,000
LOCAL = "localhost"


class Purpose(StrEnum):
    """What a passkey is asked for; the answer to one question is worth nothing for another."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    PROVE = "prove"  # second factor, and proof before a dangerous deed


class Doubt(StrEnum):
    """Why an answer is not taken."""

    TOO_LATE = "too_late"  # the question was answered before, is too old, or was another's
    UNKNOWN = "unknown"  # no such key, or not of this person
    UNPROVEN = "unproven"  # it does not fit: signature, address, nobody looked
    COPIED = "copied"
    KNOWN = "known"  # this key is registered already
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Site:
    """The portal as passkeys know it: a name, and the only address from which answers are taken."""

    rp_id: str
    origin: str
    brand: str = ""


def site_of(url: str, brand: str = "") -> Site | None:
    """Return the site behind the portal's own address, or None where browsers offer no passkeys.

    They belong to a name, never to an IP address, and need https. This computer itself is an exception:
    it is taken by its name, whichever way it is written.
    """
    parts = urlsplit(url)
    host = _name_of(parts.hostname or "")
    is_local = host == LOCAL or host.endswith(f".{LOCAL}")
    if not host or (parts.scheme != "https" and not is_local):
        return None
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return Site(host, f"{parts.scheme}://{host}{port}", brand or host)


def _name_of(host: str) -> str:
    """Return the host's name as browsers write it; none for an IP address but this computer's own."""
    try:
        return LOCAL if ip_address(host).is_loopback else ""
    except ValueError:
        pass  # so it is a name
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


def user_handle(secret: str, account_id: int) -> str:
    """Return how an account's passkeys name it: always the same, and it tells nothing about anybody.

    So a second passkey on the same device takes the first one's place. ValueError without a secret.
    """
    if not secret:
        raise ValueError("no secret, no handle")
    digest = hmac.digest(secret.encode(), f"passkey-user:{account_id}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_copy(known: int, told: int) -> bool:
    """Tell whether a key counts backwards or stands still: then there are two of it.

    Keys that live on several devices do not count at all and always say 0.
    """
    return (known > 0 or told > 0) and told <= known
