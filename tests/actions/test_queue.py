"""Does each row stand where its harm puts it, however it came there?  Rules S5, S6."""

from datetime import timedelta

import pytest

from portal.actions import cases, links, queue
from portal.models import Case, SubstituteLink, desk
from portal.rules.links import LinkReason, Mode
from portal.rules.urgency import Harm
from portal.rules.workflow import State
from tests.builders import (
    NOW,
    a_case,
    a_device,
    a_link_request,
    a_sent_case,
    a_staff_member,
    a_waiting_case,
    an_active_link,
)

DAY = timedelta(days=1)
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
    ended = links.expire(SubstituteLink.get_by_id(link.id), now=NOW + 30 * DAY)
    assert place(case)[:2] == (Harm.CANNOT_CASH, NOW + 30 * DAY)
    assert place(ended) == (None, None, None)


def test_a_full_link_that_ends_before_the_server_is_back_comes_up_seven_days_before(database):  # rule L10
    case = a_case()
    an_active_link(link=a_link_request(case=case), days=30)
    assert place(case) == (None, None, NOW + 23 * DAY)
    queue.reassess_due(now=NOW + 23 * DAY)
    assert place(case)[:2] == (Harm.LINK_ENDS_FIRST, NOW + 23 * DAY)


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
