"""The pages of parcels: taken in, incomplete, packed, sent back, unknown; and what their owner is asked."""

from collections.abc import Iterator
from datetime import datetime

from portal.actions import cases, packing
from portal.actions.parcels import PartRecord
from portal.models import Account, ParcelItem
from portal.rules.parcel import Arrival, Part
from tests import builders

RECORDS = (
    PartRecord(Part.SERVER, serial="KS-ANDERS"),
    PartRecord(Part.POWER_CABLE, Arrival.MISSING),
    PartRecord(Part.LAN_CABLE),
    PartRecord(Part.TSE_USB, tse_serial="0a1b" * 16, bsi_number="BSI-K-TR-0490-2021"),
    PartRecord(Part.OTHER, Arrival.UNEXPECTED, name="Bonrolle"),
)


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the cases, and return each page's name, its address and who looks at it."""
    staff, owner = builders.a_staff_member(), builders.an_owner()
    salon = builders.a_salon(owner.customer)

    def sent():
        return builders.a_sent_case(builders.a_device(salon), owner, now)

    yield "check-in-usual", f"/staff/check-in?number={sent().number}", staff
    here = builders.a_case_checked_in(sent(), parts=RECORDS, staff=staff, now=now)
    yield "check-in-again", f"/staff/check-in?number={here.number}", staff
    yield "parcel-incomplete", f"/staff/cases/{here.number}/parcel", staff
    missing = ParcelItem.missing_of(here).get().id
    yield "parcel-waive", f"/staff/cases/{here.number}/parcel?item={missing}&deed=waive", staff
    yield "parcel-missing-owner", f"/cases/{here.number}", owner
    ready = builders.a_case_ready_to_return(sent(), parts=RECORDS, staff=staff, now=now)
    server, _cable, _lan, tse, _other = ParcelItem.of_case(ready)
    packing.pack(server, by=staff, now=now)
    packing.ask_disposal(tse, by=staff, now=now)
    yield "parcel-packing", f"/staff/cases/{ready.number}/parcel", staff
    yield "parcel-tse-owner", f"/cases/{ready.number}/tse-disposal", owner
    received = cases.receive(sent(), by=staff, now=now)
    yield "parcel-without-list", f"/staff/cases/{received.number}/parcel", staff
    back = builders.a_case_on_its_way_back(now=now, staff=staff)
    yield "parcel-on-its-way-back", f"/staff/cases/{back.number}/parcel", staff
    yield "parcel-unknown", "/staff/check-in/unknown?q=salon", staff
    yield "parcel-of-a-stranger", "/staff/check-in/unknown?stranger=yes", staff
