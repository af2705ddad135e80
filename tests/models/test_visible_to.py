"""Does an owner see the own business and nothing else?  Rule P1."""

from portal.models import Account, Case, Device, Salon, SubstituteLink, following
from portal.rules.workflow import Role
from tests.builders import (
    NOW,
    a_case,
    a_customer,
    a_device,
    a_link_request,
    a_salon,
    a_staff_member,
    an_admin,
    an_owner,
)


def ids(rows) -> set[int]:
    return {row.id for row in rows}


def test_an_owner_sees_the_cases_of_the_own_business_only(database):  # rule P1
    mine, theirs = a_case(), a_case()
    assert ids(Case.visible_to(mine.reporter)) == {mine.id}
    assert ids(Case.visible_to(theirs.reporter)) == {theirs.id}
    assert ids(following.by_turn(mine.reporter, NOW)) == {mine.id}
    assert ids(Case.open_of_customer(mine.customer)) == {mine.id}


def test_a_colleague_of_the_same_business_sees_them_too(database):  # rule P1
    case = a_case()
    assert ids(Case.visible_to(an_owner(case.customer))) == {case.id}


def test_an_owner_sees_the_links_of_the_own_business_only(database):  # rule P1
    mine, theirs = a_link_request(), a_link_request()
    assert ids(SubstituteLink.visible_to(mine.requester)) == {mine.id}
    assert ids(SubstituteLink.open_for_account(theirs.requester)) == {theirs.id}
    assert ids(SubstituteLink.alone_for(mine.requester)) == {mine.id}


def test_support_and_admins_see_all(database):  # rule P1
    cases, links = {a_case().id, a_case().id}, {a_link_request().id}
    for account in (a_staff_member(), an_admin()):
        assert ids(Case.visible_to(account)) == cases
        assert ids(SubstituteLink.visible_to(account)) == links


def test_an_owner_of_no_business_sees_nothing(database):  # rule P1
    case = a_case()
    Case.update(customer=None).where(Case.id == case.id).execute()
    stranger = Account.create(email="a@b.example", name="A", role=Role.OWNER, created_at=NOW)
    assert ids(Case.visible_to(stranger)) == set()
    assert ids(SubstituteLink.visible_to(stranger)) == set()


def test_devices_and_salons_are_chosen_from_the_own_business(database):  # rule P1
    salon = a_salon()
    device, other = a_device(salon), a_device()
    assert ids(Device.of(salon.customer)) == {device.id}
    assert ids(Salon.of(other.salon.customer)) == {other.salon_id}
    assert ids(Device.of(a_customer())) == set()


def test_a_list_of_cases_goes_on_behind_the_last_one_of_the_page_before(database):
    owner = an_owner()
    salon = a_salon(owner.customer)
    cases = [a_case(a_device(salon), owner) for _number in range(5)]
    newest = list(following.by_turn(owner, NOW, limit=2))
    assert [case.id for case in newest] == [cases[4].id, cases[3].id]
    after = (newest[-1].rank, newest[-1].id)
    assert [case.id for case in following.by_turn(owner, NOW, after=after, limit=2)] == [
        cases[2].id,
        cases[1].id,
    ]
