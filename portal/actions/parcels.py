"""Take a parcel in and note what was in it: each part arrived, missing or unexpected (rules C4, C4a).

How the parts leave again is in `packing`; a parcel that nobody announced is in `unknown_parcels`.
Every deed holds the case first, so that of two people at the same parcel the first wins (rule S3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.actions import cases, history, letters, queue, schedule
from portal.actions.cases import CaseMoved
from portal.models import Account, Attachment, Case, Device, ParcelItem
from portal.models.attachments import PhotoKind
from portal.models.base import transaction
from portal.rules import parcel, workflow, workshop
from portal.rules.parcel import Arrival, Departure, Part
from portal.rules.workflow import AT_THE_WORKSHOP, State, StepRefused

MAX_PHOTOS = 10  # of one arrival
OPEN_TO_PARTS = AT_THE_WORKSHOP | {State.ON_ITS_WAY_BACK, State.DELIVERED, State.COMMISSIONING_BOOKED}
"""The states in which parts may still come, be named or be packed."""


@dataclass(frozen=True)
class PartRecord:
    """What somebody saw of one part; serials are as `rules.tse` returns them (C4a)."""

    part: Part
    arrival: Arrival = Arrival.ARRIVED
    name: str = ""
    serial: str = ""
    tse_serial: str = ""
    bsi_number: str = ""


@dataclass(frozen=True)
class Serials:
    """The serials of one part, to be corrected together."""

    serial: str = ""
    tse_serial: str = ""
    bsi_number: str = ""


class TooManyPhotos(ValueError):
    """The arrival has as many photos as it may have."""


def check_in(
    case: Case,
    parts: Sequence[PartRecord],
    *,
    storage_place: str = "",
    by: Account,
    now: datetime,
    tells: bool = True,
) -> Case:
    """Receive the parcel with what is in it; what is missing is told to the owner at once (rule C4).

    A case that was received without a list gets it now, until its parcel leaves. With `tells` False the
    caller tells the owner of it all. Raises StepRefused where no parcel can be received, CaseMoved if
    somebody else was faster, ValueError without any part.
    """
    if not parts:
        raise ValueError("a parcel without any part")
    missing = [one.part for one in parts if one.arrival is Arrival.MISSING]
    with transaction():
        _learn(case, parts)
        case = _receive(case, storage_place, by=by, now=now, tells=tells and not missing)
        _write(case, parts, by=by, now=now)
        records = [{name: text for name, text in asdict(one).items() if text} for one in parts]
        history.record(case, "check_in", by=by, at=now, parts=records, place=storage_place)
        asked = [part for part in missing if workshop.is_asked_for(case.state, part)]
        if asked and tells:
            letters.tell_owners(case, "parcel_incomplete", now=now, missing=asked)
        # What is missing is the owner's turn, and in time they are reminded of it (rules C4, S6).
        return schedule.plan(queue.reassess_case(case, now=now), now=now)


def _receive(case: Case, storage_place: str, *, by: Account, now: datetime, tells: bool) -> Case:
    """Take the step; or complete the check-in of a case that was received without a list."""
    if case.state not in AT_THE_WORKSHOP:
        return cases.advance(
            case, "receive", by=by, now=now, tells=tells, received_at=now, storage_place=storage_place
        )
    hold(case, "check_in", AT_THE_WORKSHOP, by=by)
    if ParcelItem.is_checked_in(case):
        raise CaseMoved(case.number)
    if storage_place:
        Case.update(storage_place=storage_place).where(Case.id == case.id).execute()
    return queue.reassess_case(case, now=now)


def _learn(case: Case, parts: Iterable[PartRecord]) -> None:
    """Keep of the device what nobody knew yet; what is known already stays as it is.

    Before the case is held: a device comes before its cases, as in every deed.
    """
    for one in parts:
        if case.device_id is None or one.arrival is not Arrival.ARRIVED:
            continue
        if one.part is Part.SERVER and one.serial and not _is_taken(one.serial):
            _fill(case.device_id, Device.serial, one.serial)
        if one.part is Part.TSE_USB:
            _fill(case.device_id, Device.tse_in_server, True)
            if one.tse_serial:
                _fill(case.device_id, Device.tse_serial, one.tse_serial)


def _is_taken(serial: str) -> bool:
    return Device.select(Device.id).where(Device.serial == serial).exists()


def _fill(device_id: int, column: Any, value: Any) -> None:
    Device.update({column: value}).where(Device.id == device_id, column.is_null()).execute()


def _write(case: Case, parts: Iterable[PartRecord], *, by: Account, now: datetime) -> None:
    for one in parts:
        came = None if one.arrival is Arrival.MISSING else now
        ParcelItem.create(case=case, at=now, account=by, arrived_at=came, **asdict(one))


def hold(case: Case, deed: str, states: Iterable[State], *, by: Account) -> None:
    """Let nobody else move the case or its parts until this deed is done; inside its transaction.

    Raises StepRefused in a state or for a person the deed is not for, CaseMoved if the case went on.
    """
    if case.state not in states or not by.is_staff:
        raise StepRefused(deed, case.state, by.role)
    touch(case)


def touch(case: Case) -> None:
    """Count a change that the owner's page shows, and keep the row until the deed is done (rule S3)."""
    unmoved = (Case.id == case.id) & (Case.state == case.state)
    if not Case.update(revision=Case.revision + 1).where(unmoved).execute():
        raise CaseMoved(case.number)


def change(item: ParcelItem, columns: dict[str, Any], *conditions: Any) -> ParcelItem:
    """Change the item if it is still as the deed expects; CaseMoved if somebody else was faster (S3)."""
    if not ParcelItem.update(columns).where(ParcelItem.id == item.id, *conditions).execute():
        raise CaseMoved(item.case.number)
    return ParcelItem.get_by_id(item.id)


