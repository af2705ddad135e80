"""How each letter about a parcel comes about; `tests.web.test_letters` reads them all (rule S4)."""

from portal.actions import packing, parcels
from portal.actions.parcels import PartRecord
from portal.actions.unknown_parcels import Sender, open_at_desk
from portal.models import Case, ParcelItem
from portal.rules.carriers import Carrier
from portal.rules.parcel import Arrival, Part
from tests.builders import (
    NOW,
    a_case_checked_in,
    a_case_on_its_way_back,
    a_case_ready_to_return,
    a_device,
    a_staff_member,
    an_owner,
)

REASON = "Weil die Platine <verbrannt> ist & riecht."
NO_CABLE = (
    PartRecord(Part.SERVER),
    PartRecord(Part.POWER_CABLE, Arrival.MISSING),
    PartRecord(Part.TSE_USB, tse_serial="0a" * 32),
)


def _incomplete() -> Case:
    return a_case_checked_in(parts=NO_CABLE)


def _complete() -> None:
    parcels.arrived_later(ParcelItem.missing_of(_incomplete()).get(), by=a_staff_member(), now=NOW)


def _waived() -> None:
    parcels.waive(ParcelItem.missing_of(_incomplete()).get(), REASON, by=a_staff_member(), now=NOW)


def _without_report() -> None:
    device = a_device()
    an_owner(device.salon.customer)
    sender = Sender("Ada", "+49220212345", "Salon", "Weg 1", "51469", "Köln", device=device)
    open_at_desk(sender, NO_CABLE, once="key", by=a_staff_member(), now=NOW)


def _disposal_asked() -> None:
    case = a_case_ready_to_return(parts=NO_CABLE)
    tse = ParcelItem.get(ParcelItem.case == case, ParcelItem.part == Part.TSE_USB)
    packing.ask_disposal(tse, by=a_staff_member(), now=NOW)


def _on_its_way_back() -> Case:
    return a_case_on_its_way_back(a_case_ready_to_return(parts=NO_CABLE))


def _sent_after() -> None:
    case, staff = _on_its_way_back(), a_staff_member()
    parcels.arrived_later(ParcelItem.missing_of(case).get(), by=staff, now=NOW)
    packing.pack(ParcelItem.get(ParcelItem.departure.is_null()), by=staff, now=NOW)
    packing.send_after(Case.get_by_id(case.id), Carrier.GLS, "12345678901", by=staff, now=NOW)


EVENTS = {
    "parcel_incomplete": _incomplete,
    "parcel_complete": _complete,
    "parcel_waived": _waived,
    "parcel_without_report": _without_report,
    "tse_disposal_asked": _disposal_asked,
    "on_its_way_back": _on_its_way_back,
    "parcel_sent_after": _sent_after,
}
WITH_REASON = ("parcel_waived",)
