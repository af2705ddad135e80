"""Who is no longer one of the business follows nothing of it, by link nor by mail.  Rules P1, P1a, P3."""

from datetime import timedelta

import pytest

from portal.actions import colleagues, emergencies, erasing, letters, matching, registrations, retention
from portal.actions.emergencies import CodeOver
from portal.actions.matching import Owner
from portal.models import Account, Case, Emergency, History, Letter
from portal.models.matches import proven, suggestions
from portal.rules import emergencies as rules
from portal.rules.retention import DAYS, Brief
from tests.actions.coming_in import ADA, known_from_a_parcel, register
from tests.actions.emergency_made import EMAIL, a_confirmed_emergency, an_emergency
from tests.builders import NOW, SECRET, a_device, a_salon, a_staff_member, an_owner


@pytest.fixture
def colleague(database) -> Account:
    """Make one of two people of a business."""
    return an_owner(an_owner().customer, EMAIL)


def reported_by(person: Account, made: Emergency) -> Emergency:
    """Let staff match what they reported without signing in to their business."""
    owner = Owner(person.customer, device=a_device(a_salon(person.customer)))
    matching.match(made.case, owner, by=a_staff_member(), now=NOW)
    return Emergency.get_by_id(made.id)


def is_open(made: Emergency) -> bool:
    found = emergencies.find(emergencies.token_of(made, SECRET))
    return found is not None and not emergencies.is_over(found, now=NOW)


def test_who_was_removed_follows_no_case_any_more(colleague):  # rules P1, P1a
    made = reported_by(colleague, a_confirmed_emergency())
    others = reported_by(colleague, an_emergency(email="bo@haarwerk.example"))
    boss = Account.get(Account.customer == colleague.customer, Account.id != colleague.id)
    colleagues.remove(colleague, by=boss, now=NOW)
    assert [is_open(made), is_open(others)] == [False, True]
    written = letters.tell_owners(Case.get_by_id(made.case_id), "received", now=NOW)
    assert [letter.recipient for letter in written] == [boss.email]


def test_a_code_that_still_waits_confirms_nothing_for_who_was_removed(colleague):  # rules P1, P1a
    made = reported_by(colleague, an_emergency())
    mark = Letter.get(Letter.event == "emergency_code").context["code_mark"]
    emergencies.end_for(colleague, now=NOW)
    with pytest.raises(CodeOver):
        emergencies.confirm_by_link(rules.confirm_token(SECRET, made.case_id, mark), secret=SECRET, now=NOW)


def test_who_was_anonymised_is_known_from_no_parcel(database):  # rules P1, P3
    case = known_from_a_parcel(an_owner().customer)
    person = an_owner(case.customer, ADA)
    assert proven(ADA) == [case.customer]
    erasing.anonymise(person, by=None, now=NOW)
    assert proven(ADA) == []
    assert register(number=case.customer.number).verdict is None
    assert Emergency.get().email == ""
    assert suggestions(email="", number="", business="", phone="") == []  # none is everybody's


def test_a_locked_business_has_no_open_secret_link(colleague):  # rule P3
    made = reported_by(colleague, a_confirmed_emergency())
    erasing.erase_pictures_and_opinions(colleague.customer, now=NOW)
    assert not is_open(made)


def test_the_history_names_no_anonymised_person_by_their_address(database):  # rule P3
    boss = an_owner()
    colleagues.invite(ADA, "Ada", by=boss, now=NOW)
    ada = Account.get(Account.email == ADA)
    erasing.anonymise(ada, by=None, now=NOW)
    assert [row.what for row in History.select() if ADA in str(row.facts)] == []


def test_who_was_refused_is_forgotten_by_the_history_too(database):  # rule P3
    registrations.refuse(register(), "Kein Kunde", by=a_staff_member(), now=NOW)
    retention.forget_requests(now=NOW + timedelta(days=DAYS[Brief.REQUESTS] - 1))
    assert History.get(History.what == "refuse_registration").facts["email"] == ADA
    for _again in range(2):
        retention.forget_requests(now=NOW + timedelta(days=DAYS[Brief.REQUESTS] + 1))
    row = History.get(History.what == "refuse_registration")
    assert (row.facts, row.why) == ({}, "")
