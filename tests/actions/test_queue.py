"""Does each row stand where its harm puts it, however it came there?  Rules S5, S6."""

from datetime import timedelta

import pytest

from portal.actions import cases, link_steps, links, matching, queue, readouts, tills
from portal.actions.matching import Owner
from portal.models import Case, StepTime, SubstituteLink, desk
from portal.rules import forecast, urgency
from portal.rules.links import LinkReason, Mode, TillDeed, TillState
from portal.rules.triage import Outcome
from portal.rules.urgency import Harm
from portal.rules.warranty import Estimate
from portal.rules.workflow import State
from tests.actions.emergency_made import WITH_LINK, an_emergency
from tests.builders import (
    NOW,
    SECRET,
    a_case,
    a_device,
    a_link_request,
    a_sent_case,
    a_staff_member,
    a_waiting_case,
    an_active_link,
)
from tests.queries import counted

DAY = timedelta(days=1)
SAVED = {"data_first": {"uploaded_at": ""}}
TICK = timedelta(microseconds=1)


def place(row) -> tuple:
    """Return where the row stands, as the database has it."""
    found = type(row).get_by_id(row.id)
    return (found.harm, found.harm_since, found.reassess_at)


def order(now=None) -> list:
    if now is not None:
        queue.reassess_due(now=now)
    rows, _more = desk.queue(a_staff_member())
    return rows


def test_a_report_that_waits_stands_in_the_queue_until_it_is_released(database):  # rule S5
    case = a_waiting_case()
    assert place(case)[:2] == (Harm.DECISION, NOW)
    cases.release(case, by=a_staff_member(), now=NOW)
    assert place(case) == (None, None, None)


def test_an_emergency_without_a_till_stands_first_before_anybody_has_matched_it(database):  # rules S5, P1a
    a_waiting_case()
    wished = an_emergency(link=WITH_LINK, now=NOW + DAY).case
    assert place(wished)[:2] == (Harm.CANNOT_CASH, NOW + DAY)
    assert order()[0] == wished
    for others in ({"link": {"wanted": "no"}}, {"link": WITH_LINK, "running": {"running": "yes"}, **SAVED}):
        assert place(an_emergency(**others).case)[0] == Harm.DECISION
    device = a_device(purchased_on=None)
    matching.match(wished, Owner(device.salon.customer, device=device), by=a_staff_member(), now=NOW + DAY)
    assert place(wished)[0] == Harm.CANNOT_CASH, "its link is asked for now"
    assert SubstituteLink.get().case_id == wished.id


def test_what_an_earlier_release_placed_by_another_rule_is_placed_anew(database):  # rules S5, P1a
    wished, known = an_emergency(link=WITH_LINK).case, a_waiting_case()
    placed = {"harm": Harm.DECISION, "reassess_at": None}
    Case.update(placed).where(Case.id == wished.id).execute()
    assert queue.place_unmatched_anew(now=NOW) == 1
    assert queue.reassess_due(now=NOW) == 1
    assert (place(wished)[0], place(known)[0]) == (Harm.CANNOT_CASH, Harm.DECISION)


def test_waiting_for_the_owner_is_nobodys_delay(database):  # rule S6
    case = cases.ask_back(a_waiting_case(), "Welche Lampe?", by=a_staff_member(), now=NOW)
    assert place(case) == (None, None, None)
    queue.reassess_due(now=NOW + 400 * DAY)
    assert place(case)[0] is None


def test_an_answer_stands_open_since_it_was_given(database):  # rule S5
    case = cases.ask_back(a_waiting_case(), "Welche Lampe?", by=a_staff_member(), now=NOW)
    answered = cases.answer(case, "Die linke", by=case.reporter, now=NOW + DAY)
    assert place(answered)[:2] == (Harm.ANSWER_OPEN, NOW + DAY)


@pytest.mark.parametrize("by_owner", [True, False])
def test_a_case_that_has_ended_leaves_the_queue_whatever_was_open(database, by_owner):  # rule S5
    case = cases.ask_back(a_waiting_case(), "Welche Lampe?", by=a_staff_member(), now=NOW)
    case = cases.answer(case, "Die linke", by=case.reporter, now=NOW)
    by = case.reporter if by_owner else a_staff_member()
    cases.cancel(case, by=by, now=NOW + DAY, why="Geht wieder")
    assert place(case) == (None, None, None)
    assert order(NOW + 400 * DAY) == []


