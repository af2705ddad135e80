"""What may still come of a request while it is being answered.  Rules L4a, L12."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.links import Answer, Reason, expected
from portal.rules.outlook import Question, Told, outlook

lean = settings(deadline=None, max_examples=150)
OFF = datetime(2026, 11, 21, 8, 58, tzinfo=UTC)
UPLOAD = OFF - timedelta(minutes=5)
ALL = frozenset(Question)
answers = st.sampled_from((True, False, None))
moments = st.none() | st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (Told(True, OFF, None, False), Answer.FULL),
        (Told(True, OFF, None, None), Answer.VIEW_ONLY),
        (Told(False, OFF, None, None), Answer.NONE),
        (Told(False, None, None, None, frozenset({Question.ENTERED})), Answer.NONE),
        (Told(None, OFF, None, False), Answer.STAFF),
        (Told(True, OFF, None, None, frozenset({Question.ENTERED})), None),
        (Told(None, OFF, None, None, ALL), None),
    ],
)
def test_an_answer_is_named_only_when_no_open_question_can_change_it(told, answer):  # rule L4a
    assert outlook(told).answer is answer


def test_an_open_question_gives_no_reason():  # rule L4a
    told = Told(True, OFF, None, None, frozenset({Question.ENTERED}))
    assert outlook(told).reasons == (Reason.BACKUP_FROM_SLOT,)
    assert outlook(told).answers == (Answer.FULL, Answer.VIEW_ONLY)
    assert outlook(Told(None, OFF, None, None, frozenset({Question.BOOKED}))).reasons == ()


def test_an_upload_still_to_be_asked_for_may_save_what_is_not_booked():  # rule B1a
    told = Told(False, OFF, None, False, frozenset({Question.UPLOADED}))
    assert outlook(told).answers == (Answer.FULL, Answer.NONE)
    told = Told(False, None, None, None, frozenset({Question.UPLOADED, Question.ENTERED}))
    assert outlook(told).answers == (Answer.FULL, Answer.VIEW_ONLY, Answer.NONE)


@pytest.mark.parametrize("is_open", [frozenset(), ALL])
def test_another_vendors_server_is_for_staff_whatever_is_answered(is_open):  # rule L12
    found = outlook(Told(True, OFF, UPLOAD, False, is_open), is_third_party=True)
    assert found.answer is Answer.STAFF
    assert Reason.THIRD_PARTY_SERVER in found.reasons


@lean
@given(answers, moments, moments, answers, st.frozensets(st.sampled_from(list(Question))))
def test_the_final_answer_is_always_among_those_that_were_possible(
    booked, last_online, uploaded, entered, still_open
):  # rule L4a
    before = Told(
        None if Question.BOOKED in still_open else booked,
        last_online,
        None if Question.UPLOADED in still_open else uploaded,
        None if Question.ENTERED in still_open else entered,
        still_open,
    )
    uploads = (None, last_online, uploaded) if Question.UPLOADED in still_open else (uploaded,)
    for at in uploads:
        if at and last_online and at > last_online:
            continue  # it cannot have been (B2)
        final = expected(booked, last_online, at, entered).answer
        assert final in outlook(before).answers


@lean
@given(answers, moments, moments, answers)
def test_without_an_open_question_it_is_the_expected_answer(booked, last_online, uploaded, entered):  # L4a
    found, known = (
        outlook(Told(booked, last_online, uploaded, entered)),
        expected(booked, last_online, uploaded, entered),
    )
    assert (found.answer, found.backup_at, found.reasons) == (known.answer, known.backup_at, known.reasons)
