"""Where does a case with an appointment stand, and when is its salon reminded?  Rules R4, S4, S5, S6."""

from datetime import UTC, datetime, timedelta

from portal.actions import appointments, queue
from portal.models import Appointment, Case, Letter
from portal.rules.appointments import Kind
from portal.rules.urgency import Harm
from tests.builders import NOW, a_case, a_staff_member, an_appointment

TUESDAY_10 = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LONG = timedelta(days=40)


def soon_letters(appointment):
    return Letter.select().where(Letter.case == appointment.case, Letter.event == "appointment_soon").count()


def test_a_booked_commissioning_is_stuck_a_day_after_its_appointment(database):  # rules R4, S5, S6
    booked = an_appointment(starts_at=TUESDAY_10 + LONG)
    assert (booked.case.harm, booked.case.reassess_at) == (None, booked.ends_at + DAY)
    moved = appointments.move(booked, TUESDAY_10, by=a_staff_member(), now=NOW)
    assert moved.case.reassess_at == moved.ends_at + DAY
    queue.reassess_due(now=moved.ends_at + DAY)
    found = Case.get_by_id(booked.case_id)
    assert (found.harm, found.harm_since) == (Harm.STUCK, moved.ends_at + DAY)


def test_one_is_reminded_a_day_before_and_once(database):  # rules R4, S4
    booked = an_appointment(a_case(), Kind.CALL, TUESDAY_10)
    assert booked.remind_at == TUESDAY_10 - DAY
    assert appointments.remind_due(now=booked.remind_at - timedelta(seconds=1)) == 0
    for _ in range(2):
        appointments.remind_due(now=booked.remind_at)
    assert soon_letters(booked) == 1
    assert Appointment.get_by_id(booked.id).is_booked


def test_what_is_booked_within_a_day_reminds_nobody(database):  # rule R4
    booked = an_appointment(a_case(), Kind.CALL, NOW.replace(minute=15) + timedelta(hours=2))
    assert booked.remind_at is None


def test_a_moved_appointment_reminds_of_its_new_time(database):  # rule R4
    staff = a_staff_member()
    booked = an_appointment(a_case(), Kind.CALL, TUESDAY_10)
    appointments.remind_due(now=booked.remind_at)
    moved = appointments.move(
        Appointment.get_by_id(booked.id), TUESDAY_10 + 2 * DAY, by=staff, now=booked.remind_at
    )
    assert moved.remind_at == TUESDAY_10 + DAY
    appointments.remind_due(now=moved.remind_at)
    assert soon_letters(booked) == 2


def test_what_has_begun_or_is_off_reminds_nobody(database):  # rules R4, S4
    begun = an_appointment(a_case(), Kind.CALL, TUESDAY_10)
    off = an_appointment(a_case(), Kind.CALL, TUESDAY_10)
    appointments.cancel(off, by=a_staff_member(), now=NOW)
    appointments.remind_due(now=TUESDAY_10)
    assert soon_letters(begun) == soon_letters(off) == 0
    assert not Appointment.to_remind(TUESDAY_10).exists()
