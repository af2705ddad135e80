"""What the picture of backup and data shows.  Rules B1–B3, L4a."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import timeline as rules
from portal.rules.backups import slots_between
from portal.rules.berlin import day_of, to_berlin
from portal.rules.links import Answer, Reason, corrected, expected
from portal.rules.timeline import Certainty, Kind, Known, Since, timeline

lean = settings(deadline=None, max_examples=150)
OFF = datetime(2026, 11, 21, 8, 58, tzinfo=UTC)  # Saturday, 9:58 in Berlin
BACKUP = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 7:00
EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 21:00
LATE = OFF + timedelta(days=1)

moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
answers = st.sampled_from((True, False, None))
spans = st.one_of(
    st.timedeltas(timedelta(0), timedelta(minutes=20)),
    st.timedeltas(timedelta(0), timedelta(days=3)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
)


@st.composite
def facts(draw):
    """Anything that owners and staff can say, near a moment; clock changes are among them."""
    off = draw(moments)
    booked, entered = draw(answers), draw(answers)
    uploaded = draw(st.none() | spans.map(lambda span: off - span))
    found = expected(booked, off, uploaded, entered)
    shift = spans.flatmap(lambda span: st.sampled_from((span, -span)))
    real = draw(st.none() | shift.map(lambda span: off + span))
    return Known(booked, off, uploaded, entered, found.backup_at, real, draw(answers), draw(st.booleans()))


def kinds(picture):
    return [mark.kind for mark in picture.marks]


def known(**changes):
    given = {"backup_booked": True, "last_online_at": OFF, "entered_since": False, "backup_at": BACKUP}
    return Known(**{**given, **changes})


def test_the_picture_shows_backup_end_and_the_slots_around_them():  # rules B1, B2
    picture = timeline(known(), LATE)
    assert kinds(picture) == [Kind.SLOT, Kind.BACKUP, Kind.OFF, Kind.MISSED]
    walls = [f"{to_berlin(mark.at):%d. %H:%M}" for mark in picture.marks]
    assert walls == ["20. 21:00", "21. 07:00", "21. 09:58", "21. 21:00"]
    assert all(mark.is_labelled for mark in picture.marks)
    assert [mark.shows_day for mark in picture.marks] == [True, True, False, False]


def test_a_slot_that_has_not_come_yet_is_not_shown_as_missed():  # rule B2
    assert kinds(timeline(known(), EVENING - timedelta(seconds=1)))[-1] is Kind.OFF
    assert kinds(timeline(known(), EVENING))[-1] is Kind.MISSED


@pytest.mark.parametrize(
    "sunday",
    [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)],
    ids=["spring", "autumn"],
)
def test_slots_are_seven_and_nine_on_the_wall_on_the_day_of_a_clock_change(sunday):  # rule B1
    off = sunday + timedelta(hours=10)
    found = expected(True, off, None, False)
    picture = timeline(Known(True, off, None, False, found.backup_at), off + timedelta(days=1))
    walls = [f"{to_berlin(mark.at):%H:%M}" for mark in picture.marks if mark.kind is not Kind.OFF]
    assert walls == ["21:00", "07:00", "21:00"]


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({"entered_since": False}, Since.NOTHING),
        ({"entered_since": True}, Since.ENTERED),
        ({"entered_since": None}, Since.MAYBE),
        ({"entered_since": None, "is_entered_open": True}, Since.OPEN),
        ({"entered_since": True, "complete": True, "real_backup_at": OFF}, Since.NOTHING),
        ({"entered_since": False, "complete": False, "real_backup_at": BACKUP}, Since.ENTERED),
        ({"entered_since": False, "real_backup_at": BACKUP - timedelta(hours=10)}, Since.MAYBE),
        ({"entered_since": False, "real_backup_at": BACKUP}, Since.NOTHING),
        ({"entered_since": False, "backup_at": None, "real_backup_at": BACKUP}, Since.MAYBE),
    ],
)
def test_what_lies_between_follows_from_what_was_said_and_found(changes, since):  # rules B3, L5
    assert known(**changes).since is since


@pytest.mark.parametrize(
    ("changes", "certainty"),
    [
        ({}, Certainty.PROBABLE),
        ({"uploaded_at": BACKUP}, Certainty.UPLOADED),
        ({"uploaded_at": BACKUP - timedelta(days=1)}, Certainty.PROBABLE),
        ({"real_backup_at": BACKUP}, Certainty.CHECKED),
    ],
)
def test_an_estimate_stays_probable_until_staff_have_looked(changes, certainty):  # rules B2, B2a
    assert known(**changes).certainty is certainty


def test_a_real_backup_stands_beside_the_estimate_and_shows_the_slots_it_missed():  # rules B2, B2a
    real = BACKUP - timedelta(hours=24)
    picture = timeline(known(real_backup_at=real), LATE)
    assert kinds(picture) == [
        Kind.SLOT, Kind.BACKUP, Kind.MISSED, Kind.ESTIMATE, Kind.OFF, Kind.MISSED,
    ]  # fmt: skip
    assert picture.backup.at == real


def test_without_the_last_moment_online_there_is_no_axis():  # rule L4a
    assert timeline(known(last_online_at=None), LATE) is None
    assert timeline(known(last_online_at=None, uploaded_at=BACKUP, real_backup_at=BACKUP), LATE) is None


def test_without_a_booked_backup_there_are_no_slots():  # rule B1a
    assert timeline(Known(False, OFF), LATE) is None  # nothing to compare with
    picture = timeline(Known(False, OFF, BACKUP, True, BACKUP), LATE)
    assert kinds(picture) == [Kind.BACKUP, Kind.OFF]
    assert picture.stretch == (picture.backup.place, picture.off.place)


def test_whether_slots_ran_is_unsure_while_nobody_knows_what_is_booked():  # rule B1a
    picture = timeline(Known(None, OFF), LATE)
    assert kinds(picture) == [Kind.UNSURE, Kind.OFF, Kind.MISSED]
    assert picture.stretch is None


def test_backup_and_end_in_the_same_minute_can_still_be_told_apart():
    picture = timeline(known(last_online_at=BACKUP, uploaded_at=None), BACKUP)
    assert picture.off.place - picture.backup.place >= rules.NAMED_GAP - 1e-9


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        timeline(known(last_online_at=OFF.replace(tzinfo=None)), LATE)


@lean
@given(facts(), spans)
def test_marks_keep_the_order_of_time_and_stay_on_the_picture(told, later):
    picture = timeline(told, told.last_online_at + later)
    if picture is None:
        assert told.backup_booked is False
        assert told.shown_backup_at is None
        return
    places = [mark.place for mark in picture.marks]
    assert places == sorted(places)
    assert [mark.at for mark in picture.marks] == sorted(mark.at for mark in picture.marks)
    assert all(rules.EDGE - 1e-9 <= place <= 1 - rules.EDGE + 1e-9 for place in places)
    assert len(picture.marks) <= 8
    assert all(b - a >= rules.SMALL_GAP - 1e-9 for a, b in pairwise(places))


@lean
@given(facts(), spans)
def test_no_text_touches_another(told, later):
    picture = timeline(told, told.last_online_at + later)
    if picture is None:
        return
    shown = [mark for mark in picture.marks if mark.is_labelled]
    assert {mark for mark in picture.marks if mark.is_named} <= set(shown)
    for left, right in pairwise(shown):
        least = rules.NAMED_GAP if left.is_named and right.is_named else rules.LABEL_WIDTH
        assert right.place - left.place >= least - 1e-9
        assert right.shows_day == (day_of(left.at) != day_of(right.at))


@lean
@given(facts(), spans)
def test_every_slot_shown_is_one_and_none_is_shown_before_its_time(told, later):  # rule B1
    until = told.last_online_at + later
    picture = timeline(told, until)
    for mark in picture.marks if picture else ():
        if mark.kind in (Kind.SLOT, Kind.UNSURE, Kind.MISSED):
            assert told.backup_booked is not False
            assert slots_between(mark.at, mark.at) == [mark.at]
            latest = max(until, *(other.at for other in picture.marks if other.is_named))
            assert mark.at <= max(latest, told.backup_at or latest)
        if mark.kind is Kind.SLOT:
            assert mark.at <= told.last_online_at


@lean
@given(facts(), spans)
def test_the_stretch_runs_from_the_backup_to_the_end(told, later):  # rule B3
    picture = timeline(told, told.last_online_at + later)
    if picture is None:
        return
    has_one = told.shown_backup_at is not None and told.shown_backup_at <= told.last_online_at
    assert (picture.stretch is not None) == has_one
    if picture.stretch:
        start, end = picture.stretch
        assert end - start >= rules.NAMED_GAP - 1e-9


SINCE_OF = {
    Reason.NOTHING_ENTERED: Since.NOTHING, Reason.ALL_DATA_IN_BACKUP: Since.NOTHING,
    Reason.DATA_ENTERED: Since.ENTERED, Reason.DATA_MISSING: Since.ENTERED,
    Reason.ENTERED_UNKNOWN: Since.MAYBE,
}  # fmt: skip


@lean
@given(facts())
def test_the_picture_never_contradicts_the_answer(told):  # rules L4, L4a, L5
    estimate = expected(told.backup_booked, told.last_online_at, told.uploaded_at, told.entered_since)
    found = corrected(estimate, told.entered_since, told.real_backup_at, told.complete)
    if told.is_entered_open and told.complete is None:
        assert told.since is Since.OPEN
        return
    said = [SINCE_OF[reason] for reason in found.reasons if reason in SINCE_OF]
    assert not said or said == [told.since]
    if Reason.BACKUP_OLDER_THAN_THOUGHT in found.reasons:  # entered since the newer one: since this too
        assert told.since is (Since.ENTERED if told.entered_since else Since.MAYBE)
    if found.answer in (Answer.FULL, Answer.VIEW_ONLY):
        assert told.shown_backup_at == found.backup_at
