"""Is the owner reminded once of what waits, does time end what it ends?  Rules C2b, C4, R4, S3, S4, W3."""

from datetime import timedelta

import pytest

from portal.actions import appointments, cases, letters, parcels, queue, reminders
from portal.actions.parcels import PartRecord
from portal.models import Appointment, Case, History, Letter, ParcelItem, Quote, Round
from portal.rules.carriers import Carrier
from portal.rules.parcel import Arrival, Part
from portal.rules.quotes import QuoteState
from portal.rules.urgency import Harm
from portal.rules.workflow import State
from tests import builders as build
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW

DAY = timedelta(days=1)
EVENTS = (
    "release_ends_soon", "release_lapsed", "parcel_awaited", "part_awaited", "arrival_asked", "booking_asked",
    "quote_ends_soon", "quote_lapsed", "cancelled",
)  # fmt: skip


def told() -> list[str]:
    """Return which reminders were written, in order."""
    return [letter.event for letter in Letter.select().order_by(Letter.id) if letter.event in EVENTS]


def the_worker_comes(*days: float) -> None:
    for day in days:
        reminders.remind_due(now=NOW + day * DAY)


def state_of(case) -> State:
    return Case.get_by_id(case.id).state


def test_a_release_is_reminded_of_lapses_and_at_last_ends_the_case(database):  # rules C2b, S4
    case = build.a_case()
    the_worker_comes(1, 22.9)
    assert told() == []
    the_worker_comes(23, 24, 30, 31)
    assert told() == ["release_ends_soon", "release_lapsed"]
    assert state_of(case) is State.AWAITING_SHIPMENT
    the_worker_comes(44, 45)
    assert told() == ["release_ends_soon", "release_lapsed", "cancelled"]
    assert state_of(case) is State.CANCELLED
    assert Letter.get(Letter.event == "cancelled").context["step"] == "lapse"
    last = History.of_case(case).order_by(History.id.desc()).first()
    assert (last.what, last.account_id) == ("lapse", None)


def test_nobody_reads_that_it_is_valid_after_it_has_lapsed(database):  # rule C2b
    build.a_case()
    the_worker_comes(23, 30)  # and the mail server was down all the time
    assert (waits("release_ends_soon"), waits("release_lapsed")) == (False, True)


def test_an_extended_release_is_reminded_of_anew(database):  # rule C2b
    case = build.a_case()
    the_worker_comes(23)
    cases.extend(case, by=build.a_staff_member(), now=NOW + 25 * DAY)
    the_worker_comes(26, 31, 45, 47.9)
    assert told() == ["release_ends_soon"], "the old end counts no more"
    the_worker_comes(48, 55)
    assert told() == ["release_ends_soon"] * 2 + ["release_lapsed"]


def test_after_a_pause_of_the_worker_only_the_newest_is_sent(database):  # rule C2b
    build.a_case()
    the_worker_comes(31)
    assert told() == ["release_lapsed"]


def test_a_parcel_that_does_not_come_is_asked_for_when_staff_see_it_as_late(database):  # rules C2b, S5
    build.an_operator(overdue_days=3)
    case = build.a_sent_case()
    the_worker_comes(2.9)
    assert Case.get_by_id(case.id).reassess_at == NOW + 3 * DAY
    assert told() == []
    the_worker_comes(3, 4, 40)
    assert told() == ["parcel_awaited"]
    queue.reassess_due(now=NOW + 3 * DAY)
    assert Case.get_by_id(case.id).harm == Harm.OVERDUE


def test_who_corrects_the_number_need_not_be_asked_whether_it_is_right(database):  # rule C2b
    case = build.a_sent_case()
    cases.correct_tracking(case, Carrier.GLS, "12345678901", by=case.reporter, now=NOW + 8 * DAY)
    the_worker_comes(9)
    assert told() == []


def waits(event: str) -> bool:
    return Letter.get(Letter.event == event).due_at is not None


