"""Who wrote this request, and when?  The form of Standard Webhooks, version 1, symmetric.

Three headers go with a body: `webhook-id`, `webhook-timestamp` (whole seconds since 1970) and
`webhook-signature`: `v1,` and the Base64 of an HMAC-SHA256 over `<id>.<timestamp>.<body>`. The id is
the same for every try of one message; the timestamp is that of the try.

Source: https://www.standardwebhooks.com, whose libraries check what is signed here.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

PREFIX = "whsec_"
SHORTEST_KEY = 24  # bytes
TOLERANCE = timedelta(minutes=5)
ID = re.compile(r"[A-Za-z0-9_-]{1,120}")  # no full stop: it parts the id from the timestamp
TIMESTAMP = re.compile(r"[0-9]{1,11}")


class BadSignature(Exception):
    """The request is not from whom it says, was changed on the way, or is too old."""


def key_of(secret: str) -> bytes:
    """Return the key in `whsec_<Base64>`, 24 bytes or more; ValueError for anything else."""
    encoded = secret.removeprefix(PREFIX)
    try:
        key = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (NotBase64, ValueError) as error:
        raise ValueError("a signing secret is whsec_ and Base64") from error
    if not secret.startswith(PREFIX) or len(key) < SHORTEST_KEY:
        raise ValueError(f"a signing secret is whsec_ and the Base64 of {SHORTEST_KEY} bytes or more")
    return key


def sign(secret: str, body: bytes, *, id: str, at: datetime) -> dict[str, str]:
    """Return the three headers for a body sent at `at`, an aware instant.

    ValueError for a naive instant, a bad secret, or an id with other characters than A–Z a–z 0–9 _ -.
    """
    if not ID.fullmatch(id):
        raise ValueError("an id has letters, digits, _ and - only")
    if at.tzinfo is None:
        raise ValueError("a naive instant")
    timestamp = str(int(at.timestamp()))
    signature = b64encode(_digest(key_of(secret), id, timestamp, body)).decode()
    return {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def verify(secret: str, body: bytes, headers: Mapping[str, str], *, now: datetime) -> str:
    """Return the id of a request that was signed with the secret in the five minutes around `now`.

    `headers` by their names in small letters. One good signature among several is enough: a secret
    may be changed while both are in use. Raises BadSignature.
    """
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not ID.fullmatch(id) or not TIMESTAMP.fullmatch(timestamp):
        raise BadSignature("no signature")
    if abs(datetime.fromtimestamp(int(timestamp), UTC) - now) > TOLERANCE:
        raise BadSignature("too old, or from the future")
    expected = _digest(key_of(secret), id, timestamp, body)
    given = [_decoded(one) for one in headers.get("webhook-signature", "").split(" ")]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise BadSignature("not signed with this secret")
    return id


def _digest(key: bytes, id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()


def _decoded(signature: str) -> bytes:
    """Return the bytes of `v1,<Base64>`; none for another version or what cannot be read."""
    version, _, encoded = signature.partition(",")
    try:
        return b64decode(encoded, validate=True) if version == "v1" else b""
    except (NotBase64, ValueError):  # ValueError: not even ASCII
        return b""
