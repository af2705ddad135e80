"""When is a link's end warned of, and what follows from what staff find out?  Rules B2, L4–L6, L10, L12."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.links import (
    WARNING_DAYS,
    Answer,
    Expectation,
    Mode,
    Reason,
    TillState,
    corrected,
    end_of,
    expected,
    for_third_party,
    may_lock,
    next_warning_at,
    till_for,
    warning_days,
)

lean = settings(deadline=None, max_examples=80)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
TICK = timedelta(microseconds=1)
MAYBE = (None, True, False)
SLOT = datetime(2026, 3, 10, 6, tzinfo=UTC)
OLDER, NEWER = SLOT - timedelta(hours=1), SLOT + timedelta(hours=1)
END = SLOT + timedelta(days=30)


@pytest.mark.parametrize(
    ("before", "due"),
    [
        (timedelta(days=7) + TICK, None),
        (timedelta(days=7), 7),
        (timedelta(days=3) + TICK, 7),
        (timedelta(days=3), 3),
        (timedelta(days=1), 1),
        (TICK, 1),
        (timedelta(0), None),
        (-TICK, None),
    ],
)
def test_of_the_warnings_that_are_due_the_nearest_counts_and_none_after_the_end(before, due):  # rule L10
    assert warning_days(SLOT, END, END - before) == due


@pytest.mark.parametrize(("days", "first"), [(30, 7), (8, 7), (7, 3), (3, 1), (2, 1), (1, None)])
def test_a_short_link_is_warned_of_only_what_lies_before_it(days, first):  # rule L10
    end = end_of(SLOT, days)
    moment = next_warning_at(SLOT, end, SLOT)
    assert moment == (end - timedelta(days=first) if first else None)


@given(instants, st.integers(1, 30), st.timedeltas(timedelta(0), timedelta(days=31)))
@lean
def test_whoever_waits_for_the_next_warning_misses_none(activated_at, days, later):  # rule L10
    end, now = end_of(activated_at, days), activated_at + later
    moment = next_warning_at(activated_at, end, now)
    for day in WARNING_DAYS:
        falls = end - timedelta(days=day)
        if falls > activated_at and falls > now:
            assert moment is not None
            assert moment <= falls
    if moment is not None:
        assert warning_days(activated_at, end, moment) is not None


TOLD_FULL = Expectation(Answer.FULL, SLOT, (Reason.BACKUP_FROM_SLOT, Reason.NOTHING_ENTERED))
TOLD_NONE = Expectation(Answer.NONE, None, (Reason.BACKUP_NOT_BOOKED,))
TOLD_STAFF = Expectation(Answer.STAFF, None, (Reason.LAST_ONLINE_UNKNOWN,))


@pytest.mark.parametrize(
    ("told", "entered", "real", "complete", "answer"),
    [
        (TOLD_FULL, False, None, None, Answer.FULL),  # nothing found out, nothing changes
        (TOLD_FULL, False, SLOT, None, Answer.FULL),
        (TOLD_FULL, False, NEWER, None, Answer.FULL),
        (TOLD_FULL, False, OLDER, None, Answer.VIEW_ONLY),  # what came in between is not in it
        (TOLD_FULL, False, OLDER, True, Answer.FULL),  # staff have looked: all is there
        (TOLD_FULL, False, NEWER, False, Answer.VIEW_ONLY),
        (TOLD_FULL, False, None, False, Answer.VIEW_ONLY),
        (TOLD_FULL, False, None, True, Answer.FULL),
        (TOLD_NONE, None, None, True, Answer.NONE),  # all data in a backup that nobody has found
        (TOLD_NONE, None, SLOT, None, Answer.VIEW_ONLY),
        (TOLD_NONE, False, SLOT, True, Answer.FULL),
        (TOLD_STAFF, None, SLOT, None, Answer.VIEW_ONLY),
        (TOLD_STAFF, False, SLOT, None, Answer.VIEW_ONLY),  # said of a backup that nobody knew of
        (TOLD_STAFF, False, SLOT, True, Answer.FULL),
        (TOLD_STAFF, True, SLOT, None, Answer.VIEW_ONLY),
    ],
)
def test_a_correction_changes_the_answer_by_rule(told, entered, real, complete, answer):  # rules B2, L4a, L5
    found = corrected(told, entered, real, complete)
    assert found.answer == answer
    assert (found.backup_at is None) == (answer is Answer.NONE)


@given(
    st.sampled_from(MAYBE), st.none() | instants, st.none() | instants, st.sampled_from(MAYBE),
    st.none() | instants, st.sampled_from(MAYBE),
)  # fmt: skip
@lean
def test_what_is_not_known_never_becomes_full_by_a_correction(
    booked, online, uploaded, entered, real, complete
):
    told = expected(booked, online, uploaded, entered)  # rules B3, L4a, L5
    found = corrected(told, entered, real, complete)
    if found.answer is Answer.FULL:
        assert found.backup_at is not None
        assert complete is True or (complete is None and entered is False)
    if real is not None:
        assert found.backup_at == real
        assert Reason.BACKUP_CONFIRMED in found.reasons


@given(st.none() | instants, st.sampled_from(MAYBE))
@lean
def test_a_third_party_server_stays_with_staff_whatever_they_find(real, complete):  # rule L12
    told = for_third_party(TOLD_FULL)
    assert corrected(told, False, real, complete).answer is Answer.STAFF


@pytest.mark.parametrize(("mode", "lifted"), [*product(Mode, (None, NEWER))])
def test_only_a_full_link_that_was_never_read_out_is_locked_afterwards(mode, lifted):  # rules L5, L6
    assert may_lock(mode, lifted) is (mode is Mode.FULL and lifted is None)


def test_a_full_link_wants_an_open_till_and_any_other_a_locked_one():  # rules L4, L5
    assert (till_for(Mode.FULL), till_for(Mode.VIEW_ONLY)) == (TillState.OPEN, TillState.LOCKED)