def test_a_reminder_that_has_not_left_is_called_off_by_the_deed_it_asks_for(database):  # rules C2b, S4
    case = build.a_case()
    the_worker_comes(23)
    assert waits("release_ends_soon")
    cases.mark_sent(Case.get_by_id(case.id), Carrier.DHL, "", by=case.reporter, now=NOW + 24 * DAY)
    assert not waits("release_ends_soon")
    assert waits("released"), "what was told stays told"


def test_an_appointment_cancelled_while_the_worker_reads_is_not_reminded_of(database, monkeypatch):  # rule R4
    booked = build.an_appointment(starts_at=NOW + 3 * DAY + timedelta(minutes=46))
    due = [Appointment.get_by_id(booked.id)]
    monkeypatch.setattr(appointments.rounds, "for_each", lambda rows, deed: [deed(one) for one in due])
    appointments.cancel(booked, by=build.a_staff_member(), now=NOW)
    appointments.remind_due(now=booked.starts_at - DAY / 2)
    assert not Letter.select().where(Letter.event == "appointment_soon").exists()


def test_a_quote_is_reminded_of_and_lapses_unanswered(database):  # rules W3, P4
    case = build.a_case_with_quote()
    quote = Quote.unanswered(case)
    left = quote.valid_until - NOW
    the_worker_comes(left / DAY - 3.01, left / DAY - 3, left / DAY)
    assert told() == ["quote_ends_soon"]
    reminders.remind_due(now=quote.valid_until + timedelta(microseconds=1))
    assert told() == ["quote_ends_soon", "quote_lapsed"]
    assert Quote.get_by_id(quote.id).state is QuoteState.LAPSED
    assert state_of(case) is State.QUOTE_DECLINED
    assert Case.get_by_id(case.id).remind_at is None


def test_an_answered_quote_is_not_reminded_of(database):  # rule P4
    case = build.a_case_with_quote()
    build.accepted(case)
    the_worker_comes(12, 20)
    assert told() == []


def test_a_parcel_on_its_way_back_is_asked_for_once(database):  # rules C2b, R1
    build.a_case_on_its_way_back()
    the_worker_comes(6.9, 7, 8, 30)
    assert told() == ["arrival_asked"]


def test_an_appointment_is_asked_for_twice_and_again_when_it_was_called_off(database):  # rule R4
    case = build.a_case_delivered()
    the_worker_comes(1.9, 2, 3, 7, 30)
    assert told() == ["booking_asked"] * 2
    booked = build.an_appointment(case, now=NOW + 31 * DAY)
    the_worker_comes(33, 40)
    assert told() == ["booking_asked"] * 2
    appointments.cancel(booked, by=build.a_staff_member(), now=NOW + 31 * DAY)
    the_worker_comes(33, 38)
    assert told() == ["booking_asked"] * 4


def test_an_open_case_from_before_gets_what_it_has_missed(database):  # rule C2b
    late, fresh, elsewhere = build.a_sent_case(), build.a_case(now=NOW + 9 * DAY), build.a_waiting_case()
    Case.update(remind_at=None, reminded_at=None).execute()
    the_worker_comes(10)
    assert told() == ["parcel_awaited"]
    assert Case.get_by_id(late.id).remind_at is None
    assert Case.get_by_id(fresh.id).remind_at == NOW + 32 * DAY
    assert Case.get_by_id(elsewhere.id).remind_at is None
    assert Round.get(Round.name == reminders.PLANNED).at == NOW + 10 * DAY


def test_of_several_workers_one_reminds(database):  # rules S3, S4
    case = build.a_sent_case()
    at_once(*[lambda: reminders.remind(case, now=NOW + 7 * DAY)] * 4)
    assert told() == ["parcel_awaited"]
    assert [row.what for row in case.history].count("remind") == 1


def test_of_several_workers_one_lets_the_release_lapse(database):  # rules S3, C2b
    case = build.a_case()
    results = at_once(*[lambda: reminders.remind(case, now=NOW + 60 * DAY)] * 3)
    assert kinds(results) == ["Case"] * 3
    assert told() == ["cancelled"]
    assert [row.what for row in case.history].count("lapse") == 1


