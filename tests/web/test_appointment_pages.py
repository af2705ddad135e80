"""Can an owner pick, move and cancel an appointment on a phone?  Rules R1, R4, T7, T8, S3, P1, C4a."""

from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from portal.actions import appointments
from portal.models import Appointment, Case, Salon
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import AppointmentState, Kind
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

SATURDAY = datetime(2026, 11, 21, 9, 14, tzinfo=build.UTC)
MONDAY = date(2026, 11, 23)

# What is shown is the same on either engine; the deeds are tried on both in tests/actions.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def saturday():
    """Let it be a Saturday morning, before the first free time."""
    with time_machine.travel(SATURDAY, tick=False):
        yield


@pytest.fixture
def case(app):
    """Make a case whose server is back in the salon, with a calendar of one place an hour."""
    build.a_calendar(now=SATURDAY, capacity=1)
    build.a_calendar(Kind.CALL, now=SATURDAY, minutes=15)
    return build.a_case_delivered(now=SATURDAY)


@pytest.fixture
def owner(client, sign_in, case):
    """Sign the case's owner in."""
    sign_in(client, case.reporter)
    return case.reporter


def at(day, hour, minute=0):
    """Return this time on a wall clock in Berlin."""
    return berlin.to_utc(day, time(hour, minute))


def address(case, rest=""):
    return f"/cases/{case.number}/appointment{rest}"


def booked(case):
    return Appointment.open_for(case, Kind.COMMISSIONING)


def times(page):
    """Return the times that can be pressed, as they stand in the addresses."""
    return [link.rsplit("at=", 1)[1].replace("%3A", ":") for link in page.links if "at=" in link]


def confirm(client, case, start, **values):
    """Choose a time on the page and send what is asked before."""
    shown = client.get(address(case, f"/commissioning/confirm?at={start:%Y-%m-%dT%H:%MZ}"))
    return client.send(shown, values, form="/confirm")


def assert_session_rules(text):
    """Look for what must be on every page about an appointment (rules T7, T8)."""
    for words in (
        "RustDesk",
        "TeamViewer",
        "nie im Hintergrund",
        "während der Sitzung nicht",
        "Support-Benutzer",
    ):
        assert words in text


def test_from_the_case_to_a_booked_appointment(client, owner, case):  # rules R1, R4, T7, T8
    assert address(case) in client.page(f"/cases/{case.number}").links
    picked = client.page(address(case))
    assert "Montag, 23. November 2026" in picked.text
    assert_session_rules(picked.text)
    assert times(picked)[0] == "2026-11-23T08:00Z"
    shown = client.get(address(case, "/commissioning/confirm?at=2026-11-23T08:00Z"))
    text = page_of(shown).text
    assert "9:00 bis 10:00 Uhr" in text
    assert "Arbeiten Sie vorher nicht mit diesem Kassenserver" in text
    assert "keine PIN, PUK, Passwörter" in text  # rule C4a
    assert_session_rules(text)
    assert text.index("Termin buchen") < text.index("Das halten Sie bereit")  # to book is near
    assert booked(case) is None  # looking changes nothing
    done = client.send(shown, {"note": "Bitte im Hof klingeln."}, form="/confirm")
    assert (booked(case).starts_at, booked(case).note) == (at(MONDAY, 9), "Bitte im Hof klingeln.")
    assert Case.get_by_id(case.id).state is State.COMMISSIONING_BOOKED
    text = page_of(done).text
    assert "Verschieben und absagen können Sie bis" in text
    assert_session_rules(text)
    assert address(case, f"s/{booked(case).id}.ics") in page_of(done).links
    assert "9:00 bis 10:00 Uhr" in client.page(f"/cases/{case.number}").text


def test_the_calendar_file_says_when_and_what_holds(client, owner, case):  # rules R1, R4, T7, T8
    appointment = build.an_appointment(case, starts_at=at(MONDAY, 9), now=SATURDAY)
    answer = client.get(address(case, f"s/{appointment.id}.ics"))
    said = answer.get_data(as_text=True).replace("\r\n ", "")
    assert answer.mimetype == "text/calendar"
    assert "TZID=Europe/Berlin:20261123T090000" in said
    assert "RustDesk" in said


def test_moved_to_another_time_it_stays_one_appointment(client, owner, case):  # rule R4
    first = build.an_appointment(case, starts_at=at(MONDAY, 9), now=SATURDAY)
    assert "2026-11-23T08:00Z" not in times(client.page(address(case, "/commissioning")))
    answer = confirm(client, case, at(MONDAY, 11))
    assert "Der Termin ist verschoben" in page_of(answer).text
    assert (booked(case).id, booked(case).starts_at) == (first.id, at(MONDAY, 11))


def test_cancelled_the_case_waits_for_another(client, owner, case):  # rule R4
    appointment = build.an_appointment(case, starts_at=at(MONDAY, 14), now=SATURDAY)
    asked = client.get(address(case, f"s/{appointment.id}/cancel"))
    assert_session_rules(page_of(asked).text)
    client.send(asked, form="/cancel")
    assert Appointment.get_by_id(appointment.id).state is AppointmentState.CANCELLED
    assert Case.get_by_id(case.id).state is State.DELIVERED
    assert client.send(asked, form="/cancel").status_code == 409


