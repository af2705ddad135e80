"""How each letter about an appointment comes about; `tests.web.test_letters` reads them all (rule S4)."""

from datetime import timedelta

from portal.actions import appointments
from tests.builders import NOW, a_staff_member, an_appointment

REASON = "Weil die Platine <verbrannt> ist & riecht."


def _appointment_booked() -> None:
    an_appointment()


def _appointment_moved() -> None:
    moved_to = NOW + timedelta(days=3, minutes=1)
    appointments.move(an_appointment(), moved_to, by=a_staff_member(), now=NOW)


def _appointment_cancelled() -> None:
    appointments.cancel(an_appointment(), by=a_staff_member(), now=NOW, why=REASON)


def _appointment_missed() -> None:
    missed = an_appointment()
    appointments.mark_missed(missed, by=a_staff_member(), now=missed.ends_at)


def _appointment_soon() -> None:
    an_appointment(starts_at=NOW + timedelta(days=3, minutes=1))
    appointments.remind_due(now=NOW + timedelta(days=2, minutes=1))


EVENTS = {
    "appointment_booked": _appointment_booked,
    "appointment_moved": _appointment_moved,
    "appointment_cancelled": _appointment_cancelled,
    "appointment_soon": _appointment_soon,
    "appointment_missed": _appointment_missed,
}
WITH_REASON = ("appointment_cancelled",)
