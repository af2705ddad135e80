"""Giving a report to its customer, on both engines.  Rules P1a, S1, S3, L1."""

from functools import partial

import pytest

from portal.actions import matching, people
from portal.actions.cases import CaseMoved
from portal.actions.matching import NotConfirmed, NotTheirs, Owner
from portal.models import Case, Consent, Device, History, Letter, SubstituteLink, likely
from portal.rules.links import Answer
from portal.rules.triage import Hold
from portal.rules.workflow import State, StepRefused
from tests.actions.emergency_made import EMAIL, WITH_LINK, a_confirmed_emergency, an_emergency
from tests.actions.parallel import at_once, kinds
from tests.builders import (
    NOW,
    a_customer,
    a_device,
    a_link_request,
    a_salon,
    a_staff_member,
    an_active_link,
    an_owner,
)
from tests.filled_in import SEND_IN


def given_to(case: Case, device: Device, **more) -> Case:
    """Let staff give the case to the device's customer."""
    owner = Owner(device.salon.customer, device=device)
    return matching.match(case, owner, by=a_staff_member(), now=NOW, **more)


def test_it_becomes_the_customers_case_is_released_and_its_link_asked_for(database):  # rules P1a, S1, L1
    device = a_device()
    owner = an_owner(device.salon.customer)
    case = given_to(a_confirmed_emergency(link=WITH_LINK).case, device)
    assert (case.state, case.holds, case.salon_id) == (State.AWAITING_SHIPMENT, [], device.salon_id)
    link = SubstituteLink.get()
    assert (link.case_id, link.customer_id, link.requester_id) == (case.id, owner.customer_id, None)
    assert Consent.select().where(Consent.link == link).count() == 3  # L2, L7, L8: acknowledged before
    assert list(Case.visible_to(owner)) == [case]


def test_the_wish_rests_on_the_backup_that_the_question_named(database):  # rules B2, B3, L4a
    entered = {"entered": "no", "since": "2026-11-21T06:00:00+00:00"}
    given_to(an_emergency(link=WITH_LINK, entered=entered).case, a_device())
    given_to(an_emergency(link=WITH_LINK, entered=entered).case, a_device(backup_booked=False))
    offline = {"link": WITH_LINK, "online": {"when": "unknown", "at": ""}, "entered": {"entered": "no"}}
    given_to(an_emergency(**offline).case, a_device())
    expected = [link.expected for link in SubstituteLink.select().order_by(SubstituteLink.id)]
    assert expected == [Answer.FULL, Answer.NONE, Answer.STAFF]


def test_what_else_holds_it_stays(database):  # rules S1, W2, W4
    case = given_to(an_emergency().case, a_device(purchased_on=None))
    assert (case.state, case.holds) == (State.SUBMITTED, [Hold.PURCHASE_UNKNOWN])


def test_a_cost_that_nobody_agreed_to_keeps_it_from_being_released(database):  # rules W3, P4
    case = given_to(an_emergency().case, a_device(purchased_on=NOW.date().replace(year=2023)))
    assert (case.state, case.holds) == (State.SUBMITTED, [])  # staff look at it first


def test_a_device_that_is_not_registered_is_made_as_described(database):  # rule P1a
    customer = a_customer()  # without any salon
    case = matching.match(an_emergency().case, Owner(customer), by=a_staff_member(), now=NOW)
    assert (case.device.purchased_in, case.salon.postal_code) == ("2025-05", "51469")
    assert case.salon.customer_id == customer.id


def test_an_open_link_of_the_device_joins_the_case(database):  # rule L1
    device = a_device()
    link = an_active_link(link=a_link_request(device, an_owner(device.salon.customer)))
    case = given_to(an_emergency(link=WITH_LINK).case, device)
    assert SubstituteLink.get().id == link.id
    assert SubstituteLink.get().case_id == case.id


def test_matched_by_many_at_once_it_is_given_once(database):  # rule S3
    case = an_emergency().case
    owners = [Owner(device.salon.customer, device=device) for device in (a_device(), a_device(), a_device())]
    staff = a_staff_member()
    given = at_once(*(partial(matching.match, case, owner, by=staff, now=NOW) for owner in owners))
    assert kinds(given) == ["Case", "CaseMoved", "CaseMoved"]
    assert History.of_case(case).where(History.what == "match").count() == 1


def test_who_comes_second_leaves_nothing_behind(database):  # rule S3
    case = an_emergency(link=WITH_LINK).case
    given_to(case, a_device())
    customer = a_customer()
    with pytest.raises(CaseMoved):
        matching.match(case, Owner(customer), by=a_staff_member(), now=NOW)
    assert customer.salons.count() == 0


@pytest.mark.parametrize("kind", ["device", "salon"])
def test_nothing_of_another_customer_is_taken(database, kind):  # rule P1
    foreign = a_device()
    owner = Owner(a_customer(), **{kind: foreign if kind == "device" else foreign.salon})
    with pytest.raises(NotTheirs):
        matching.match(an_emergency().case, owner, by=a_staff_member(), now=NOW)


def test_only_staff_match(database):  # rule P1
    device = a_device()
    with pytest.raises(StepRefused):
        matching.match(
            an_emergency().case, Owner(device.salon.customer), by=an_owner(device.salon.customer), now=NOW
        )


def test_who_is_one_of_the_customers_people_is_the_reporter_and_told_once(database):  # rule P1a
    device = a_device()
    owner = an_owner(device.salon.customer, EMAIL)
    case = given_to(a_confirmed_emergency().case, device)
    assert case.reporter_id == owner.id
    assert Letter.select().where(Letter.event == "released").count() == 1


def test_an_address_that_is_not_proven_is_nobodys(database):  # rule P1a
    device = a_device()
    an_owner(device.salon.customer, EMAIL)
    case = given_to(an_emergency().case, device)
    assert case.reporter_id is None
    with pytest.raises(NotConfirmed):
        given_to(an_emergency().case, a_device(), invites=True)


def test_who_reported_is_invited_with_it_or_nothing_happens(database):  # rule P1a
    device = a_device()
    case = given_to(a_confirmed_emergency().case, device, invites=True)
    assert (case.reporter.email, case.reporter.customer_id) == (EMAIL, device.salon.customer_id)
    another = a_confirmed_emergency().case
    with pytest.raises(people.EmailTaken):
        given_to(another, a_device(), invites=True)
    assert Case.get_by_id(another.id).customer is None


def test_the_likeliest_customer_comes_first_with_the_reasons(database):  # rule P1a
    by_account = an_owner(a_customer("Anders"), EMAIL).customer
    by_phone = a_salon(a_customer("Telefon"), "Ganz anders", postal_code="10115").customer
    by_number = a_customer("Nummer", number="N77")
    a_salon(a_customer("Fremd"), "Fremd", phone="+493012345", postal_code="10115")
    emergency = an_emergency(number="n77", address=_told("n77"))
    found = likely.customers_for(emergency.case, emergency)
    assert [one.customer for one in found] == [by_account, by_number, by_phone]
    assert found[0].has_account
    assert not found[2].is_near


def _told(number: str) -> dict[str, str]:
    return {**SEND_IN["address"], "name": "Neu", "email": EMAIL, "customer_number": number}


def test_a_case_of_the_desk_is_matched_as_well(database):  # rule P1a
    case = an_emergency().case
    case.emergencies.get().delete_instance()
    device = a_device()
    assert given_to(case, device).customer_id == device.salon.customer_id
