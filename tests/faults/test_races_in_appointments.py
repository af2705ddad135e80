"""However many want the same hour: nobody gets a place twice, and nobody waits for ever.  Rules R4, S3."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

from portal.actions import appointments, cases
from portal.models import Appointment, Case, History, Letter, Seat
from portal.outside import clock
from portal.rules import numbers
from portal.rules.appointments import AppointmentState, Kind
from portal.rules.workflow import State
from portal.web.appointments import text_of
from tests.actions.parallel import at_once, kinds
from tests.builders import (
    NOW,
    a_calendar,
    a_case_delivered,
    a_remote_case,
    a_staff_member,
    an_appointment,
)
from tests.faults import people

TUESDAY_10 = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SALONS, SLOTS = 200, 20
TAKEN = "Diese Zeit ist nicht mehr frei."
_serials = count(500_000)


def delivered(how_many: int, now: datetime = NOW) -> list[Case]:
    """Make cases of one owner whose servers are all back: one as people do it, the others like it."""
    first = a_case_delivered(now=now)
    row = {name: value for name, value in first.__data__.items() if name not in ("id", "number", "draft")}
    more = [{**row, "number": numbers.make(2026, next(_serials))} for _ in range(how_many - 1)]
    for one in more:
        Case.insert(one).execute()
    return list(Case.select().order_by(Case.id))


def assert_no_place_is_taken_twice():
    """Compare the seats with the appointments: each has all its cells at one place, and shares none."""
    seats = list(Seat.select())
    assert len({(seat.kind, seat.at, seat.place) for seat in seats}) == len(seats)
    for booked in Appointment.select().where(Appointment.state == AppointmentState.BOOKED):
        own = [seat for seat in seats if seat.appointment_id == booked.id]
        assert len({seat.place for seat in own}) == 1
        assert sorted(seat.at for seat in own) == [
            booked.starts_at + n * timedelta(minutes=15) for n in range(len(own))
        ]
        assert booked.starts_at + len(own) * timedelta(minutes=15) == booked.ends_at


def test_of_200_salons_20_get_the_20_slots_and_180_are_told(database, live_server):  # rules R4, S3
    now = clock.now()
    a_calendar(capacity=1, now=now)
    found = delivered(SALONS, now)
    free = appointments.free_slots(Kind.COMMISSIONING, now=now + timedelta(days=1))[:SLOTS]
    visitor = people.signed_in(live_server.address, found[0].reporter)

    def book(place: int) -> people.Answer:
        case, at = found[place], text_of(free[place % SLOTS])
        path = f"/cases/{case.number}/appointment/commissioning/confirm"
        return visitor.same_again().post(path, {"at": at, "replaces": "", "note": ""})

    answers = people.at_once(*(partial(book, place) for place in range(SALONS)))
    assert Counter(answer.status for answer in answers) == {303: SLOTS, 409: SALONS - SLOTS}
    assert all(TAKEN in answer.text for answer in answers if answer.status == 409)
    booked = Appointment.select().where(Appointment.state == AppointmentState.BOOKED)
    assert sorted(one.starts_at for one in booked) == free
    assert Case.select().where(Case.state == State.COMMISSIONING_BOOKED).count() == SLOTS
    for rows in (
        History.select().where(History.what == "book_appointment"),
        Letter.select().where(Letter.event == "appointment_booked"),
    ):
        assert rows.count() == SLOTS
    assert_no_place_is_taken_twice()


def test_two_places_are_two_and_of_six_who_ask_four_are_told(database):  # rule R4
    a_calendar(capacity=2)
    book = [
        partial(appointments.book, case, Kind.COMMISSIONING, TUESDAY_10, by=case.reporter, now=NOW)
        for case in delivered(6)
    ]
    assert kinds(at_once(*book)) == ["Appointment"] * 2 + ["SlotTaken"] * 4
    assert_no_place_is_taken_twice()


def test_the_index_alone_keeps_a_place_from_being_taken_twice(database, monkeypatch):  # rule R4
    a_calendar(capacity=2)
    found = delivered(4)
    monkeypatch.setattr(appointments.seats, "taken", lambda *_args, **_limits: {})  # nobody sees the others
    monkeypatch.setattr(appointments, "_held_settings", appointments.settings_of)  # nor waits for them
    book = [
        partial(appointments.book, case, Kind.COMMISSIONING, TUESDAY_10, by=case.reporter, now=NOW)
        for case in found
    ]
    assert kinds(at_once(*book)) == ["Appointment"] * 2 + ["SlotTaken"] * 2
    assert_no_place_is_taken_twice()


def test_two_that_change_places_do_not_wait_for_each_other(database):  # rule S3
    a_calendar(capacity=1)
    later, staff = TUESDAY_10 + HOUR, a_staff_member()
    first, second = an_appointment(starts_at=TUESDAY_10), an_appointment(starts_at=later)
    results = at_once(
        partial(appointments.move, first, later, by=staff, now=NOW),
        partial(appointments.move, second, TUESDAY_10, by=staff, now=NOW),
    )
    assert kinds(results) == ["SlotTaken", "SlotTaken"]
    assert_no_place_is_taken_twice()


def test_one_case_that_books_six_times_at_once_has_one_appointment(database):  # rules R4, S3
    a_calendar()
    (case,) = delivered(1)
    free = appointments.free_slots(Kind.COMMISSIONING, now=NOW)[:6]
    book = partial(appointments.book, case, Kind.COMMISSIONING, by=case.reporter, now=NOW)
    results = at_once(*(partial(book, start) for start in free))
    assert kinds(results) == ["AlreadyBooked"] * 5 + ["Appointment"]
    assert Letter.select().where(Letter.event == "appointment_booked").count() == 1


def test_moved_or_cancelled_but_not_both(database):  # rule S3
    booked, staff = an_appointment(starts_at=TUESDAY_10), a_staff_member()
    move = partial(appointments.move, booked, TUESDAY_10 + HOUR, by=booked.case.reporter, now=NOW)
    results = at_once(move, partial(appointments.cancel, booked, by=staff, now=NOW))
    assert kinds(results) in (["Appointment", "CaseMoved"], ["Appointment", "NotAllowedNow"])
    assert Appointment.get().sequence == 1
    assert_no_place_is_taken_twice()


def test_a_case_that_ends_while_it_is_booked_keeps_no_open_appointment(database):  # rules R4, S3
    staff = a_staff_member()
    a_calendar(Kind.REMOTE)
    for _ in range(3):
        case = a_remote_case()
        book = partial(appointments.book, case, Kind.REMOTE, TUESDAY_10, by=case.reporter, now=NOW)
        results = at_once(book, partial(cases.solve_remotely, case, "Gelöst", by=staff, now=NOW))
        assert kinds(results) in (["Appointment", "Case"], ["Case", "NotAllowedNow"])
        assert not Appointment.open_of(case).exists()
    assert not Seat.select().exists()


def test_a_capacity_that_shrinks_meanwhile_counts_before_or_after(database):  # rules R4, S3
    kind = a_calendar(capacity=2)
    an_appointment(starts_at=TUESDAY_10)
    (case, *_others) = delivered(1)[-1:]
    book = partial(appointments.book, case, Kind.COMMISSIONING, TUESDAY_10, by=case.reporter, now=NOW)
    shrink = partial(a_calendar, capacity=1, revision=kind.revision)
    results = at_once(book, shrink)
    assert kinds(results) in (["Appointment", "CalendarKind"], ["CalendarKind", "SlotTaken"])
    assert_no_place_is_taken_twice()


def test_two_workers_remind_once(database):  # rules R4, S4
    booked = an_appointment(starts_at=TUESDAY_10)
    remind = partial(appointments.remind_due, now=booked.remind_at)
    at_once(remind, remind, remind)
    assert Letter.select().where(Letter.event == "appointment_soon").count() == 1
    assert History.select().where(History.what == "remind_appointment").count() == 1