def test_past_the_time_for_changes_there_is_the_phone(client, owner, case):  # rule R4
    build.an_operator(phone="02202 12345")
    appointment = build.an_appointment(case, now=SATURDAY)
    page = client.page(address(case))
    assert "tel:0220212345" in page.links
    assert not [link for link in page.links if link.endswith(("/cancel", "/commissioning"))]
    assert client.get(address(case, f"s/{appointment.id}/cancel")).status_code == 409
    late = confirm_data(case, at(MONDAY, 9), replaces=appointment.id)
    answer = client.post(address(case, "/commissioning/confirm"), data=with_token(client, late))
    assert answer.status_code == 409
    assert "rufen Sie uns an" in page_of(answer).text
    assert booked(case).starts_at == appointment.starts_at


def test_that_a_time_cannot_be_changed_again_is_told_before_it_is_booked(client, owner, case):  # rule R4
    look = address(case, f"/commissioning/confirm?at={at(MONDAY, 9):%Y-%m-%dT%H:%MZ}")
    early = client.page(look).text
    with time_machine.travel(SATURDAY + timedelta(days=1), tick=False):
        soon = client.page(look).text
    assert "danach online nicht mehr ändern" in soon
    assert "danach online nicht mehr ändern" not in early


def confirm_data(case, start, **values):
    return {"at": f"{start:%Y-%m-%dT%H:%MZ}", **values}


def with_token(client, data):
    """Add the token of the forms that this browser was shown."""
    shown = page_of(client.get("/cases"))
    return {**data, "csrf_token": dict(shown.forms[0].fields)["csrf_token"]}


def test_a_time_that_somebody_else_took_is_told_and_the_note_kept(client, owner, case):  # rules R4, S3
    shown = client.get(address(case, "/commissioning/confirm?at=2026-11-23T08:00Z"))
    build.an_appointment(build.a_case_delivered(now=SATURDAY), starts_at=at(MONDAY, 9), now=SATURDAY)
    answer = client.send(shown, {"note": "Im Hof klingeln."}, form="/confirm")
    assert answer.status_code == 409
    page = page_of(answer)
    assert "Diese Zeit ist nicht mehr frei." in page.text
    assert_session_rules(page.text)
    again = client.send(answer, form="/confirm", button=("at", "2026-11-23T09:00Z"))
    assert booked(case) is None  # one more look first, with the note
    client.send(again, form="/confirm")
    assert (booked(case).starts_at, booked(case).note) == (at(MONDAY, 10), "Im Hof klingeln.")


def test_sent_twice_there_is_one_appointment(client, owner, case):  # rule S3
    shown = client.get(address(case, "/commissioning/confirm?at=2026-11-23T08:00Z"))
    for _ in range(2):
        assert client.send(shown, form="/confirm").status_code == 200
    assert Appointment.select().count() == 1


def test_another_one_booked_meanwhile_is_shown_instead(client, owner, case):  # rule S3
    shown = client.get(address(case, "/commissioning/confirm?at=2026-11-23T08:00Z"))
    build.an_appointment(case, starts_at=at(MONDAY, 14), now=SATURDAY)
    answer = client.send(shown, form="/confirm")
    assert answer.status_code == 409
    assert "14:00 bis 15:00 Uhr" in page_of(answer).text


def test_a_note_that_is_too_long_is_told_at_its_field(client, owner, case):
    answer = confirm(client, case, at(MONDAY, 9), note="x" * 501)
    assert answer.status_code == 422
    assert "höchstens 500 Zeichen" in page_of(answer).text
    assert booked(case) is None


def test_the_salons_hours_narrow_the_times_and_all_can_be_had(client, owner, case):  # rule R4
    asked = client.page(address(case, "/commissioning"))
    assert asked.text.index("Wann hat Ihr Salon offen?") < asked.text.index("Montag, 23. November")
    shown = client.get(f"/salons/{case.salon_id}/hours?back={address(case, '/commissioning')}")
    wrong = client.send(shown, {"day_0": "18-9", "day_1": "9-13, 12-18", "day_2": "immer"}, form="/hours")
    assert wrong.status_code == 422
    assert page_of(wrong).text.count("Das Ende muss nach dem Anfang liegen.") == 2  # summary and field
    assert "Diese Zeiten überschneiden sich." in page_of(wrong).text
    saved = client.send(
        wrong, {"day_0": "13 bis 18 Uhr", "day_1": "9.30–12, 14–16", "day_2": "zu"}, form="/hours"
    )
    assert saved.request.path == address(case, "/commissioning")
    assert Salon.get_by_id(case.salon_id).hours == {"0": [[780, 1080]], "1": [[570, 720], [840, 960]]}
    assert times(page_of(saved))[0] == "2026-11-23T12:00Z"
    assert "Wann hat Ihr Salon offen?" not in page_of(saved).text
    everything = client.page(address(case, "/commissioning?all=1"))
    assert times(everything)[0] == "2026-11-23T08:00Z"
    confirm(client, case, at(MONDAY, 9))
    assert booked(case).starts_at == at(MONDAY, 9)