def test_time_alone_moves_a_parcel_that_does_not_arrive_into_the_queue(database):  # rule S5
    case = a_sent_case()
    assert place(case) == (None, None, NOW + 7 * DAY)
    assert queue.reassess_due(now=NOW + 7 * DAY - TICK) == 0
    assert queue.reassess_due(now=NOW + 7 * DAY) == 1
    assert place(case) == (Harm.OVERDUE, NOW + 7 * DAY, None)
    assert queue.reassess_due(now=NOW + 8 * DAY) == 0
    cases.receive(Case.get_by_id(case.id), by=a_staff_member(), now=NOW + 8 * DAY)
    assert place(case) == (None, None, NOW + 9 * DAY)


def test_a_case_carries_the_place_of_its_link(database):  # rule S5
    case = a_case()
    link = a_link_request(case=case)
    assert (place(case)[:2], place(link)) == ((Harm.CANNOT_CASH, NOW), (None, None, None))
    an_active_link(link=link, mode=Mode.VIEW_ONLY, now=NOW)
    assert place(case)[:2] == (Harm.RECEIPT_LOCK, NOW)
    link_steps.expire(SubstituteLink.get_by_id(link.id), now=NOW + 30 * DAY)
    assert place(case)[:2] == (Harm.CANNOT_CASH, NOW + 30 * DAY)


def moved_to(case, state, now=NOW):
    """Put the case into a state on its way and work its place out anew."""
    Case.update(state=state, state_since=now).where(Case.id == case.id).execute()
    queue.reassess_case(case, now=now)
    return Case.get_by_id(case.id)


def a_case_with_link(days=30, **changes):
    case = a_case(**changes)
    an_active_link(link=a_link_request(case=case), days=days)
    return case


def test_a_full_link_comes_up_seven_days_before_its_end(database):  # rule L10
    case = moved_to(a_case_with_link(), State.ON_ITS_WAY_BACK, NOW + 16 * DAY)
    assert place(case) == (None, None, NOW + 23 * DAY)
    queue.reassess_due(now=NOW + 23 * DAY)
    assert place(case)[:2] == (Harm.LINK_ENDS_FIRST, NOW + 23 * DAY)


def test_a_link_too_short_for_what_is_still_to_come_is_flagged_from_its_start(database):  # rule L10
    assert place(a_case_with_link(days=14))[:2] == (Harm.LINK_ENDS_FIRST, NOW)
    assert place(a_case_with_link(days=30))[0] is None


def test_a_case_that_stays_too_long_is_flagged_the_moment_the_rest_no_longer_fits(database):  # rule L10
    case = a_case_with_link()
    rest = sum((forecast.GUIDELINE[step] for step in WAY[1:]), timedelta())
    assert place(case) == (None, None, NOW + 30 * DAY - rest)
    queue.reassess_due(now=NOW + 30 * DAY - rest)
    assert place(case)[:2] == (Harm.LINK_ENDS_FIRST, NOW + 30 * DAY - rest)
    moved_to(case, State.READY_TO_RETURN, NOW + 20 * DAY)
    assert place(case)[0] is None


WAY = forecast.way_from(State.AWAITING_SHIPMENT, Estimate.IN_WARRANTY)


def test_the_medians_of_past_cases_move_the_flag(database):  # rule L10
    case = moved_to(a_case_with_link(), State.IN_REPAIR)
    assert place(case)[0] is None
    StepTime.create(state=State.IN_REPAIR, median_seconds=29 * DAY.total_seconds(), cases=5, measured_at=NOW)
    queue.reassess_case(case, now=NOW)
    assert place(case)[:2] == (Harm.LINK_ENDS_FIRST, NOW)


