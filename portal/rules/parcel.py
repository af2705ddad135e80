"""What goes into the parcel, how is the server shut down first, how long may it be sent?  Rules C0–C5."""

from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.berlin import aware

VALID_DAYS = 30


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


class Departure(StrEnum):
    """How a part was accounted for (rule C5): back to the salon, replaced by another, or kept by consent."""

    PACKED = "packed"
    SWAPPED = "swapped"
    KEPT = "kept"


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


def valid_until(released_at: datetime, days: int = VALID_DAYS) -> datetime:
    """Return the instant from which a released report is no longer valid, in UTC (rule C2b).

    Counted in days of 24 hours. ValueError for less than one day or a naive datetime.
    """
    if days < 1:
        raise ValueError("a release is valid for at least one day")
    return aware(released_at) + timedelta(days=days)


def is_valid(released_at: datetime, now: datetime, days: int = VALID_DAYS) -> bool:
    """Tell whether the parcel may still be sent at `now` (rule C2b)."""
    return aware(now) < valid_until(released_at, days)
