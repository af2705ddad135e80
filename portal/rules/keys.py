"""Which secret signs the webhooks of an address?  Computed, never stored."""

import hashlib
import hmac
from base64 import b64encode

PREFIX = "whsec_"


def hook_secret(secret: str, hook_id: int, generation: int) -> str:
    """Return what signs one hook's webhooks, in the form of Standard Webhooks: whsec_<Base64 of 32 bytes>.

    It is an HMAC of hook and generation, so that it can be shown again although it is stored nowhere; a
    new generation makes the old secret worthless. ValueError without a secret.
    """
    if not secret:
        raise ValueError("no secret, no key")
    message = f"hook:{hook_id}:{generation}".encode()
    return PREFIX + b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()
