"""Does guessing get slower for who guesses, and for nobody else?  Rule P1."""

from datetime import timedelta
from functools import partial
from time import process_time

import pytest
from argon2 import PasswordHasher

from portal.actions import accounts, throttle
from portal.actions.accounts import SignInRefused
from portal.actions.throttle import TooManyTries
from portal.models import Account, Throttle
from portal.rules.signing_in import FORGOTTEN_AFTER, FREE, LONGEST_PAUSE, Counted
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, an_owner
from tests.clients import DEMO_PASSWORD

EMAIL = "ada@salon.example"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _cheap_argon2(monkeypatch):
    monkeypatch.setattr(accounts, "PasswordHasher", lambda: CHEAP)


def wrong(now=NOW, email=EMAIL, address="", browser=""):
    """Try one wrong password; say what came of it."""
    try:
        accounts.sign_in(email, "falsch falsch", device="", now=now, address=address, browser=browser)
    except (SignInRefused, TooManyTries) as problem:
        return type(problem)
    raise AssertionError("let in")


@pytest.mark.parametrize("known", [True, False])
def test_of_two_thousand_tries_in_an_hour_hardly_any_counts(database, known):  # rule P1
    if known:
        an_owner(email=EMAIL)
    answers = [wrong(NOW + timedelta(seconds=1.8 * n)) for n in range(2000)]
    looked_at = answers.count(SignInRefused)
    assert FREE[Counted.ACCOUNT] < looked_at <= 20  # known and unknown alike
    assert answers[0] is SignInRefused
    assert answers[-1] is TooManyTries


@pytest.mark.parametrize("counted", [Counted.ADDRESS, Counted.REPORT])
def test_who_has_a_whole_ipv6_network_is_one_of_those_who_try(counted):  # rules P1, P1a
    one, other, stranger = (
        throttle.key_of(counted, f"2001:db8:{net}::{host}") for net, host in ((1, 1), (1, 2), (2, 1))
    )
    assert one == other != stranger


def test_many_at_once_do_not_overtake_the_count(database):  # rule P1
    an_owner(email=EMAIL)
    results = at_once(*[partial(wrong) for _ in range(24)])
    assert results.count(SignInRefused) <= FREE[Counted.ACCOUNT]


def test_strangers_who_guess_keep_a_known_browser_out_of_nothing(database):  # rule P1
    owner = an_owner(email=EMAIL)
    for n in range(50):
        wrong(NOW + timedelta(seconds=n), address="203.0.113.9")
    later = NOW + timedelta(seconds=51)
    with pytest.raises(TooManyTries):
        accounts.sign_in(EMAIL, DEMO_PASSWORD, device="", now=later, address="198.51.100.7")
    account, _ = accounts.sign_in(
        EMAIL, DEMO_PASSWORD, device="", now=later, address="198.51.100.7", browser="b"
    )
    assert account == owner


def test_the_pause_ends_by_itself_and_is_never_longer_than_a_quarter_of_an_hour(database):  # rule P1
    owner = an_owner(email=EMAIL)
    now = NOW
    for _ in range(40):
        wrong(now)
        now += LONGEST_PAUSE
    assert accounts.sign_in(EMAIL, DEMO_PASSWORD, device="", now=now)[0] == owner
    assert wrong(now) is SignInRefused  # and it begins anew


def test_a_try_that_was_not_due_does_not_make_the_pause_longer(database):  # rule P1
    for _ in range(FREE[Counted.ACCOUNT]):
        wrong()
    until = Throttle.get().free_at
    assert wrong(NOW + timedelta(seconds=1)) is TooManyTries
    assert Throttle.get().free_at == until


def test_one_address_may_not_try_many_accounts(database):  # rule P1
    answers = [wrong(email=f"{n}@salon.example", address="203.0.113.9") for n in range(80)]
    assert answers.count(SignInRefused) == FREE[Counted.ADDRESS]


def test_a_right_password_does_not_wipe_out_what_its_address_guessed(database):  # rule P1
    an_owner(email=EMAIL)
    for n in range(FREE[Counted.ADDRESS] - 1):
        wrong(email=f"{n}@salon.example", address="203.0.113.9")
    accounts.sign_in(EMAIL, DEMO_PASSWORD, device="", now=NOW, address="203.0.113.9")
    later = NOW + timedelta(seconds=3)
    assert wrong(later, email="x@salon.example", address="203.0.113.9") is SignInRefused
    assert wrong(later, email="y@salon.example", address="203.0.113.9") is TooManyTries


def test_a_clock_that_was_far_ahead_keeps_nobody_out(database):  # rule P1
    ahead = NOW + timedelta(days=400)
    for _ in range(FREE[Counted.ACCOUNT]):
        wrong(ahead)
    assert wrong(NOW) is SignInRefused


def test_what_is_long_past_is_forgotten(database):
    for _ in range(3):
        throttle.count(Counted.ACCOUNT, "x", now=NOW)
    throttle.count(Counted.ACCOUNT, "y", now=NOW + FORGOTTEN_AFTER)
    assert throttle.tidy_up(now=NOW + FORGOTTEN_AFTER + timedelta(seconds=1)) == 1
    assert Throttle.select().count() == 1


def test_the_many_addresses_of_one_ipv6_network_are_counted_as_one(database):  # rule P1
    answers = [wrong(email=f"a{n}@x.example", address=f"2001:db8:1:2::{n:x}") for n in range(60)]
    assert answers.count(SignInRefused) == FREE[Counted.ADDRESS]
    assert wrong(email="b@x.example", address="2001:db8:1:3::1") is SignInRefused


def test_no_name_stands_in_the_counts(database):  # rule P1
    wrong(address="203.0.113.9")
    for row in Throttle.select().dicts():
        assert EMAIL not in str(row)
        assert "203.0.113.9" not in str(row)


def test_two_that_begin_a_count_at_once_are_both_counted(database):
    results = at_once(*[partial(throttle.count, Counted.ACCOUNT, "x", now=NOW) for _ in range(3)])
    assert kinds(results) == ["NoneType"] * 3
    assert Throttle.get().failures == 3


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_known_and_unknown_accounts_answer_after_the_same_time(database, monkeypatch):  # rule P1
    slow = PasswordHasher(time_cost=1, memory_cost=2048, parallelism=1)
    monkeypatch.setattr(accounts, "PasswordHasher", lambda: slow)
    accounts._dummy_hash.cache_clear()
    an_owner(email=EMAIL)
    Account.update(password_hash=slow.hash("ein anderes Passwort")).execute()
    taken: dict[str, list[float]] = {EMAIL: [], "niemand@salon.example": []}
    for n in range(61):
        for email, times in taken.items():
            now = NOW + n * 2 * FORGOTTEN_AFTER  # each counts as a first one
            start = process_time()
            wrong(now, email=email)
            times.append(process_time() - start)
    accounts._dummy_hash.cache_clear()
    known, unknown = (sorted(times)[30] for times in taken.values())
    assert 0.75 < known / unknown < 1.33, (known, unknown)
