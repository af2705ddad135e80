"""The demo's parcels: taken in part by part, and sent back with all that came (rules C4, C5)."""

from datetime import datetime

from portal.actions import packing, parcels
from portal.actions.parcels import PartRecord
from portal.models import Account, Case, ParcelItem
from portal.rules.carriers import Carrier
from portal.rules.parcel import Arrival, Part, expected_parts

PARCEL = "00340434161094042557"  # DHL's own example number


def take_in(case: Case, *, by: Account, now: datetime, missing: Part | None = None, place: str = "") -> Case:
    """Check a parcel in with all that belongs into it, or with one part missing."""
    in_server = case.device.tse_in_server if case.device else None
    records = [
        PartRecord(part, Arrival.MISSING if part is missing else Arrival.ARRIVED)
        for part in expected_parts(in_server)
    ]
    return parcels.check_in(case, records, storage_place=place, by=by, now=now)


def send_back(case: Case, *, by: Account, now: datetime) -> Case:
    """Pack all parts and send them back."""
    for item in list(ParcelItem.of_case(case)):
        packing.pack(item, by=by, now=now)
    return packing.dispatch(Case.get_by_id(case.id), Carrier.DHL, PARCEL, by=by, now=now)
