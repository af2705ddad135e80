"""A parcel, part by part, as the desk shows it: how it came, how it left, what can be done now (C4, C5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from portal.actions.conditions import tse_first
from portal.actions.packing import AFTER_DISPATCH, PACKING
from portal.actions.parcels import OPEN_TO_PARTS
from portal.models import Case, ParcelItem
from portal.rules.parcel import FROM_CHECK_IN, Arrival, Departure, Part
from portal.rules.workflow import AT_THE_WORKSHOP
from portal.web import labels, parts

NUMBERED = frozenset(Part) - {Part.POWER_CABLE, Part.LAN_CABLE, Part.CASH_DRAWER}
"""Parts that may have a number of their own."""


@dataclass(frozen=True)
class Line:
    """One part. `kind` colours its edge: "you" somebody has to do something, "" nothing."""

    item: ParcelItem
    name: str
    came: str
    left: str
    serials: tuple[tuple[str, str], ...]
    remark: str = ""
    kind: str = ""
    deeds: frozenset[str] = frozenset()

    @property
    def is_in_carton(self) -> bool:
        """Tell whether the part is ticked on the packing list."""
        return self.item.departure is Departure.PACKED

    @property
    def is_changeable(self) -> bool:
        """Tell whether more can be done with the part than to tick it."""
        return bool(self.deeds - {"pack", "unpack"})


@dataclass(frozen=True)
class Parcel:
    """All that the page of a parcel shows."""

    lines: tuple[Line, ...] = ()
    is_checked_in: bool = False
    can_complete: bool = False  # received without a list: it can be made now
    is_open: bool = False  # parts may still come or be named
    is_packing: bool = False  # the packing list is what matters now
    can_dispatch: bool = False
    can_send_after: bool = False
    left: tuple[str, ...] = field(default=())  # what keeps the parcel from leaving

    @property
    def missing(self) -> list[Line]:
        """Return the lines of what is awaited (rule C4)."""
        return [line for line in self.lines if line.item.standing.is_awaited]

    @property
    def late(self) -> list[Line]:
        """Return the lines of what is awaited without keeping the parcel here (rules C4, C5)."""
        return [line for line in self.missing if not line.item.standing.keeps_from_dispatch]


def of_case(case: Case) -> Parcel:
    """Return the case's parcel; one question."""
    items = list(ParcelItem.of_case(case))
    checked_in = any(item.arrival in FROM_CHECK_IN for item in items)
    ready = case.state in PACKING and case.state not in AFTER_DISPATCH
    loose = [one for one in items if one.departure is Departure.PACKED and one.departed_at is None]
    return Parcel(
        lines=tuple(_line(item, case) for item in items),
        is_checked_in=checked_in,
        can_complete=case.state in AT_THE_WORKSHOP and not checked_in,
        is_open=case.state in OPEN_TO_PARTS and checked_in,
        is_packing=ready and checked_in,
        can_dispatch=ready and checked_in,
        can_send_after=case.state in AFTER_DISPATCH and bool(loose),
        left=tuple(names_of(tse_first(item for item in items if item.standing.keeps_from_dispatch))),
    )


def names_of(items: Iterable[ParcelItem]) -> list[str]:
    """Return what keeps a parcel from leaving, each with what it lacks."""
    return [f"{parts.name(item)} ({lack_of(item)})" for item in items]


def lack_of(item: ParcelItem) -> str:
    """Return what is still to be done about a part (rules C4, C4a, C5)."""
    standing = item.standing
    if standing.is_awaited:
        return _("fehlt noch")
    if item.departure is Departure.PACKED:
        return _("eingepackt, noch nicht abgeschickt")
    if item.part is Part.TSE_USB and item.departure is not None:
        return _("Zustimmung zur Entsorgung fehlt")
    return _("nicht eingepackt")


def _line(item: ParcelItem, case: Case) -> Line:
    return Line(
        item=item,
        name=parts.name(item),
        came=came(item),
        left=left(item),
        serials=tuple(_serials(item)),
        remark=_remark(item, case),
        kind="you" if item.standing.is_awaited else "",
        deeds=frozenset(_deeds(item, case)),
    )


def came(item: ParcelItem) -> str:
    """Return how a part came, or why not (rule C4)."""
    if item.arrival is Arrival.WAIVED:
        return _("nicht mehr erwartet: %(why)s", why=item.waived_why)
    when = labels.short(item.arrived_at or item.at)
    return _("%(how)s, %(when)s", how=labels.label(item.arrival), when=when)


def left(item: ParcelItem) -> str:
    """Return how a part was accounted for (rule C5)."""
    if item.departure is None:
        return ""
    if item.departure is Departure.PACKED and item.departed_at:
        return _("abgeschickt, %(when)s", when=labels.short(item.departed_at))
    said = labels.label(item.departure)
    return f"{said}: {item.departure_why}" if item.departure_why else said


def _serials(item: ParcelItem) -> list[tuple[str, str]]:
    if item.part is Part.TSE_USB:
        serial = item.tse_serial or item.serial
        return [(_("TSE-Seriennummer"), serial), (_("BSI-Nummer"), item.bsi_number)]
    return [(_("Seriennummer"), item.serial)]


def _remark(item: ParcelItem, case: Case) -> str:
    """Return what else is to be known: another serial than ours, and what the owner said to disposal."""
    if item.consent_id:
        return _("Der Salon hat der Entsorgung zugestimmt.")
    if item.disposal_asked_at and item.departure is None:
        return _("Gefragt %(when)s, ob wir sie entsorgen dürfen. Der Salon hat noch nicht geantwortet.",
                 when=labels.short(item.disposal_asked_at))  # fmt: skip
    known = case.device.serial if case.device_id and case.device else None
    is_ours = item.part is Part.SERVER and item.arrival is not Arrival.ADDED and item.departure is None
    if is_ours and item.serial and known and item.serial.casefold() != known.casefold():
        return _("Wir kennen dieses Gerät mit der Seriennummer %(serial)s.", serial=known)
    return ""


def _deeds(item: ParcelItem, case: Case) -> Sequence[str]:
    """Return what may be done with a part now; the actions check it again."""
    if case.state not in OPEN_TO_PARTS:
        return ()
    standing, found = item.standing, []
    if standing.is_awaited:
        return ("arrived", "waive")
    if item.arrival is Arrival.WAIVED:
        return ("arrived",)
    if not standing.has_left and item.part in NUMBERED:
        found.append("identify")
    if case.state in PACKING and item.departure is None:
        found += ["pack", *(["keep"] if item.part is not Part.TSE_USB or item.consent_id else [])]
    if (
        case.state in PACKING
        and item.departure in (Departure.PACKED, Departure.KEPT)
        and not standing.has_left
    ):
        found.append("unpack")
    if item.part is Part.TSE_USB and item.departure is None and not item.disposal_asked_at:
        found.append("ask")
    return found