def test_who_marks_the_parcel_as_sent_meanwhile_keeps_the_case(database):  # rules S3, C2b
    case = build.a_case()
    moment = NOW + 60 * DAY
    at_once(
        lambda: reminders.remind(case, now=moment),
        lambda: cases.mark_sent(case, Carrier.DHL, "", by=case.reporter, now=moment),
    )
    assert (state_of(case), told()) in [
        (State.ON_ITS_WAY_TO_US, []),
        (State.CANCELLED, ["cancelled"]),
    ]


def test_a_reminder_that_fails_is_made_up_for_and_keeps_no_other(database, monkeypatch):  # rule S4
    first, second = build.a_sent_case(), build.a_sent_case()
    tell = letters.tell_owners

    def fail(case, *args, **given):
        if case.id == first.id:
            raise ZeroDivisionError
        return tell(case, *args, **given)

    monkeypatch.setattr(letters, "tell_owners", fail)
    with pytest.raises(ZeroDivisionError):
        the_worker_comes(7)
    assert told() == ["parcel_awaited"]
    assert Case.get_by_id(second.id).remind_at is None
    monkeypatch.undo()
    the_worker_comes(7)
    assert told() == ["parcel_awaited"] * 2


MISSING = (
    PartRecord(Part.SERVER),
    PartRecord(Part.POWER_CABLE, Arrival.MISSING),
    PartRecord(Part.TSE_USB, Arrival.MISSING),
)


def missing(case, part: Part) -> ParcelItem:
    return ParcelItem.missing_of(case).where(ParcelItem.part == part).get()


def test_a_missing_part_is_asked_for_once_and_never_counts_as_our_delay(database):  # rules C4, S6
    case = build.a_case_checked_in(parts=MISSING)
    the_worker_comes(6.9)
    assert told() == []
    the_worker_comes(7, 8, 40)
    assert told() == ["part_awaited"]
    assert [row.facts for row in case.history if row.what == "remind"] == [{"reminder": "part_awaited"}]
    queue.reassess_due(now=NOW + 40 * DAY)
    assert Case.get_by_id(case.id).harm is None


def test_who_has_sent_one_of_two_parts_is_still_asked_for_the_other(database):  # rule C4
    case, staff = build.a_case_checked_in(parts=MISSING), build.a_staff_member()
    parcels.arrived_later(missing(case, Part.POWER_CABLE), by=staff, now=NOW + DAY)
    the_worker_comes(7)
    assert told() == ["part_awaited"]
    assert waits("part_awaited")
    parcels.waive(missing(case, Part.TSE_USB), "Es gibt keine", by=staff, now=NOW + 8 * DAY)
    assert not waits("part_awaited"), "nothing is missing any more"
    assert Case.get_by_id(case.id).remind_at is None


def test_what_came_before_its_time_is_not_asked_for(database):  # rule C4
    case, staff = build.a_case_checked_in(parts=MISSING), build.a_staff_member()
    for part in (Part.POWER_CABLE, Part.TSE_USB):
        parcels.arrived_later(missing(case, part), by=staff, now=NOW + DAY)
    the_worker_comes(7, 30)
    assert told() == []


def test_a_tse_that_keeps_the_finished_parcel_here_is_asked_for_anew(database):  # rules C4, C5
    case, staff = build.a_case_checked_in(parts=MISSING), build.a_staff_member()
    the_worker_comes(7)
    for step in ("start_diagnosis", "no_fault_found", "make_ready"):
        case = cases.advance(case, step, by=staff, now=NOW + 10 * DAY)
    the_worker_comes(16.9)
    assert told() == ["part_awaited"]
    the_worker_comes(17, 30)
    assert told() == ["part_awaited"] * 2


def test_the_part_that_comes_while_the_worker_writes_is_not_asked_for(database):  # rules C4, S3
    case, staff = build.a_case_checked_in(parts=MISSING[:2]), build.a_staff_member()
    item, moment = missing(case, Part.POWER_CABLE), NOW + 7 * DAY
    at_once(
        lambda: reminders.remind(case, now=moment), lambda: parcels.arrived_later(item, by=staff, now=moment)
    )
    written = Letter.get_or_none(Letter.event == "part_awaited")
    assert written is None or written.due_at is None, "called off, if it was written at all"
