"""How each reminder comes about; `tests.web.test_letters` reads them all (rules C2b, C4, R4, S4)."""

from collections.abc import Callable
from datetime import timedelta

from portal.actions import reminders
from portal.actions.parcels import PartRecord
from portal.models import Case
from portal.rules.parcel import Arrival, Part
from tests import builders
from tests.builders import NOW


def _after(days: float, make: Callable[[], Case]) -> Callable[[], None]:
    """Return what lets so many days pass, and the worker come."""

    def happen() -> None:
        make()
        reminders.remind_due(now=NOW + timedelta(days=days))

    return happen


def _without_its_tse() -> Case:
    return builders.a_case_checked_in(
        parts=[PartRecord(Part.SERVER), PartRecord(Part.TSE_USB, Arrival.MISSING)]
    )


EVENTS = {
    "release_ends_soon": _after(24, builders.a_case),
    "release_lapsed": _after(31, builders.a_case),
    "parcel_awaited": _after(8, builders.a_sent_case),
    "part_awaited": _after(8, _without_its_tse),
    "arrival_asked": _after(8, builders.a_case_on_its_way_back),
    "booking_asked": _after(3, builders.a_case_delivered),
}
