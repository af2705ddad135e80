"""Does a passkey let its owner in, once per question, and nobody else?  Rule P1."""

import json
from datetime import timedelta
from functools import partial

import pytest

from portal.actions import passkeys, second_factor
from portal.actions.passkeys import PasskeyRefused, Question
from portal.actions.throttle import TooManyTries
from portal.models import Account, Authenticator, Challenge, History, Letter, Passkey, SignIn
from portal.models.accounts import hash_of
from portal.rules.passkeys import CHALLENGE_LASTS, MOST, Doubt, Site
from portal.rules.signing_in import FREE, By, Counted
from tests.actions.parallel import at_once, kinds
from tests.authenticator import Authenticator as Phone
from tests.authenticator import a_passkey as noted
from tests.authenticator import handle_bytes
from tests.builders import NOW, SECRET, a_staff_member, an_owner

SITE = Site("localhost", "http://localhost", "JoeCash")


def a_session(account: Account, **columns) -> SignIn:
    """Make a browser in which the account is signed in."""
    token = hash_of(f"{account.id}-{SignIn.select().count()}")
    return SignIn.create(account=account, token_hash=token, created_at=NOW, **columns)


def asked_new(account: Account) -> Question:
    return passkeys.ask_new(SITE, account, secret=SECRET, now=NOW)


def register(account: Account, answer: str, question: Question, now=NOW, signed_in=None, **given) -> Passkey:
    return passkeys.register(
        SITE, account, answer, challenge=question.challenge, name="Telefon", secret=SECRET, now=now,
        signed_in=signed_in or a_session(account, second_factor_at=NOW), **given,
    )  # fmt: skip


def a_passkey(account: Account, **bent) -> Phone:
    """Make a phone with a passkey of the account."""
    phone, question = Phone(**bent), asked_new(account)
    register(account, phone.create(question.options), question)
    return phone


def asked(account: Account | None = None) -> Question:
    return (
        passkeys.ask(SITE, account, now=NOW) if account else passkeys.ask_anybody(SITE, address="", now=NOW)
    )


def sign_in(answer: str, question: Question, now=NOW) -> tuple[Account, str]:
    return passkeys.sign_in(
        SITE, answer, challenge=question.challenge, device="Firefox", address="203.0.113.9", now=now
    )


def doubt_of(deed) -> Doubt:
    with pytest.raises(PasskeyRefused) as refused:
        deed()
    return refused.value.doubt


def test_a_new_passkey_is_kept_written_down_and_told(database):  # rule P1
    owner = an_owner(email="ada@salon.example")
    question = asked_new(owner)
    assert question.options["rp"] == {"id": "localhost", "name": "JoeCash"}
    assert question.options["attestation"] == "none"
    wanted = question.options["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("preferred", "required")
    phone = Phone()
    key = register(owner, phone.create(question.options), question)
    assert (key.name, key.sign_count, key.transports) == ("Telefon", 1, ["hybrid", "internal"])
    assert b"ada" not in handle_bytes(key.user_handle)
    assert History.get(History.what == "passkey_added").about == f"account:{owner.id}"
    assert Letter.get().context == {"change": "added", "passkey": "Telefon"}
    second = asked_new(owner).options  # the same person to every device, and none gets a second one
    assert second["user"]["id"] == question.options["user"]["id"]
    assert [one["id"] for one in second["excludeCredentials"]] == [key.credential_id]


def test_a_passkey_signs_its_owner_in_without_a_name(database):  # rule P1
    owner = an_owner()
    phone, question = a_passkey(owner), asked()
    assert question.options["allowCredentials"] == []
    account, token = sign_in(phone.get(question.options), question)
    signed_in = SignIn.get(SignIn.token_hash == hash_of(token))
    assert (account, signed_in.account, signed_in.by) == (owner, owner, By.PASSKEY)
    assert (signed_in.device, signed_in.address) == ("Firefox", "203.0.113.9")
    key = Passkey.get()
    assert (key.sign_count, key.last_used_at) == (2, NOW)


def test_for_staff_a_passkey_is_both_factors_at_once(database):  # rule P1
    staff = a_staff_member()
    phone, question = a_passkey(staff), asked()
    _account, token = sign_in(phone.get(question.options), question)
    signed_in = SignIn.account_of(token, NOW).signed_in
    assert (signed_in.second_factor_at, signed_in.confirmed_at) == (NOW, NOW)


def test_a_replayed_answer_lets_nobody_in(database):  # rule P1
    phone, question = a_passkey(an_owner(), counts=False), asked()
    answer = phone.get(question.options)
    sign_in(answer, question)
    assert doubt_of(lambda: sign_in(answer, question)) is Doubt.TOO_LATE
    other = asked()
    assert doubt_of(lambda: sign_in(answer, other)) is Doubt.UNPROVEN


def test_of_two_equal_answers_at_once_one_lets_in(database):  # rules P1, S3
    phone, question = a_passkey(an_owner(), counts=False), asked()
    answer = phone.get(question.options)
    results = at_once(*[partial(sign_in, answer, question) for _ in range(4)])
    assert kinds(results) == ["PasskeyRefused"] * 3 + ["tuple"]
    assert SignIn.select().where(SignIn.by == By.PASSKEY).count() == 1


def test_a_question_is_good_for_five_minutes(database):  # rule P1
    phone, question = a_passkey(an_owner()), asked()
    answer = phone.get(question.options)
    assert doubt_of(lambda: sign_in(answer, question, NOW + CHALLENGE_LASTS)) is Doubt.TOO_LATE


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://localhost.evil.example"},
        {"origin": "http://localhost:8001"},
        {"rp_id": "evil.example"},
        {"looks": False},  # nobody looked who holds it
    ],
)
def test_an_answer_from_elsewhere_or_of_whoever_is_refused(database, bent):  # rule P1
    owner = an_owner()
    phone = a_passkey(owner)
    vars(phone).update(bent)
    question, new = asked(), asked_new(owner)
    assert doubt_of(lambda: sign_in(phone.get(question.options), question)) is Doubt.UNPROVEN
    assert doubt_of(lambda: register(owner, Phone(**bent).create(new.options), new)) is Doubt.UNPROVEN
    assert Passkey.select().count() == 1


