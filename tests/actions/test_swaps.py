"""Swapped parts: the device's serials, the parcel's lines, and undoing a mistake.  Rules O2, C4a, C5."""

from base64 import b64encode
from datetime import date

import pytest

from portal.actions import cases, packing, parcels, swaps, workshop
from portal.actions.cases import NeedMissing
from portal.actions.parcels import PartRecord
from portal.actions.swaps import SerialTaken, SwapIsKept, SwapRecord
from portal.models import Case, Device, History, ParcelItem, Swap
from portal.rules.parcel import Arrival, Departure, Part
from portal.rules.warranty import Decision
from portal.rules.workflow import State, StepRefused
from portal.rules.workshop import SwapPart
from tests import builders as build
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW

OLD_TSE, NEW_TSE = bytes(range(32)), bytes(range(100, 132))
TSE = SwapRecord(
    SwapPart.TSE,
    old_serial=OLD_TSE.hex(),
    new_serial=b64encode(NEW_TSE).decode(),
    new_bsi_number="bsi k tr 0490 2021",
    out_of_service_on=date(2026, 11, 20),
    in_service_on=date(2026, 11, 24),
)


@pytest.fixture
def staff(database):
    """Make one of the staff."""
    return build.a_staff_member()


@pytest.fixture
def case(staff):
    """Make a case in repair whose server, cables and TSE were checked in."""
    case = build.a_sent_case(build.a_device(serial="JC-1", tse_serial=OLD_TSE.hex()))
    parts = [PartRecord(part) for part in (Part.SERVER, Part.POWER_CABLE, Part.LAN_CABLE, Part.TSE_USB)]
    case = parcels.check_in(case, parts, by=staff, now=NOW)
    case = cases.advance(case, "start_diagnosis", by=staff, now=NOW)
    case = workshop.decide(case, Decision.WARRANTY, "Laut Rechnung", by=staff, now=NOW)
    return cases.advance(case, "start_repair", by=staff, now=NOW)


def swapped(case, record, staff):
    return swaps.swap(Case.get_by_id(case.id), record, by=staff, now=NOW)


def withdrawn(entry, staff, why="Vertippt"):
    return swaps.withdraw_swap(Swap.get_by_id(entry.id), why, by=staff, now=NOW)


def device(case):
    return Device.get_by_id(case.device_id)


def lines(case, part):
    items = ParcelItem.of_case(case).where(ParcelItem.part == part)
    return [(item.arrival, item.departure) for item in items]


def test_a_new_tse_is_the_devices_and_both_have_a_line_in_the_parcel(case, staff):  # rules O2, C4a, C5
    swapped(case, TSE, staff)
    entry = Swap.get()
    assert (entry.new_serial, entry.new_bsi_number) == (NEW_TSE.hex(), "BSI-K-TR-0490-2021")
    assert device(case).tse_serial == NEW_TSE.hex()
    assert lines(case, Part.TSE_USB) == [(Arrival.ARRIVED, None), (Arrival.ADDED, None)]
    assert entry.new_item.tse_serial == NEW_TSE.hex()
    assert (entry.old_item.part, entry.old_item.departure) == (
        Part.TSE_USB,
        None,
    )  # the owner's, until agreed
    facts = History.get(History.what == "swap").facts
    assert (facts["old"], facts["new"]) == (OLD_TSE.hex(), NEW_TSE.hex())


def test_the_old_parts_line_learns_its_number_but_keeps_what_was_read_off(case, staff):  # rule C4a
    other = "ee" * 32
    swapped(case, TSE, staff)
    old = Swap.get().old_item
    assert old.tse_serial == OLD_TSE.hex()  # the owner is asked about this very TSE
    withdrawn(Swap.get(), staff)
    ParcelItem.update(tse_serial=other).where(ParcelItem.id == old.id).execute()
    swapped(case, TSE, staff)
    assert ParcelItem.get_by_id(old.id).tse_serial == other


def test_an_old_server_stays_and_the_new_one_leaves(case, staff):  # rules O2, C5
    swapped(case, SwapRecord(SwapPart.SERVER, old_serial="JC-1", new_serial="JC-2"), staff)
    assert device(case).serial == "JC-2"
    assert lines(case, Part.SERVER) == [(Arrival.ARRIVED, Departure.SWAPPED), (Arrival.ADDED, None)]


def test_an_old_server_that_goes_back_is_packed_too(case, staff):  # rule C5
    swapped(case, SwapRecord(SwapPart.SERVER, new_serial="JC-2", old_goes_back=True), staff)
    assert lines(case, Part.SERVER) == [(Arrival.ARRIVED, None), (Arrival.ADDED, None)]


def test_other_parts_change_neither_device_nor_parcel(case, staff):  # rule O2
    before = ParcelItem.select().count()
    swapped(case, SwapRecord(SwapPart.MAIN_BOARD, old_serial="MB-1", new_serial="MB-2"), staff)
    swapped(case, SwapRecord(SwapPart.OTHER, name="Lüfter"), staff)
    assert (device(case).serial, ParcelItem.select().count()) == ("JC-1", before)
    assert [entry.name or entry.part for entry in Swap.of_case(case)] == ["main_board", "Lüfter"]