def test_nothing_in_the_salons_hours_is_told_from_nothing_at_all(client, owner, case):  # rule R4
    appointments.set_salon_hours(case.salon, {6: [(600, 720)]}, by=owner, now=clock.now())
    assert "In Ihren Öffnungszeiten ist nichts frei" in client.page(address(case, "/commissioning")).text
    build.an_operator(phone="02202 12345")
    build.a_calendar(now=SATURDAY, hours={})
    page = client.page(address(case, "/commissioning"))
    assert "Gerade ist kein Termin frei" in page.text
    assert "tel:0220212345" in page.links


def test_of_several_kinds_one_is_chosen_first(client, sign_in, app):  # rules R4, T7
    for kind in (Kind.REMOTE, Kind.CALL):
        build.a_calendar(kind, now=SATURDAY, minutes=15)
    case = build.a_remote_case(now=SATURDAY)
    sign_in(client, case.reporter)
    page = client.page(address(case))
    assert page.headline == "Was für einen Termin brauchen Sie?"
    assert "Wir rufen Sie an und besprechen" in page.text
    assert {address(case, "/remote"), address(case, "/call")} <= set(page.links)
    assert_session_rules(page.text)
    build.a_calendar(Kind.REMOTE, now=SATURDAY, is_offered=False)
    assert client.page(address(case)).headline == "Wann passt es Ihnen?"  # one is left


@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
def test_nine_is_nine_before_and_after_the_clocks_change(client, sign_in, app, sunday):  # rule R4
    before = datetime.combine(sunday - timedelta(days=5), time(7), tzinfo=build.UTC)
    with time_machine.travel(before, tick=False):
        build.a_calendar(now=before, hours={day: [(540, 600)] for day in range(7)})
        case = build.a_case_delivered(build.a_device(purchased_on=date(2026, 1, 5)), now=before)
        sign_in(client, case.reporter)
        for days in (-1, 0, 1):
            day = sunday + timedelta(days=days)
            page = client.page(address(case, f"/commissioning?day={day}"))
            assert times(page) == [f"{at(day, 9):%Y-%m-%dT%H:%MZ}"]
            assert "9:00" in page.text


@pytest.mark.parametrize("day", ["0000-99-99", "9999-12-31", "1900-01-01", "heute", "2026-11-24%00"])
def test_a_day_that_is_none_shows_free_days_all_the_same(client, owner, case, day):
    assert "Wann passt es Ihnen?" in client.page(address(case, f"/commissioning?day={day}")).text


@pytest.mark.parametrize(
    "start", ["", "morgen", "9999-12-31T23:59Z", "2026-11-23T08:00", "2026-13-01T08:00Z"]
)
def test_a_time_that_is_none_is_nowhere_to_be_found(client, owner, case, start):
    assert client.get(address(case, "/commissioning/confirm"), query_string={"at": start}).status_code == 404


def test_a_time_that_was_never_free_cannot_be_looked_at(client, owner, case):  # rule R4
    for start in ("2026-11-23T03:00Z", "2026-11-21T12:00Z", "2026-11-23T08:15Z", "2030-01-07T08:00Z"):
        answer = client.get(address(case, f"/commissioning/confirm?at={start}"))
        assert answer.status_code == 409
        assert "jemand" not in page_of(answer).text  # nobody took it
    assert client.get(address(case, "/training")).status_code == 404


def test_a_stranger_finds_nothing(app, client, sign_in, case):  # rule P1
    appointment = build.an_appointment(case, starts_at=at(MONDAY, 9), now=SATURDAY)
    stranger = build.a_case_delivered(now=SATURDAY)
    sign_in(client, stranger.reporter)
    for path in (
        address(case), address(case, "/commissioning"),
        address(case, "/commissioning/confirm?at=2026-11-23T09:00Z"),
        address(case, f"s/{appointment.id}.ics"), address(case, f"s/{appointment.id}/cancel"),
        address(stranger, f"s/{appointment.id}.ics"), address(stranger, f"s/{appointment.id}/cancel"),
        f"/salons/{case.salon_id}/hours",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path
    for path in (address(case, "/commissioning/confirm"), address(stranger, f"s/{appointment.id}/cancel")):
        data = with_token(client, confirm_data(case, at(MONDAY, 9)))
        assert client.post(path, data=data).status_code == 404, path
    assert booked(case) == appointment


def test_htmx_gets_the_days_times_alone(client, owner, case):
    answer = client.get(address(case, "/commissioning?day=2026-11-24"), headers={"HX-Request": "true"})
    html = answer.get_data(as_text=True)
    assert "<html" not in html
    assert "Dienstag, 24. November 2026" in html


def test_picking_asks_little(client, owner, case):
    with counted() as queries:
        client.page(address(case, "/commissioning"))
    assert len(queries) <= 12, str(queries)
