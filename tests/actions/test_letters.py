"""Is everybody told once, in order, and does no letter suffer from another one?"""

from datetime import timedelta

import pytest

from portal.actions import cases, letters
from portal.actions.letters import LEASE, LetterRefused, PostAway
from portal.models import Case, Letter
from portal.models.letters import Channel
from portal.outside import mailer
from tests.builders import NOW, a_case, a_staff_member, a_waiting_case, an_owner

LATER = NOW + timedelta(minutes=1)


def deliver(send, now=NOW) -> int:
    """Deliver until nothing is due; return how many were tried."""
    tried = 0
    while letters.deliver_one(send, now=lambda: now):
        tried += 1
    return tried


def test_each_person_of_the_customer_is_told_once(database):  # rule S4
    first = an_owner()
    second = an_owner(first.customer)
    closed = an_owner(first.customer, closed_at=NOW)
    letters.tell_owners(a_case_of(first), "received", now=NOW)
    told = [letter.recipient for letter in Letter.select().where(Letter.event == "received")]
    assert sorted(told) == sorted([first.email, second.email])
    assert closed.email not in told


def a_case_of(owner) -> Case:
    from tests.builders import a_device, a_salon

    return a_case(a_device(a_salon(owner.customer)), owner)


def test_a_case_of_no_customer_yet_is_told_to_nobody(database):  # rules P1, P1a
    a_staff_member()
    case = a_case()
    Case.update(customer=None).where(Case.id == case.id).execute()
    assert letters.tell_owners(Case.get_by_id(case.id), "received", now=NOW) == []
    assert not Letter.select().where(Letter.event == "received")


def test_coming_back_to_a_state_writes_no_second_letter(database):  # rule S6
    case = a_case()
    assert letters.tell_owners(case, "received", now=NOW)
    assert letters.tell_owners(case, "received", now=LATER) == []
    assert Letter.select().where(Letter.event == "received").count() == 1


def test_a_second_question_is_a_second_letter(database):  # rules S4, S6
    staff, case = a_staff_member(), a_waiting_case()
    case = cases.ask_back(case, "Welche Farbe hat die LED?", by=staff, now=NOW)
    case = cases.answer(case, "Rot.", by=case.reporter, now=NOW)
    cases.ask_back(case, "Blinkt sie?", by=staff, now=LATER)
    asked = Letter.select().where(Letter.event == "question").order_by(Letter.id)
    assert [letter.context["question"] for letter in asked] == ["Welche Farbe hat die LED?", "Blinkt sie?"]


def test_a_failing_letter_undoes_the_step(database, monkeypatch):  # rule S4
    case = a_waiting_case()

    def fail(*_args, **_values):
        raise RuntimeError

    monkeypatch.setattr(letters, "_write", fail)
    with pytest.raises(RuntimeError):
        cases.decline(case, "Nein.", by=a_staff_member(), now=NOW)
    assert Case.get_by_id(case.id).state == case.state


def test_a_letter_in_work_is_nobody_elses(database):  # rule S4
    a_case()
    claimed = letters.claim(NOW)
    assert claimed is not None
    assert letters.claim(NOW + LEASE - timedelta(seconds=1)) is None
    again = letters.claim(NOW + LEASE)
    assert again is not None
    assert again.letter.id == claimed.letter.id


def test_of_two_workers_that_read_the_same_letter_one_gets_it(database, monkeypatch):  # rules S3, S4
    a_case()
    both_read = Letter.due(NOW).limit(1)
    list(both_read)  # read before either claims
    assert letters.claim(NOW) is not None
    monkeypatch.setattr(Letter, "due", lambda _now, _channel: both_read)
    monkeypatch.setattr(both_read, "limit", lambda _most: both_read)
    assert letters.claim(NOW) is None
    assert Letter.get().tries == 1


def test_the_lease_outlasts_the_slowest_talk_with_the_mail_server():  # rule S4
    answers = 11  # connect, twice EHLO, STARTTLS, three for signing in, MAIL, RCPT, DATA, the letter
    assert answers * mailer.TIMEOUT < LEASE.total_seconds()


def test_only_the_holder_of_the_lease_writes_the_result(database):  # rule S4
    a_case()

    def slow(_letter) -> None:
        assert letters.claim(NOW + LEASE) is not None  # ours ran out; another worker has it now

    assert letters.deliver_one(slow, now=lambda: NOW)
    letter = Letter.get()
    assert letter.sent_at is None
    assert letter.leased_until == NOW + LEASE * 2


def test_letters_of_a_case_reach_a_person_in_order(database):  # rule S4
    case = a_case()
    cases.receive(case, by=a_staff_member(), now=NOW)
    first = letters.claim(NOW)
    assert first.letter.event == "released"
    assert letters.claim(NOW) is None, "the second letter must wait for the first"
    other = a_case()
    assert letters.claim(NOW).letter.case_id == other.id, "another case does not wait"


def test_one_bad_letter_holds_up_no_other(database):  # rule S4
    bad = a_case()
    cases.receive(bad, by=a_staff_member(), now=NOW)
    a_case()
    arrived = []

    def send(letter) -> None:
        if letter.case_id == bad.id and letter.event == "released":
            raise ZeroDivisionError("a broken template")
        arrived.append(letter.event)

    assert deliver(send) == 3
    assert sorted(arrived) == ["received", "released"]
    left = Letter.get(Letter.due_at.is_null(False))
    assert left.last_error == "ZeroDivisionError: a broken template"
    assert left.due_at == NOW + letters.FIRST_PAUSE


def test_a_refused_letter_is_given_up_at_once_and_can_be_tried_again(database):  # rule S4
    a_case()

    def refuse(_letter) -> None:
        raise LetterRefused("550 no such person\x00")

    deliver(refuse)
    letter = Letter.get()
    assert (letter.due_at, letter.gave_up_at, letter.sent_at) == (None, NOW, None)
    assert Letter.count_given_up() == {Channel.MAIL: 1}
    letters.try_again(letter, now=LATER)
    assert deliver(lambda _letter: None, LATER) == 1
    assert Letter.get().sent_at == LATER


def test_a_letter_that_fails_for_days_is_given_up(database):  # rule S4
    a_case()
    now, tries = NOW, 0

    def fail(_letter) -> None:
        raise OSError("451 later")

    while (letter := Letter.get()).due_at:
        now = letter.due_at
        tries += deliver(fail, now)
    assert tries == letters.MAX_TRIES
    assert now - NOW > timedelta(days=2)
    assert letter.gave_up_at == now


def test_a_server_that_is_away_costs_no_try_and_no_place(database):  # rule S4
    a_case()
    a_case()
    before = [(letter.id, letter.due_at, letter.tries) for letter in Letter.due(NOW)]

    def away(_letter) -> None:
        raise PostAway("connection refused")

    for _ in range(letters.MAX_TRIES + 1):
        with pytest.raises(PostAway):
            letters.deliver_one(away, now=lambda: LATER)
    after = [(letter.id, letter.due_at, letter.tries) for letter in Letter.due(LATER)]
    assert after == before
    assert Letter.is_overdue(NOW + timedelta(minutes=31))


def test_pauses_double_up_to_two_hours():  # rule S4
    minutes = [letters.pause_after(tries) / timedelta(minutes=1) for tries in (1, 2, 3, 7, 8, 500)]
    assert minutes == [1, 2, 4, 64, 120, 120]
