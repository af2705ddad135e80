"""What falls due when, in which state, and of several only the newest.  Rules C2b, C4, R4, S6, W3."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.quotes import is_over
from portal.rules.reminders import REMINDED, STEPS, Reminder, Standing, fall_due, newest, next_at
from portal.rules.workflow import Actor, State, next_actor
from portal.rules.workshop import WAITS_FOR_PARTS

lean = settings(deadline=None, max_examples=100)
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def days(number):
    return timedelta(days=number)


def told(standing):
    return [(due.reminder, due.at) for due in fall_due(standing)]


TABLE = [
    (
        Standing(State.AWAITING_SHIPMENT, NOW, valid_until=NOW + days(30)),
        [
            (Reminder.RELEASE_ENDS_SOON, NOW + days(23)),
            (Reminder.RELEASE_LAPSED, NOW + days(30)),
            (Reminder.LAPSE, NOW + days(44)),
        ],
    ),
    (Standing(State.ON_ITS_WAY_TO_US, NOW, sent_at=NOW), [(Reminder.PARCEL_AWAITED, NOW + days(7))]),
    (
        Standing(State.ON_ITS_WAY_TO_US, NOW, sent_at=NOW, overdue_days=10),
        [(Reminder.PARCEL_AWAITED, NOW + days(10))],
    ),
    (  # a year at most, whatever is stored
        Standing(State.ON_ITS_WAY_TO_US, NOW, sent_at=NOW, overdue_days=9_999_999),
        [(Reminder.PARCEL_AWAITED, NOW + days(365))],
    ),
    (
        Standing(State.AWAITING_QUOTE_DECISION, NOW, quote_valid_until=NOW + days(14)),
        [(Reminder.QUOTE_ENDS_SOON, NOW + days(11)), (Reminder.LAPSE_QUOTE, NOW + days(14) + TICK)],
    ),
    (Standing(State.AWAITING_QUOTE_DECISION, NOW), []),
    (Standing(State.RECEIVED, NOW), []),  # nothing is missing
    (Standing(State.RECEIVED, NOW, part_missing_since=NOW), [(Reminder.PART_AWAITED, NOW + days(7))]),
    (  # checked in two days after it came
        Standing(State.RECEIVED, NOW, part_missing_since=NOW + days(2)),
        [(Reminder.PART_AWAITED, NOW + days(9))],
    ),
    (  # missing for long: once more when it keeps the finished parcel here
        Standing(State.READY_TO_RETURN, NOW, part_missing_since=NOW - days(20)),
        [(Reminder.PART_AWAITED, NOW + days(7))],
    ),
    (Standing(State.ON_ITS_WAY_BACK, NOW, dispatched_at=NOW), [(Reminder.ARRIVAL_ASKED, NOW + days(7))]),
    (
        Standing(State.DELIVERED, NOW),
        [(Reminder.BOOKING_ASKED, NOW + days(2)), (Reminder.BOOKING_ASKED_AGAIN, NOW + days(7))],
    ),
]


@pytest.mark.parametrize(("standing", "expected"), TABLE)
def test_each_state_has_its_reminders(standing, expected):  # rules C2b, C4, R4, W3
    assert told(standing) == expected


def test_only_who_waits_for_the_owner_or_a_parcel_is_reminded():  # rule S6
    waiting = {state for state in State if next_actor(state) in (Actor.OWNER, Actor.CARRIER)}
    assert waiting | WAITS_FOR_PARTS >= REMINDED
    for state in set(State) - REMINDED:
        late = Standing(state, NOW, NOW, NOW, NOW, NOW, part_missing_since=NOW)
        assert fall_due(late) == []


@pytest.mark.parametrize("length", [1, 3, 7])
def test_a_short_release_or_quote_is_told_with_its_end_and_not_again(length):  # rules C2b, S6
    release = Standing(State.AWAITING_SHIPMENT, NOW, valid_until=NOW + days(length))
    assert fall_due(release)[0].reminder is Reminder.RELEASE_LAPSED
    if length <= 3:
        quote = Standing(State.AWAITING_QUOTE_DECISION, NOW, quote_valid_until=NOW + days(length))
        assert [due.reminder for due in fall_due(quote)] == [Reminder.LAPSE_QUOTE]


def test_of_several_that_fell_due_the_newest_counts():  # rule C2b
    standing = TABLE[0][0]
    assert newest(standing, None, NOW + days(22)) is None
    assert newest(standing, None, NOW + days(31)).reminder is Reminder.RELEASE_LAPSED
    assert newest(standing, NOW + days(30), NOW + days(31)) is None
    assert newest(standing, NOW + days(30), NOW + days(60)).reminder is Reminder.LAPSE


def test_a_quote_lapses_only_when_it_can_no_longer_be_accepted():  # rules W3, P4
    until = NOW + days(14)
    standing = Standing(State.AWAITING_QUOTE_DECISION, NOW, quote_valid_until=until)
    (_soon, lapse) = fall_due(standing)
    assert is_over(until, lapse.at)
    assert not is_over(until, lapse.at - TICK)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
standings = st.builds(
    Standing,
    st.sampled_from(sorted(State)), moments, moments, moments, moments, moments, st.integers(1, 60),
    st.none() | moments,
)  # fmt: skip


@lean
@given(standings, moments, moments)
def test_whoever_looks_at_each_due_moment_misses_and_repeats_nothing(standing, start, end):
    seen, worked_off = [], start
    while (at := next_at(standing, worked_off)) is not None and at <= end:
        seen.append(newest(standing, worked_off, at))
        worked_off = at
    assert seen == [due for due in fall_due(standing) if start < due.at <= end]


@lean
@given(standings)
def test_what_time_ends_is_the_last_to_fall_due(standing):
    reminders = [due.reminder for due in fall_due(standing)]
    assert not STEPS & set(reminders[:-1])


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="naive"):
        fall_due(Standing(State.DELIVERED, NOW.replace(tzinfo=None)))
