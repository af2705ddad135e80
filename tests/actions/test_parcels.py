"""Is what was in a parcel recorded part by part, and told when something is missing?  Rules C4, C4a, S3."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import cases, parcels
from portal.actions.cases import CaseMoved, NeedMissing
from portal.actions.parcels import PartRecord, Serials, TooManyPhotos
from portal.models import Attachment, Case, Device, History, Letter, ParcelItem
from portal.models.attachments import PhotoKind
from portal.rules.parcel import Arrival, Part
from portal.rules.workflow import State, StepRefused
from tests.actions.parallel import at_once, kinds
from tests.builders import (
    NOW,
    a_case,
    a_case_at_commissioning,
    a_case_checked_in,
    a_device,
    a_sent_case,
    a_staff_member,
)

LATER = NOW + timedelta(days=2)
HEX, BSI = "0a" * 32, "BSI-K-TR-0490-2021"
USUAL = (Part.SERVER, Part.POWER_CABLE, Part.LAN_CABLE, Part.TSE_USB)
NO_CABLE = (
    PartRecord(Part.SERVER),
    PartRecord(Part.POWER_CABLE, Arrival.MISSING),
    PartRecord(Part.LAN_CABLE),
    PartRecord(Part.TSE_USB, tse_serial=HEX, bsi_number=BSI),
    PartRecord(Part.PRINTER, Arrival.UNEXPECTED),
)


def parts_of(case):
    return {item.part: item for item in ParcelItem.of_case(case)}


def told(case):
    return [letter.event for letter in Letter.select().where(Letter.case == case).order_by(Letter.id)]


def last(case):
    return Letter.select().where(Letter.case == case).order_by(Letter.id.desc()).get()


def test_the_usual_parcel_is_received_with_all_its_parts(database):  # rules C1, C4
    case = a_case_checked_in(storage_place="Regal 3", now=LATER)
    assert (case.state, case.received_at, case.storage_place) == (State.RECEIVED, LATER, "Regal 3")
    assert tuple(parts_of(case)) == USUAL
    assert {item.arrival for item in parts_of(case).values()} == {Arrival.ARRIVED}
    assert told(case) == ["released", "received"]
    assert History.get(History.what == "check_in").facts["place"] == "Regal 3"


def test_what_is_missing_is_told_at_once_in_one_letter(database):  # rule C4
    case = a_case_checked_in(parts=NO_CABLE)
    assert told(case) == ["released", "parcel_incomplete"]
    assert last(case).context["missing"] == ["power_cable"]
    found = parts_of(case)
    assert found[Part.POWER_CABLE].arrived_at is None
    assert found[Part.PRINTER].arrival is Arrival.UNEXPECTED
    assert (found[Part.TSE_USB].tse_serial, found[Part.TSE_USB].bsi_number) == (HEX, BSI)


def test_what_comes_later_completes_the_parcel_and_is_told(database):  # rule C4
    case = a_case_checked_in(parts=[*NO_CABLE[:2], PartRecord(Part.LAN_CABLE, Arrival.MISSING)])
    staff, found = a_staff_member(), parts_of(case)
    came = parcels.arrived_later(found[Part.LAN_CABLE], by=staff, now=LATER)
    assert (came.arrival, came.arrived_at) == (Arrival.ARRIVED, LATER)
    assert "parcel_complete" not in told(case)
    parcels.arrived_later(found[Part.POWER_CABLE], by=staff, now=LATER)
    assert told(case)[-1] == "parcel_complete"


def test_a_missing_part_is_waived_only_with_a_reason_the_owner_reads(database):  # rule C4
    case, staff = a_case_checked_in(parts=NO_CABLE), a_staff_member()
    cable = parts_of(case)[Part.POWER_CABLE]
    with pytest.raises(NeedMissing):
        parcels.waive(cable, " ", by=staff, now=LATER)
    parcels.waive(cable, "Wir legen eines bei.", by=staff, now=LATER)
    assert parts_of(case)[Part.POWER_CABLE].waived_why == "Wir legen eines bei."
    assert (last(case).event, last(case).context["why"]) == ("parcel_waived", "Wir legen eines bei.")
    parcels.arrived_later(cable, by=staff, now=LATER)  # it came nevertheless, and has to go back
    assert parts_of(case)[Part.POWER_CABLE].arrival is Arrival.ARRIVED


def test_what_is_here_can_neither_come_again_nor_be_waived(database):  # rules C4, S3
    case, staff = a_case_checked_in(), a_staff_member()
    for deed in (parcels.arrived_later, partial(parcels.waive, why="Egal")):
        with pytest.raises(CaseMoved):
            deed(parts_of(case)[Part.SERVER], by=staff, now=LATER)


def test_serials_are_corrected_and_the_history_keeps_the_old_ones(database):  # rule C4a
    case, staff = a_case_checked_in(parts=NO_CABLE), a_staff_member()
    tse = parts_of(case)[Part.TSE_USB]
    fixed = parcels.identify(tse, Serials(tse_serial="bb" * 32, bsi_number=BSI), by=staff, now=LATER)
    assert fixed.tse_serial == "bb" * 32
    facts = History.get(History.what == "part_identified").facts
    assert (facts["old"]["tse_serial"], facts["new"]["tse_serial"]) == (HEX, "bb" * 32)
    with pytest.raises(CaseMoved):  # somebody who still saw the old one (S3)
        parcels.identify(tse, Serials(tse_serial="cc" * 32), by=staff, now=LATER)


def test_check_in_teaches_us_what_nobody_knew_of_the_device(database):  # rules C4a, O1
    device = a_device(serial=None, tse_in_server=None, tse_serial=None)
    records = [PartRecord(Part.SERVER, serial="KS-NEU"), PartRecord(Part.TSE_USB, tse_serial=HEX)]
    a_case_checked_in(a_sent_case(device), parts=records)
    known = Device.get_by_id(device.id)
    assert (known.serial, known.tse_in_server, known.tse_serial) == ("KS-NEU", True, HEX)


def test_another_serial_than_ours_changes_nothing_we_know(database):  # rule C4
    device, other = a_device(tse_serial="cc" * 32), a_device()
    records = [PartRecord(Part.SERVER, serial=other.serial), PartRecord(Part.TSE_USB, tse_serial=HEX)]
    case = a_case_checked_in(a_sent_case(device), parts=records)
    known = Device.get_by_id(device.id)
    assert (known.serial, known.tse_serial) == (device.serial, "cc" * 32)
    assert parts_of(case)[Part.SERVER].serial == other.serial


def test_a_case_received_without_a_list_gets_it_once(database):  # rule C4
    staff = a_staff_member()
    case = cases.receive(a_sent_case(), by=staff, now=NOW)
    completed = a_case_checked_in(case, parts=NO_CABLE, staff=staff, now=LATER)
    assert (completed.state, completed.received_at) == (State.RECEIVED, NOW)
    assert told(case)[-1] == "parcel_incomplete"
    with pytest.raises(CaseMoved):
        a_case_checked_in(completed, staff=staff)


@pytest.mark.parametrize("make", [a_case_at_commissioning, lambda: a_case(checks={"helped": "no"})])
def test_no_parcel_is_checked_in_before_its_release_or_after_its_return(database, make):  # rule S2
    case = make()
    with pytest.raises(StepRefused):
        a_case_checked_in(Case.get_by_id(case.id))


def test_owners_record_no_parts(database):  # rule P1
    case = a_case_checked_in(parts=NO_CABLE)
    with pytest.raises(StepRefused):
        a_case_checked_in(a_sent_case(), staff=case.reporter)
    with pytest.raises(StepRefused):
        parcels.arrived_later(parts_of(case)[Part.POWER_CABLE], by=case.reporter, now=LATER)


def test_two_who_check_in_the_same_parcel_make_one_list(database):  # rule S3
    case = a_sent_case()
    deeds = [partial(a_case_checked_in, Case.get_by_id(case.id), parts=NO_CABLE) for _ in range(2)]
    results = at_once(*deeds)
    assert kinds(results) == ["Case", "CaseMoved"]
    assert ParcelItem.of_case(case).count() == len(NO_CABLE)
    assert told(case).count("parcel_incomplete") == 1


def test_two_who_complete_the_same_list_make_one(database):  # rule S3
    staff = a_staff_member()
    case = cases.receive(a_sent_case(), by=staff, now=NOW)
    results = at_once(*[partial(a_case_checked_in, Case.get_by_id(case.id), staff=staff) for _ in range(2)])
    assert kinds(results) == ["Case", "CaseMoved"]
    assert ParcelItem.of_case(case).count() == len(USUAL)


def test_a_failing_letter_undoes_the_check_in(database, monkeypatch):  # rule S4
    def broken(*_args, **_given):
        raise RuntimeError("no ink")

    case = a_sent_case()
    monkeypatch.setattr("portal.actions.letters.tell_owners", broken)
    with pytest.raises(RuntimeError):
        a_case_checked_in(case, parts=NO_CABLE)
    assert Case.get_by_id(case.id).state == State.ON_ITS_WAY_TO_US
    assert ParcelItem.of_case(case).count() == 0


def test_photos_of_the_arrival_are_apart_from_those_of_the_fault_and_bounded(database):  # rule C4
    case, staff = a_case_checked_in(), a_staff_member()
    for n in range(parcels.MAX_PHOTOS):
        parcels.add_photo(case, name=f"{n:032x}.jpg", width=4, height=3, size=9, by=staff, now=LATER)
    with pytest.raises(TooManyPhotos):
        parcels.add_photo(case, name="f" * 32 + ".jpg", width=4, height=3, size=9, by=staff, now=LATER)
    assert Attachment.of_case(case, PhotoKind.ARRIVAL).count() == parcels.MAX_PHOTOS
    assert Attachment.of_case(case).count() == 0
