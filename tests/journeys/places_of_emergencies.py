"""The pages of somebody without an account, and where staff find out whose the report is."""

from collections.abc import Iterator
from datetime import datetime

from portal.actions import cases, emergencies
from portal.models import Account
from tests import builders
from tests.actions.emergency_made import WITH_LINK, a_confirmed_emergency, an_emergency


def pages(now: datetime, secret: str) -> Iterator[tuple[str, str, Account | None]]:
    """Make the rows, and return each page's name, its address and who looks at it."""
    staff = builders.a_staff_member()
    fresh, asked = (an_emergency(now, secret, link=WITH_LINK) for _turn in range(2))
    sending = a_confirmed_emergency(now, secret)
    cases.ask_back(asked.case, "Steht eine Nummer auf dem Gerät?", by=staff, now=now)
    cases.release(sending.case, by=staff, now=now)
    for name, emergency, page in [
        ("fresh", fresh, ""),
        ("email", fresh, "/email"),
        ("question", asked, ""),
        ("answer", asked, "/answer"),
        ("released", sending, ""),
        ("sent", sending, "/sent"),
    ]:
        yield f"emergency-{name}", f"/c/{emergencies.token_of(emergency, secret)}{page}", None
    yield "staff-unmatched", f"/staff/cases/{fresh.case.number}", staff
    yield "staff-match", f"/staff/cases/{fresh.case.number}/match", staff
