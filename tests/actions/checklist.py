"""Ticking the list of a commissioning: the deeds its tests are made of (R5)."""

from datetime import timedelta

from portal.actions import commissioning, links
from portal.models import Case, CommissioningTick, History, Letter, SubstituteLink
from portal.rules.commissioning import Item
from portal.rules.links import Mode
from tests.builders import NOW, SECRET, a_link_request, a_staff_member, an_active_link

LATER = NOW + timedelta(hours=1)
AFTERWARDS = (Item.REPOSTED, Item.TEST_RECEIPT, Item.OWNER_CONFIRMS)


def tick(case, *items, by=None, now=LATER, **given):
    """Tick these items, one after the other."""
    by = by or a_staff_member()
    for item in items:
        case = commissioning.tick(Case.get_by_id(case.id), item, by=by, now=now, **given)
    return case


def tick_all(case, *, by=None, till_deleted=True):
    """Tick the whole list."""
    return tick(case, Item.SESSION, Item.RESTORED, *AFTERWARDS, by=by, till_deleted=till_deleted)


def complete(case, *, by=None, now=LATER):
    """End the case."""
    return commissioning.complete(Case.get_by_id(case.id), by=by or a_staff_member(), now=now)


def with_link(case, **given):
    """Make an active link whose till staff made by hand."""
    return an_active_link(link=a_link_request(case.device, case.reporter, case=case), **given)


def with_link_over_http(case):
    """Make an active link whose till the back end has made."""
    staff = a_staff_member()
    link = a_link_request(case.device, case.reporter, case=case)
    granted = links.grant(link, Mode.VIEW_ONLY, days=30, secret=SECRET, by=staff, now=NOW)
    return links.activate(granted, "https://till.example/T-1", secret=SECRET, by=None, now=NOW, till_id="T-1")


def items_of(case):
    """Return what is ticked, in order."""
    return [row.item for row in CommissioningTick.of_case(case)]


def everything():
    """Return all rows that a commissioning may change."""
    tables = (Case, SubstituteLink, History, Letter, CommissioningTick)
    return tuple(list(table.select().order_by(table.id).dicts()) for table in tables)
