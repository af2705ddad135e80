"""How each letter from the workshop comes about; `tests.web.test_letters` reads them all (rule S4)."""

from portal.actions import workshop
from tests.builders import NOW, a_case_in_diagnosis, a_case_in_repair, a_staff_member

REASON = "Weil die Platine <verbrannt> ist & riecht."


def _no_fault() -> None:
    workshop.no_fault_found(a_case_in_diagnosis(), REASON, by=a_staff_member(), now=NOW)


def _not_repairable() -> None:
    workshop.not_repairable(a_case_in_repair(), REASON, by=a_staff_member(), now=NOW)


def _in_repair() -> None:
    a_case_in_repair()


EVENTS = {"no_fault_found": _no_fault, "not_repairable": _not_repairable, "in_repair": _in_repair}
WITH_REASON = ("no_fault_found", "not_repairable")
