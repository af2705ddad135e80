"""How does somebody without an account follow their one case?  Rule P1a.

The secret of `/c/<secret>` is derived, as a door's token is (ADR 004): from the case and a generation, so
that it can be shown again although only its hash is stored. The code by mail is derived from a mark that
stands in the letter; of it, too, the database has only a hash, which nobody can try out without the portal's
secret.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

CODE_LASTS = timedelta(minutes=15)
CODE_TRIES = 5
KEPT_AFTER_END = timedelta(days=30)
"""How long after its case has ended a secret link still opens it."""

LONGEST_TOKEN = 100
_DIGITS = 6


def case_token(secret: str, case_id: int, generation: int) -> str:
    """Return the unguessable part of the case's secret address; ValueError without a secret."""
    return _proof(secret, f"emergency:{case_id}:{generation}")


def token_hash(token: str) -> str:
    """Return what the database keeps instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def code_of(secret: str, case_id: int, mark: str) -> str:
    """Return the six digits that the letter with this mark tells."""
    digest = hmac.digest(_key(secret), f"emergency-code:{case_id}:{mark}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**_DIGITS:0{_DIGITS}d}"


def code_hash(secret: str, case_id: int, code: str) -> str:
    """Return what the database keeps instead of the code.

    Keyed: a million codes are soon tried out by whoever reads the database.
    """
    return hmac.new(_key(secret), f"emergency-code-hash:{case_id}:{code}".encode(), "sha256").hexdigest()


def tidy_code(typed: str) -> str:
    """Return a typed code without what people put between its digits."""
    return re.sub(r"[\s.\-–]", "", typed)


def confirm_token(secret: str, case_id: int, mark: str) -> str:
    """Return what stands in the letter's link: case and mark, and a proof that only we can make.

    It confirms the address it was sent to and opens nothing: a mistyped address learns no case by it.
    """
    named = f"{case_id}.{mark}"
    return f"{named}.{_proof(secret, f'emergency-confirm:{named}')}"


def confirmed_by(secret: str, token: str) -> tuple[int, str] | None:
    """Return case and mark of a letter's link if its proof is right, else None."""
    case_id, _, rest = token.partition(".")
    mark = rest.partition(".")[0]
    if not (case_id.isascii() and case_id.isdigit() and len(case_id) < 10 and token.isascii()):
        return None
    expected = confirm_token(secret, int(case_id), mark)
    return (int(case_id), mark) if hmac.compare_digest(expected.encode(), token.encode()) else None


def opens_until(ended_at: datetime) -> datetime:
    """Return until when the secret link opens a case that ended then."""
    return ended_at + KEPT_AFTER_END


def _proof(secret: str, message: str) -> str:
    digest = hmac.digest(_key(secret), message.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _key(secret: str) -> bytes:
    if not secret:
        raise ValueError("no secret, no token")
    return secret.encode()
