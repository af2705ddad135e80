"""Does the link by mail let the right one in, once, and nobody learn who has an account?  Rule P1."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import accounts, sign_in_links
from portal.actions.accounts import PasswordNeeded, PasswordUnfit
from portal.actions.sign_in_links import LinkUsed
from portal.actions.throttle import TooManyTries
from portal.models import Account, Letter, SignIn, SignInLink
from portal.rules.signing_in import FREE, FRESH, LINK_LASTS, By, Counted
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, an_owner
from tests.clients import DEMO_PASSWORD

EMAIL = "ada@salon.example"
NEW = "vier Wörter sind genug"


def asked(now=NOW) -> SignInLink:
    """Ask for a link and let the worker send it."""
    sign_in_links.ask(" ADA@salon.example", address="", now=now)
    sign_in_links.send_asked(now=now)
    return SignInLink.select().order_by(SignInLink.id.desc()).get()


def use(mark: str, now=NOW):
    return sign_in_links.use(mark, device="Firefox", address="203.0.113.9", now=now)


def test_a_link_lets_its_reader_in_once(database):  # rule P1
    owner = an_owner(email=EMAIL)
    link = asked()
    letter = Letter.get(Letter.event == "sign_in_link")
    assert (letter.recipient, letter.context) == (EMAIL, {"mark": link.mark})
    account, token = use(link.mark)
    assert account == owner
    assert SignIn.account_of(token, NOW) == owner
    with pytest.raises(LinkUsed):
        use(link.mark)


def test_of_two_that_open_it_at_once_one_comes_in(database):  # rules P1, S3
    an_owner(email=EMAIL)
    mark = asked().mark
    assert kinds(at_once(*[partial(use, mark) for _ in range(2)])) == ["LinkUsed", "tuple"]


@pytest.mark.parametrize("after", [LINK_LASTS, LINK_LASTS + timedelta(days=1)])
def test_a_link_is_good_for_a_quarter_of_an_hour(database, after):  # rule P1
    an_owner(email=EMAIL)
    mark = asked().mark
    with pytest.raises(LinkUsed):
        use(mark, NOW + after)


def test_a_link_is_sent_though_earlier_ones_were_thrown_away(database):  # rule P1
    an_owner(email=EMAIL)
    asked()
    later = NOW + LINK_LASTS + 2 * sign_in_links.KEPT
    assert sign_in_links.tidy_up(now=later) == 1
    asked(later)  # SQLite may give it the number of the first
    assert Letter.select().where(Letter.event == "sign_in_link").count() == 2


def test_a_closed_account_gets_no_link_and_uses_none(database):  # rule P1
    an_owner(email=EMAIL)
    mark = asked().mark
    Account.update(closed_at=NOW).execute()
    with pytest.raises(LinkUsed):
        use(mark)
    sign_in_links.ask(EMAIL, address="", now=NOW)
    sign_in_links.send_asked(now=NOW)
    assert Letter.select().count() == 1


def test_to_ask_does_the_same_whether_there_is_an_account_or_not(database):  # rule P1
    an_owner(email=EMAIL)
    for email in (EMAIL, "niemand@salon.example"):
        sign_in_links.ask(email, address="", now=NOW)
    assert SignInLink.select().count() == 2
    assert Letter.select().count() == 0  # the worker looks who there is, not the answer to the browser
    sign_in_links.send_asked(now=NOW)
    assert [letter.recipient for letter in Letter.select()] == [EMAIL]
    assert SignInLink.select().count() == 1


def test_nobodys_mailbox_is_filled(database):  # rule P1
    an_owner(email=EMAIL)
    for _ in range(20):
        sign_in_links.ask(EMAIL, address="", now=NOW)
    assert SignInLink.select().count() == FREE[Counted.LINK]
    for n in range(FREE[Counted.ADDRESS]):
        sign_in_links.ask(f"{n}@salon.example", address="203.0.113.9", now=NOW)
    with pytest.raises(TooManyTries):
        sign_in_links.ask("x@salon.example", address="203.0.113.9", now=NOW)


def test_two_workers_at_once_send_one_letter(database):  # rules P1, S4
    an_owner(email=EMAIL)
    sign_in_links.ask(EMAIL, address="", now=NOW)
    at_once(*[partial(sign_in_links.send_asked, now=NOW) for _ in range(3)])
    assert Letter.select().count() == 1


def test_old_links_are_thrown_away(database):
    an_owner(email=EMAIL)
    asked()
    assert sign_in_links.tidy_up(now=NOW + timedelta(days=2)) == 1


def signed_in(by: By, now=NOW) -> tuple[Account, SignIn, str]:
    owner = an_owner(email=EMAIL)
    token = accounts.begin(owner, by, device="", address="", now=now)
    account = SignIn.account_of(token, now)
    return account, account.signed_in, token


def test_a_new_password_ends_all_sessions(database):  # rule P1
    account, session, token = signed_in(By.PASSWORD)
    other = accounts.begin(account, By.PASSWORD, device="", address="", now=NOW)
    accounts.set_password(account, NEW, present=DEMO_PASSWORD, signed_in=session, now=NOW)
    assert [SignIn.account_of(one, NOW) for one in (token, other)] == [None, None]
    assert accounts.sign_in(EMAIL, NEW, device="", now=NOW)[0] == account


def test_a_new_password_needs_the_present_one(database):  # rule P1
    account, session, token = signed_in(By.PASSWORD)
    with pytest.raises(PasswordNeeded):
        accounts.set_password(account, NEW, present="falsch falsch", signed_in=session, now=NOW)
    assert SignIn.account_of(token, NOW) == account


def test_who_came_by_a_link_just_now_may_set_one_without(database):  # rule P1
    account, session, _ = signed_in(By.LINK)
    late = NOW + FRESH
    with pytest.raises(PasswordNeeded):
        accounts.set_password(account, NEW, present="", signed_in=session, now=late)
    accounts.set_password(account, NEW, present="", signed_in=session, now=late - timedelta(seconds=1))


def test_a_new_password_ends_the_links_that_are_still_out(database):  # rule P1
    account, session, _ = signed_in(By.PASSWORD)
    mark = asked().mark
    accounts.set_password(account, NEW, present=DEMO_PASSWORD, signed_in=session, now=NOW)
    with pytest.raises(LinkUsed):
        use(mark)


def test_a_bad_password_changes_nothing(database):  # rule P1
    account, session, token = signed_in(By.LINK)
    with pytest.raises(PasswordUnfit):
        accounts.set_password(account, "1234567890", present="", signed_in=session, now=NOW)
    assert SignIn.account_of(token, NOW) == account


def test_nobody_ends_anothers_session(database):  # rule P1
    account, _session, token = signed_in(By.PASSWORD)
    stranger = an_owner()
    accounts.end_session(stranger, SignIn.get().id, now=NOW)
    assert SignIn.account_of(token, NOW) == account
