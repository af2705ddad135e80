"""Who says when there are appointments, and what if two say it at once?  Rules R4, S3."""

from datetime import date

import pytest

from portal.actions import calendar
from portal.actions.calendar import SettingsMoved
from portal.models import CalendarKind, History, Holiday, WeeklyHours
from portal.rules.appointments import HoursInvalid, Kind, week_hours
from portal.rules.workflow import StepRefused
from tests.builders import NOW, a_calendar, a_salon, a_staff_member, an_owner

NEW_YEAR = date(2027, 1, 1)


def test_hours_and_terms_are_set_together_and_written_down(database):  # rule R4
    a_calendar(Kind.REMOTE, minutes=45)
    kind = a_calendar(Kind.REMOTE, capacity=3, hours={4: [(780, 900), (480, 720)], 6: []})
    assert (kind.minutes, kind.capacity, kind.revision) == (60, 3, 2)
    assert WeeklyHours.of(Kind.REMOTE) == {4: [(480, 720), (780, 900)]}
    assert WeeklyHours.of(Kind.CALL) == {}
    facts = History.select().order_by(History.id.desc()).get().facts
    assert (facts["kind"], facts["hours"]) == ("remote", {"4": [[480, 720], [780, 900]]})


def test_the_slower_of_two_who_change_the_hours_is_told(database):  # rule S3
    kind = a_calendar()
    a_calendar(capacity=2)
    for seen in (kind.revision, 0):
        with pytest.raises(SettingsMoved):
            a_calendar(capacity=9, hours={}, revision=seen)
    assert CalendarKind.get().capacity == 2
    assert len(WeeklyHours.of(Kind.COMMISSIONING)) == 5


@pytest.mark.parametrize("wrong", [{"minutes": 50}, {"hours": {0: [(600, 540)]}}])
def test_what_nobody_can_keep_changes_nothing(database, wrong):  # rule R4
    with pytest.raises(HoursInvalid):
        a_calendar(**wrong)
    assert not CalendarKind.select().exists()


def test_a_holiday_is_entered_once_and_may_be_removed(database):  # rule R4
    staff = a_staff_member()
    calendar.add_holiday(NEW_YEAR, "Neues Jahr", by=staff, now=NOW)
    holiday = calendar.add_holiday(NEW_YEAR, " Neujahr ", by=staff, now=NOW)
    assert [(day.day, day.name) for day in Holiday.from_day(NEW_YEAR)] == [(NEW_YEAR, "Neujahr")]
    for _ in range(2):
        calendar.remove_holiday(holiday, by=staff, now=NOW)
    assert not Holiday.select().exists()
    assert History.select().where(History.what == "remove_holiday").count() == 1


def test_only_staff_set_the_calendar(database):  # rule R4
    owner = an_owner()
    with pytest.raises(StepRefused):
        calendar.add_holiday(NEW_YEAR, "Neujahr", by=owner, now=NOW)
    terms = dict.fromkeys(("minutes", "capacity", "notice_hours", "change_hours", "ahead_days"), 30)
    with pytest.raises(StepRefused):
        calendar.set_kind(Kind.CALL, **terms, is_offered=True, hours={}, revision=0, by=owner, now=NOW)


def test_a_salon_tells_its_hours_and_takes_them_back(database):  # rules R4, P1
    salon = a_salon()
    owner = an_owner(salon.customer)
    told = calendar.set_salon_hours(salon, {0: [(540, 1080)], 6: []}, by=owner, now=NOW)
    assert week_hours(told.hours) == {0: [(540, 1080)]}
    assert calendar.set_salon_hours(salon, {6: []}, by=a_staff_member(), now=NOW).hours is None
    with pytest.raises(HoursInvalid):
        calendar.set_salon_hours(salon, {0: [(540, 1081)]}, by=owner, now=NOW)
    with pytest.raises(StepRefused):
        calendar.set_salon_hours(salon, None, by=an_owner(), now=NOW)
