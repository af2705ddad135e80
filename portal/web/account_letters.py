"""What letters about coming in and about one's own account name: where to go, and how long a link is good."""

from typing import Any

from flask import current_app, url_for

from portal.models import Letter
from portal.rules.signing_in import EMAIL_CHANGE, EMAIL_CHANGE_LASTS, link_token

EVENTS = frozenset(
    {
        "registration_open", "registration_refused", "colleague_added", "colleague_known", "person_removed",
        "email_change_old", "email_change_new", "email_change_taken", "email_changed",
    }
)  # fmt: skip


def values(letter: Letter) -> dict[str, Any]:
    """Return what these letters need besides what was written down with them."""
    if letter.event not in EVENTS:
        return {}
    return {
        "report_url": url_for("report.begin", _external=True),
        "help_url": url_for("public.help", _external=True),
        "plain_sign_in_url": url_for("public.sign_in", _external=True),
        "people_url": url_for("owner.people", _external=True),
        "hours": int(EMAIL_CHANGE_LASTS.total_seconds() // 3600),
        "change_url": _of_change(letter.context.get("change_mark", "")),
    }


def _of_change(mark: str) -> str:
    """Return the link that confirms a new address; its secret part stands nowhere else (rule P1)."""
    if not mark:
        return ""
    token = link_token(current_app.config["PORTAL"].secret, mark, EMAIL_CHANGE)
    return url_for("public.email_change", token=token, _external=True)