@pytest.mark.parametrize("state", [State.DELIVERED, State.COMMISSIONING_BOOKED])
def test_a_server_in_the_salon_is_not_back_before_it_is_commissioned(database, state):  # rules L10, R1, R2
    case = moved_to(a_case_with_link(days=2), state, NOW + DAY)
    assert place(case)[0] == Harm.LINK_ENDS_FIRST
    link_steps.expire_due(now=NOW + 2 * DAY)
    assert place(case)[:2] == (Harm.CANNOT_CASH, NOW + 2 * DAY)


def test_what_need_not_be_sent_in_has_no_forecast(database):  # rules L10, T9
    case = a_case_with_link(days=14)
    Case.update(outcome=Outcome.REMOTE_SESSION, released_at=None).where(Case.id == case.id).execute()
    queue.reassess_case(case, now=NOW)
    assert place(case) == (None, None, NOW + 7 * DAY)


def a_link_being_set_up(case=None, reason=LinkReason.DEFECT):
    """Make a link that is granted and waits for the till's back end."""
    asked = links.correct(
        a_link_request(case=case, reason=reason),
        real_backup_at=NOW,
        complete=True,
        why="Nachgesehen",
        by=a_staff_member(),
        now=NOW,
    )
    return links.grant(asked, Mode.FULL, days=30, secret=SECRET, by=a_staff_member(), now=NOW)


def test_a_link_whose_till_is_not_set_up_yet_lets_nobody_cash(database):  # rule S5
    case = a_case()
    link = a_link_being_set_up(case)
    assert (place(case)[:2], place(link)) == ((Harm.CANNOT_CASH, NOW), (None, None, None))
    assert place(a_link_being_set_up(reason=LinkReason.MOVING))[0] == Harm.LINK_OTHER


def test_a_full_link_whose_unlocking_is_not_confirmed_counts_as_locked(database):  # rules S5, L6
    case = moved_to(a_case_with_link(), State.IN_REPAIR)
    SubstituteLink.update(till_confirmed=TillState.LOCKED).execute()
    queue.reassess_case(case, now=NOW + DAY)
    assert place(case)[:2] == (Harm.RECEIPT_LOCK, NOW)
    tills.confirm_by_hand(SubstituteLink.get(), by=a_staff_member(), now=NOW + DAY)
    assert place(case)[0] is None


def test_a_lock_put_on_afterwards_counts_from_then(database):  # rules S5, L5
    case = a_case_with_link()
    readouts.lock(SubstituteLink.get(), "Es fehlen Tage", by=a_staff_member(), now=NOW + 2 * DAY)
    assert place(case)[:2] == (Harm.RECEIPT_LOCK, NOW + 2 * DAY)


def test_a_till_left_over_has_the_links_own_row_until_it_is_confirmed_as_deleted(database):  # rule L11a
    case = a_case_with_link()
    link = links.delete(SubstituteLink.get(), "Steht im Weg", by=a_staff_member(), now=NOW + DAY)
    assert place(case)[0] == Harm.CANNOT_CASH
    assert place(link) == (Harm.TILL_LEFT, NOW + DAY, None)
    assert order() == [case, link]
    tills.confirm_by_hand(link, by=a_staff_member(), now=NOW + 2 * DAY)
    assert place(link) == (None, None, None)
    assert order() == [case]


def test_the_back_end_has_a_quarter_of_an_hour_to_delete_a_till(database):  # rule L11a
    link = a_link_being_set_up()
    link = links.activate(link, "https://till.example/1", secret=SECRET, by=None, now=NOW, till_id="1")
    link = link_steps.expire(link, now=NOW + 30 * DAY)
    due = NOW + 30 * DAY + urgency.TILL_GRACE
    assert place(link) == (None, None, due)
    assert queue.reassess_due(now=due) == 1
    assert place(link) == (Harm.TILL_LEFT, NOW + 30 * DAY, None)
    tills.done(SubstituteLink.get(), TillDeed.DELETE, now=due + DAY)
    assert place(link) == (None, None, None)


def test_many_due_rows_read_the_measured_times_once(database):  # built for size
    for _case in range(6):
        a_case_with_link()
    Case.update(reassess_at=NOW).execute()
    with counted() as queries:
        assert queue.reassess_due(now=NOW) == 6
    assert str(queries).count('FROM "step_time"') == 1
    rows = 6 * 3 + 3  # each: held, its link, its place; and three lists
    assert len(queries) <= rows, queries


