"""Record which parts were swapped: old and new serials, and the parcel's lines they belong to (O2, C4a, C5).

A swapped server or TSE changes what the device is known by; a wrong entry is withdrawn, and undoes that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from portal.actions import history, queue, workshop
from portal.actions.cases import NeedMissing
from portal.models import Account, Case, Device, ParcelItem, Swap
from portal.models.base import transaction
from portal.rules import tse
from portal.rules.parcel import IN_OUR_HANDS, Arrival, Departure, Part
from portal.rules.workflow import Need, StepRefused
from portal.rules.workshop import PARCEL_PART, SwapPart


class SerialTaken(ValueError):
    """Another device is registered with this serial already."""


class SwapIsKept(ValueError):
    """The entry cannot be withdrawn: a later one stands on it, or the new part is packed already."""


@dataclass(frozen=True)
class SwapRecord:
    """What was swapped, as staff tell it; TSE serials in either spelling (rule C4a).

    `old_goes_back`: the old server does not stay with us, it has to go into the parcel as well.
    """

    part: SwapPart
    name: str = ""
    old_serial: str = ""
    new_serial: str = ""
    old_bsi_number: str = ""
    new_bsi_number: str = ""
    out_of_service_on: date | None = None
    in_service_on: date | None = None
    old_goes_back: bool = False

    def tidy(self) -> dict[str, Any]:
        """Return the columns to keep; ValueError for a TSE's number that is none, or dates the wrong way."""
        if self.out_of_service_on and self.in_service_on and self.in_service_on < self.out_of_service_on:
            raise ValueError("in service before the old part was out of service")
        columns = {name: value for name, value in vars(self).items() if name != "old_goes_back"}
        if self.part is SwapPart.TSE:
            columns |= {
                "old_serial": tse.parse_serial(self.old_serial) if self.old_serial else "",
                "new_serial": tse.parse_serial(self.new_serial),
                "old_bsi_number": tse.parse_bsi_number(self.old_bsi_number) if self.old_bsi_number else "",
                "new_bsi_number": tse.parse_bsi_number(self.new_bsi_number),
            }
        return columns


def swap(case: Case, record: SwapRecord, *, by: Account, now: datetime) -> Case:
    """Record a swapped part; a server's or a TSE's new serial is the device's from now on (rules O2, C5).

    An old serial that is not told is the one by which the device was known.

    Raises ValueError for numbers that are none, SerialTaken, StepRefused where nothing may be swapped
    (rule W3), CaseMoved if somebody else was faster (rule S3).
    """
    columns = record.tidy()
    _check_allowed(case, "swap", by)
    with transaction():
        if case.device_id:
            device = queue.held(case.device)  # before the case
            columns["old_serial"] = columns["old_serial"] or _serial_of(device, record.part) or ""
            _rename(device, record.part, columns["new_serial"])
        workshop.hold(case)
        columns |= _lines(case, record, columns, by=by, now=now)
        entry = Swap.create(case=case, at=now, account=by, **columns)
        history.record(case, "swap", by=by, at=now, **_facts(entry))
        return queue.reassess_case(case, now=now)


def withdraw_swap(entry: Swap, why: str, *, by: Account, now: datetime) -> Case:
    """Withdraw an entry made by mistake: device and parcel are as they were before it.

    A number that the old part's line learned from it stays, and can be changed there.
    Raises NeedMissing without a reason, SwapIsKept, SerialTaken, StepRefused, CaseMoved.
    """
    case = entry.case
    _check_allowed(case, "withdraw_swap", by)
    if not why.strip():
        raise NeedMissing(Need.REASON)
    with transaction():
        if case.device_id:
            device = queue.held(case.device)
            if _serial_of(device, entry.part) == entry.new_serial:
                _rename(device, entry.part, entry.old_serial)
        workshop.hold(case)
        entry = _withdrawn(entry, now)
        history.record(case, "withdraw_swap", by=by, at=now, why=why, **_facts(entry))
        return queue.reassess_case(case, now=now)


def _check_allowed(case: Case, deed: str, by: Account) -> None:
    if not by.is_staff or not Swap.may_be_recorded(case):
        raise StepRefused(deed, case.state, by.role)


_COLUMN = {SwapPart.SERVER: "serial", SwapPart.TSE: "tse_serial"}


