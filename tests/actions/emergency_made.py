"""A report that somebody sent without an account, for tests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.actions import emergencies, reports
from portal.models import Emergency, Letter
from portal.rules import emergencies as rules
from portal.rules.report import Page
from tests import builders
from tests.builders import NOW, SECRET, consent
from tests.filled_in import SEND_IN

EMAIL = "ada@haarwerk.example"
DETAILS = {"purchase": "known", "month": "5", "tse": "yes", "origin": "vendor"}
WITH_LINK = {
    "wanted": "yes",
    "consents": [consent(kind) for kind in ("link_temporary", "link_devices", "link_tse")],
}


def a_signed_out_draft(
    now: datetime = NOW, email: str = EMAIL, number: str = "", **changes: Mapping[str, Any]
):
    """Make a complete report of somebody who has no account."""
    contact = {**SEND_IN[Page.ADDRESS], "email": email, "customer_number": number}
    details = {**DETAILS, "year": str(now.year - 1)}  # in warranty, whenever the test runs
    given = {"device_details": details, "address": contact, **changes}
    draft, _key = builders.a_draft(None, None, now, **given)
    return draft


def an_emergency(now: datetime = NOW, secret: str = SECRET, **given: Any) -> Emergency:
    """Make a case that was reported without an account and waits to be matched (rule P1a)."""
    case = reports.send(a_signed_out_draft(now, **given), by=None, now=now, secret=secret)
    return Emergency.get(Emergency.case == case)


def code_for(emergency: Emergency, secret: str = SECRET) -> str:
    """Return the code of the last mail, as its reader finds it there."""
    sent = Letter.select().where(Letter.case == emergency.case_id, Letter.event == "emergency_code")
    mark = sent.order_by(Letter.id.desc()).first().context["code_mark"]
    return rules.code_of(secret, emergency.case_id, mark)


def a_confirmed_emergency(now: datetime = NOW, secret: str = SECRET, **given: Any) -> Emergency:
    """Make one whose address is known to be theirs."""
    made = an_emergency(now, secret, **given)
    return emergencies.confirm(made, code_for(made, secret), secret=secret, now=now)