def test_a_link_without_a_case_stands_on_its_own(database):  # rule S5
    link = a_link_request(reason=LinkReason.MOVING)
    assert place(link) == (Harm.LINK_OTHER, NOW, None)
    refused = links.refuse(link, "Kein Backup", by=a_staff_member(), now=NOW)
    assert place(refused) == (None, None, None)


def test_what_a_request_returns_is_what_is_stored(database):
    link = a_link_request()
    assert (link.harm, link.harm_since) == (Harm.CANNOT_CASH, NOW)
    assert link.revision == SubstituteLink.get().revision


def test_a_link_that_joins_a_case_leaves_its_own_place(database):  # rule S5, rule L1
    link = a_link_request()
    case = a_case(link.device, link.requester)
    assert place(link) == (None, None, None)
    assert place(case)[:2] == (Harm.CANNOT_CASH, NOW)
    assert order() == [case]
    links.refuse(SubstituteLink.get(), "Kein Backup", by=a_staff_member(), now=NOW)
    assert order() == []


def test_a_place_left_over_on_a_links_row_is_cleared_once(database):
    link = a_link_request(case=a_case())
    SubstituteLink.update(harm=Harm.LINK_OTHER, harm_since=NOW, reassess_at=NOW).execute()
    queue.reassess_due(now=NOW)
    assert place(link) == (None, None, None)
    assert queue.reassess_due(now=NOW) == 0


def test_the_queue_is_ordered_by_harm_then_by_time(database):  # rule S5
    stuck = cases.receive(a_sent_case(), by=a_staff_member(), now=NOW)
    overdue = a_sent_case()
    moving = a_link_request(reason=LinkReason.MOVING)
    decision, older = a_waiting_case(), a_waiting_case(now=NOW - DAY)
    answered = cases.ask_back(a_waiting_case(), "Welche?", by=a_staff_member(), now=NOW)
    cases.answer(answered, "Die", by=answered.reporter, now=NOW)
    locked = an_active_link(mode=Mode.VIEW_ONLY)
    ends_first = a_case()
    an_active_link(link=a_link_request(case=ends_first), days=10)
    cannot_cash = a_case()
    a_link_request(case=cannot_cash)
    alone = a_link_request()
    assert order(NOW + 8 * DAY) == [
        cannot_cash, alone, locked, ends_first, answered, older, decision, moving, overdue, stuck,
    ]  # fmt: skip


def test_each_page_of_the_queue_goes_on_behind_the_last(database):  # rule S5
    rows = [
        a_waiting_case(),
        a_waiting_case(),
        a_link_request(),
        a_waiting_case(now=NOW - DAY),
        a_link_request(),
    ]
    staff, seen, after = a_staff_member(), [], None
    for _page in range(3):
        page, more = desk.queue(staff, after, limit=2)
        seen += page
        after = desk.place_of(page[-1])
    assert not more
    assert len(seen) == len(rows)
    assert {(type(row), row.id) for row in seen} == {(type(row), row.id) for row in rows}


def test_the_worker_does_what_is_due_in_parts(database):
    for _case in range(3):
        a_sent_case(a_device())
    assert [queue.reassess_due(now=NOW + 7 * DAY, limit=2) for _round in range(3)] == [2, 1, 0]
    assert Case.select().where(Case.harm == Harm.OVERDUE, Case.state == State.ON_ITS_WAY_TO_US).count() == 3


def test_one_case_in_trouble_keeps_no_other_from_its_place(database, monkeypatch):  # rule S5
    first, second = a_case(), a_case()
    Case.update(reassess_at=NOW, harm=None).execute()
    reassess = queue.reassess_case

    def fail(case, **given):
        if case.id == first.id:
            raise ZeroDivisionError
        return reassess(case, **given)

    monkeypatch.setattr(queue, "reassess_case", fail)
    with pytest.raises(ZeroDivisionError):
        queue.reassess_due(now=NOW)
    assert Case.get_by_id(first.id).reassess_at == NOW
    assert Case.get_by_id(second.id).reassess_at != NOW