def test_anothers_signature_key_and_handle_are_refused(database):  # rule P1
    owner, stranger = an_owner(), an_owner()
    phone, other = a_passkey(owner), a_passkey(stranger)
    forged = Phone(credential_id=phone.credential_id, handle=phone.handle)
    moved = Phone(credential_id=other.credential_id, key=other.key, handle=phone.handle)
    unknown = Phone(handle=phone.handle)
    for one, doubt in [(forged, Doubt.UNPROVEN), (moved, Doubt.UNPROVEN), (unknown, Doubt.UNKNOWN)]:
        question = asked()
        assert (
            doubt_of(lambda one=one, question=question: sign_in(one.get(question.options), question)) is doubt
        )
    Account.update(closed_at=NOW).where(Account.id == owner.id).execute()
    question = asked()
    assert doubt_of(lambda: sign_in(phone.get(question.options), question)) is Doubt.UNKNOWN
    assert not SignIn.select().where(SignIn.by == By.PASSKEY).exists()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{",
        "[]",
        "1",
        '{"id": 1}',
        '{"id": "x", "response": []}',
        "[" * 5000,
        "x" * 30_000,
        '{"id": "\\u0000"}',
    ],
)
def test_garbage_is_refused_calmly(database, answer):  # rule P1
    owner = an_owner()
    phone = a_passkey(owner)
    question = asked()
    good = json.loads(phone.get(question.options))
    assert doubt_of(lambda: sign_in(answer, question)) in (Doubt.UNPROVEN, Doubt.UNKNOWN)
    for broken in ("clientDataJSON", "authenticatorData", "signature"):
        question = asked()
        bad = {**good, "response": {**good["response"], broken: "AAAA"}}
        assert (
            doubt_of(lambda bad=bad, question=question: sign_in(json.dumps(bad), question)) is Doubt.UNPROVEN
        )
    new = asked_new(owner)
    assert doubt_of(lambda: register(owner, answer, new)) is Doubt.UNPROVEN


def test_a_key_that_counts_backwards_is_refused_and_its_owner_told(database):  # rule P1
    owner = an_owner()
    phone = a_passkey(owner)
    for _use in range(3):
        question = asked()
        sign_in(phone.get(question.options), question)
    phone.count = 1
    for _try in range(2):
        question = asked()
        assert (
            doubt_of(lambda question=question: sign_in(phone.get(question.options), question)) is Doubt.COPIED
        )
    assert Passkey.get().sign_count == 4
    assert History.select().where(History.what == "passkey_copied").count() == 2
    assert [one.event for one in Letter.select().order_by(Letter.id)] == ["passkey_changed", "passkey_copied"]


