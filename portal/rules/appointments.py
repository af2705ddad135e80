"""When can support and salon meet?  Rules R4, T7, T8."""

from enum import StrEnum


class Kind(StrEnum):
    """What an appointment is for."""

    COMMISSIONING = "commissioning"
    REMOTE = "remote"
    CALL = "call"


class AppointmentState(StrEnum):
    """How an appointment stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"
    MISSED = "missed"