def arrived_later(item: ParcelItem, *, by: Account, now: datetime) -> ParcelItem:
    """Record that a missing part has come after all; the owner is told once nothing is missing (rule C4)."""
    case = item.case
    with transaction():
        hold(case, "arrived_later", OPEN_TO_PARTS, by=by)
        awaited = ParcelItem.arrival.in_([Arrival.MISSING, Arrival.WAIVED])
        came = change(item, {"arrival": Arrival.ARRIVED, "arrived_at": now, "waived_why": ""}, awaited)
        note_down(came, "part_arrived", by=by, now=now)
        _go_on(case, now)
        if parcel.is_complete(one.standing for one in ParcelItem.of_case(case)):
            key = f"parcel_complete:{item.id}"
            letters.tell_owners(case, "parcel_complete", now=now, key=key, parts=[named(came)])
    return came


def waive(item: ParcelItem, why: str, *, by: Account, now: datetime) -> ParcelItem:
    """Await a missing part no longer, with the reason the owner reads (rule C4)."""
    case, reason = item.case, reason_of(why)
    with transaction():
        hold(case, "waive", OPEN_TO_PARTS, by=by)
        is_missing = ParcelItem.arrival == Arrival.MISSING
        waived = change(item, {"arrival": Arrival.WAIVED, "waived_why": reason}, is_missing)
        note_down(waived, "part_waived", by=by, now=now, why=reason)
        _go_on(case, now)
        key = f"parcel_waived:{item.id}"
        letters.tell_owners(case, "parcel_waived", now=now, key=key, why=reason, parts=[named(waived)])
    return waived


def _go_on(case: Case, now: datetime) -> None:
    """Place the case anew; who need send nothing more is not reminded of it, nor by a letter on its way out.

    While another part still keeps the case, its reminder stays as it is (rules C4, S6).
    """
    placed = queue.reassess_case(case, now=now)
    waits = schedule.standing_of(placed).part_missing_since is not None
    if placed.state in workshop.WAITS_FOR_PARTS and not waits:
        schedule.plan(placed, now=now)


def add_unexpected(case: Case, record: PartRecord, *, by: Account, now: datetime) -> ParcelItem:
    """Record a part that nobody awaited and that has to go back as well (rules C4, C5)."""
    with transaction():
        hold(case, "add_part", OPEN_TO_PARTS, by=by)
        columns = {**asdict(record), "arrival": Arrival.UNEXPECTED}
        added = ParcelItem.create(case=case, at=now, account=by, arrived_at=now, **columns)
        note_down(added, "part_added", by=by, now=now)
    return added


def identify(item: ParcelItem, serials: Serials, *, by: Account, now: datetime) -> ParcelItem:
    """Correct the serials of a part; what stood there before is kept in the history (rule C4a).

    Another TSE than the one its owner was asked about is asked about anew, and stays with us no longer.
    """
    columns: dict[str, Any] = asdict(serials)
    old = {name: getattr(item, name) for name in columns}
    if old == columns:
        return item
    is_another = bool(item.tse_serial) and item.tse_serial != serials.tse_serial
    with transaction():
        hold(item.case, "identify", OPEN_TO_PARTS, by=by)
        unchanged = [getattr(ParcelItem, name) == text for name, text in old.items()]
        named_now = change(item, columns, *unchanged)
        if is_another:
            named_now = _unasked(named_now)
        note_down(named_now, "part_identified", by=by, now=now, old=old, new=columns)
    return named_now


def _unasked(item: ParcelItem) -> ParcelItem:
    """Take back question, consent and stay: what the owner agreed to is another TSE (rule C4a)."""
    columns: dict[str, Any] = {"disposal_asked_at": None, "consent": None}
    if item.departure is Departure.KEPT:
        columns |= {"departure": None, "departure_why": ""}
    return change(item, columns)


def store_at(case: Case, place: str, *, by: Account, now: datetime) -> Case:
    """Record where the parts lie; the same place once more changes nothing."""
    if place == case.storage_place:
        return case
    with transaction():
        hold(case, "store_at", OPEN_TO_PARTS, by=by)
        Case.update(storage_place=place).where(Case.id == case.id).execute()
        history.record(case, "store_at", by=by, at=now, place=place)
    return Case.get_by_id(case.id)


def add_photo(
    case: Case, *, name: str, width: int, height: int, size: int, by: Account, now: datetime
) -> Attachment:
    """Hang a stored photo of the arrival on the case (rule C4); TooManyPhotos beyond the limit."""
    if not by.is_staff or case.state in workflow.CLOSED:
        raise StepRefused("add_photo", case.state, by.role)
    with transaction():
        touch(case)  # two uploads at once take turns
        if Attachment.shown_of(case, PhotoKind.ARRIVAL).count() >= MAX_PHOTOS:
            raise TooManyPhotos
        photo = Attachment.create(
            case=case, name=name, width=width, height=height, size=size, at=now, kind=PhotoKind.ARRIVAL
        )
        history.record(case, "photo_added", by=by, at=now)
    return photo


def named(item: ParcelItem) -> dict[str, str]:
    """Return what a letter or the history calls the part."""
    return {"part": item.part, "name": item.name}


def note_down(
    item: ParcelItem, what: str, *, by: Account, now: datetime, why: str = "", **facts: Any
) -> None:
    """Write down what was done with a part."""
    history.record(item.case, what, by=by, at=now, why=why, item=item.id, **named(item), **facts)


def reason_of(why: str) -> str:
    """Return the reason without blanks around it, or raise NeedMissing where there is none."""
    if not why.strip():
        raise cases.NeedMissing(workflow.Need.REASON)
    return why.strip()
