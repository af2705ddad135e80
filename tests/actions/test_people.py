"""Is there always somebody left who manages the staff, and does an invitation end?  Rules P1, P3, S3."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import colleagues, people, retention, sign_in_links
from portal.actions.sign_in_links import LinkUsed
from portal.models import Account, Letter, Registration, SignIn, register
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_customer, a_staff_member, an_admin, an_owner


def test_of_two_admins_who_close_each_other_at_once_one_stays(database):  # rules P1, S3
    one, other = an_admin(), an_admin()
    closing = [partial(people.close, a, by=b, now=NOW) for a, b in ((one, other), (other, one))]
    assert kinds(at_once(*closing)) == ["LastAdmin", "NoneType"]
    assert Account.select().where(Account.closed_at.is_null()).count() == 1


def a_link_to(account: Account) -> str:
    """Return the mark of the newest link that was sent to this account."""
    return Letter.select().where(Letter.account == account).order_by(Letter.id.desc()).get().context["mark"]


def follow(mark: str) -> None:
    sign_in_links.use(mark, device="", address="", now=NOW)


def test_an_invitation_does_not_outlive_its_closed_account(database):  # rule P1
    staff = a_staff_member()
    invited = people.invite("bo@haarwerk.example", "Bo", customer=a_customer(), by=staff, now=NOW)
    old = a_link_to(invited)
    people.close(invited, by=staff, now=NOW)
    people.reopen(invited, by=staff, now=NOW)
    with pytest.raises(LinkUsed):
        follow(old)
    people.invite_again(Account.get_by_id(invited.id), by=staff, now=NOW)
    follow(a_link_to(invited))


def test_a_colleague_whom_staff_closed_is_not_invited_any_more_when_opened_again(database):  # rule P1
    owner, staff = an_owner(), a_staff_member()
    asked = colleagues.invite("bo@haarwerk.example", "Bo", by=owner, now=NOW)
    people.close(asked.account, by=staff, now=NOW)
    people.reopen(asked.account, by=staff, now=NOW)
    assert not Registration.invited(owner.customer).exists()


def test_whether_somebody_was_ever_here_outlives_their_sessions(database):  # rules P1, P3
    owner = an_owner()
    asked = colleagues.invite("bo@haarwerk.example", "Bo", by=owner, now=NOW)
    bo = Account.get(Account.email == asked.email)
    known = {one.email: bool(one.has_come_in) for one in register.people_of(owner.customer)}
    assert known == {owner.email: True, bo.email: False}
    follow(a_link_to(bo))
    retention.forget_sign_ins(now=NOW + timedelta(days=400))
    assert not SignIn.select().exists()
    assert all(one.has_come_in for one in register.people_of(owner.customer))
    assert not Registration.invited(owner.customer).exists()