def _serial_of(device: Device, part: SwapPart) -> str | None:
    return getattr(device, _COLUMN[part]) or "" if part in _COLUMN else None


def _rename(device: Device, part: SwapPart, serial: str) -> None:
    """Let the device be known by another serial; an empty one is nothing anybody knows."""
    if part not in _COLUMN:
        return
    setattr(device, _COLUMN[part], serial or None)
    try:
        with transaction():  # on its own: the refused update must not spoil the deed around it
            device.save()
    except IntegrityError as error:
        raise SerialTaken(serial) from error


def _lines(
    case: Case, record: SwapRecord, columns: dict[str, Any], *, by: Account, now: datetime
) -> dict[str, Any]:
    """Return the parcel's line of the old part and a new line of the new one: both leave by C5.

    An old server stays with us, unless told otherwise; an old TSE is the owner's until the owner agrees
    in writing (rule C4a).
    """
    part = record.part
    if part not in PARCEL_PART:
        return {}
    old = _here(case, part)
    if old is not None:
        _number(old, columns)
    if old is not None and part is SwapPart.SERVER and not record.old_goes_back:
        swapped = {"departure": Departure.SWAPPED, "departed_at": now}
        ParcelItem.update(swapped).where(ParcelItem.id == old.id).execute()
    is_tse = part is SwapPart.TSE
    new = ParcelItem.create(
        case=case,
        part=PARCEL_PART[part],
        arrival=Arrival.ADDED,
        at=now,
        arrived_at=now,
        account=by,
        serial="" if is_tse else columns["new_serial"],
        tse_serial=columns["new_serial"] if is_tse else "",
        bsi_number=columns["new_bsi_number"] if is_tse else "",
    )
    return {"old_item": old, "new_item": new}


def _number(old: ParcelItem, columns: Mapping[str, Any]) -> None:
    """Let the old part's line know what is told of its numbers; what was read off before stays (rule C4a)."""
    is_tse = old.part is Part.TSE_USB
    told = {"tse_serial" if is_tse else "serial": columns["old_serial"]}
    if is_tse:
        told["bsi_number"] = columns["old_bsi_number"]
    unknown = {name: text for name, text in told.items() if text and not getattr(old, name)}
    if unknown:
        ParcelItem.update(unknown).where(ParcelItem.id == old.id).execute()


def _here(case: Case, part: SwapPart) -> ParcelItem | None:
    """Return the newest such part that is with us and was not replaced already."""
    here = (ParcelItem.part == PARCEL_PART[part]) & ParcelItem.departure.is_null()
    replaced = Swap.select(Swap.old_item).where(
        Swap.case == case, Swap.old_item.is_null(False), Swap.withdrawn_at.is_null()
    )
    found = ParcelItem.of_case(case).where(
        here, ParcelItem.arrival.in_(list(IN_OUR_HANDS)), ParcelItem.id.not_in(replaced)
    )
    return found.order_by(ParcelItem.id.desc()).first()


def _withdrawn(entry: Swap, now: datetime) -> Swap:
    """Let the entry count no more; its new part's line goes, the old part's line is open again."""
    fresh = Swap.get_by_id(entry.id)
    if not fresh.is_open:
        raise StepRefused("withdraw_swap", fresh.case.state, "")
    new = fresh.new_item if fresh.new_item_id else None
    if fresh.later() or (new is not None and new.departure is not None):
        raise SwapIsKept(fresh.id)
    if fresh.old_item_id:
        stays = (ParcelItem.id == fresh.old_item_id) & (ParcelItem.departure == Departure.SWAPPED)
        ParcelItem.update(departure=None, departed_at=None).where(stays).execute()
    fresh.withdrawn_at, fresh.new_item = now, None
    fresh.save()
    if new is not None:
        new.delete_instance()
    return fresh


def _facts(entry: Swap) -> dict[str, Any]:
    """Return what the history keeps of an entry, as far as anything was told."""
    days = {"out_of_service_on": entry.out_of_service_on, "in_service_on": entry.in_service_on}
    told = {
        "part": str(entry.part),
        "name": entry.name,
        "old": entry.old_serial,
        "new": entry.new_serial,
        "old_bsi": entry.old_bsi_number,
        "new_bsi": entry.new_bsi_number,
        **{name: str(day) if day else "" for name, day in days.items()},
    }
    return {name: value for name, value in told.items() if value}
