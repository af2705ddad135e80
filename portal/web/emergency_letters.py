"""What letters to somebody without an account name: the case's secret address, the code (rule P1a).

Both are made here, while the letter is rendered, and stand nowhere else.
"""

from typing import Any

from flask import current_app, url_for

from portal.actions import emergencies
from portal.models import Emergency, Letter
from portal.rules import emergencies as rules
from portal.rules.workflow import Actor
from portal.rules.workflow import next_actor as actor_in


def values(letter: Letter) -> dict[str, Any]:
    """Return the addresses of the case for its reader, and what proves that the address is theirs.

    The mail with the code names no address of the case: it may have gone to a mistyped one.
    """
    if letter.account_id is not None or not letter.case_id:
        return {}
    found = Emergency.of_case(letter.case)
    if found is None:
        return {}
    secret, mark = current_app.config["PORTAL"].secret, letter.context.get("code_mark")
    if mark:
        proof = rules.confirm_token(secret, found.case_id, mark)
        return {
            "code": rules.code_of(secret, found.case_id, mark),
            "confirm_url": url_for("emergency.confirm", proof=proof, _external=True),
            "minutes": int(rules.CODE_LASTS.total_seconds() // 60),
        }
    return _addresses(emergencies.token_of(found, secret))


def next_actor(letter: Letter) -> Actor | None:
    """Return who acts next for a letter that only tells the address: whoever does in its case."""
    return actor_in(letter.case.state) if letter.event == "emergency_link" else None


def _addresses(token: str) -> dict[str, Any]:
    case = url_for("emergency.case", token=token, _external=True)
    return {
        **dict.fromkeys(("case_url", "parcel_url", "disposal_url", "quote_url"), case),
        **dict.fromkeys(("arrived_url", "appointment_url", "feedback_url"), case),
        "slip_url": url_for("emergency.slip", token=token, _external=True),
        "sent_url": url_for("emergency.sent", token=token, _external=True),
    }
