"""What an owner sees on the way home and after it, and what is written down of it (rules R1, R5, O1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.actions import cases, commissioning, feedback, outages, workshop
from portal.models import Account, Case
from portal.rules.commissioning import Item
from tests import builders


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the cases, and return each page's name, its address and who looks at it."""
    staff, owner = builders.a_staff_member(), builders.an_owner()
    salon = builders.a_salon(owner.customer)

    def device():
        return builders.a_device(salon)

    looked = builders.a_case_in_diagnosis(device(), owner, now, staff)
    yield "owner-case-in-diagnosis", f"/cases/{looked.number}", owner
    broken = builders.a_case_in_repair(device(), owner, now, staff)
    broken = workshop.not_repairable(broken, "Die Platine ist gebrochen.", by=staff, now=now)
    yield "owner-case-not-repairable", f"/cases/{broken.number}", owner
    ready = cases.advance(broken, "make_ready", by=staff, now=now)
    home = builders.a_case_on_its_way_back(ready, now=now, staff=staff)
    yield "owner-case-unrepaired", f"/cases/{home.number}", owner
    yield "owner-arrived-unrepaired", f"/cases/{home.number}/arrived", owner
    ready = builders.a_case_ready_to_return(builders.a_sent_case(device(), owner, now), now=now, staff=staff)
    back = builders.a_case_on_its_way_back(ready, now=now, staff=staff)
    yield "owner-case-on-its-way-back", f"/cases/{back.number}", owner
    yield "owner-arrived", f"/cases/{back.number}/arrived", owner
    there = builders.a_case_delivered(device(), owner, now, staff)
    yield "owner-case-delivered", f"/cases/{there.number}", owner
    yield "staff-case-delivered", f"/staff/cases/{there.number}", staff
    yield from _closed(_commissioned(device(), owner, staff, now), owner, staff, now)
    yield "owner-closing", f"/cases/{_commissioned(device(), owner, staff, now).number}", owner
    alone = builders.a_link_request(device(), owner, now)
    yield "owner-outage-record-link", f"/links/{alone.id}/outage-record", owner


def _commissioned(device, owner: Account, staff: Account, now: datetime) -> Case:
    case = builders.a_case_at_commissioning(device, owner, now, staff)
    for item in [one for one in Item if one is not Item.LINK_ENDED]:
        case = commissioning.tick(case, item, by=staff, now=now)
    return commissioning.complete(case, by=staff, now=now)


def _closed(case: Case, owner: Account, staff: Account, now: datetime) -> Iterator[tuple[str, str, Account]]:
    earlier = now - timedelta(minutes=5)
    outages.add_line(case, "Wir haben auf Papier kassiert.", earlier, by=owner, now=now)
    yield "owner-outage-record", f"/cases/{case.number}/outage-record", owner
    feedback.give(case, 4, "Schnell und freundlich.", seen="", by=owner, now=now)
    yield "owner-closing-answered", f"/cases/{case.number}", owner
    yield "owner-feedback", f"/cases/{case.number}/feedback", owner
    yield "staff-case-closed", f"/staff/cases/{case.number}", staff
