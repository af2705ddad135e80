"""Two at once, each on its own connection: the first wins, nothing is done twice.  Rules S3, L1."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest

from portal.actions import cases, commissioning, doors, link_steps, links, queue, reports
from portal.actions.links import ServerRestored
from portal.models import Attachment, Case, Counter, Draft, History, Letter, SubstituteLink, db
from portal.rules import urgency
from portal.rules.carriers import Carrier
from portal.rules.commissioning import Item
from portal.rules.links import LinkState, Mode
from portal.rules.report import Page
from portal.rules.workflow import State
from tests.actions.parallel import at_once, kinds
from tests.builders import (
    NOW,
    SECRET,
    a_case,
    a_case_at_commissioning,
    a_device,
    a_draft,
    a_link_request,
    a_salon,
    a_sent_case,
    a_staff_member,
    a_waiting_case,
    an_active_link,
    an_owner,
)
from tests.engines import wait_until


def grant(link, staff):
    return links.grant(
        link, Mode.VIEW_ONLY, till_address="https://till.example/", days=30, secret=SECRET, by=staff, now=NOW
    )


def test_a_report_sent_six_times_at_once_is_one_case(database):  # rule S3
    device = a_device()
    owner = an_owner(device.salon.customer)
    draft, _key = a_draft(device, owner)
    sent = at_once(*[partial(reports.send, Draft.get_by_id(draft.id), by=owner, now=NOW)] * 6)
    assert {case.id for case in sent} == {Case.get().id}
    assert [row.what for row in History.select().order_by(History.id)] == ["submit", "release"]
    assert Letter.select().count() == 1
    assert Counter.get().last == 1


def test_six_reports_at_once_get_six_numbers(database):  # rule S3
    owner = an_owner()
    salon = a_salon(owner.customer)
    drafts = [a_draft(a_device(salon), owner)[0] for _number in range(6)]
    sent = at_once(*[partial(reports.send, draft, by=owner, now=NOW) for draft in drafts])
    assert len({case.number for case in sent}) == 6
    assert Counter.get().last == 6


def test_two_tabs_that_answer_at_once_lose_nothing(database):
    draft, _key = reports.begin(account=None, now=NOW)
    pages = list(Page)[:8]
    at_once(*[partial(reports.answer, draft, page, {"tab": page}, account=None, now=NOW) for page in pages])
    found = Draft.get_by_id(draft.id)
    assert found.answers == {page: {"tab": page} for page in pages}
    assert found.revision == len(pages)


def test_eight_photos_at_once_are_five(database):
    draft, _key = reports.begin(account=None, now=NOW)
    add = partial(reports.add_photo, draft, width=4, height=3, size=9, now=NOW)
    results = at_once(*[partial(add, name=f"photo-{number}") for number in range(8)])
    assert kinds(results) == ["Attachment"] * 5 + ["TooManyPhotos"] * 3
    assert Attachment.select().count() == 5


def test_a_report_is_sent_or_thrown_away_but_not_both(database):  # rule S3
    device = a_device()
    owner = an_owner(device.salon.customer)
    draft, _key = a_draft(device, owner)
    results = at_once(partial(reports.send, draft, by=owner, now=NOW), partial(reports.discard, draft))
    assert kinds(results) in (["Case", "ReportSent"], ["ReportIncomplete", "list"])
    was_sent = results[0] == Case.select().first()
    assert (Case.select().count(), Draft.select().count()) == ((1, 1) if was_sent else (0, 0))


def test_of_six_grants_at_once_one_wins(database):  # rule S3
    link, staff = a_link_request(), a_staff_member()
    results = at_once(*[partial(grant, SubstituteLink.get_by_id(link.id), staff)] * 6)
    assert kinds(results) == ["LinkMoved"] * 5 + ["SubstituteLink"]
    assert (SubstituteLink.get().generation, SubstituteLink.get().state) == (1, LinkState.ACTIVE)
    assert History.select().where(History.what == "grant").count() == 1
    assert Letter.select().where(Letter.event == "link_granted").count() == 1


def test_granted_or_refused_but_not_both(database):  # rule S3
    link, staff = a_link_request(), a_staff_member()
    refuse = partial(links.refuse, link, "Kein Backup", by=staff, now=NOW)
    results = at_once(partial(grant, link, staff), refuse)
    assert kinds(results) == ["LinkMoved", "SubstituteLink"]
    assert History.select().where(History.what.in_(["grant", "refuse"])).count() == 1


def test_six_requests_at_once_are_one_link(database):  # rule L1
    device = a_device()
    owner = an_owner(device.salon.customer)
    results = at_once(*[partial(a_link_request, device, owner)] * 6)
    assert kinds(results) == ["LinkAlreadyOpen"] * 5 + ["SubstituteLink"]
    assert (SubstituteLink.select().count(), History.select().count(), Letter.select().count()) == (1, 1, 1)


def test_the_door_and_the_worker_end_a_link_once(database):  # rule L9
    link = an_active_link(days=1)
    from portal.rules.links import door_token

    knock = partial(doors.open_door, door_token(SECRET, link.id, link.generation), now=link.ends_at)
    results = at_once(knock, knock, knock, partial(link_steps.expire_due, now=link.ends_at))
    assert [result.is_open for result in results[:3]] == [False] * 3
    assert History.select().where(History.what == "expire").count() == 1
    assert Letter.select().where(Letter.event == "link_ended").count() == 1


def test_no_link_begins_between_the_end_of_the_others_and_the_tick(database, monkeypatch):  # rule L11a
    case, staff = a_case_at_commissioning(), a_staff_member()
    case = commissioning.tick(case, Item.SESSION, by=staff, now=NOW)
    granted, hold, pool, results = Event(), commissioning._hold, ThreadPoolExecutor(1), []

    def request_and_grant():
        with db.connection_context():
            link = a_link_request(case.device, case.reporter)
            try:
                return grant(link, staff)
            except ServerRestored as refused:
                return refused
            finally:
                granted.set()

    def hold_after_them(found):
        results.append(pool.submit(request_and_grant))
        granted.wait(timeout=1)  # as it should be they wait for us, and not we for them
        hold(found)

    monkeypatch.setattr(commissioning, "_hold", hold_after_them)
    with pool:
        commissioning.tick(case, Item.RESTORED, by=staff, now=NOW)
        assert isinstance(results[0].result(), ServerRestored)
    assert SubstituteLink.get().state is LinkState.REQUESTED


def test_cancelled_or_received_but_not_both(database):  # rule S2, rule S3
    case, staff = a_sent_case(), a_staff_member()
    cancel = partial(cases.cancel, case, by=case.reporter, now=NOW)
    results = at_once(cancel, partial(cases.receive, case, by=staff, now=NOW))
    assert kinds(results) == ["Case", "CaseMoved"]
    rows = History.select().where(History.what.in_(["cancel", "receive"]))
    assert [row.target for row in rows] == [Case.get().state]


def test_six_different_decisions_at_once_are_one(database):  # rule S3
    case, staff = a_waiting_case(), a_staff_member()
    results = at_once(
        partial(cases.release, case, by=staff, now=NOW),
        partial(cases.decline, case, "Nicht unser", by=staff, now=NOW),
        partial(cases.ask_back, case, "Welche Lampe?", by=staff, now=NOW),
        partial(cases.solve_remotely, case, "Neu gestartet", by=staff, now=NOW),
        partial(cases.cancel, case, by=case.reporter, now=NOW),
        partial(cases.release, case, by=staff, now=NOW),
    )
    assert kinds(results) == ["Case"] + ["CaseMoved"] * 5
    assert History.select().where(History.source == State.SUBMITTED).count() == 1


def test_case_and_link_change_at_once_without_waiting_for_each_other(database):  # rule S3
    case, staff = a_case(), a_staff_member()
    link = a_link_request(case=case)
    send = partial(cases.mark_sent, Case.get_by_id(case.id), Carrier.DHL, "1", by=case.reporter, now=NOW)
    results = at_once(partial(grant, link, staff), send)
    assert kinds(results) == ["Case", "SubstituteLink"]
    found = Case.get()
    assert (found.state, found.harm) == (State.ON_ITS_WAY_TO_US, urgency.Harm.RECEIPT_LOCK)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_worker_does_not_put_back_what_a_deed_has_just_changed(database, engine, monkeypatch):  # rule S5
    case = a_waiting_case()
    Case.update(reassess_at=NOW).execute()
    worker_has_read, go_on = Event(), Event()
    assess = urgency.assess

    def slow(situation, now):
        found = assess(situation, now)
        if not worker_has_read.is_set():
            worker_has_read.set()
            assert go_on.wait(30)
        return found

    def connected(deed):
        with db.connection_context():
            return deed()

    monkeypatch.setattr(urgency, "assess", slow)
    blocked = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with ThreadPoolExecutor(2) as pool:
        worker = pool.submit(connected, partial(queue.reassess_due, now=NOW))
        assert worker_has_read.wait(30)
        deed = pool.submit(connected, partial(cases.cancel, case, by=case.reporter, now=NOW))
        wait_until(lambda: deed.done() or database.execute_sql(blocked).fetchone()[0] > 0, "the deed's turn")
        go_on.set()
        assert worker.result(30) == 1
        assert deed.result(30).state is State.CANCELLED
    assert (Case.get().state, Case.get().harm) == (State.CANCELLED, None)
