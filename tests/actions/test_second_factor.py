"""Is the second factor what only its owner has, and is each code good once?  Rule P1."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from pyotp import TOTP

from portal.actions import accounts, passkeys, second_factor, vault
from portal.actions.second_factor import CodeRefused, CodeUsed, FactorThere, LastFactor, OfferOver
from portal.actions.throttle import TooManyTries
from portal.models import Authenticator, History, Letter, Passkey, RecoveryCode, SignIn
from portal.rules.second_factor import RECOVERY_CODES, SET_UP_WITHIN, STEP
from portal.rules.signing_in import LONGEST_PAUSE
from tests.actions.parallel import at_once, kinds
from tests.apps import a_session, an_app, code
from tests.builders import NOW, SECRET, a_staff_member, an_admin

LATER = NOW + timedelta(seconds=STEP)


@pytest.fixture
def staff(database):
    """Make one of the staff, who has shown the first factor only."""
    return a_staff_member()


@pytest.fixture
def session(staff):
    """Give the session the first factor began."""
    return a_session(staff)


def enter(session, typed, now=NOW, **options):
    second_factor.enter(session.account, typed, signed_in=session, secret=SECRET, now=now, **options)


def set_up(session, now=NOW, offer=""):
    """Take an app into use as the page does, and return the codes for paper."""
    account = session.account
    offer = offer or second_factor.offer(account, secret=SECRET, now=now)
    plain = second_factor.offered(account, offer, secret=SECRET, now=now)
    typed = TOTP(plain).at(int(now.timestamp()))
    return second_factor.set_up(account, offer, typed, signed_in=session, secret=SECRET, now=now)


def is_through(session):
    return SignIn.get_by_id(session.id).second_factor_at is not None


def a_passkey(account, name="x"):
    return Passkey.create(
        account=account, credential_id=name, public_key="x", user_handle="x", name="x", created_at=NOW
    )


def test_the_present_code_opens_the_session(session):  # rule P1
    enter(session, code(an_app(session.account), NOW))
    assert is_through(session)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_another_minute_opens_nothing(session, steps):  # rule P1
    app = an_app(session.account)
    with pytest.raises(CodeRefused):
        enter(session, code(app, NOW + steps * timedelta(seconds=STEP)))
    assert not is_through(session)


def test_a_code_is_taken_once_and_none_before_it(session):  # rule P1
    app = an_app(session.account)
    enter(session, code(app, NOW))
    thief = a_session(session.account)
    for replayed in (NOW, NOW - timedelta(seconds=STEP)):
        with pytest.raises(CodeUsed):
            enter(thief, code(app, replayed))
    assert not is_through(thief)
    enter(thief, code(app, LATER), now=LATER)  # the next one is another proof


def test_of_two_requests_with_the_same_code_one_passes(session, monkeypatch):  # rules P1, S3
    typed = code(an_app(session.account), NOW)
    other, both, look = a_session(session.account), Barrier(2, timeout=30), second_factor._step_of

    def look_together(*given):
        found = look(*given)
        both.wait()  # each has seen a code that nobody has taken yet
        return found

    monkeypatch.setattr(second_factor, "_step_of", look_together)
    results = at_once(partial(enter, session, typed), partial(enter, other, typed))
    assert kinds(results) == ["CodeUsed", "NoneType"]
    assert [is_through(session), is_through(other)].count(True) == 1


def test_whoever_guesses_codes_is_slowed_down_and_nobody_is_locked_out(session):  # rule P1
    app = an_app(session.account)
    looked_at, now = 0, NOW
    for _ in range(2_000):
        now += timedelta(seconds=2)
        try:
            enter(session, "000000", now=now)
        except TooManyTries:
            continue
        except CodeRefused:
            looked_at += 1
    assert 5 < looked_at <= 20  # of 2,000 in an hour
    free = now + LONGEST_PAUSE
    enter(session, code(app, free), now=free)
    assert is_through(session)


def test_the_secret_is_worth_nothing_without_the_portals_own(session):  # rule P1
    app = an_app(session.account)
    stored = Authenticator.get().secret
    assert app.secret not in stored
    with pytest.raises(vault.NotOurs):
        vault.unseal(f"account:{session.account.id}", stored, secret="another secret, as long as it may be")
    with pytest.raises(vault.NotOurs):  # nor in somebody else's row
        vault.unseal(f"account:{session.account.id + 1}", stored, secret=SECRET)


def test_setting_up_lets_in_and_gives_ten_codes_and_a_letter(session):  # rules P1, S4
    codes = set_up(session)
    assert len(set(codes)) == RECOVERY_CODES == RecoveryCode.left_of(session.account)
    assert is_through(session)
    assert not RecoveryCode.select().where(RecoveryCode.code_hash.in_(codes)).exists()  # only hashes are kept
    assert History.select().where(History.what == "set_up_factor").count() == 1
    assert Letter.get().context["what"] == "set_up_factor"


def test_the_code_that_set_the_app_up_is_not_taken_again(session):  # rule P1
    set_up(session)
    typed = second_factor.code_to_type(session.account, secret=SECRET, now=NOW)
    offered = Authenticator.get()
    plain = vault.unseal(f"account:{session.account.id}", offered.secret, secret=SECRET)
    first = TOTP(plain).at(int(NOW.timestamp()))
    assert typed != first
    with pytest.raises(CodeUsed):
        enter(a_session(session.account), first)


def test_a_code_for_paper_is_good_once(session):  # rule P1
    codes = set_up(session)
    enter(a_session(session.account), codes[0])
    thief = a_session(session.account)
    with pytest.raises(CodeUsed):
        enter(thief, codes[0])
    with pytest.raises(CodeRefused):
        enter(thief, "0" * 12)
    assert not is_through(thief)
    assert RecoveryCode.left_of(session.account) == RECOVERY_CODES - 1
    assert History.get(History.what == "use_recovery_code").facts == {"left": RECOVERY_CODES - 1}


def test_of_two_requests_with_the_same_code_for_paper_one_passes(session):  # rules P1, S3
    typed = set_up(session)[0]
    tries = [partial(enter, a_session(session.account), typed) for _ in range(2)]
    assert kinds(at_once(*tries)) == ["CodeUsed", "NoneType"]


def test_new_codes_end_the_old_ones(session):  # rule P1
    old = set_up(session)
    fresh = second_factor.new_codes(session.account, secret=SECRET, now=NOW)
    assert not set(old) & set(fresh)
    with pytest.raises(CodeRefused):
        enter(a_session(session.account), old[0])


def test_nobody_puts_an_app_of_theirs_in_the_place_of_one_they_have_not_shown(session):  # rule P1
    an_app(session.account)
    with pytest.raises(FactorThere):
        set_up(session)
    assert not is_through(session)


def test_a_passkey_too_must_be_shown_before_an_app_is_set_up(session):  # rule P1
    a_passkey(session.account)
    with pytest.raises(FactorThere):
        set_up(session)


def test_of_two_browsers_on_their_way_in_one_sets_the_app_up(session):  # rules P1, S3
    other = a_session(session.account)
    assert kinds(at_once(partial(set_up, session), partial(set_up, other))) == ["FactorThere", "list"]
    assert Authenticator.select().count() == 1


def test_the_offer_is_for_one_account_for_an_hour_and_once(session):  # rule P1
    mine = second_factor.offer(session.account, secret=SECRET, now=NOW)
    for account, now in ((an_admin(), NOW), (session.account, NOW + SET_UP_WITHIN + timedelta(seconds=1))):
        with pytest.raises(OfferOver):
            second_factor.offered(account, mine, secret=SECRET, now=now)
    set_up(session, offer=mine)
    with pytest.raises(OfferOver):
        set_up(session, offer=mine)
    with pytest.raises(OfferOver):
        second_factor.offered(session.account, "gefälscht", secret=SECRET, now=NOW)


def test_an_app_goes_only_where_a_passkey_stays(session):  # rule P1
    an_app(session.account)
    with pytest.raises(LastFactor):
        second_factor.remove_app(session.account, now=NOW)
    a_passkey(session.account)
    second_factor.remove_app(session.account, now=NOW)
    assert not Authenticator.select().exists()


def test_of_app_and_passkey_that_go_at_the_same_moment_one_stays(database):  # rules P1, S3
    for turn in range(3):
        staff = a_staff_member()
        an_app(staff)
        key = a_passkey(staff, f"key-{turn}")
        app_goes = partial(second_factor.remove_app, staff, now=NOW)
        key_goes = partial(passkeys.remove, key, by=staff, now=NOW)
        assert kinds(at_once(app_goes, key_goes)) == ["LastFactor", "NoneType"]
        assert second_factor.has_any(staff)


def test_a_reset_takes_everything_and_signs_out_everywhere(session):  # rule P1
    account, codes = session.account, set_up(session)
    a_passkey(account)
    admin = an_admin()
    second_factor.reset(account, by=admin, why="Telefon verloren", now=NOW)
    assert not second_factor.has_any(account)
    assert SignIn.get_by_id(session.id).ended_at == NOW
    entry = History.get(History.what == "reset_factor")
    assert (entry.account, entry.why, entry.about) == (admin, "Telefon verloren", f"account:{account.id}")
    fresh = a_session(account)
    with pytest.raises(CodeRefused):
        enter(fresh, codes[0])
    set_up(fresh)  # and it goes on


def test_whose_sessions_were_ended_by_the_reset_puts_no_factor_of_theirs_in(session):  # rules P1, S3
    account = session.account
    second_factor.reset(account, by=an_admin(), why="Passwort gestohlen", now=NOW)
    with pytest.raises(FactorThere):
        set_up(session)  # the request had begun before
    assert not second_factor.has_any(account)


def test_a_session_that_follows_another_has_proved_no_more_than_that(session):  # rule P1
    account = session.account
    second_factor.passed(session, now=NOW)
    token = accounts.begin(account, session.by, device="", address="", now=LATER, after=session)
    following = SignIn.account_of(token, LATER).signed_in
    assert (following.second_factor_at, following.confirmed_at) == (NOW, NOW)


def test_a_copy_of_the_cookie_is_worthless_once_its_session_was_renewed(staff):  # rule P1
    token = accounts.begin(staff, a_session(staff).by, device="", address="", now=NOW)
    session = SignIn.account_of(token, NOW).signed_in
    fresh = accounts.renew(session)
    assert SignIn.account_of(token, NOW) is None
    assert SignIn.account_of(fresh, NOW) == staff
