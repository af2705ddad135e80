"""Does a new e-mail address need both mailboxes, and does the old one always learn of it?  Rules P1, S3."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import accounts, email_changes, people, sign_in_links
from portal.actions.accounts import EmailTaken
from portal.actions.email_changes import ChangeOver, SameEmail
from portal.actions.throttle import TooManyTries
from portal.models import Account, EmailChange, History, Letter, SignIn, SignInLink
from portal.rules.signing_in import EMAIL_CHANGE_LASTS, FREE, By, Counted
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_staff_member, an_owner

OLD, NEW = "alt@salon.example", "neu@salon.example"


@pytest.fixture
def owner(database) -> Account:
    return an_owner(email=OLD)


def told() -> list[tuple[str, str]]:
    return [(one.event, one.recipient) for one in Letter.select().order_by(Letter.id)]


def email_of(account: Account) -> str:
    return Account.get_by_id(account.id).email


@pytest.mark.parametrize("order", [("old_mark", "new_mark"), ("new_mark", "old_mark")])
def test_the_new_address_counts_when_both_mailboxes_have_confirmed(owner, order):  # rule P1
    token = accounts.begin(owner, By.PASSWORD, device="", address="", now=NOW)
    sign_in_links.ask(OLD, address="", now=NOW)
    sign_in_links.send_asked(now=NOW)
    change = email_changes.ask(owner, " NEU@salon.example", now=NOW)
    email_changes.confirm(getattr(change, order[0]), now=NOW)
    assert email_of(owner) == OLD
    email_changes.confirm(getattr(change, order[1]), now=NOW)
    assert email_of(owner) == NEW
    assert SignIn.account_of(token, NOW) is None
    assert not SignInLink.select().exists()
    assert told()[1:] == [("email_change_old", OLD), ("email_change_new", NEW), ("email_changed", OLD)]
    assert History.get(History.what == "change_email").facts == {"old": OLD, "new": NEW}


def test_both_mailboxes_at_the_same_moment_change_it_once(owner):  # rules P1, S3
    change = email_changes.ask(owner, NEW, now=NOW)
    deeds = [partial(email_changes.confirm, mark, now=NOW) for mark in (change.old_mark, change.new_mark)]
    assert kinds(at_once(*deeds)) == ["EmailChange", "EmailChange"]
    assert email_of(owner) == NEW
    assert told().count(("email_changed", OLD)) == 1


@pytest.mark.parametrize("caller", ["old_mark", "new_mark"])
def test_either_mailbox_calls_it_off(owner, caller):  # rule P1
    change = email_changes.ask(owner, NEW, now=NOW)
    email_changes.confirm(change.new_mark, now=NOW)
    email_changes.call_off(getattr(change, caller), now=NOW)
    with pytest.raises(ChangeOver):
        email_changes.confirm(change.old_mark, now=NOW)
    assert email_of(owner) == OLD
    assert History.select().where(History.what == "call_off_email_change").count() == 1


def test_after_a_day_and_after_a_newer_one_it_is_over(owner):  # rule P1
    first = email_changes.ask(owner, "erste@salon.example", now=NOW)
    second = email_changes.ask(owner, NEW, now=NOW)
    for mark, at in ((first.old_mark, NOW), (second.old_mark, NOW + EMAIL_CHANGE_LASTS), ("made up", NOW)):
        with pytest.raises(ChangeOver):
            email_changes.confirm(mark, now=at)
    assert EmailChange.open_of(owner, NOW) == second
    assert email_changes.tidy_up(now=NOW + timedelta(days=32)) == 2


def test_a_taken_address_is_told_to_its_own_mailbox_alone(owner):  # rule P1
    an_owner(email=NEW)
    change = email_changes.ask(owner, NEW, now=NOW)
    assert told() == [("email_change_old", OLD), ("email_change_taken", NEW)]
    assert email_changes.confirm(change.old_mark, now=NOW).is_open(NOW)


def test_an_address_taken_meanwhile_changes_nothing(owner):  # rules P1, S3
    change = email_changes.ask(owner, NEW, now=NOW)
    email_changes.confirm(change.old_mark, now=NOW)
    an_owner(email=NEW)
    with pytest.raises(ChangeOver):
        email_changes.confirm(change.new_mark, now=NOW)
    assert (email_of(owner), told()[-1]) == (OLD, ("email_change_taken", NEW))
    assert EmailChange.open_of(owner, NOW) is None


def test_two_who_want_the_same_address_do_not_both_get_it(owner):  # rule S3
    other = an_owner(email="andere@salon.example")
    changes = [email_changes.ask(one, NEW, now=NOW) for one in (owner, other)]
    for change in changes:
        email_changes.confirm(change.old_mark, now=NOW)
    results = at_once(*[partial(email_changes.confirm, one.new_mark, now=NOW) for one in changes])
    assert kinds(results) == ["ChangeOver", "EmailChange"]


def test_a_closed_account_changes_no_address(owner):  # rule P1
    change = email_changes.ask(owner, NEW, now=NOW)
    email_changes.confirm(change.old_mark, now=NOW)
    people.close(owner, by=a_staff_member(), now=NOW)
    with pytest.raises(ChangeOver):
        email_changes.confirm(change.new_mark, now=NOW)


def test_nobodys_mailbox_is_filled(owner):  # rule P1
    with pytest.raises(SameEmail):
        email_changes.ask(owner, OLD, now=NOW)
    for n in range(FREE[Counted.LINK]):
        email_changes.ask(owner, f"{n}@salon.example", now=NOW)
    with pytest.raises(TooManyTries):
        email_changes.ask(owner, NEW, now=NOW)


def test_staff_set_the_address_of_who_lost_the_mailbox(owner):  # rule P1
    staff = a_staff_member()
    token = accounts.begin(owner, By.PASSWORD, device="", address="", now=NOW)
    waiting = email_changes.ask(owner, "x@salon.example", now=NOW)
    email_changes.set_for(owner, NEW, "Postfach gibt es nicht mehr", by=staff, now=NOW)
    assert email_of(owner) == NEW
    assert SignIn.account_of(token, NOW) is None
    assert told()[2:] == [("email_changed", OLD), ("invitation", NEW)]
    row = History.get(History.what == "set_email")
    assert (row.account, row.why, row.about) == (staff, "Postfach gibt es nicht mehr", f"account:{owner.id}")
    with pytest.raises(ChangeOver):
        email_changes.confirm(waiting.old_mark, now=NOW)
    with pytest.raises(EmailTaken):
        email_changes.set_for(an_owner(), NEW, "x", by=staff, now=NOW)
