"""What came in goes out: pack the parts, keep what may stay, send the parcel back (rules C4a, C5).

That nothing leaves or ends with a part outstanding is kept by `conditions`, which no step goes around.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.actions import cases, history, letters, parcels
from portal.actions.cases import CaseMoved
from portal.actions.parcels import OPEN_TO_PARTS, change, hold, note_down
from portal.models import Account, Case, Consent, ParcelItem
from portal.models.base import transaction
from portal.rules.carriers import Carrier
from portal.rules.parcel import IN_OUR_HANDS, Departure, Part
from portal.rules.report import ConsentKind
from portal.rules.workflow import State, StepRefused

AFTER_DISPATCH = frozenset({State.ON_ITS_WAY_BACK, State.DELIVERED, State.COMMISSIONING_BOOKED})
PACKING = AFTER_DISPATCH | {State.READY_TO_RETURN}
"""The states in which parts are packed: all of them at first, then those that came late."""


class ConsentMissing(ValueError):
    """A TSE stays with us only if its owner has agreed to it in writing (rule C4a)."""


def pack(item: ParcelItem, *, by: Account, now: datetime) -> ParcelItem:
    """Put a part into the carton (rule C5); CaseMoved if it is not here, or was packed already."""
    with transaction():
        hold(item.case, "pack", PACKING, by=by)
        packed = change(item, {"departure": Departure.PACKED}, *_still_here())
        note_down(packed, "part_packed", by=by, now=now)
    return packed


def unpack(item: ParcelItem, *, by: Account, now: datetime) -> ParcelItem:
    """Take a part out of the carton, or off those that stay; not once it has left."""
    with transaction():
        hold(item.case, "unpack", PACKING, by=by)
        undone = ParcelItem.departure.in_([Departure.PACKED, Departure.KEPT])
        back = change(
            item, {"departure": None, "departure_why": ""}, undone, ParcelItem.departed_at.is_null()
        )
        note_down(back, "part_unpacked", by=by, now=now)
    return back


def keep(item: ParcelItem, why: str, *, by: Account, now: datetime) -> ParcelItem:
    """Let a part stay with us, with a reason; a TSE only after its owner's written consent (rule C4a).

    Raises ConsentMissing for a TSE without one.
    """
    reason = parcels.reason_of(why)
    with transaction():
        hold(item.case, "keep", PACKING, by=by)
        fresh = ParcelItem.get_by_id(item.id)
        if fresh.part is Part.TSE_USB and fresh.consent_id is None:
            raise ConsentMissing(item.case.number)
        kept = change(fresh, {"departure": Departure.KEPT, "departure_why": reason}, *_still_here())
        note_down(kept, "part_kept", by=by, now=now, why=reason)
    return kept


def _still_here() -> tuple[Any, ...]:
    return ParcelItem.departure.is_null(), ParcelItem.arrival.in_(list(IN_OUR_HANDS))


def ask_disposal(item: ParcelItem, *, by: Account, now: datetime) -> ParcelItem:
    """Ask the owner whether a TSE may be disposed of; nothing happens before the answer (rule C4a).

    Raises StepRefused for any other part, CaseMoved if it was asked or answered already.
    """
    if item.part is not Part.TSE_USB:
        raise StepRefused("ask_disposal", item.part, by.role)
    with transaction():
        hold(item.case, "ask_disposal", OPEN_TO_PARTS, by=by)
        unasked = (ParcelItem.disposal_asked_at.is_null(), ParcelItem.consent.is_null())
        asked = change(item, {"disposal_asked_at": now}, *unasked, *_still_here())
        note_down(asked, "disposal_asked", by=by, now=now)
        key = f"tse_disposal_asked:{item.id}:{now.isoformat()}"  # asked again after a no: told again
        letters.tell_owners(
            item.case, "tse_disposal_asked", now=now, key=key, tse_serial=item.tse_serial or item.serial
        )
    return asked


def agree_disposal(item: ParcelItem, consent: Mapping[str, Any], *, by: Account, now: datetime) -> ParcelItem:
    """Store the owner's written consent, word for word (rules C4a, S7).

    `consent` has kind, wording, version and language. Raises StepRefused for anybody but the owner, and
    CaseMoved if nothing is asked any more.
    """
    with transaction():
        _answer(item.case, "agree_disposal", by=by)
        given = Consent.create(
            account=by,
            case=item.case,
            kind=ConsentKind.TSE_DISPOSAL,
            wording=consent["wording"],
            version=consent["version"],
            language=consent["language"],
            at=now,
        )
        agreed = change(item, {"consent": given}, *_asked())
        note_down(agreed, "disposal_agreed", by=by, now=now)
    return agreed


def decline_disposal(item: ParcelItem, *, by: Account, now: datetime) -> ParcelItem:
    """Take back the TSE: the owner wants it returned (rule C4a). Raises as `agree_disposal` does."""
    with transaction():
        _answer(item.case, "decline_disposal", by=by)
        declined = change(item, {"disposal_asked_at": None}, *_asked())
        note_down(declined, "disposal_declined", by=by, now=now)
    return declined


def _answer(case: Case, deed: str, *, by: Account) -> None:
    if by.customer_id is None or by.customer_id != case.customer_id or case.state not in OPEN_TO_PARTS:
        raise StepRefused(deed, case.state, by.role)
    parcels.touch(case)


def _asked() -> tuple[Any, ...]:
    asked = ParcelItem.disposal_asked_at.is_null(False)
    return asked, ParcelItem.consent.is_null(), ParcelItem.departure.is_null()


def dispatch(case: Case, carrier: Carrier, tracking: str, *, by: Account, now: datetime) -> Case:
    """Send the parcel back with all that was packed; the owner is told (rule C5).

    Raises PartsOutstanding while anything is not accounted for, and what `cases.advance` raises.
    """
    with transaction():
        moved = cases.advance(
            case,
            "dispatch",
            by=by,
            now=now,
            return_carrier=carrier,
            return_tracking=tracking,
            dispatched_at=now,
        )
        _let_go(moved, now)
    return moved


def correct_tracking(case: Case, carrier: Carrier, tracking: str, *, by: Account, now: datetime) -> Case:
    """Change carrier or number of a parcel on its way back; the owner is told the right one (rule S4).

    The same once more changes nothing. Raises StepRefused in any other state, and CaseMoved.
    """
    with transaction():
        hold(case, "correct_tracking", {State.ON_ITS_WAY_BACK}, by=by)
        fresh = Case.get_by_id(case.id)
        if (fresh.return_carrier, fresh.return_tracking) == (carrier, tracking):
            return fresh
        columns = {"return_carrier": carrier, "return_tracking": tracking}
        Case.update(columns).where(Case.id == case.id).execute()
        entry = history.record(case, "correct_tracking", by=by, at=now, carrier=carrier, number=tracking)
        letters.tell_owners(case, "on_its_way_back", now=now, key=f"correct_tracking:{entry.id}")
    return Case.get_by_id(case.id)


def send_after(case: Case, carrier: Carrier, tracking: str, *, by: Account, now: datetime) -> Case:
    """Send parts that came late in a parcel of their own, once the first one has left (rule C5).

    Raises CaseMoved if nothing lies packed.
    """
    with transaction():
        hold(case, "send_after", AFTER_DISPATCH, by=by)
        gone = _let_go(case, now)
        if not gone:
            raise CaseMoved(case.number)
        entry = history.record(case, "sent_after", by=by, at=now, carrier=carrier, number=tracking)
        letters.tell_owners(
            case,
            "parcel_sent_after",
            now=now,
            key=f"parcel_sent_after:{entry.id}",
            carrier=carrier,
            tracking=tracking,
            parts=[parcels.named(one) for one in gone],
        )
    return Case.get_by_id(case.id)


def _let_go(case: Case, now: datetime) -> list[ParcelItem]:
    """Write down that what lies packed leaves now; return it."""
    is_packed, is_here = ParcelItem.departure == Departure.PACKED, ParcelItem.departed_at.is_null()
    waiting = list(ParcelItem.of_case(case).where(is_packed, is_here))
    ParcelItem.update(departed_at=now).where(ParcelItem.case == case, is_packed, is_here).execute()
    return waiting