def test_a_serial_of_another_device_is_refused_and_nothing_is_left_of_it(case, staff):  # section S
    build.a_device(serial="JC-9")
    with pytest.raises(SerialTaken):
        swapped(case, SwapRecord(SwapPart.SERVER, old_serial="JC-1", new_serial="JC-9"), staff)
    assert (Swap.select().count(), device(case).serial) == (0, "JC-1")
    assert lines(case, Part.SERVER) == [(Arrival.ARRIVED, None)]


@pytest.mark.parametrize(
    "record",
    [
        SwapRecord(SwapPart.TSE, new_serial="abc", new_bsi_number="BSI-K-TR-0490-2021"),
        SwapRecord(SwapPart.TSE, new_serial=NEW_TSE.hex(), new_bsi_number="0490"),
        SwapRecord(SwapPart.DISK, out_of_service_on=date(2026, 11, 2), in_service_on=date(2026, 11, 1)),
    ],
)
def test_numbers_and_days_that_are_none_are_refused(case, staff, record):  # rule C4a
    with pytest.raises(ValueError, match=r".+"):
        swapped(case, record, staff)
    assert Swap.select().count() == 0


@pytest.mark.parametrize("record", [TSE, SwapRecord(SwapPart.SERVER, old_serial="JC-1", new_serial="JC-2")])
def test_a_withdrawn_entry_leaves_everything_as_it_was(case, staff, record):  # rules O2, C5
    before = sorted(ParcelItem.select(ParcelItem.id, ParcelItem.departure).tuples())
    swapped(case, record, staff)
    withdrawn(Swap.get(), staff)
    assert sorted(ParcelItem.select(ParcelItem.id, ParcelItem.departure).tuples()) == before
    assert (device(case).serial, device(case).tse_serial) == ("JC-1", OLD_TSE.hex())
    assert list(Swap.of_case(case)) == []
    assert History.get(History.what == "withdraw_swap").why == "Vertippt"
    with pytest.raises(StepRefused):
        withdrawn(Swap.get(), staff)


def test_what_a_later_entry_or_the_carton_stands_on_is_kept(case, staff):  # rules O2, C5
    swapped(case, SwapRecord(SwapPart.SERVER, old_serial="JC-1", new_serial="JC-2"), staff)
    swapped(case, SwapRecord(SwapPart.SERVER, old_serial="JC-2", new_serial="JC-3"), staff)
    first, second = Swap.of_case(case)
    with pytest.raises(NeedMissing):
        withdrawn(first, staff, why=" ")
    with pytest.raises(SwapIsKept):
        withdrawn(first, staff)
    cases.advance(Case.get_by_id(case.id), "make_ready", by=staff, now=NOW)
    packing.pack(second.new_item, by=staff, now=NOW)
    with pytest.raises(SwapIsKept):
        withdrawn(second, staff)


def test_nothing_is_swapped_before_the_repair_and_nothing_after_the_parcel_has_left(staff):  # rules W3, O2
    disk = SwapRecord(SwapPart.DISK)
    with pytest.raises(StepRefused):
        swapped(build.a_chargeable_case(staff=staff), disk, staff)
    unrepaired = build.a_case_in_diagnosis(staff=staff)
    for step in ("no_fault_found", "make_ready"):
        unrepaired = cases.advance(unrepaired, step, by=staff, now=NOW)
    with pytest.raises(StepRefused):
        swapped(unrepaired, disk, staff)
    ready = cases.advance(build.a_case_in_repair(staff=staff), "make_ready", by=staff, now=NOW)
    assert swapped(ready, disk, staff).state is State.READY_TO_RETURN  # forgotten, and added in time
    Case.update(state=State.ON_ITS_WAY_BACK).where(Case.id == ready.id).execute()
    with pytest.raises(StepRefused):
        swapped(ready, disk, staff)


def test_the_same_form_sent_twice_at_once_is_one_swap(case, staff):  # rule S3
    results = at_once(
        *[lambda: swaps.swap(case, SwapRecord(SwapPart.DISK, new_serial="D-2"), by=staff, now=NOW)] * 2
    )
    assert kinds(results) == ["Case", "CaseMoved"]
    assert Swap.select().count() == 1


@pytest.mark.parametrize(("part", "new"), [(SwapPart.SERVER, "JC-2"), (SwapPart.TSE, NEW_TSE.hex())])
def test_an_old_serial_that_is_not_told_is_the_one_that_is_known(case, staff, part, new):  # rules O2, C4a
    before = device(case)
    bsi = "BSI-K-TR-0490-2021" if part is SwapPart.TSE else ""
    swapped(case, SwapRecord(part, new_serial=new, new_bsi_number=bsi), staff)
    withdrawn(Swap.get(), staff)
    after = device(case)
    assert (after.serial, after.tse_serial) == (before.serial, before.tse_serial)
