"""Do letters about appointments say what holds in them, and do calendars follow?  Rules R1, R4, T7, T8."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from icalendar import Calendar

from portal.actions import appointments, cases
from portal.models import Appointment, Letter
from portal.outside.mailer import message
from portal.rules.appointments import Kind
from portal.web import calendar_entry
from portal.web import letters as written
from tests.builders import (
    NOW,
    a_calendar,
    a_case,
    a_case_delivered,
    a_device,
    a_remote_case,
    a_salon,
    a_staff_member,
    an_appointment,
    an_operator,
    an_owner,
)

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

TUESDAY_10 = datetime(2026, 11, 24, 9, tzinfo=UTC)
SESSION = ("RustDesk", "TeamViewer", "nie im Hintergrund", "unten links")
NOT_YET = ("Arbeiten Sie noch nicht mit diesem Kassenserver.", "die niemand mehr berichtigen kann.")


@pytest.fixture
def read(app: Flask):
    """Give `read(event)`: the newest letter about it, as people and calendars get it."""

    def newest(event: str):
        letter = Letter.select().where(Letter.event == event).order_by(Letter.id.desc()).get()
        with app.app_context():
            return written.render(letter)

    return newest


def entry(rendered):
    """Return what the letter asks of the calendar, and its event."""
    calendar = Calendar.from_ical(rendered.invitation.content)
    assert calendar["METHOD"] == rendered.invitation.method
    return rendered.invitation.method, calendar.walk("VEVENT")[0]


def said(text):
    return " ".join(text.split())


def test_a_booking_is_entered_a_move_replaces_it_and_a_cancellation_takes_it_out(read):  # rules R4, S4
    staff = a_staff_member()
    booked = an_appointment(starts_at=TUESDAY_10)
    method, first = entry(read("appointment_booked"))
    assert (method, first["SEQUENCE"], first["DTSTART"].dt) == ("REQUEST", 0, TUESDAY_10)
    moved = appointments.move(booked, TUESDAY_10 + timedelta(hours=3), by=staff, now=NOW)
    method, second = entry(read("appointment_moved"))
    assert (method, second["SEQUENCE"], second["DTSTART"].dt) == ("REQUEST", 1, moved.starts_at)
    appointments.cancel(moved, by=staff, now=NOW)
    method, third = entry(read("appointment_cancelled"))
    assert (method, third["SEQUENCE"], third["STATUS"]) == ("CANCEL", 2, "CANCELLED")
    assert first["UID"] == second["UID"] == third["UID"]
    again, _event = entry(read("appointment_booked"))
    assert again == "REQUEST", "a letter says what was true when it was written"
    assert entry(read("appointment_booked"))[1]["DTSTART"].dt == TUESDAY_10


@pytest.mark.parametrize(
    ("kind", "make", "place"),
    [
        (Kind.COMMISSIONING, a_case_delivered, "Salon Haarwerk, Lindenstraße 8, 51469 Bergisch Gladbach"),
        (Kind.REMOTE, a_remote_case, "Salon Haarwerk, Lindenstraße 8, 51469 Bergisch Gladbach"),
        (Kind.CALL, a_case, "Am Telefon: 02202 12345"),
    ],
)
def test_letter_and_entry_say_what_holds_in_the_appointment(read, kind, make, place):  # rules R1, T7, T8
    case = make()
    an_appointment(case, kind, TUESDAY_10)
    rendered = read("appointment_booked")
    event = entry(rendered)[1]
    for part in (said(rendered.text), said(rendered.html), said(event["DESCRIPTION"])):
        assert all(word in part for word in SESSION)
        assert all(word in part for word in NOT_YET) == (kind is Kind.COMMISSIONING)
    assert "Dienstag, 24. November 2026, 10:00 Uhr bis 11:00 Uhr" in said(rendered.text)
    assert event["LOCATION"] == place
    assert f"/cases/{case.number}" in event["URL"]
    assert len(event.walk("VALARM")) == 2


@pytest.mark.parametrize(
    ("hours", "words"),
    [(24, "Bis Montag, 23. November 2026 um 10:00 Uhr können"), (96, "rufen Sie uns bitte an.")],
)
def test_a_letter_says_until_when_the_appointment_can_be_changed(read, hours, words):  # rule R4
    a_calendar(change_hours=hours)
    an_appointment(starts_at=TUESDAY_10)
    assert words in said(read("appointment_booked").text)


@pytest.mark.parametrize("event", ["appointment_moved", "appointment_cancelled", "appointment_soon"])
def test_every_later_letter_says_it_again(read, event):  # rules R1, T7, T8
    booked, staff = an_appointment(starts_at=TUESDAY_10), a_staff_member()
    appointments.remind_due(now=TUESDAY_10 - timedelta(days=1))
    moved = appointments.move(booked, TUESDAY_10 + timedelta(days=1), by=staff, now=NOW)
    appointments.cancel(moved, by=staff, now=NOW)
    rendered = read(event)
    assert all(word in said(rendered.text) for word in (*SESSION, *NOT_YET))
    assert (rendered.invitation is None) == (event == "appointment_soon")


def test_a_case_that_ends_says_why_its_appointment_is_off(read):  # rule R4
    case = a_remote_case()
    an_appointment(case, Kind.REMOTE, TUESDAY_10)
    cases.solve_remotely(case, "Neu gestartet", by=a_staff_member(), now=NOW)
    rendered = read("appointment_cancelled")
    assert "Der Vorgang ist abgeschlossen. Der Termin ist nicht mehr nötig." in said(rendered.text)
    assert "Neuen Termin" not in rendered.text
    assert "Im Moment muss niemand etwas tun." in rendered.text


def test_entry_and_letter_are_in_the_readers_language(read):  # rule P5
    english = an_owner(language="en")
    case = a_case_delivered(a_device(a_salon(english.customer)), english)
    an_appointment(case, starts_at=TUESDAY_10)
    assert "Tuesday, 24 November 2026" in said(read("appointment_booked").text)


def test_the_operator_invites_and_nobody_else_can_add_a_line(read, app):  # rule S4
    an_operator(brand='Kasse "X"\r\nATTENDEE:mailto:a@b.example', email="")
    owner = an_owner(name="Ada\r\nBcc: evil@x.example")
    an_appointment(a_case(a_device(a_salon(owner.customer)), owner), Kind.CALL, TUESDAY_10)
    rendered = read("appointment_booked")
    event = entry(rendered)[1]
    assert event["ORGANIZER"] == "mailto:reparatur@localhost"
    assert event["ATTENDEE"] == f"mailto:{owner.email}"
    from tests.outside.test_mailer import LETTER

    mail = message(
        LETTER.__class__(**{**vars(LETTER), "subject": rendered.subject, "invitation": rendered.invitation})
    )
    assert "Bcc" not in mail


def test_a_file_to_download_is_the_entry_as_it_is_now(app):  # rules R4, P5
    booked = an_appointment(starts_at=TUESDAY_10)
    with app.test_request_context():
        file = calendar_entry.calendar_of(Appointment.get_by_id(booked.id), "de")
        assert file == calendar_entry.calendar_of(Appointment.get_by_id(booked.id), "xx")
    calendar = Calendar.from_ical(file)
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar.walk("VEVENT")[0]["DTSTART"].dt == TUESDAY_10
