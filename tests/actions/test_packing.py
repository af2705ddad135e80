"""Does everything that came in go out again, the TSE above all?  Rules C4a, C5, S3, S7."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import cases, commissioning, packing, parcels
from portal.actions.cases import CaseMoved
from portal.actions.conditions import PartsOutstanding
from portal.actions.packing import ConsentMissing
from portal.actions.parcels import PartRecord
from portal.models import Case, Consent, History, Letter, ParcelItem
from portal.rules.carriers import Carrier
from portal.rules.commissioning import Item
from portal.rules.parcel import Arrival, Departure, Part
from portal.rules.workflow import State, StepRefused
from tests.actions.parallel import at_once, kinds
from tests.builders import (
    NOW,
    a_case_checked_in,
    a_case_on_its_way_back,
    a_case_ready_to_return,
    a_sent_case,
    a_staff_member,
    an_appointment,
    an_owner,
    consent,
)

LATER = NOW + timedelta(days=3)
NUMBER = "00340434161094042557"
GIVEN = consent("tse_disposal")
NO_TSE = (PartRecord(Part.SERVER), PartRecord(Part.TSE_USB, Arrival.MISSING))
NO_CABLE = (PartRecord(Part.SERVER), PartRecord(Part.POWER_CABLE, Arrival.MISSING))


def part(case, which=Part.SERVER):
    return ParcelItem.get(ParcelItem.case == case, ParcelItem.part == which)


def send_back(case, by=None):
    return packing.dispatch(
        Case.get_by_id(case.id), Carrier.DHL, NUMBER, by=by or a_staff_member(), now=LATER
    )


def outstanding(deed, *args, **given):
    with pytest.raises(PartsOutstanding) as refused:
        deed(*args, **given)
    return [item.part for item in refused.value.items]


def pack(case, *which, by=None):
    for one in which:
        packing.pack(part(case, one), by=by or a_staff_member(), now=LATER)


def test_a_parcel_leaves_with_all_that_came_and_the_owner_is_told(database):  # rules C5, S4
    case = a_case_ready_to_return()
    sent = a_case_on_its_way_back(case, now=LATER)
    assert (sent.state, sent.return_carrier, sent.return_tracking) == (
        State.ON_ITS_WAY_BACK,
        Carrier.DHL,
        NUMBER,
    )
    assert sent.dispatched_at == LATER
    assert {item.departed_at for item in ParcelItem.of_case(case)} == {LATER}
    assert Letter.select().order_by(Letter.id.desc()).get().event == "on_its_way_back"


def test_dispatch_names_what_is_left_the_tse_first(database):  # rule C5
    case = a_case_ready_to_return()
    pack(case, Part.SERVER)
    assert outstanding(send_back, case) == ["tse_usb", "power_cable", "lan_cable"]
    raw = partial(cases.advance, Case.get_by_id(case.id), "dispatch", by=a_staff_member(), now=LATER)
    assert outstanding(raw)[0] == "tse_usb"
    assert Case.get_by_id(case.id).state == State.READY_TO_RETURN


def test_nothing_is_sent_back_that_was_never_checked_in(database):  # rule C5
    case = a_case_ready_to_return()
    ParcelItem.delete().where(ParcelItem.case == case).execute()
    assert outstanding(send_back, case) == []


def test_a_part_that_is_added_stands_for_no_check_in(database):  # rules C4, C4a, C5
    staff = a_staff_member()
    case = cases.receive(a_sent_case(), by=staff, now=NOW)
    parcels.add_unexpected(case, PartRecord(Part.PRINTER), by=staff, now=NOW)
    for step in ("start_diagnosis", "no_fault_found", "make_ready"):
        case = cases.advance(Case.get_by_id(case.id), step, by=staff, now=NOW)
    pack(case, Part.PRINTER)
    assert outstanding(send_back, case) == [], "nobody has looked for the TSE"
    parcels.check_in(Case.get_by_id(case.id), NO_TSE, by=staff, now=NOW)
    pack(case, Part.SERVER)
    assert outstanding(send_back, case) == ["tse_usb"]


def test_a_mistyped_number_is_corrected_and_told_as_long_as_the_parcel_is_under_way(database):  # rules C5, S4
    case, staff = a_case_on_its_way_back(), a_staff_member()
    correct = partial(packing.correct_tracking, by=staff, now=LATER)
    mended = correct(case, Carrier.GLS, "12345678")
    assert (mended.return_carrier, mended.return_tracking) == (Carrier.GLS, "12345678")
    correct(mended, Carrier.GLS, "12345678")
    assert Letter.select().where(Letter.event == "on_its_way_back").count() == 2, "at first, and corrected"
    with pytest.raises(StepRefused):
        packing.correct_tracking(mended, Carrier.DHL, "1", by=case.reporter, now=LATER)
    arrived = cases.advance(mended, "confirm_delivery", by=staff, now=LATER)
    with pytest.raises(CaseMoved):
        correct(mended, Carrier.DHL, "1")
    with pytest.raises(StepRefused):
        correct(arrived, Carrier.DHL, "1")


def test_a_consent_is_for_the_one_tse_that_was_named(database):  # rule C4a
    case, staff = a_case_ready_to_return(), a_staff_member()
    tse = part(case, Part.TSE_USB)
    tse = parcels.identify(tse, parcels.Serials(tse_serial="0a" * 32), by=staff, now=NOW)
    packing.ask_disposal(tse, by=staff, now=NOW)
    packing.agree_disposal(part(case, Part.TSE_USB), GIVEN, by=case.reporter, now=NOW)
    packing.keep(part(case, Part.TSE_USB), "Abgelaufen", by=staff, now=NOW)
    other = parcels.identify(
        part(case, Part.TSE_USB), parcels.Serials(tse_serial="0b" * 32), by=staff, now=NOW
    )
    assert (other.consent_id, other.departure) == (None, None)
    with pytest.raises(ConsentMissing):
        packing.keep(other, "Abgelaufen", by=staff, now=NOW)


def test_a_missing_tse_keeps_the_parcel_here_until_it_comes_or_is_waived(database):  # rules C4a, C5
    case = a_case_ready_to_return(parts=NO_TSE)
    pack(case, Part.SERVER)
    assert outstanding(send_back, case) == ["tse_usb"]
    parcels.waive(part(case, Part.TSE_USB), "Steckt noch im Salon.", by=a_staff_member(), now=LATER)
    assert send_back(case).state == State.ON_ITS_WAY_BACK


def test_a_packed_part_can_be_taken_out_until_it_has_left(database):  # rule C5
    case, staff = a_case_ready_to_return(), a_staff_member()
    pack(case, Part.SERVER)
    packing.unpack(part(case), by=staff, now=LATER)
    assert part(case).departure is None
    a_case_on_its_way_back(case)
    with pytest.raises(CaseMoved):
        packing.unpack(part(case), by=staff, now=LATER)


def test_parts_are_packed_once_and_not_before_the_case_is_ready(database):  # rules C5, S3
    case = a_case_checked_in()
    with pytest.raises(StepRefused):
        pack(case, Part.SERVER)
    case = a_case_ready_to_return(parts=NO_CABLE)
    pack(case, Part.SERVER)
    for which in (Part.SERVER, Part.POWER_CABLE):  # packed already; not here
        with pytest.raises(CaseMoved):
            pack(case, which)


def test_two_who_pack_the_same_part_pack_it_once(database):  # rule S3
    case, staff = a_case_ready_to_return(), a_staff_member()
    item = part(case)
    results = at_once(*[partial(packing.pack, item, by=staff, now=LATER) for _ in range(2)])
    assert kinds(results) == ["CaseMoved", "ParcelItem"]
    assert History.select().where(History.what == "part_packed").count() == 1


def test_who_takes_a_part_out_while_it_is_sent_is_too_late_or_holds_it_up(database):  # rules C5, S3
    case, staff = a_case_ready_to_return(parts=[PartRecord(Part.SERVER)]), a_staff_member()
    pack(case, Part.SERVER)
    results = at_once(
        partial(send_back, case, by=staff), partial(packing.unpack, part(case), by=staff, now=LATER)
    )
    sent = Case.get_by_id(case.id).state == State.ON_ITS_WAY_BACK
    assert kinds(results) in (
        ["Case", "CaseMoved"],
        ["Case", "StepRefused"],
        ["ParcelItem", "PartsOutstanding"],
    )
    assert sent is (part(case).departure is Departure.PACKED)


def test_a_part_stays_here_with_a_reason(database):  # rule C5
    case, staff = a_case_ready_to_return(parts=[PartRecord(Part.SERVER), PartRecord(Part.LAN_CABLE)]), None
    staff = a_staff_member()
    with pytest.raises(cases.NeedMissing):
        packing.keep(part(case, Part.LAN_CABLE), "", by=staff, now=LATER)
    packing.keep(part(case, Part.LAN_CABLE), "Kabelbruch, entsorgt", by=staff, now=LATER)
    pack(case, Part.SERVER)
    assert send_back(case).state == State.ON_ITS_WAY_BACK


def test_a_tse_is_never_kept_without_the_owners_written_consent(database):  # rules C4a, S7
    case, staff = a_case_ready_to_return(), a_staff_member()
    tse = part(case, Part.TSE_USB)
    with pytest.raises(ConsentMissing):
        packing.keep(tse, "Defekt", by=staff, now=LATER)
    packing.ask_disposal(tse, by=staff, now=LATER)
    assert Letter.select().order_by(Letter.id.desc()).get().event == "tse_disposal_asked"
    with pytest.raises(ConsentMissing):
        packing.keep(tse, "Defekt", by=staff, now=LATER)
    packing.agree_disposal(part(case, Part.TSE_USB), GIVEN, by=case.reporter, now=LATER)
    stored = Consent.get(Consent.kind == "tse_disposal")
    assert (stored.wording, stored.version, stored.account) == ("Ein Text.", "1", case.reporter)
    assert packing.keep(tse, "Defekt", by=staff, now=LATER).departure is Departure.KEPT


def test_a_tse_swapped_without_consent_keeps_the_parcel_here(database):  # rules C4a, C5
    case = a_case_ready_to_return(parts=[PartRecord(Part.SERVER), PartRecord(Part.TSE_USB)])
    pack(case, Part.SERVER)
    ParcelItem.update(departure=Departure.SWAPPED).where(ParcelItem.part == Part.TSE_USB).execute()
    assert outstanding(send_back, case) == ["tse_usb"]


def test_an_owner_may_decline_and_be_asked_again(database):  # rule C4a
    case, staff = a_case_ready_to_return(), a_staff_member()
    for _ in range(2):
        packing.ask_disposal(part(case, Part.TSE_USB), by=staff, now=LATER + _ * timedelta(hours=1))
        packing.decline_disposal(part(case, Part.TSE_USB), by=case.reporter, now=LATER)
    asked = Letter.select().where(Letter.event == "tse_disposal_asked").count()
    assert (asked, Consent.select().where(Consent.kind == "tse_disposal").count()) == (2, 0)
    with pytest.raises(CaseMoved):
        packing.agree_disposal(part(case, Part.TSE_USB), GIVEN, by=case.reporter, now=LATER)


def test_only_the_tses_owner_agrees_and_only_a_tse_is_asked_about(database):  # rules C4a, P1
    case, staff = a_case_ready_to_return(), a_staff_member()
    packing.ask_disposal(part(case, Part.TSE_USB), by=staff, now=LATER)
    for stranger in (staff, an_owner()):
        with pytest.raises(StepRefused):
            packing.agree_disposal(part(case, Part.TSE_USB), GIVEN, by=stranger, now=LATER)
    with pytest.raises(StepRefused):
        packing.ask_disposal(part(case), by=staff, now=LATER)


def test_two_answers_about_a_tse_are_one(database):  # rules C4a, S3
    case = a_case_ready_to_return()
    packing.ask_disposal(part(case, Part.TSE_USB), by=a_staff_member(), now=LATER)
    tse, owner = part(case, Part.TSE_USB), case.reporter
    results = at_once(
        partial(packing.agree_disposal, tse, GIVEN, by=owner, now=LATER),
        partial(packing.decline_disposal, tse, by=owner, now=LATER),
    )
    assert kinds(results) == ["CaseMoved", "ParcelItem"]
    assert bool(part(case, Part.TSE_USB).consent_id) is (Consent.select().where(
        Consent.kind == "tse_disposal").count() == 1)  # fmt: skip


def test_what_comes_after_dispatch_is_sent_after_and_told(database):  # rule C5
    staff = a_staff_member()
    case = a_case_on_its_way_back(a_case_ready_to_return(parts=NO_CABLE))
    with pytest.raises(CaseMoved):
        packing.send_after(case, Carrier.DPD, "1", by=staff, now=LATER)
    parcels.arrived_later(part(case, Part.POWER_CABLE), by=staff, now=LATER)
    packing.pack(part(case, Part.POWER_CABLE), by=staff, now=LATER)
    packing.send_after(Case.get_by_id(case.id), Carrier.DPD, "01906401234567", by=staff, now=LATER)
    letter = Letter.select().order_by(Letter.id.desc()).get()
    assert (letter.event, letter.context["parts"][0]["part"]) == ("parcel_sent_after", "power_cable")
    assert part(case, Part.POWER_CABLE).departed_at == LATER


def at_the_end(parts):
    """Return a case whose whole checklist is done."""
    staff = a_staff_member()
    case = a_case_on_its_way_back(a_case_ready_to_return(parts=parts))
    case = cases.advance(case, "confirm_delivery", by=staff, now=NOW)
    case = an_appointment(case).case
    for item in Item:
        if item not in (Item.LINK_ENDED,):
            case = commissioning.tick(Case.get_by_id(case.id), item, by=staff, now=LATER)
    return case


def test_no_case_ends_with_a_part_outstanding(database):  # rules C4, C4a, C5
    case, staff = at_the_end(NO_CABLE), a_staff_member()
    end = partial(commissioning.complete, by=staff, now=LATER)
    assert outstanding(end, Case.get_by_id(case.id)) == ["power_cable"]  # still awaited
    parcels.arrived_later(part(case, Part.POWER_CABLE), by=staff, now=LATER)
    assert outstanding(end, Case.get_by_id(case.id)) == ["power_cable"]  # here
    pack(case, Part.POWER_CABLE)
    assert outstanding(end, Case.get_by_id(case.id)) == ["power_cable"]  # packed only
    packing.send_after(Case.get_by_id(case.id), Carrier.DHL, NUMBER, by=staff, now=LATER)
    assert end(Case.get_by_id(case.id)).state == State.COMMISSIONED


def test_no_case_ends_with_a_tse_outstanding_by_any_way(database):  # rules C4a, C5
    case, staff = at_the_end([PartRecord(Part.SERVER)]), a_staff_member()
    tse = PartRecord(Part.TSE_USB, Arrival.UNEXPECTED)
    parcels.add_unexpected(case, tse, by=staff, now=LATER)
    raw = partial(cases.advance, Case.get_by_id(case.id), "commission", by=staff, now=LATER)
    assert outstanding(raw) == ["tse_usb"]
