"""Does the desk see who is expected, and say when there are appointments?  Rules R4, S3, T7, T8."""

from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from portal.actions import appointments
from portal.models import Appointment, CalendarKind, History, Holiday, WeeklyHours
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import GRID, Kind
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

SATURDAY = datetime(2026, 11, 21, 9, 14, tzinfo=build.UTC)
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def saturday():
    """Let it be a Saturday morning."""
    with time_machine.travel(SATURDAY, tick=False):
        yield


def at(day, hour, minute=0):
    return berlin.to_utc(day, time(hour, minute))


def test_day_and_week_show_who_is_expected_and_what_is_free(client, staff):  # rules R4, T7, T8
    build.a_calendar(now=SATURDAY, capacity=1, hours={0: [(540, 720)]})
    case = build.an_appointment(starts_at=at(MONDAY, 10), now=SATURDAY).case
    day = client.page("/staff/calendar?view=day&day=2026-11-23")
    assert day.headline == "Montag, 23. November 2026"
    for words in (
        "10:00–11:00",
        "Inbetriebnahme: Salon Haarwerk",
        "02202 12345",
        "Inbetriebnahme 9:00 11:00",
    ):
        assert words in day.text
    week = client.page("/staff/calendar?view=week&day=2026-11-27")
    assert week.headline == "Woche 48: 23. November bis 29. November 2026"
    for words in (
        "10:00–11:00",
        "Salon Haarwerk",
        "Inbetriebnahme: 2 frei",
        "nie im Hintergrund",
        "RustDesk",
    ):
        assert words in week.text
    for page in (day, week):
        assert f"/staff/cases/{case.number}" in page.links
    assert f"/staff/cases/{case.number}/commissioning" in day.links


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("day", "hours", "holiday", "number"),
    [
        (date(2026, 11, 22), {0: [(540, 720)]}, None, 48),  # a Sunday: this week is over
        (date(2026, 11, 21), {0: [(540, 720)]}, None, 48),
        (date(2026, 11, 21), {5: [(540, 720)]}, None, 47),  # hours on Saturdays too
        (date(2026, 11, 20), {0: [(540, 720)], 4: [(540, 720)]}, date(2026, 11, 20), 48),
        (date(2026, 11, 22), {}, None, 47),
    ],
)
def test_the_week_opens_with_the_next_working_day(client, sign_in, day, hours, holiday, number):  # rule R4
    with time_machine.travel(at(day, 10), tick=False):
        sign_in(client, build.a_staff_member())
        build.a_calendar(now=clock.now(), hours=hours)
        if holiday:
            Holiday.create(day=holiday, name="Betriebsausflug")
        shown = client.page("/staff/calendar")
        assert "/staff/calendar?view=week" in shown.links
        assert client.page("/staff/calendar?view=week").headline.startswith(f"Woche {number}:")
        asked = client.page(f"/staff/calendar?view=week&day={day}").headline
        assert asked.startswith(f"Woche {day.isocalendar().week}:")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_week_in_which_somebody_is_still_expected_is_not_over(client, staff):  # rule R4
    build.a_calendar(now=SATURDAY, hours={0: [(540, 720)]})
    build.an_appointment(starts_at=at(MONDAY, 10), now=SATURDAY)
    Appointment.update(starts_at=at(MONDAY - timedelta(days=1), 10)).execute()
    assert client.page("/staff/calendar?view=week").headline.startswith("Woche 47:")


def test_a_kind_without_hours_is_told_and_one_turned_off_is_not(client, staff):  # rule R4
    build.a_calendar(now=SATURDAY)
    build.a_calendar(Kind.REMOTE, now=SATURDAY, hours={})
    build.a_calendar(Kind.CALL, now=SATURDAY, hours={}, is_offered=False)
    text = client.page("/staff/calendar").text
    assert "Hier finden Salons keinen Termin Fernwartung: Es sind keine Zeiten eingetragen." in text
    build.a_calendar(Kind.REMOTE, now=SATURDAY)
    assert "Hier finden Salons keinen Termin" not in client.page("/staff/calendar").text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
def test_the_week_of_the_clocks_change_is_seven_days_of_wall_clocks(client, sign_in, app, sunday):  # rule R4
    before = datetime.combine(sunday - timedelta(days=9), time(9), tzinfo=build.UTC)
    midnight = at(sunday + timedelta(days=1), 0)
    with time_machine.travel(before, tick=False):
        sign_in(client, build.a_staff_member())
        build.a_calendar(now=before)
        for start in (at(sunday, 0, 15), at(sunday, 9), midnight - GRID, midnight):
            device = build.a_device(purchased_on=date(2026, 1, 5), now=before)
            build.an_appointment(build.a_case_delivered(device, now=before), starts_at=start, now=before)
        week = client.page(f"/staff/calendar?view=week&day={sunday}").text
        assert [words in week for words in ("0:15–1:15", "9:00–10:00", "23:45–0:45")] == [True] * 3
        assert " 0:00–1:00" not in week
        assert " 0:00–1:00" in client.page(f"/staff/calendar?day={sunday + timedelta(days=1)}").text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "query", ["day=0000-99-99", "day=9999-12-31&view=day", "day=1900-01-01", "view=year"]
)
def test_whatever_is_no_day_is_today(client, staff, query):
    assert "21. November" in client.page(f"/staff/calendar?{query}").headline


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_full_week_asks_no_more_than_an_empty_one(client, staff):
    for kind in Kind:
        build.a_calendar(kind, now=SATURDAY)
    asked = []
    for hour in (None, 9, 11, 14):
        if hour:
            build.an_appointment(starts_at=at(MONDAY, hour), now=SATURDAY)
        with counted() as queries:
            client.page("/staff/calendar?view=week&day=2026-11-23")
        asked.append(len(queries))
    assert len(set(asked)) == 1
    assert asked[0] <= 22, str(queries)


