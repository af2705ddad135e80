"""Are appointments booked, moved, cancelled and ended as both sides agreed?  Rules R4, R5, S3, S4, T8."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.actions import appointments, cases, commissioning
from portal.actions.appointments import (
    AlreadyBooked,
    NotAllowedNow,
    NotYours,
    SlotNotOffered,
    SlotTaken,
    TooLate,
)
from portal.actions.cases import CaseMoved
from portal.actions.conditions import NoAppointment
from portal.models import Appointment, Case, CommissioningTick, History, Letter, Seat
from portal.rules.appointments import GRID, AppointmentState, Kind
from portal.rules.commissioning import Item
from portal.rules.workflow import State
from tests.builders import (
    NOW,
    a_calendar,
    a_case,
    a_case_at_commissioning,
    a_case_delivered,
    a_remote_case,
    a_staff_member,
    a_waiting_case,
    an_appointment,
    an_owner,
)

MONDAY_10 = datetime(2026, 11, 23, 9, tzinfo=UTC)
TUESDAY_10 = MONDAY_10 + timedelta(days=1)
HOUR = timedelta(hours=1)


def events(case):
    rows = Letter.select().where(Letter.case == case, Letter.event.startswith("appointment_"))
    return [letter.event for letter in rows.order_by(Letter.id)]


def done(case, since="book_appointment"):
    """Return what was done with the case, from that deed on."""
    rows = [row.what for row in History.of_case(case)]
    return rows[rows.index(since) :]


def starts(kind=Kind.COMMISSIONING, **limits):
    return appointments.free_slots(kind, now=NOW, **limits)


def fresh(row):
    return type(row).get_by_id(row.id)


def test_the_owner_books_and_the_case_takes_its_step(database):  # rules R4, S4
    a_calendar()
    case = a_case_delivered()
    booked = appointments.book(
        case, Kind.COMMISSIONING, TUESDAY_10, by=case.reporter, now=NOW, note=" Bitte klingeln "
    )
    assert (booked.starts_at, booked.ends_at) == (TUESDAY_10, TUESDAY_10 + HOUR)
    assert (booked.state, booked.note, booked.sequence) == (AppointmentState.BOOKED, "Bitte klingeln", 0)
    assert fresh(case).state is State.COMMISSIONING_BOOKED
    assert events(case) == ["appointment_booked"]
    assert done(case) == ["book_appointment", "book_commissioning"]
    assert History.get(History.what == "book_appointment").facts["starts_at"] == TUESDAY_10.isoformat()
    assert [seat.at for seat in Seat.select().order_by(Seat.at)] == [TUESDAY_10 + n * GRID for n in range(4)]


def test_free_slots_are_those_with_a_place_left(database):  # rule R4
    a_calendar(capacity=2)
    before = starts()
    assert before[0] == MONDAY_10 - HOUR
    assert len(before) == 10 * 9
    for _ in range(2):
        assert TUESDAY_10 in starts()
        an_appointment(starts_at=TUESDAY_10)
    assert TUESDAY_10 not in starts()
    case = Appointment.select().first().case
    assert TUESDAY_10 in starts(for_case=case), "its own place counts as free"
    assert starts(Kind.CALL) == []


def test_the_salons_own_hours_narrow_what_is_offered(database):  # rule R4
    a_calendar()
    assert starts(salon_hours={1: [(600, 720)]}, days=7) == [TUESDAY_10, TUESDAY_10 + HOUR]


def test_places_are_the_same_one_for_the_whole_length(database):  # rule R4
    a_calendar(capacity=2, minutes=30)
    for start in (MONDAY_10, MONDAY_10, MONDAY_10 + 2 * GRID):
        an_appointment(starts_at=start)
    a_calendar(capacity=2, minutes=60)
    assert MONDAY_10 not in starts()
    with pytest.raises(SlotTaken):  # place 0 is free at no time, place 1 from half past
        an_appointment(starts_at=MONDAY_10 + GRID)
    assert an_appointment(starts_at=MONDAY_10 + 4 * GRID)
    assert {(seat.at, seat.place) for seat in Seat.select()} == {
        (MONDAY_10 + n * GRID, place) for n, place in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0)]
    } | {(MONDAY_10 + n * GRID, 0) for n in range(4, 8)}


def test_a_smaller_capacity_keeps_what_is_booked_and_takes_nothing_new(database):  # rule R4
    a_calendar(capacity=3)
    kept = [an_appointment(starts_at=TUESDAY_10) for _ in range(3)]
    a_calendar(capacity=1)
    assert all(fresh(one).is_booked for one in kept)
    for one in kept:
        assert TUESDAY_10 not in starts(), "as many sit there as may, or more"
        with pytest.raises(SlotTaken):
            an_appointment(starts_at=TUESDAY_10)
        appointments.cancel(one, by=a_staff_member(), now=NOW)
    assert TUESDAY_10 in starts()


def test_another_length_leaves_what_is_booked_as_it_is(database):  # rule R4
    a_calendar(capacity=1, minutes=45)
    old = an_appointment(starts_at=MONDAY_10)
    a_calendar(capacity=1, minutes=120)
    assert fresh(old).ends_at == MONDAY_10 + 3 * GRID
    assert starts()[:3] == [MONDAY_10 + HOUR * n for n in (1, 3, 5)]
    moved = appointments.move(old, TUESDAY_10, by=a_staff_member(), now=NOW)
    assert moved.ends_at == TUESDAY_10 + 2 * HOUR


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (NOW + HOUR, "it is Saturday"),
        (MONDAY_10 - 2 * HOUR, "before the hours"),
        (MONDAY_10 + 2 * GRID, "between two slots"),
        (MONDAY_10 + timedelta(days=63), "too far ahead"),
        (MONDAY_10 + timedelta(minutes=1), "off the grid"),
        (MONDAY_10 - timedelta(days=7), "over"),
    ],
)
def test_owners_get_only_what_is_offered(database, start, why):  # rule R4
    a_calendar()
    case = a_case_delivered()
    with pytest.raises(SlotNotOffered):
        appointments.book(case, Kind.COMMISSIONING, start, by=case.reporter, now=NOW)
    assert (Appointment.select().count(), Seat.select().count()) == (0, 0), why
    assert fresh(case).state is State.DELIVERED


def test_owners_are_given_notice_and_staff_book_what_both_agreed_on(database):  # rule R4
    a_calendar(notice_hours=48)
    case = a_case_delivered()
    with pytest.raises(SlotNotOffered):
        appointments.book(case, Kind.COMMISSIONING, MONDAY_10 - HOUR, by=case.reporter, now=NOW)
    on_saturday = NOW.replace(minute=30)
    booked = appointments.book(case, Kind.COMMISSIONING, on_saturday, by=a_staff_member(), now=NOW)
    assert booked.starts_at == on_saturday
    for start in (NOW.replace(minute=0), NOW.replace(minute=31)):  # over; off the grid
        with pytest.raises(SlotNotOffered):
            an_appointment(starts_at=start)


def test_a_kind_that_is_not_given_is_not_booked(database):  # rule R4
    case = a_remote_case()
    with pytest.raises(SlotNotOffered):
        appointments.book(case, Kind.REMOTE, MONDAY_10, by=a_staff_member(), now=NOW)
    a_calendar(Kind.REMOTE, is_offered=False)
    assert starts(Kind.REMOTE) == []
    with pytest.raises(SlotNotOffered):
        appointments.book(case, Kind.REMOTE, MONDAY_10, by=case.reporter, now=NOW)


@pytest.mark.parametrize(
    ("kind", "make"),
    [(Kind.COMMISSIONING, a_case), (Kind.REMOTE, a_waiting_case), (Kind.REMOTE, a_case_delivered)],
)
def test_there_is_no_appointment_that_makes_no_sense(database, kind, make):  # rules R4, T7
    a_calendar(kind)
    with pytest.raises(NotAllowedNow):
        appointments.book(make(), kind, MONDAY_10, by=a_staff_member(), now=NOW)


def test_a_holiday_and_a_closed_case_take_no_appointments(database):  # rule R4
    a_calendar()
    staff = a_staff_member()
    appointments.add_holiday(date(2026, 11, 24), "Betriebsausflug", by=staff, now=NOW)
    assert TUESDAY_10 not in starts()
    case = cases.cancel(a_case(), by=staff, now=NOW, why="Doppelt")
    a_calendar(Kind.CALL)
    with pytest.raises(NotAllowedNow):
        appointments.book(case, Kind.CALL, MONDAY_10, by=staff, now=NOW)


def test_a_case_has_one_open_appointment_of_a_kind(database):  # rule R4
    first = an_appointment(a_remote_case(), Kind.REMOTE, MONDAY_10)
    with pytest.raises(AlreadyBooked):
        an_appointment(first.case, Kind.REMOTE, TUESDAY_10)
    assert an_appointment(first.case, Kind.CALL, TUESDAY_10)
    later = first.ends_at
    again = appointments.book(first.case, Kind.REMOTE, TUESDAY_10, by=a_staff_member(), now=later)
    assert fresh(first).state is AppointmentState.DONE, "it is over, and nobody said that it was missed"
    assert again.is_booked


def test_nobody_acts_on_the_appointments_of_another_customer(database):  # rule P1
    booked, stranger = an_appointment(), an_owner()
    for deed in (
        lambda: appointments.book(booked.case, Kind.CALL, MONDAY_10, by=stranger, now=NOW),
        lambda: appointments.move(booked, MONDAY_10, by=stranger, now=NOW),
        lambda: appointments.cancel(booked, by=stranger, now=NOW),
    ):
        with pytest.raises(NotYours):
            deed()


def test_a_moved_appointment_gives_its_place_back_and_rings_anew(database):  # rules R4, S4
    a_calendar(capacity=1)
    booked = an_appointment(starts_at=TUESDAY_10)
    moved = appointments.move(booked, TUESDAY_10 + timedelta(days=1), by=booked.case.reporter, now=NOW + GRID)
    assert (moved.uid, moved.sequence, moved.changed_at) == (booked.uid, 1, NOW + GRID)
    assert moved.remind_at == TUESDAY_10
    assert TUESDAY_10 in starts()
    assert TUESDAY_10 + timedelta(days=1) not in starts()
    assert fresh(booked.case).state is State.COMMISSIONING_BOOKED
    assert events(booked.case) == ["appointment_booked", "appointment_moved"]
    facts = History.get(History.what == "move_appointment").facts
    assert (facts["from_at"], facts["starts_at"]) == (TUESDAY_10.isoformat(), moved.starts_at.isoformat())


def test_an_appointment_can_move_over_its_own_place(database):  # rule R4
    a_calendar(capacity=1)
    booked = an_appointment(starts_at=TUESDAY_10)
    assert appointments.move(booked, TUESDAY_10 + GRID, by=a_staff_member(), now=NOW).sequence == 1
    assert Seat.select().count() == 4


def test_a_move_to_a_taken_slot_changes_nothing(database):  # rules R4, S3
    a_calendar(capacity=1)
    an_appointment(starts_at=MONDAY_10)
    booked = an_appointment(starts_at=TUESDAY_10)
    with pytest.raises(SlotTaken):
        appointments.move(booked, MONDAY_10, by=a_staff_member(), now=NOW)
    assert fresh(booked).starts_at == TUESDAY_10
    assert Seat.select().where(Seat.appointment == booked).count() == 4
    assert events(booked.case) == ["appointment_booked"]


def test_without_its_commissioning_the_case_goes_back_and_its_list_begins_anew(database):  # rules R4, R5
    booked, staff = an_appointment(), a_staff_member()
    CommissioningTick.create(case=booked.case, item=Item.SESSION, at=NOW, account=staff)
    cancelled = appointments.cancel(booked, by=staff, now=NOW, why="Technik krank")
    assert (cancelled.state, cancelled.ended_why) == (AppointmentState.CANCELLED, "Technik krank")
    assert (fresh(booked.case).state, CommissioningTick.select().count()) == (State.DELIVERED, 0)
    assert Seat.select().count() == 0
    assert events(booked.case) == ["appointment_booked", "appointment_cancelled"]
    assert Letter.get(Letter.event == "appointment_cancelled").context["why"] == "Technik krank"
    assert done(booked.case, "cancel_appointment") == ["cancel_appointment", "unbook_commissioning"]
    assert an_appointment(booked.case).is_booked, "it can be booked anew"


def test_taking_the_step_back_by_hand_cancels_the_appointment_too(database):  # rule R4
    case = a_case_at_commissioning()
    cases.advance(case, "unbook_commissioning", by=a_staff_member(), now=NOW)
    assert Appointment.get().state is AppointmentState.CANCELLED
    assert events(case) == ["appointment_booked", "appointment_cancelled"]


def test_the_step_to_the_commissioning_needs_an_appointment(database):  # rule R4
    with pytest.raises(NoAppointment):
        cases.advance(a_case_delivered(), "book_commissioning", by=a_staff_member(), now=NOW)


def test_owners_change_until_the_set_time_and_staff_always(database):  # rule R4
    a_calendar(change_hours=24)
    booked = an_appointment(starts_at=TUESDAY_10)
    owner, last = booked.case.reporter, TUESDAY_10 - timedelta(hours=24)
    assert appointments.last_change_at(booked) == last
    late = last + timedelta(seconds=1)
    for deed in (
        lambda: appointments.cancel(booked, by=owner, now=late),
        lambda: appointments.move(booked, TUESDAY_10 + timedelta(days=1), by=owner, now=late),
    ):
        with pytest.raises(TooLate):
            deed()
    moved = appointments.move(booked, TUESDAY_10 + timedelta(days=1), by=owner, now=last)
    assert appointments.cancel(moved, by=a_staff_member(), now=moved.starts_at - GRID)


def test_what_somebody_else_has_changed_is_not_changed_unseen(database):  # rule S3
    seen, staff = an_appointment(starts_at=TUESDAY_10), a_staff_member()
    appointments.move(seen, MONDAY_10, by=staff, now=NOW)
    for deed in (
        lambda: appointments.move(seen, TUESDAY_10 + HOUR, by=staff, now=NOW),
        lambda: appointments.cancel(seen, by=staff, now=NOW),
        lambda: appointments.mark_missed(seen, by=staff, now=seen.ends_at),
    ):
        with pytest.raises(CaseMoved):
            deed()
    assert fresh(seen).starts_at == MONDAY_10


def test_nobody_books_in_a_year_that_was_mistyped(database):  # rule R4
    case = a_case_delivered()
    with pytest.raises(SlotNotOffered):
        an_appointment(case, starts_at=datetime(9999, 12, 31, 23, 45, tzinfo=UTC))


def test_the_owner_calls_off_no_commissioning_that_support_has_begun(database):  # rules R5, L11a
    booked, staff = an_appointment(starts_at=TUESDAY_10), a_staff_member()
    owner = booked.case.reporter
    commissioning.tick(fresh(booked.case), Item.SESSION, by=staff, now=NOW)
    with pytest.raises(TooLate):
        appointments.cancel(fresh(booked), by=owner, now=NOW)
    with pytest.raises(TooLate):
        appointments.move(fresh(booked), TUESDAY_10 + HOUR, by=owner, now=NOW)
    assert not appointments.cancel(fresh(booked), by=staff, now=NOW).is_booked


@pytest.mark.parametrize("deed", ["move", "cancel"])
def test_a_reminder_of_a_time_that_counts_no_more_does_not_leave(database, deed):  # rules R4, S4
    booked, staff = an_appointment(starts_at=TUESDAY_10), a_staff_member()
    other = an_appointment(booked.case, Kind.CALL, TUESDAY_10)
    appointments.remind_due(now=MONDAY_10)
    if deed == "move":
        appointments.move(fresh(booked), TUESDAY_10 + HOUR, by=staff, now=MONDAY_10)
    else:
        appointments.cancel(fresh(booked), by=staff, now=MONDAY_10)
    waiting = Letter.select().where(Letter.event == "appointment_soon", Letter.due_at.is_null(False))
    assert [letter.context["appointment"]["uid"] for letter in waiting] == [other.uid]


def test_a_missed_commissioning_can_be_booked_anew(database):  # rules R4, R5
    booked, staff = an_appointment(), a_staff_member()
    with pytest.raises(NotAllowedNow):
        appointments.mark_missed(booked, by=staff, now=booked.starts_at - GRID)
    with pytest.raises(NotAllowedNow):
        appointments.mark_missed(booked, by=booked.case.reporter, now=booked.ends_at)
    missed = appointments.mark_missed(booked, by=staff, now=booked.ends_at)
    assert missed.state is AppointmentState.MISSED
    assert fresh(booked.case).state is State.DELIVERED
    assert events(booked.case) == ["appointment_booked", "appointment_missed"]
    assert an_appointment(booked.case, now=booked.ends_at).is_booked


def test_a_call_is_marked_as_done_and_a_commissioning_only_by_its_list(database):  # rules R4, R5
    staff, call = a_staff_member(), an_appointment(a_case(), Kind.CALL)
    assert appointments.mark_done(call, by=staff, now=call.starts_at).state is AppointmentState.DONE
    with pytest.raises(NotAllowedNow):
        appointments.mark_done(an_appointment(), by=staff, now=NOW + HOUR)


def test_the_cases_end_leaves_no_appointment_open(database):  # rules R4, S4
    case, staff = a_remote_case(), a_staff_member()
    session = an_appointment(case, Kind.REMOTE, MONDAY_10)
    call = an_appointment(case, Kind.CALL, TUESDAY_10)
    cases.solve_remotely(case, "Neu gestartet", by=staff, now=MONDAY_10 + GRID)
    assert fresh(session).state is AppointmentState.DONE
    assert fresh(call).state is AppointmentState.CANCELLED
    assert Seat.select().count() == 0
    assert events(case) == ["appointment_booked", "appointment_booked", "appointment_cancelled"]
    assert Letter.get(Letter.event == "appointment_cancelled").context["because"] == "case_ended"


@pytest.mark.parametrize(("early", "letters"), [(GRID, []), (2 * HOUR, ["appointment_cancelled"])])
def test_a_commissioning_is_done_with_its_case_however_early(database, early, letters):  # rules R4, R5
    booked, staff = an_appointment(starts_at=MONDAY_10), a_staff_member()
    for item in Item:
        CommissioningTick.create(case=booked.case, item=item, at=NOW, account=staff)
    cases.advance(fresh(booked.case), "commission", by=staff, now=MONDAY_10 - early)
    assert fresh(booked).state is AppointmentState.DONE
    assert events(booked.case) == ["appointment_booked", *letters]


def test_an_old_case_without_an_appointment_gets_one_where_it_stands(database):  # rule R4
    case = a_case_delivered()
    Case.update(state=State.COMMISSIONING_BOOKED).where(Case.id == case.id).execute()
    an_appointment(fresh(case))
    assert done(case) == ["book_appointment"]


def test_a_letter_that_fails_undoes_the_booking(database, monkeypatch):  # rule S4
    a_calendar()
    case = a_case_delivered()

    def fail(*_args, **_context):
        raise RuntimeError("no letter")

    monkeypatch.setattr("portal.actions.endings.letters.tell_owners", fail)
    with pytest.raises(RuntimeError):
        an_appointment(case)
    assert (fresh(case).state, Appointment.select().count(), Seat.select().count()) == (State.DELIVERED, 0, 0)
