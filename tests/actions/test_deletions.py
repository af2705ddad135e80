"""Can people have their data deleted, take that back in time, and do records stay locked?  Rule P3."""

from datetime import date, timedelta

import pytest

from portal.actions import deletions, erasing
from portal.actions.erasing import Files
from portal.models import Account, Attachment, Case, Customer, Deletion, Feedback, History, Letter
from portal.models.privacy import Scope
from portal.rules.retention import GOODBYE, GRACE, Kind
from tests.actions.closed_cases import a_closed_case
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_case, a_device, a_salon, a_staff_member, an_owner

LATER = NOW + GRACE


def carried_out(now=LATER) -> Files:
    files = Files()
    deletions.work_due(now=now, files=files)
    return files


@pytest.fixture
def owner(database) -> Account:
    return an_owner()


def device_of(owner: Account):
    return a_device(a_salon(owner.customer))


def events() -> list[str]:
    return [letter.event for letter in Letter.select().order_by(Letter.id)]


def test_one_person_goes_after_the_grace_and_the_business_stays(owner):  # rule P3
    colleague = an_owner(owner.customer)
    case = a_case(device_of(owner), owner)  # open: the colleague goes on with it
    asked = deletions.ask(owner, Scope.PERSON, now=NOW)
    carried_out(LATER - timedelta(seconds=1))
    assert Account.get_by_id(owner.id).anonymised_at is None
    carried_out()
    gone, done = Account.get_by_id(owner.id), Deletion.get_by_id(asked.id)
    assert (gone.name, gone.closed_at, done.done_at) == (f"#{owner.id}", LATER, LATER)
    assert Account.get_by_id(colleague.id).closed_at is None
    assert Customer.get_by_id(owner.customer_id).locked_at is None
    assert Case.visible_to(colleague).where(Case.id == case.id).exists()
    last = Letter.get(Letter.event == "deletion_done")
    assert (last.recipient, last.account_id) == (owner.email, None)


def test_taken_back_in_time_nothing_happens(owner):  # rule P3
    asked = deletions.ask(owner, Scope.BUSINESS, now=NOW)
    assert deletions.open_for(owner) == asked
    deletions.withdraw(asked, by=owner, now=LATER - timedelta(seconds=1))
    carried_out()
    assert Account.get_by_id(owner.id).closed_at is None
    assert deletions.open_for(owner) is None
    with pytest.raises(deletions.DeletionMoved):
        deletions.withdraw(asked, by=owner, now=LATER)
    assert events() == ["deletion_asked", "deletion_withdrawn"]


def test_the_whole_business_is_locked_and_what_no_law_wants_goes_now(owner):  # rule P3
    case = a_closed_case(device_of(owner), quote=True)
    a_closed_case(device_of(owner))
    owner = case.reporter
    found = deletions.outlook(owner, Scope.BUSINESS, now=NOW)
    assert [(one.kind, one.until, one.cases) for one in found.kept] == [
        (Kind.CORRESPONDENCE, date(2032, 12, 31), 1),
        (Kind.VOUCHERS, date(2034, 12, 31), 1),
    ]
    deletions.ask(owner, Scope.BUSINESS, now=NOW)
    files = carried_out()
    locked = Customer.get_by_id(owner.customer_id)
    assert (locked.locked_at, locked.name) == (LATER, "Haarwerk GmbH")
    assert len(files.photos) == 2
    assert not Attachment.select().exists()
    assert {row.text for row in Feedback.select()} == {""}
    assert Case.get_by_id(case.id).contact_name == "Ada Muster"  # locked, not erased
    assert not Account.select().where(Account.customer == locked, Account.anonymised_at.is_null()).exists()
    kept = Letter.get(Letter.event == "deletion_done").context["kept"]
    assert kept[1] == {"kind": "vouchers", "until": "2034-12-31", "cases": 1}


def test_what_is_open_holds_the_deletion_up_until_it_is_closed(owner):  # rule P3
    case = a_case(device_of(owner), owner)
    deletions.ask(owner, Scope.BUSINESS, now=NOW)
    carried_out()
    carried_out(LATER + deletions.AGAIN)
    assert Account.get_by_id(owner.id).closed_at is None
    assert events().count("deletion_waits") == 1  # told once
    Case.update(state="cancelled").where(Case.id == case.id).execute()
    carried_out(LATER + 2 * deletions.AGAIN)
    assert Account.get_by_id(owner.id).anonymised_at == LATER + 2 * deletions.AGAIN


def test_the_last_person_waits_for_open_cases_too(owner):  # rule P3
    a_case(device_of(owner), owner)
    assert deletions.is_last(owner)
    assert deletions.outlook(owner, Scope.PERSON, now=NOW).waits
    an_owner(owner.customer)
    assert not deletions.outlook(owner, Scope.PERSON, now=NOW).waits


def test_two_requests_at_once_are_one(owner):  # rule S3
    colleague = an_owner(owner.customer)
    asking = [lambda who=who: deletions.ask(who, Scope.BUSINESS, now=NOW) for who in (owner, colleague)]
    assert kinds(at_once(*asking)) == ["AlreadyAsked", "Deletion"]
    assert deletions.open_for(colleague) == deletions.open_for(owner) == Deletion.get()


def test_taking_back_and_carrying_out_at_once_do_one_of_both(owner):  # rule S3
    asked = deletions.ask(owner, Scope.PERSON, now=NOW)
    at_once(
        lambda: deletions.withdraw(asked, by=owner, now=LATER),
        lambda: deletions.carry_out(asked, now=LATER),
        lambda: deletions.carry_out(asked, now=LATER),
    )
    asked, gone = Deletion.get(), Account.get_by_id(owner.id).anonymised_at is not None
    assert (asked.done_at is not None, asked.withdrawn_at is not None) == (gone, not gone)
    assert History.select().where(History.what == "anonymise").count() == gone


def test_a_deletion_that_breaks_off_is_done_again_wholly(owner, monkeypatch):  # rule P3
    a_closed_case(device_of(owner))
    deletions.ask(owner, Scope.BUSINESS, now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "erase_pictures_and_opinions", lambda *_who, now: 1 / 0)  # killed midway
        with pytest.raises(ZeroDivisionError):
            carried_out()
    assert Account.get_by_id(owner.id).anonymised_at is None
    carried_out()
    assert Account.get_by_id(owner.id).anonymised_at == LATER
    assert events().count("deletion_done") == 2  # the reporter of the closed case was another person


def test_the_last_letters_address_is_forgotten_too(owner):  # rule P3
    deletions.ask(owner, Scope.PERSON, now=NOW)
    carried_out()
    Letter.update(due_at=None, sent_at=LATER).where(Letter.event == "deletion_done").execute()
    assert deletions.forget_goodbyes(now=LATER + GOODBYE) == 0
    assert deletions.forget_goodbyes(now=LATER + GOODBYE + timedelta(seconds=1)) == 1
    assert not Letter.select().where(Letter.recipient == owner.email).exists()


def test_the_team_is_not_asked_this_way(database):  # rule P3
    with pytest.raises(deletions.NotForStaff):
        deletions.ask(a_staff_member(), Scope.PERSON, now=NOW)
