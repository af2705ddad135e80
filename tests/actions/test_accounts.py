"""Who comes in, and does a session end when it is ended?  Section P of the rulebook."""

from datetime import timedelta

import pytest

from portal.actions import accounts
from portal.models import Account, SignIn
from portal.models.accounts import SIGN_IN_LASTS
from portal.rules.workflow import Role
from tests.builders import NOW, a_customer, an_owner
from tests.clients import DEMO_PASSWORD


@pytest.fixture(autouse=True)
def _cheap_argon2(monkeypatch):
    """Make argon2 as cheap as it can be; what it is stays the same."""
    real = accounts.PasswordHasher
    monkeypatch.setattr(accounts, "PasswordHasher", lambda: real(time_cost=1, memory_cost=8, parallelism=1))


def test_a_password_is_stored_as_argon2_only(database):
    account = accounts.create(
        "Ada@Salon.example", "Ada", Role.OWNER, password="ein langes Passwort", now=NOW, customer=a_customer()
    )
    assert account.password_hash.startswith("$argon2id$")
    assert "ein langes Passwort" not in account.password_hash
    assert account.email == "ada@salon.example"


@pytest.mark.parametrize("password", ["", "kurz", "x" * 9, "x" * 129])
def test_a_password_too_short_or_too_long_is_refused(database, password):
    with pytest.raises(accounts.PasswordUnfit):
        accounts.create("a@b.example", "A", Role.STAFF, password=password, now=NOW)
    assert Account.select().count() == 0


@pytest.mark.parametrize(
    ("role", "has_customer"), [(Role.OWNER, False), (Role.STAFF, True), (Role.ADMIN, True)]
)
def test_owners_belong_to_a_customer_and_staff_to_none(database, role, has_customer):  # rule P1
    customer = a_customer() if has_customer else None
    with pytest.raises(ValueError, match="belong"):
        accounts.create(
            "a@b.example", "A", role, password="vier Wörter sind genug", now=NOW, customer=customer
        )


def test_an_address_belongs_to_one_account_however_it_is_spelt(database):
    accounts.create("ada@salon.example", "Ada", Role.STAFF, password="vier Wörter sind genug", now=NOW)
    with pytest.raises(accounts.EmailTaken):
        accounts.create(" ADA@salon.EXAMPLE ", "Eva", Role.STAFF, password="vier Wörter sind genug", now=NOW)
    assert Account.select().count() == 1  # and the connection is still good


def test_the_right_password_lets_in_and_only_the_hash_of_the_token_is_stored(database):
    owner = an_owner(email="ada@salon.example")
    account, token = accounts.sign_in(" Ada@Salon.example", DEMO_PASSWORD, device="Firefox", now=NOW)
    assert account == owner
    assert len(token) >= 32
    row = SignIn.select().dicts().get()
    assert token not in map(str, row.values())
    assert SignIn.account_of(token, NOW) == owner
    assert SignIn.account_of(row["token_hash"], NOW) is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@salon.example", "falsch falsch"),
        ("ada@salon.example", ""),
        ("ada@salon.example", DEMO_PASSWORD + "x" * 500),
        ("niemand@salon.example", DEMO_PASSWORD),
        ("", ""),
    ],
)
def test_anything_else_is_refused_in_the_same_way(database, email, password):
    an_owner(email="ada@salon.example")
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in(email, password, device="", now=NOW)
    assert SignIn.select().count() == 0


def test_an_unknown_address_costs_a_look_at_a_password_too(database, monkeypatch):
    looked_at = []
    monkeypatch.setattr(accounts, "_fits", lambda stored, password: looked_at.append(stored))
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in("niemand@salon.example", DEMO_PASSWORD, device="", now=NOW)
    assert looked_at[0].startswith("$argon2id$")


def test_an_account_without_a_password_lets_nobody_in(database):
    an_owner(email="ada@salon.example")
    Account.update(password_hash=None).execute()
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in("ada@salon.example", DEMO_PASSWORD, device="", now=NOW)


def test_a_closed_account_is_out_at_once(database):
    an_owner(email="ada@salon.example")
    _account, token = accounts.sign_in("ada@salon.example", DEMO_PASSWORD, device="", now=NOW)
    Account.update(closed_at=NOW).execute()
    assert SignIn.account_of(token, NOW) is None
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in("ada@salon.example", DEMO_PASSWORD, device="", now=NOW)


def test_no_sign_in_lasts_for_ever(database):
    owner = an_owner()
    _, token = accounts.sign_in(owner.email, DEMO_PASSWORD, device="", now=NOW)
    assert SignIn.account_of(token, NOW + SIGN_IN_LASTS - timedelta(seconds=1)) == owner
    assert SignIn.account_of(token, NOW + SIGN_IN_LASTS) is None


def test_signing_out_ends_a_copied_token_and_no_other(database):
    owner = an_owner(email="ada@salon.example")
    _account, here = accounts.sign_in("ada@salon.example", DEMO_PASSWORD, device="Firefox", now=NOW)
    _account, there = accounts.sign_in("ada@salon.example", DEMO_PASSWORD, device="Safari", now=NOW)
    accounts.sign_out(here, now=NOW)
    assert SignIn.account_of(here, NOW) is None
    assert SignIn.account_of(there, NOW) == owner


def test_signing_out_everywhere_ends_all_of_ones_own_sessions(database):
    an_owner(email="ada@salon.example")
    other = an_owner(email="eva@salon.example")
    tokens = [
        accounts.sign_in("ada@salon.example", DEMO_PASSWORD, device="", now=NOW)[1] for _browser in "ab"
    ]
    account, kept = accounts.sign_in("eva@salon.example", DEMO_PASSWORD, device="", now=NOW)
    accounts.sign_out_everywhere(Account.get(Account.email == "ada@salon.example"), now=NOW)
    assert [SignIn.account_of(token, NOW) for token in tokens] == [None, None]
    assert SignIn.account_of(kept, NOW) == account == other


def test_a_language_once_chosen_is_kept(database):  # rule P5
    owner = an_owner()
    accounts.speak(owner, "en")
    assert Account.get_by_id(owner.id).language == "en"
