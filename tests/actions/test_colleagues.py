"""Does a business keep its own people, and learn nothing of others?  Rules P1, S3."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import accounts, colleagues, retention, sign_in_links
from portal.actions.colleagues import AlreadyIn, Followed, LastOne
from portal.actions.sign_in_links import LinkUsed
from portal.models import Account, Customer, History, Letter, Registration, SignIn
from portal.rules.signing_in import By
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_customer, a_staff_member, an_owner

BO = "bo@haarwerk.example"


@pytest.fixture
def business(database) -> Customer:
    return a_customer()


def invited(business: Customer) -> list[tuple[str, str]]:
    return [(one.name, one.email) for one in Registration.invited(business)]


def test_an_invited_colleague_becomes_one_of_the_business_by_coming_in(business):  # rule P1
    owner = an_owner(business)
    colleagues.invite("Bo@Haarwerk.example", "Bo", by=owner, now=NOW)
    letter = Letter.get()
    assert (letter.event, letter.recipient, letter.context["who"]) == ("colleague_invited", BO, owner.name)
    assert (invited(business), Registration.people_in(business)) == ([("Bo", BO)], [owner])
    bo = Account.get(Account.email == BO)
    accounts.begin(bo, By.LINK, device="", address="", now=NOW)
    assert (invited(business), Registration.people_in(business)) == ([], [owner, bo])
    assert History.get(History.what == "invite_colleague").about == f"customer:{business.id}"


@pytest.mark.parametrize("other", [an_owner, a_staff_member], ids=["owner", "staff"])
def test_an_address_with_an_account_elsewhere_looks_like_no_answer(business, other):  # rule P1
    other(email=BO)
    owner = an_owner(business)
    asked = colleagues.invite(BO, "Bo", by=owner, now=NOW)
    assert invited(business) == [("Bo", BO)]
    assert Letter.get().event == "colleague_known"
    with pytest.raises(AlreadyIn):
        colleagues.invite(BO, "Bo", by=owner, now=NOW)
    with pytest.raises(LastOne):  # who might never come does not count, wherever the address belongs
        colleagues.remove(owner, by=owner, now=NOW)
    colleagues.withdraw(asked, by=owner, now=NOW)
    assert invited(business) == []
    assert Account.get(Account.email == BO).closed_at is None


def test_an_invitation_that_is_unanswered_behaves_the_same(business):  # rule P1
    owner = an_owner(business)
    asked = colleagues.invite(BO, "Bo", by=owner, now=NOW)
    with pytest.raises(AlreadyIn):
        colleagues.invite(BO, "Bo", by=owner, now=NOW)
    with pytest.raises(LastOne):
        colleagues.remove(owner, by=owner, now=NOW)
    colleagues.withdraw(Registration.get_by_id(asked.id), by=owner, now=NOW)
    assert invited(business) == []
    assert Account.get_or_none(Account.email == BO) is None
    colleagues.invite(BO, "Bo", by=owner, now=NOW)
    assert Account.get(Account.email == BO).closed_at is None


def test_a_withdrawn_invitation_binds_nobody(business):  # rules P1, P3
    owner, elsewhere = an_owner(business), an_owner()
    asked = colleagues.invite(BO, "Bo", by=owner, now=NOW)
    mark = Letter.get().context["mark"]
    colleagues.withdraw(asked, by=owner, now=NOW)
    with pytest.raises(LinkUsed):
        sign_in_links.use(mark, device="", address="", now=NOW)
    gone = Account.get_by_id(asked.account_id)
    assert (gone.name, gone.closed_at, gone.anonymised_at) == (f"#{gone.id}", NOW, NOW)
    assert BO not in gone.email
    assert not Letter.select().exists()  # what was not sent yet is not sent any more
    told = [row.what for row in History.select().order_by(History.id) if row.facts.get("email") == BO]
    assert told == ["invite_colleague", "withdraw_invitation"]
    retention.forget_requests(now=NOW + timedelta(days=366))
    assert not any(row.facts for row in History.select())
    colleagues.invite(BO, "Bo", by=elsewhere, now=NOW)
    assert Account.get(Account.email == BO).customer_id == elsewhere.customer_id


def test_who_follows_the_invitation_at_the_last_moment_is_in(business):  # rule S3
    owner = an_owner(business)
    asked = colleagues.invite(BO, "Bo", by=owner, now=NOW)
    sign_in_links.use(Letter.get().context["mark"], device="", address="", now=NOW)
    with pytest.raises(Followed):
        colleagues.withdraw(asked, by=owner, now=NOW)
    assert Account.get(Account.email == BO) in Registration.people_in(business)
    assert not History.select().where(History.what == "withdraw_invitation").exists()


def test_who_is_removed_is_out_at_once_and_told(business):  # rule P1
    owner, other = an_owner(business), an_owner(business)
    token = accounts.begin(other, By.PASSWORD, device="", address="", now=NOW)
    colleagues.remove(other, by=owner, now=NOW)
    assert SignIn.account_of(token, NOW) is None
    assert [(one.event, one.recipient) for one in Letter.select()] == [("person_removed", other.email)]
    assert Registration.people_in(business) == [owner]


def test_of_two_who_remove_each_other_at_once_one_stays(business):  # rules P1, S3
    one, other = an_owner(business), an_owner(business)
    deeds = [partial(colleagues.remove, a, by=b, now=NOW) for a, b in ((one, other), (other, one))]
    assert kinds(at_once(*deeds)) == ["LastOne", "NoneType"]
    assert len(Registration.people_in(business)) == 1


def test_invited_twice_at_once_is_invited_once(business):  # rule S3
    owner = an_owner(business)
    invite = partial(colleagues.invite, BO, "Bo", by=owner, now=NOW)
    assert kinds(at_once(invite, invite)) == ["AlreadyIn", "Registration"]
    assert invited(business) == [("Bo", BO)]
