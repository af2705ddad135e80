"""Can support book, move, cancel and note for a salon that phones in?  Rules R4, R5, S3, T7, T8, P1."""

from datetime import date, datetime, time

import pytest
import time_machine

from portal.models import Appointment, Case, History
from portal.rules import berlin
from portal.rules.appointments import AppointmentState, Kind
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of

SATURDAY = datetime(2026, 11, 21, 9, 14, tzinfo=build.UTC)
MONDAY = date(2026, 11, 23)

# What is shown is the same on either engine; the deeds are tried on both in tests/actions.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def saturday():
    """Let it be a Saturday morning."""
    with time_machine.travel(SATURDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def case(app):
    """Make a case whose server is back in the salon; owners would have to give two days' notice."""
    build.a_calendar(now=SATURDAY, capacity=1, notice_hours=48)
    return build.a_case_delivered(now=SATURDAY)


def address(case, rest=""):
    return f"/staff/cases/{case.number}/appointment{rest}"


def at(day, hour, minute=0):
    return berlin.to_utc(day, time(hour, minute))


def booked(case, kind=Kind.COMMISSIONING):
    return Appointment.open_for(case, kind)


def press(client, shown, start, **values):
    """Press a free time."""
    button = ("at", f"{start:%Y-%m-%dT%H:%MZ}")
    return client.send(shown, values, form="/appointment?", button=button)


def test_one_press_books_for_the_salon_and_another_moves(client, staff, case):  # rules R4, T7, T8
    shown = client.get(address(case))
    text = page_of(shown).text
    assert "Montag, 23. November 2026" in text  # no notice for staff
    for words in ("RustDesk", "nicht mit TeamViewer", "nie im Hintergrund", "bedient der Salon die Kasse"):
        assert words in text
    answer = press(client, shown, at(MONDAY, 9), note="Ruft vorher an.")
    assert "Inbetriebnahme: Montag, 23. November 2026, 9:00 bis 10:00 Uhr" in page_of(answer).text
    assert (booked(case).note, booked(case).account) == ("Ruft vorher an.", staff)
    moved = press(client, client.get(address(case, "?kind=commissioning")), at(MONDAY, 11))
    assert moved.status_code == 200
    assert booked(case).starts_at == at(MONDAY, 11)
    assert f"/staff/cases/{case.number}/commissioning" in page_of(moved).links


def test_another_time_is_typed(client, staff, case):  # rule R4
    shown = client.get(address(case))
    typed = {"other_day": "2026-11-23", "other_clock": "7:05"}
    assert "volle Viertelstunde" in page_of(client.send(shown, typed)).text
    answer = client.send(shown, {"other_day": "", "other_clock": ""})
    assert answer.status_code == 422
    assert "Bitte geben Sie Tag und Uhrzeit an." in page_of(answer).text
    client.send(shown, {**typed, "other_clock": "7:15"})
    assert booked(case).starts_at == at(MONDAY, 7, 15)


def test_the_slower_of_two_is_told_and_the_note_kept(client, staff, case):  # rules R4, S3
    shown = client.get(address(case))
    build.an_appointment(build.a_case_delivered(now=SATURDAY), starts_at=at(MONDAY, 9), now=SATURDAY)
    answer = press(client, shown, at(MONDAY, 9), note="Ruft vorher an.")
    assert answer.status_code == 409
    assert "nicht mehr frei" in page_of(answer).text
    press(client, answer, at(MONDAY, 10))
    assert (booked(case).starts_at, booked(case).note) == (at(MONDAY, 10), "Ruft vorher an.")
    stale = press(client, shown, at(MONDAY, 11))
    assert stale.status_code == 409
    assert "Jemand anderes war schneller" in page_of(stale).text
    assert booked(case).starts_at == at(MONDAY, 10)


def test_cancelled_with_a_reason_one_is_back_at_the_calendar(client, staff, case):  # rules R4, S3
    appointment = build.an_appointment(case, starts_at=at(MONDAY, 9), now=SATURDAY)
    calendar = client.page("/staff/calendar?view=week&day=2026-11-23")
    change = next(link for link in calendar.links if link.startswith(address(case)))
    shown = client.get(change)
    answer = client.send(shown, {"why": "Der Salon hat Urlaub."}, form="/cancel")
    assert (answer.request.path, answer.request.args["view"]) == ("/staff/calendar", "week")
    ended = Appointment.get_by_id(appointment.id)
    assert (ended.state, ended.ended_why) == (AppointmentState.CANCELLED, "Der Salon hat Urlaub.")
    assert Case.get_by_id(case.id).state is State.DELIVERED
    assert client.send(shown, form="/cancel").status_code == 409


def test_one_that_was_missed_is_noted_once_it_has_begun(client, staff, case, saturday):  # rules R4, R5
    appointment = build.an_appointment(case, now=SATURDAY)
    assert not [form for form in client.page(address(case)).forms if "/missed" in form.action]
    saturday.move_to(appointment.starts_at)
    client.send(client.get(address(case)), form="/missed")
    assert Appointment.get_by_id(appointment.id).state is AppointmentState.MISSED
    assert "nicht zustande gekommen" in client.page("/staff/calendar").text


def test_a_call_is_done_with_one_press(client, staff, app, saturday):  # rule R4
    call = build.an_appointment(build.a_remote_case(now=SATURDAY), Kind.CALL, now=SATURDAY)
    saturday.move_to(call.ends_at)
    client.send(client.get(address(call.case)), form="/done")
    assert Appointment.get_by_id(call.id).state is AppointmentState.DONE
    assert History.select().where(History.what == "finish_appointment").count() == 1


def test_the_way_back_stays_in_the_portal(client, staff, case):
    build.an_appointment(case, starts_at=at(MONDAY, 9), now=SATURDAY)
    shown = client.get(address(case, "?back=https://elsewhere.example/"))
    answer = client.send(shown, {"back": "//elsewhere.example/"}, form="/cancel", follow=False)
    assert answer.headers["Location"] == address(case)


def test_it_is_for_staff(client, sign_in, case):  # rule P1
    appointment = build.an_appointment(case, starts_at=at(MONDAY, 9), now=SATURDAY)
    sign_in(client, case.reporter)
    for path in (
        address(case),
        "/staff/calendar",
        "/staff/calendar/settings",
        "/staff/calendar/settings/call",
    ):
        assert client.get(path).status_code == 404
    token = dict(client.page("/cases").forms[0].fields)["csrf_token"]
    answer = client.post(f"/staff/appointments/{appointment.id}/cancel", data={"csrf_token": token})
    assert answer.status_code == 404
    assert booked(case) is not None


def test_what_is_not_there_is_not_found(client, staff, case):
    token = dict(client.page(address(case)).forms[-1].fields)["csrf_token"]
    for path in ("/staff/appointments/99999/cancel", "/staff/appointments/1/dance"):
        assert client.post(path, data={"csrf_token": token}).status_code == 404
    for values in ({"kind": "training"}, {}):
        assert client.post(address(case), data={"csrf_token": token, **values}).status_code == 404
    assert client.get("/staff/cases/R260009994/appointment").status_code == 404
    assert client.get(address(case, "?kind=training&day=9999-99-99")).status_code == 200
