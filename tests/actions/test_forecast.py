"""Do the medians come from past cases, at most once an hour, and cheaply?  Rule L10."""

import threading
from datetime import timedelta

import pytest

from portal.actions import forecast, history, queue
from portal.fill import fill
from portal.models import Case, Round, StepTime, db
from portal.models.durations import ways_of_commissioned
from portal.rules.urgency import Harm
from portal.rules.workflow import State
from tests.builders import NOW, a_case, a_device, a_link_request, an_active_link
from tests.models.test_indexes import Listener, walks_no_table
from tests.queries import counted

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def a_past_case(*moves, ended_at=NOW - DAY):
    """Make a case that came to its good end, having stood for so long in each state."""
    case = a_case(a_device(), now=ended_at - sum((length for _state, length in moves), timedelta()) - HOUR)
    at, source = case.reported_at + HOUR, case.state
    for state, length in moves:
        history.record(case, "moved", by=None, at=at, source=source, target=state)
        at, source = at + length, state
    history.record(case, "commission", by=None, at=at, source=source, target=State.COMMISSIONED)
    columns = {"state": State.COMMISSIONED, "state_since": at, "harm": None, "reassess_at": None}
    Case.update(columns).where(Case.id == case.id).execute()
    return case


def known():
    return {state: (usual.length, usual.cases) for state, usual in StepTime.measured().items()}


def test_the_median_of_past_cases_is_stored_for_each_state(database):  # rule L10
    for days in (1, 2, 9):
        a_past_case((State.IN_REPAIR, days * DAY), (State.DELIVERED, DAY))
    a_past_case((State.IN_REPAIR, 4 * DAY))
    forecast.measure(now=NOW)
    assert known() == {
        State.AWAITING_SHIPMENT: (HOUR, 4),
        State.IN_REPAIR: (3 * DAY, 4),
        State.DELIVERED: (DAY, 3),
    }
    assert {row.measured_at for row in StepTime.select()} == {NOW}


def test_a_state_visited_several_times_counts_with_its_sum(database):  # rule L10
    visits = [State.IN_DIAGNOSIS, State.AWAITING_QUOTE_DECISION, State.QUOTE_ACCEPTED]
    a_past_case(*((state, DAY) for state in [*visits, *visits[1:]]))
    forecast.measure(now=NOW)
    assert known()[State.AWAITING_QUOTE_DECISION] == (2 * DAY, 1)
    assert known()[State.IN_DIAGNOSIS] == (DAY, 1)


def test_only_cases_with_a_good_end_within_a_year_count(database):  # rule L10
    a_past_case((State.IN_REPAIR, 9 * DAY), ended_at=NOW - 365 * DAY - TICK)
    a_case()
    assert forecast.measure(now=NOW) == {}
    a_past_case((State.IN_REPAIR, 2 * DAY), ended_at=NOW - 365 * DAY)
    forecast.measure(now=NOW)
    assert known()[State.IN_REPAIR] == (2 * DAY, 1)


def test_what_is_measured_no_longer_is_forgotten(database):  # rule L10
    a_past_case((State.IN_REPAIR, 2 * DAY))
    forecast.measure(now=NOW)
    assert known()
    forecast.measure(now=NOW + 400 * DAY)
    assert known() == {}


def test_what_happened_to_the_link_is_no_step_of_the_case(database):  # rule L10
    case = a_past_case((State.IN_REPAIR, 2 * DAY))
    link = a_link_request(case.device, case.reporter, case=case)
    history.record(link, "expire", by=None, at=NOW, source="active", target="ended")
    history.record(case, "note", by=None, at=NOW)
    forecast.measure(now=NOW)
    assert set(known()) == {State.AWAITING_SHIPMENT, State.IN_REPAIR}


def test_the_newest_cases_count_and_at_most_so_many(database):  # built for size
    cases = [a_past_case((State.IN_REPAIR, DAY)) for _case in range(4)]
    found = [case for case, _moves in ways_of_commissioned(NOW, most=3)]
    assert sorted(found) == sorted(case.id for case in cases[1:])


