"""The note in the parcel that comes back (Rücksendeschein): not to be used yet, what is in it (R1, C5)."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from portal.models import Case, History, ParcelItem
from portal.rules import numbers
from portal.rules.carriers import Carrier
from portal.rules.parcel import Departure, Part
from portal.rules.returns import Homecoming, homecoming
from portal.web import documents, labels
from portal.web.context import operator
from portal.web.documents import Vendor


@dataclass(frozen=True)
class Packed:
    """One part in the parcel; `serials` are lines to compare with what is printed on it."""

    name: str
    serials: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReturnNote:
    """What the return note says, in the words that it says it in."""

    language: str
    number: str
    number_grouped: str
    case_url: str
    stand: str
    vendor: Vendor
    recipient: tuple[str, ...]
    shipping: str
    home: Homecoming
    packed: tuple[Packed, ...]
    stays: tuple[str, ...]
    missing: tuple[str, ...]


def made(case: Case) -> bytes:
    """Return the return note as PDF in the owner's language."""
    with force_locale(case.language):
        return printed(of(case, list(ParcelItem.of_case(case)), History.of_case(case)))


def printed(note: ReturnNote) -> bytes:
    """Return what the note says as PDF."""
    return documents.printed(
        "return_note.html", paper=note, qr=documents.qr(note.case_url), bars=documents.bars(note.number)
    )


def of(case: Case, items: list[ParcelItem], history: Iterable[History]) -> ReturnNote:
    """Return what the note of this case says (rules R1, R3, C4a, C5)."""
    changes = [moment for item in items for moment in (item.at, item.arrived_at, item.departed_at)]
    ready = [row for row in history if row.what == "make_ready"][-1:]
    since = documents.latest([case.dispatched_at, *changes, *(row.at for row in ready)])
    return ReturnNote(
        language=documents.language(),
        number=case.number,
        number_grouped=numbers.group(case.number),
        case_url=documents.address_of(case),
        stand=labels.day(since or case.state_since, weekday=False),
        vendor=Vendor.of(operator()),
        recipient=documents.sender_lines(case),
        shipping=_shipping(case),
        home=homecoming(ready[0].source if ready else ""),
        packed=tuple(_packed(item, case) for item in items if _comes_back(item)),
        stays=tuple(_stays(item) for item in items if item.departure in (Departure.SWAPPED, Departure.KEPT)),
        missing=tuple(_name(item) for item in items if not item.standing.is_here),
    )


def _comes_back(item: ParcelItem) -> bool:
    """Tell whether the part is in the parcel, or is still to be laid into it."""
    return item.standing.is_here and item.departure in (None, Departure.PACKED)


def _shipping(case: Case) -> str:
    """Return by whom the parcel comes and under which number, as far as that is known."""
    if case.return_carrier is None:
        return ""
    named = "" if case.return_carrier is Carrier.OTHER else labels.label(case.return_carrier)
    number = case.return_tracking
    return ", ".join(filter(None, (named, number and _("Sendungsnummer %(number)s", number=number))))


def _packed(item: ParcelItem, case: Case) -> Packed:
    serial = item.serial
    if not serial and item.part is Part.SERVER and item.standing.is_here and case.device_id:
        serial = case.device.serial or ""
    lines = (
        serial and _("Seriennummer %(serial)s", serial=serial),
        item.tse_serial and _("TSE-Seriennummer %(serial)s", serial=documents.grouped(item.tse_serial)),
        item.bsi_number and _("BSI-Zertifikat %(number)s", number=item.bsi_number),
    )
    return Packed(_name(item), documents.filled(*lines))


def _stays(item: ParcelItem) -> str:
    """Return what does not come back, and why (rule C5)."""
    if item.departure is Departure.SWAPPED:
        return _("%(part)s: wurde getauscht, das alte Teil bleibt bei uns", part=_name(item))
    return _("%(part)s: bleibt bei uns. %(why)s", part=_name(item), why=item.departure_why).strip()


def _name(item: ParcelItem) -> str:
    return item.name if item.part is Part.OTHER and item.name else labels.label(item.part)