def test_a_question_is_bound_to_its_purpose_and_person(database):  # rule P1
    owner, stranger = an_owner(), an_owner()
    phone = a_passkey(owner)
    mine = asked(owner)
    assert [one["id"] for one in mine.options["allowCredentials"]] == [Passkey.get().credential_id]
    answer = phone.get(mine.options)
    assert doubt_of(lambda: sign_in(answer, mine)) is Doubt.TOO_LATE

    def prove(account, question, answer):
        signed_in = a_session(account)
        passkeys.prove(SITE, account, answer, challenge=question.challenge, signed_in=signed_in, now=NOW)
        return signed_in

    assert doubt_of(lambda: prove(stranger, mine, answer)) is Doubt.TOO_LATE
    making = asked_new(owner)  # a question to make a passkey proves nothing
    signed = phone.get({"challenge": making.challenge, "rpId": "localhost"})
    assert doubt_of(lambda: prove(owner, making, signed)) is Doubt.TOO_LATE
    theirs = asked(stranger)
    assert doubt_of(lambda: prove(stranger, theirs, phone.get(theirs.options))) is Doubt.UNKNOWN
    assert prove(owner, mine, answer).second_factor_at == NOW


def test_a_known_key_is_not_registered_for_another(database):  # rule P1
    owner, stranger = an_owner(), an_owner()
    phone, question = a_passkey(owner), asked_new(stranger)
    assert doubt_of(lambda: register(stranger, phone.create(question.options), question)) is Doubt.KNOWN
    assert Passkey.get().account == owner


def test_twenty_passkeys_are_enough(database):
    owner = an_owner()
    for _number in range(MOST):
        noted(owner)
    assert doubt_of(lambda: asked_new(owner)) is Doubt.TOO_MANY


def test_a_removed_passkey_lets_nobody_in_and_its_owner_is_told(database):  # rule P1
    owner = an_owner()
    phone, question = a_passkey(owner), asked()
    answer, key = phone.get(question.options), Passkey.get()
    passkeys.rename(key, "Meins", by=an_owner(), now=NOW)
    passkeys.remove(key, by=an_owner(), now=NOW)
    assert Passkey.get().name == "Telefon"
    passkeys.rename(key, "Alt", by=owner, now=NOW)
    passkeys.remove(Passkey.get(), by=owner, now=NOW + timedelta(seconds=1))
    assert doubt_of(lambda: sign_in(answer, question)) is Doubt.UNKNOWN
    renamed = History.get(History.what == "passkey_renamed")
    assert renamed.facts == {"name": "Alt", "before": "Telefon"}
    assert [one.context for one in Letter.select().order_by(Letter.id)][1] == {
        "change": "removed",
        "passkey": "Alt",
    }


def test_a_session_that_has_ended_keeps_no_passkey(database):  # rules P1, S3
    staff = a_staff_member()
    session, question = a_session(staff), asked_new(staff)
    SignIn.update(ended_at=NOW).execute()
    answer = Phone().create(question.options)
    assert doubt_of(lambda: register(staff, answer, question, signed_in=session)) is Doubt.TOO_LATE
    assert not Passkey.select().exists()


def test_staff_keep_one_second_factor(database):  # rule P1
    staff = a_staff_member()
    for _key in range(2):
        a_passkey(staff)
    keys = list(Passkey.of(staff))
    results = at_once(*[partial(passkeys.remove, key, by=staff, now=NOW) for key in keys])
    assert kinds(results) == ["LastFactor", "NoneType"]
    Authenticator.create(account=staff, secret="x", created_at=NOW, confirmed_at=NOW)
    passkeys.remove(Passkey.get(), by=staff, now=NOW)
    assert Passkey.select().count() == 0


def test_who_has_only_the_password_puts_no_passkey_beside_staffs_own(database):  # rule P1
    staff = a_staff_member()
    first, question = Phone(), asked_new(staff)
    answers = [first.create(question.options)]
    fresh = a_session(staff)
    register(staff, answers[0], question, signed_in=fresh)
    assert fresh.second_factor_at == NOW  # the first one is set up right after the password
    question = asked_new(staff)
    with pytest.raises(second_factor.FactorThere):
        register(staff, Phone().create(question.options), question, signed_in=a_session(staff))
    assert Passkey.select().count() == 1


def test_questions_from_one_address_get_slower_and_coming_in_counts_for_nothing(database):  # rule P1
    phone, address = a_passkey(an_owner()), "203.0.113.9"
    for _time in range(FREE[Counted.ADDRESS] + 5):
        question = passkeys.ask_anybody(SITE, address=address, now=NOW)
        sign_in(phone.get(question.options), question)
    for _time in range(FREE[Counted.ADDRESS]):
        passkeys.ask_anybody(SITE, address=address, now=NOW)
    with pytest.raises(TooManyTries):
        passkeys.ask_anybody(SITE, address=address, now=NOW)


def test_old_questions_are_thrown_away(database):
    asked()
    assert passkeys.tidy_up(now=NOW + CHALLENGE_LASTS) == 0
    assert passkeys.tidy_up(now=NOW + 3 * CHALLENGE_LASTS) == 1
    assert not Challenge.select().exists()
