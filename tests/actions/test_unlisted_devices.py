"""A device that is not in the register: where does it go, and is it added once only?  Rules P1, L1."""

import pytest

from portal.actions import reports
from portal.models import Device, SubstituteLink
from portal.rules.report import ConsentKind
from tests.actions.test_reports import BY_QUOTE, UNLISTED, a_draft_about
from tests.builders import NOW, a_customer, a_salon, an_owner, consent

LINK = {
    "link": {"wanted": "yes"},
    "link_terms": {
        "consents": [
            consent(kind)
            for kind in (ConsentKind.LINK_TEMPORARY, ConsentKind.LINK_DEVICES, ConsentKind.LINK_TSE)
        ]
    },
}


@pytest.mark.parametrize("salon", ["theirs", "9" * 30, "", "x"])
def test_a_new_device_never_lands_in_somebody_elses_salon(database, salon):  # rule P1
    owner, theirs = an_owner(), a_salon()
    mine = a_salon(owner.customer)
    details = {"salon": str(theirs.id) if salon == "theirs" else salon, "year": "", "month": "", "origin": ""}
    unlisted = {"device_details": details, "backup": {"booked": "no"}}
    draft = a_draft_about(UNLISTED, owner, **unlisted, costs=BY_QUOTE)
    assert reports.send(draft, by=owner, now=NOW).salon == mine


def test_the_first_report_of_a_new_customer_makes_the_salon(database):
    owner = an_owner(a_customer("Neu GmbH"))
    unlisted = {"device_details": {}, "backup": {"booked": "no"}}
    draft = a_draft_about(UNLISTED, owner, **unlisted, costs=BY_QUOTE)
    case = reports.send(draft, by=owner, now=NOW)
    assert (case.salon.customer, case.salon.name, case.salon.city) == (
        owner.customer,
        "Salon Haarwerk",
        "Bergisch Gladbach",
    )


def test_the_same_unlisted_device_is_added_once_and_has_one_link(database):  # rule L1
    owner = an_owner()
    a_salon(owner.customer)
    details = {"year": "2024", "month": "3", "origin": "vendor", "tse": "unknown"}
    unlisted = {"device_details": details, "backup": {"booked": "yes"}, **LINK, "costs": BY_QUOTE}
    first = reports.send(a_draft_about(UNLISTED, owner, **unlisted), by=owner, now=NOW)
    again = reports.send(a_draft_about(UNLISTED, owner, **unlisted), by=owner, now=NOW)
    assert again != first
    assert again.device == first.device
    assert SubstituteLink.select().count() == 1
    unlisted["device_details"] = {**details, "month": "4"}
    another = reports.send(a_draft_about(UNLISTED, owner, **unlisted), by=owner, now=NOW)
    assert another.device != first.device
    assert Device.select().count() == 2
