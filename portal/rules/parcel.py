"""What goes into the parcel, how is the server shut down first, how long may it be sent?  Rules C0–C5."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.berlin import aware

VALID_DAYS = 30
MOST_DAYS = 365


class Component(StrEnum):
    """What belongs into the parcel (rule C1)."""

    SERVER = "server"
    POWER_CABLE = "power_cable"
    LAN_CABLE = "lan_cable"
    TSE_USB = "tse_usb"


class Leftover(StrEnum):
    """What must stay in the salon (rule C2)."""

    PRINTER = "printer"
    CARD_TERMINAL = "card_terminal"
    PC = "pc"
    CASH_DRAWER = "cash_drawer"


class Part(StrEnum):
    """What may lie in a parcel at check-in: what belongs there (C1), and what should have stayed (C4)."""

    SERVER = "server"
    POWER_CABLE = "power_cable"
    LAN_CABLE = "lan_cable"
    TSE_USB = "tse_usb"
    PRINTER = "printer"
    CARD_TERMINAL = "card_terminal"
    PC = "pc"
    CASH_DRAWER = "cash_drawer"
    OTHER = "other"


class Arrival(StrEnum):
    """How a part came to us, or why it is not awaited any more (rule C4); ADDED came in the workshop."""

    ARRIVED = "arrived"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    ADDED = "added"
    WAIVED = "waived"


FROM_CHECK_IN = frozenset({Arrival.ARRIVED, Arrival.MISSING, Arrival.WAIVED})
"""How only a check-in records a part: of what was awaited each one was looked for (rule C4)."""


class Departure(StrEnum):
    """How a part was accounted for (rule C5): back to the salon, replaced by another, or kept by consent."""

    PACKED = "packed"
    SWAPPED = "swapped"
    KEPT = "kept"


IN_OUR_HANDS = frozenset({Arrival.ARRIVED, Arrival.UNEXPECTED, Arrival.ADDED})
"""How a part is recorded that really came; MISSING and WAIVED ones are not with us."""


@dataclass(frozen=True)
class Standing:
    """How one part stands: how it came, how it was accounted for, and what the owner agreed to.

    `has_left`: the parcel it was packed into is on its way. `may_stay`: the owner has agreed in writing
    to its disposal (C4a).
    """

    part: Part
    arrival: Arrival
    departure: Departure | None = None
    has_left: bool = False
    may_stay: bool = False

    @property
    def is_here(self) -> bool:
        """Tell whether the part came to us at all."""
        return self.arrival in IN_OUR_HANDS

    @property
    def is_awaited(self) -> bool:
        """Tell whether the part is still missing (rule C4)."""
        return self.arrival is Arrival.MISSING

    @property
    def is_accounted_for(self) -> bool:
        """Tell whether a part that came goes out, or may stay (C5); a TSE stays by consent only (C4a)."""
        if not self.is_here:
            return True
        if self.departure in (None, Departure.PACKED):
            return self.departure is Departure.PACKED
        return self.part is not Part.TSE_USB or self.may_stay

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing at all is left to be done about the part: the case may end (rules C4, C5)."""
        packed_only = self.departure is Departure.PACKED and not self.has_left
        return self.is_accounted_for and not self.is_awaited and not packed_only

    @property
    def keeps_from_dispatch(self) -> bool:
        """Tell whether the parcel cannot leave because of this part; a missing TSE holds it up too (C5)."""
        return not self.is_accounted_for or (self.is_awaited and self.part is Part.TSE_USB)


class ShutdownStep(StrEnum):
    """What is done before anything is unplugged (rule C0)."""

    END_OF_DAY = "end_of_day"
    BACKUP = "backup"
    UPLOAD = "upload"
    SHUT_DOWN = "shut_down"


NOT_IN_PARCEL = tuple(Leftover)
SHUTDOWN_STEPS = tuple(ShutdownStep)


def components(tse_in_server: bool | None) -> tuple[Component, ...]:
    """Return what the parcel contains, in the order of the slip (rule C1).

    The TSE if and only if it is a USB stick plugged into the server. Not known (None) lists it not: the
    slip then prints a conditional line of its own.
    """
    always = (Component.SERVER, Component.POWER_CABLE, Component.LAN_CABLE)
    return (*always, Component.TSE_USB) if tse_in_server else always


def expected_parts(tse_in_server: bool | None) -> tuple[Part, ...]:
    """Return what check-in awaits; whether the TSE comes too is open where nobody knows (rules C1, C4)."""
    return tuple(Part(component) for component in components(tse_in_server))


def unexpected_parts(tse_in_server: bool | None) -> tuple[Part, ...]:
    """Return what may lie in the parcel besides (rule C4), first the TSE of a server that should have none.

    Not known (None): whether it came is asked like one of the awaited parts (rule C1).
    """
    others = (*(Part(leftover) for leftover in Leftover), Part.OTHER)
    return (Part.TSE_USB, *others) if tse_in_server is False else others


def is_complete(standings: Iterable[Standing]) -> bool:
    """Tell whether no part is awaited any more (rule C4)."""
    return not any(one.is_awaited for one in standings)


def valid_until(released_at: datetime, days: int = VALID_DAYS) -> datetime:
    """Return the instant from which a released report is no longer valid, in UTC (rule C2b).

    Counted in days of 24 hours, at most MOST_DAYS of them whatever is stored. ValueError for less than one
    day or a naive datetime.
    """
    if days < 1:
        raise ValueError("a release is valid for at least one day")
    return aware(released_at) + timedelta(days=min(days, MOST_DAYS))


def is_valid(released_at: datetime, now: datetime, days: int = VALID_DAYS) -> bool:
    """Tell whether the parcel may still be sent at `now` (rule C2b)."""
    return aware(now) < valid_until(released_at, days)
