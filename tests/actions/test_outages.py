"""Lines of the owner's own in the outage record: added, never changed, withdrawn (rule O1)."""

from datetime import timedelta

import pytest

from portal.actions import outages
from portal.actions.outages import LineMoved, LineUnfit, NotYourRecord, TooManyLines
from portal.models import Case, History, OutageLine
from tests import builders
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW

BEFORE = NOW - timedelta(hours=1)


@pytest.fixture
def case(database):
    return builders.a_case()


def add(case, text="Belege von Hand", happened_at=BEFORE, by=None, now=NOW):
    return outages.add_line(case, text, happened_at, by=by or case.reporter, now=now)


def test_a_line_is_kept_with_who_and_when_and_stands_in_the_history(case):  # rule O1
    line = add(case, "  Belege von Hand ")
    assert (line.text, line.happened_at, line.at, line.account) == (
        "Belege von Hand",
        BEFORE,
        NOW,
        case.reporter,
    )
    row = History.of_case(case).where(History.what == "add_outage_line").get()
    assert (row.account, row.why) == (case.reporter, "Belege von Hand")


def test_a_line_changes_none_of_the_vendors_times(case):  # rule O1
    before = [(row.at, row.what) for row in History.of_case(case)]
    add(case)
    assert [(row.at, row.what) for row in History.of_case(case)][: len(before)] == before
    assert Case.get_by_id(case.id).reported_at == case.reported_at


def test_lines_stand_in_the_order_of_what_happened(case):  # rule O1
    add(case, "später", NOW - timedelta(minutes=1))
    add(case, "früher", BEFORE)
    assert [line.text for line in OutageLine.of(case)] == ["früher", "später"]


def test_a_link_that_finds_its_case_later_brings_its_lines_along(database):  # rules O1, L1
    link = builders.a_link_request()
    outages.add_line(link, "Umzug begonnen", BEFORE, by=link.requester, now=NOW)
    case = builders.a_case(link.device, link.requester)
    assert [line.text for line in OutageLine.of(case)] == ["Umzug begonnen"]
    assert [line.text for line in OutageLine.of(link)] == ["Umzug begonnen"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_no_line_is_refused(case):  # rule O1
    for text, happened_at in (("", BEFORE), ("x" * 501, BEFORE), ("Zukunft", NOW + timedelta(seconds=1))):
        with pytest.raises(LineUnfit):
            add(case, text, happened_at)
    with pytest.raises(NotYourRecord):
        add(case, by=builders.a_staff_member())
    assert not OutageLine.of(case).exists()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_record_has_room_for_so_many_lines(case, monkeypatch):  # rule O1
    monkeypatch.setattr(outages, "MOST", 2)
    for number in range(2):
        add(case, f"Zeile {number}")
    with pytest.raises(TooManyLines):
        add(case, "eine zu viel")
    assert OutageLine.of(case).count() == 2


def test_a_withdrawn_line_stays_stored_and_stands_no_more(case):  # rule O1
    line = add(case)
    outages.withdraw_line(line, by=case.reporter, now=NOW)
    assert OutageLine.get_by_id(line.id).withdrawn_at == NOW
    assert not OutageLine.standing_of(case).exists()
    with pytest.raises(LineMoved):
        outages.withdraw_line(line, by=case.reporter, now=NOW)
    with pytest.raises(NotYourRecord):
        outages.withdraw_line(line, by=builders.a_staff_member(), now=NOW)


def test_the_same_line_sent_twice_at_once_is_one(case):  # rules O1, S3
    results = at_once(*[lambda: add(case)] * 4)
    assert len({line.id for line in results}) == 1
    assert OutageLine.of(case).count() == 1


def test_of_two_who_withdraw_at_once_the_second_is_told(case):  # rules O1, S3
    line = add(case)
    results = at_once(*[lambda: outages.withdraw_line(line, by=case.reporter, now=NOW)] * 2)
    assert kinds(results) == ["LineMoved", "NoneType"]
    assert History.of_case(case).where(History.what == "withdraw_outage_line").count() == 1