def test_it_is_measured_at_most_once_an_hour(database):  # rule L10
    assert forecast.measure_if_due(now=NOW)
    with counted() as queries:
        assert not forecast.measure_if_due(now=NOW + HOUR - TICK)
    assert len(queries) == 1
    assert forecast.measure_if_due(now=NOW + HOUR)
    assert Round.get(Round.name == forecast.ROUND).at == NOW + HOUR


def test_a_clock_that_was_far_ahead_holds_nothing_up(database):
    forecast.measure_if_due(now=NOW + 400 * DAY)
    assert forecast.measure_if_due(now=NOW)
    assert not forecast.measure_if_due(now=NOW - HOUR + TICK)


def test_the_worker_that_loses_the_turn_stores_nothing(database, monkeypatch):
    # Both found it due before either had taken the turn.
    a_past_case((State.IN_REPAIR, 2 * DAY))
    real = forecast._medians

    def overtaken(now):
        found = real(now)
        monkeypatch.setattr(forecast, "_medians", real)
        assert forecast.measure_if_due(now=now - TICK)
        return found

    monkeypatch.setattr(forecast, "_medians", overtaken)
    assert not forecast.measure_if_due(now=NOW)
    assert {row.measured_at for row in StepTime.select()} == {NOW - TICK}


def test_several_workers_at_once_measure_once(database):
    for _case in range(3):
        a_past_case((State.IN_REPAIR, 2 * DAY))
    start, done, failed = threading.Barrier(4), [], []

    def work():
        try:
            with db.connection_context():
                start.wait(10)
                done.append(forecast.measure_if_due(now=NOW))
        except Exception as error:
            failed.append(error)

    workers = [threading.Thread(target=work) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert (failed, sorted(done)) == ([], [False, False, False, True])
    assert known()[State.IN_REPAIR] == (2 * DAY, 3)


def test_a_failure_leaves_the_turn_to_the_next(database, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(forecast, "_ask_again", lambda now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forecast.measure_if_due(now=NOW)
    assert not StepTime.select().exists()
    assert forecast.measure_if_due(now=NOW)


def test_new_medians_have_the_cases_with_a_link_looked_at_anew(database):  # rules L10, S5
    case = a_case()
    an_active_link(link=a_link_request(case=case), days=30)
    without = a_case()
    Case.update(state=State.IN_REPAIR, state_since=NOW).execute()
    queue.reassess_case(case, now=NOW)
    assert Case.get_by_id(case.id).harm is None
    for _case in range(5):
        a_past_case((State.IN_REPAIR, 29 * DAY))
    before = Case.get_by_id(without.id).reassess_at
    forecast.measure(now=NOW)
    assert Case.get_by_id(without.id).reassess_at == before
    assert queue.reassess_due(now=NOW) == 1
    found = Case.get_by_id(case.id)
    assert (found.harm, found.harm_since) == (Harm.LINK_ENDS_FIRST, NOW)


def test_measuring_again_with_the_same_cases_settles(database):
    case = a_case()
    an_active_link(link=a_link_request(case=case), days=30)
    first = Case.get_by_id(case.id).reassess_at
    forecast.measure(now=NOW)
    assert queue.reassess_due(now=NOW) == 1
    assert queue.reassess_due(now=NOW) == 0
    assert Case.get_by_id(case.id).reassess_at == first


def test_measuring_asks_two_questions_however_many_cases_there_are(database):  # built for size
    fill(300, now=NOW)
    with counted() as queries:
        ways = dict(ways_of_commissioned(NOW))
    assert len(ways) > 20
    assert len(queries) == 2, queries


def test_measuring_walks_indexes(database, monkeypatch):  # built for size
    fill(400, now=NOW)
    listener = Listener(monkeypatch)
    forecast.measure_if_due(now=NOW)
    plans = listener.plans()
    assert "history_case_id" in plans[2]
    assert all(walks_no_table(plan) for plan in plans), "\n\n".join(plans)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_newest_commissioned_cases_are_read_in_order_and_never_sorted(database, engine, monkeypatch):
    fill(400, now=NOW)
    listener = Listener(monkeypatch)
    dict(ways_of_commissioned(NOW))
    plan = listener.plans()[0]
    assert "case_state_id" in plan
    assert "TEMP B-TREE" not in plan
