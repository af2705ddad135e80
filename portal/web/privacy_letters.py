"""What letters about one's own data say (rule P3)."""

from datetime import datetime
from typing import Any

from flask import url_for

from portal.models import Letter
from portal.rules.workflow import Actor
from portal.web import retention_words

NEXT = {
    "takeout_ready": Actor.OWNER,
    "deletion_asked": Actor.NOBODY,
    "deletion_waits": Actor.NOBODY,
    "deletion_withdrawn": Actor.NOBODY,
    "deletion_done": Actor.NOBODY,
}
"""Who acts next; web.letters takes them in."""


def values(letter: Letter) -> dict[str, Any]:
    """Return until when, what stays locked, and where to look; nothing for other letters."""
    if letter.event not in NEXT:
        return {}
    until = letter.context.get("until")
    return {
        "until": datetime.fromisoformat(until) if until else None,
        "business": letter.context.get("business", False),
        "kept": retention_words.kept(letter.context.get("kept", ())),
        "data_url": url_for("privacy.data", _external=True),
        "delete_url": url_for("privacy.delete", _external=True),
        "privacy_url": url_for("public.privacy", _external=True),
    }
