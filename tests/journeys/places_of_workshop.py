"""The workshop's pages: nothing decided yet, in repair, and a repair that costs something (W0, O2, P4)."""

from collections.abc import Iterator
from datetime import datetime

from portal.actions import cases, swaps, workshop
from portal.actions.swaps import SwapRecord
from portal.models import Account
from portal.rules.workshop import SwapPart
from tests import builders

TSE = SwapRecord(
    SwapPart.TSE, old_serial="ab" * 32, new_serial="cd" * 32, new_bsi_number="BSI-K-TR-0490-2021"
)


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Name each page, its address and who looks at it."""
    staff = builders.a_staff_member()
    unknown = builders.a_case_in_diagnosis(builders.a_device(purchased_on=None), now=now, staff=staff)
    yield "workshop-to-decide", f"/staff/cases/{unknown.number}/workshop", staff
    yield "workshop-case-to-decide", f"/staff/cases/{unknown.number}", staff
    repair = builders.a_case_in_repair(now=now, staff=staff)
    repair = workshop.diagnose(repair, "Die TSE antwortet nicht.", by=staff, now=now)
    repair = workshop.read_out(repair, by=staff, now=now)
    repair = swaps.swap(repair, TSE, by=staff, now=now)
    yield "workshop-in-repair", f"/staff/cases/{repair.number}/workshop", staff
    yield "workshop-case-in-repair", f"/staff/cases/{repair.number}", staff
    quoted = builders.a_case_with_quote(now=now, staff=staff)
    builders.accepted(quoted, now=now)
    paid = cases.advance(type(quoted).get_by_id(quoted.id), "start_repair", by=staff, now=now)
    yield "workshop-case-with-amount", f"/staff/cases/{paid.number}", staff