def test_any_of_the_staff_sets_the_times_of_a_kind(client, staff):  # rule R4
    shown = client.get("/staff/calendar/settings/commissioning")
    typed = {"minutes": "45", "capacity": "2", "day_0": "9:00–12:30, 13:30–18:00", "day_5": "9-14"}
    answer = client.send(shown, typed)
    assert "Inbetriebnahme: Die Zeiten sind gespeichert." in page_of(answer).text
    assert "9:00–12:30, 13:30–18:00" in page_of(answer).text
    settings = CalendarKind.of(Kind.COMMISSIONING)
    assert (settings.minutes, settings.capacity, settings.is_offered) == (45, 2, True)
    assert WeeklyHours.of(Kind.COMMISSIONING) == {0: [(540, 750), (810, 1080)], 5: [(540, 840)]}
    assert History.get(History.what == "set_calendar").account == staff


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("day_2", "9-12, 11-13", "Diese Zeiten überschneiden sich."),
        ("day_2", "9 bis spät", "Bitte so: 9:00–12:30, 13:30–18:00."),
        ("day_2", "9-25", "Bitte so: 9:00–12:30"),
        ("day_2", "9:01-12", "in Schritten von fünf Minuten"),
        ("minutes", "50", "in Viertelstunden"),
        ("minutes", "²", "in Viertelstunden"),
        ("capacity", "-1", "von 0 bis 100"),
        ("ahead_days", "99999", "von 1 bis 366"),
        ("notice_hours", "", "von 0 bis 336"),
    ],
)
def test_what_makes_no_sense_is_told_at_the_field(client, staff, field, typed, said):
    shown = client.get("/staff/calendar/settings/call")
    answer = client.send(shown, {field: typed, "day_0": "8-12"})
    assert answer.status_code == 422
    assert said in page_of(answer).text
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    form = next(form for form in page_of(answer).forms if "/settings/call" in form.action)
    assert {(field, typed), ("day_0", "8-12")} <= set(form.fields)
    assert CalendarKind.of(Kind.CALL) is None


def test_who_saves_second_keeps_what_was_typed(client, staff):  # rule S3
    build.a_calendar(Kind.CALL, now=SATURDAY, minutes=30)
    shown = client.get("/staff/calendar/settings/call")
    build.a_calendar(Kind.CALL, now=SATURDAY, minutes=15)
    answer = client.send(shown, {"minutes": "45"})
    assert answer.status_code == 409
    assert "Jetzt gespeichert: Dauer 15 Minuten" in page_of(answer).text
    assert CalendarKind.of(Kind.CALL).minutes == 15
    client.send(answer)
    assert CalendarKind.of(Kind.CALL).minutes == 45


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seen", ["", "ä", "٣", "9" * 30])
def test_a_revision_that_no_page_ever_showed_saves_nothing(client, staff, seen):  # rule S3
    build.a_calendar(Kind.CALL, now=SATURDAY, minutes=30)
    answer = client.send(client.get("/staff/calendar/settings/call"), {"revision": seen, "minutes": "45"})
    assert answer.status_code == 409
    assert CalendarKind.of(Kind.CALL).minutes == 30


def test_holidays_are_pasted_line_by_line_and_taken_out_again(client, staff):  # rule R4
    build.a_calendar(now=SATURDAY)
    shown = client.get("/staff/calendar/settings")
    typed = "2026-12-25 1. Weihnachtstag\n\n26.12.2026 2. Weihnachtstag\n2026-12-32 Unsinn"
    wrong = client.send(shown, {"holidays": typed})
    assert wrong.status_code == 422
    assert "Zeile 4: Bitte so: 2026-12-25 1. Weihnachtstag" in page_of(wrong).text
    assert Holiday.select().count() == 0
    assert "2026-12-32 Unsinn" in page_of(wrong).text
    saved = client.send(wrong, {"holidays": typed.replace("32 Unsinn", "31 Silvester")})
    assert "Donnerstag, 31. Dezember 2026 · Silvester" in page_of(saved).text
    assert Holiday.select().count() == 3
    assert "Frei: 1. Weihnachtstag" in client.page("/staff/calendar?day=2026-12-25").text
    assert "Nichts mehr." in client.page("/staff/calendar?day=2026-12-25").text
    first = f"/holidays/{Holiday.get(Holiday.name == 'Silvester').id}/"
    for _ in range(2):  # gone already is fine too
        assert client.send(saved, form=first).status_code == 200
    assert Holiday.select().count() == 2


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_settings_of_no_kind_are_nowhere_to_be_found(client, staff):
    assert client.get("/staff/calendar/settings/training").status_code == 404
    appointments.add_holiday(MONDAY, "Betriebsausflug", by=staff, now=SATURDAY)
    shown = client.page("/staff/calendar/settings")
    assert "Montag, 23. November 2026 · Betriebsausflug" in shown.text
