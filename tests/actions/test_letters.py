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


def test_a_lease_taken_by_a_clock_that_was_wrong_holds_nothing_up(database):  # rule S4
    a_waiting_case()
    ahead = NOW + timedelta(days=400)
    assert letters.claim(ahead) is not None, "and now this worker is killed"
    assert letters.claim(NOW) is not None
    assert letters.claim(NOW - timedelta(minutes=20)) is None, "a worker whose clock is a little behind"


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


LANE = {"lane": "till:1", "recipient": "", "now": NOW}


def to_machine(*keys: str) -> list[Letter]:
    """Write letters to a machine, of one lane."""
    return [letters.write_to_machine(Channel.TILL, "lock", key, **LANE) for key in keys]


def deliver_to_machine(send, now=NOW, failed=None) -> bool:
    return letters.deliver_one(send, now=lambda: now, channel=Channel.TILL, failed=failed)


def test_what_machines_must_hear_waits_for_the_first_of_its_lane_to_be_sent_or_given_up(database):  # rule S3
    first, second = to_machine("a", "b")
    heard = []

    def fail(letter) -> None:
        heard.append(letter.id)
        raise OSError("later")

    assert deliver_to_machine(fail)
    assert not deliver_to_machine(fail), "the first one pauses, and the second waits for it"
    assert deliver_to_machine(fail, LATER)
    Letter.update(due_at=None, gave_up_at=NOW).where(Letter.id == first.id).execute()
    assert deliver_to_machine(fail, LATER)
    assert heard == [first.id, first.id, second.id]


def test_a_lane_that_waits_hides_no_other(database):  # rule S3
    to_machine(*(f"k{number}" for number in range(letters.GLANCE + 1)))
    Letter.update(due_at=LATER).where(Letter.event_key == "k0").execute()
    other = letters.write_to_machine(Channel.TILL, "lock", "other", **{**LANE, "lane": "till:2"})
    assert letters.claim(NOW, Channel.TILL).letter.id == other.id


def test_what_follows_from_a_letter_is_written_down_with_it_or_not_at_all(database):  # rule S3
    to_machine("a")
    case = a_case()

    def send(_letter):
        def follow() -> None:
            Case.update(fault="done").where(Case.id == case.id).execute()
            raise ZeroDivisionError

        return follow

    assert deliver_to_machine(send)
    letter = Letter.get(Letter.event_key == "a")
    assert (letter.sent_at, letter.last_error) == (None, "ZeroDivisionError: ")
    assert Case.get_by_id(case.id).fault != "done"


def test_what_was_called_off_meanwhile_is_not_tried_again(database):  # rule S3
    to_machine("a")

    def fail(_letter) -> None:
        letters.call_off("till:1", now=NOW)
        raise OSError("later")

    assert deliver_to_machine(fail)
    letter = Letter.get()
    assert (letter.due_at, letter.gave_up_at) == (None, None)
    assert not letters.try_again(letter, now=LATER)


def test_whoever_asked_is_told_of_each_failure_in_the_other_sides_words(database):  # rule S4
    to_machine("a")
    told = []

    def away(_letter) -> None:
        raise PostAway("connection refused")

    def refuse(_letter) -> None:
        raise LetterRefused("no such till")

    with pytest.raises(PostAway):
        deliver_to_machine(away, failed=told.append)
    deliver_to_machine(refuse, failed=told.append)
    assert [(failure.problem, failure.for_good) for failure in told] == [
        ("connection refused", False),
        ("no such till", True),
    ]


def test_a_note_that_cannot_be_written_does_not_leave_the_letter_in_the_way(database):  # rule S4
    to_machine("a")

    def refuse(_letter) -> None:
        raise LetterRefused("no")

    def broken(_failure) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deliver_to_machine(refuse, failed=broken)
    assert Letter.get().gave_up_at == NOW


def test_what_was_overtaken_is_not_said_any_more(database):  # rule L6
    first, second = to_machine("a", "b")
    Letter.update(due_at=None, gave_up_at=NOW).where(Letter.id == first.id).execute()
    assert deliver_to_machine(lambda _letter: None)
    assert Letter.get_by_id(second.id).sent_at
    assert not letters.try_again(first, now=LATER)
    assert Letter.get_by_id(first.id).due_at is None


def test_only_what_nobody_can_have_heard_is_called_off(database):  # rule L11a
    tried, untried = to_machine("a", "b")
    Letter.update(tries=1).where(Letter.id == tried.id).execute()
    assert letters.call_off("till:1", now=NOW, only_untried=True) == 1
    assert Letter.get_by_id(tried.id).due_at is not None
    assert Letter.get_by_id(untried.id).due_at is None
    assert letters.call_off("till:1", now=NOW) == 1


def test_each_channel_counts_what_waits_and_since_when(database):  # rule S4
    a_case()
    to_machine("a", "b")
    waiting = Letter.waiting()
    assert {channel: found.count for channel, found in waiting.items()} == {Channel.MAIL: 1, Channel.TILL: 2}
    assert waiting[Channel.TILL].oldest_at == waiting[Channel.TILL].due_at == NOW
