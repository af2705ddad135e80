"""What was typed into a form that came too late: shown again, to be sent by one more press.

The token of a form ends with the browser's session. Whoever wrote for ten minutes must not lose it over
that. Sending it again gives it a fresh token, so it is only offered for what this browser sent from a
page of ours (a stranger's page must not have its forged form made good by a tired press), it is said in
full what will be sent, and passwords, codes and files are never carried along.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request
from flask_login import current_user

from portal.web.access import safe_next

MOST_FIELDS = 200
MOST_CHARACTERS = 64 * 1024
SECRET = re.compile(r"pass|secret|(?<!postal_)code|pin|puk|token|present|credential|otp", re.IGNORECASE)
OPEN = frozenset({"public", "report", "door", "emergency"})
"""The parts of the portal that need no signing in."""


@dataclass(frozen=True)
class Kept:
    """What can be sent again: where to, which fields, and what must be given anew."""

    target: str
    fields: tuple[tuple[str, str], ...]
    lacks_secret: bool = False
    lacks_files: bool = False
    needs_sign_in: bool = False

    @property
    def texts(self) -> list[str]:
        """Return what people wrote themselves: everything that is more than one word of a program."""
        return [value for _name, value in self.fields if not re.fullmatch(r"[a-z0-9_.:/?=&-]*", value)]


def of_request() -> Kept | None:
    """Return what the request's form holds, or None if it must not or need not be offered again."""
    target = safe_next(request.full_path.rstrip("?"))
    if request.method != "POST" or not target or not is_from_here():
        return None
    given = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if len(given) > MOST_FIELDS or sum(len(name) + len(value) for name, value in given) > MOST_CHARACTERS:
        return None
    fields = tuple((name, value) for name, value in given if not SECRET.search(name))
    return Kept(
        target,
        fields,
        lacks_secret=len(fields) < len(given),
        lacks_files=any(file.filename for file in request.files.values()),
        needs_sign_in=request.blueprint not in OPEN and not current_user.is_authenticated,
    )


def is_from_here() -> bool:
    """Tell whether the browser itself says that a page of ours sent this; in doubt it did not."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except ValueError:
        return False
