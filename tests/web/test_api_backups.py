"""Does the API take the time of a backup, and judge by it as the rules do?  (rules B2, L4a)"""

from datetime import UTC, datetime, timedelta

import pytest

from portal.actions import back_end, links
from portal.models import Device, History, Letter
from portal.rules.links import Answer, Reason
from tests import builders as build
from tests.actions.parallel import at_once
from tests.builders import NOW
from tests.web.api import KEY_NAME, LATER, backups_of, fresh, refused, text, told

pytestmark = pytest.mark.usefixtures("later")


def test_a_backups_real_time_changes_the_expected_answer_by_rule(machine):  # rules B2, L4a
    link = build.a_link_request(entered_since=False)
    assert link.expected is Answer.FULL
    older = link.backup_at - timedelta(hours=10)
    answer = machine.post(backups_of(link.device), {"taken_at": text(older)})
    assert answer.json == {
        "device_serial": link.device.serial,
        "last_backup_at": text(older).replace("+00:00", "Z"),
        "requested_link": link.id,
        "expected": "view_only",
    }
    assert Reason.BACKUP_OLDER_THAN_THOUGHT in fresh(link).reasons
    assert told(link)[-1] == ("correct", None, KEY_NAME)


def test_the_same_backup_twice_is_one_and_answered_the_same(machine):
    link = build.a_link_request()
    first = machine.post(backups_of(link.device), {"taken_at": "2026-11-21T10:00:00+01:00"})
    before = (fresh(link).revision, History.select().count(), Letter.select().count())
    second = machine.post(backups_of(link.device), {"taken_at": "2026-11-21T09:00:00.000Z"})
    assert first.json == second.json
    assert (fresh(link).revision, History.select().count(), Letter.select().count()) == before


def test_the_newest_backup_counts_in_whatever_order_they_are_reported(machine):
    link = build.a_link_request()
    machine.post(backups_of(link.device), {"taken_at": text(NOW)})
    answer = machine.post(backups_of(link.device), {"taken_at": text(NOW - timedelta(hours=1))})
    assert answer.json["last_backup_at"] == "2026-11-21T09:14:00Z"
    assert fresh(link).real_backup_at == NOW


def test_what_staff_found_out_about_completeness_stays(machine):  # rules B2, L5
    link = build.a_link_request(entered_since=False)
    staff = build.a_staff_member()
    links.correct(link, real_backup_at=NOW, complete=False, why="Zwei Belege fehlen", by=staff, now=NOW)
    newer = NOW + timedelta(hours=1)
    assert machine.post(backups_of(link.device), {"taken_at": text(newer)}).json["expected"] == "view_only"
    found = fresh(link)
    assert (found.real_backup_at, found.complete, found.corrected_why) == (newer, False, "Zwei Belege fehlen")


@pytest.mark.parametrize("again", [timedelta(0), timedelta(hours=-3)])
def test_a_report_that_comes_again_leaves_what_staff_found_out_since(machine, again):  # rule B2
    link = build.a_link_request()
    machine.post(backups_of(link.device), {"taken_at": text(NOW)})
    real, staff = NOW - timedelta(days=1), build.a_staff_member()
    links.correct(fresh(link), real_backup_at=real, complete=None, why="Defekt", by=staff, now=LATER)
    assert machine.post(backups_of(link.device), {"taken_at": text(NOW + again)}).status_code == 200
    assert (fresh(link).real_backup_at, fresh(link).corrected_why) == (real, "Defekt")


def test_a_backup_without_a_request_is_kept_for_the_next_one(machine):  # rule B2
    device = build.a_device()
    answer = machine.post(backups_of(device), {"taken_at": text(NOW)})
    assert (answer.json["requested_link"], answer.json["expected"]) == (None, None)
    assert build.a_link_request(fresh(device)).real_backup_at == NOW


def test_a_decided_link_is_not_changed_by_a_backup(machine):  # rule L5
    link = build.an_active_link()
    answer = machine.post(backups_of(link.device), {"taken_at": text(NOW - timedelta(days=9))})
    assert answer.json["requested_link"] is None
    assert fresh(link).revision == link.revision


def test_a_clock_a_minute_ahead_is_fine_and_more_is_not(machine):
    device = build.a_device()
    just = LATER + timedelta(minutes=1)
    assert machine.post(backups_of(device), {"taken_at": text(just)}).status_code == 200
    ahead = text(just + timedelta(microseconds=1))
    assert refused(machine.post(backups_of(device), {"taken_at": ahead})) == (422, "in_the_future")
    assert fresh(device).last_backup_at == just


def test_a_device_that_is_none_is_not_found(machine):
    for serial in ("JC-0", "%00", "a%00b", "x" * 5000, "%FF", "'", "%20", "JC%2F1"):
        assert machine.post(f"/devices/{serial}/backups", {"taken_at": text(NOW)}).status_code == 404


def test_a_device_whose_serial_has_odd_characters_is_found(machine):
    device = build.a_device(serial="KS 12 #4?ö%")
    answer = machine.post("/devices/KS%2012%20%234%3F%C3%B6%25/backups", {"taken_at": text(NOW)})
    assert answer.json["device_serial"] == device.serial


def test_reports_at_once_are_one_correction(app, machine):  # rule S3
    link = build.a_link_request()

    def report(hours):
        taken_at = NOW + timedelta(hours=hours)
        return back_end.report_backup(link.device, taken_at, now=LATER, api_key=KEY_NAME)

    results = at_once(*[lambda: report(1)] * 3, *[lambda: report(2)] * 3)
    assert [type(result).__name__ for result in results] == ["tuple"] * 6
    assert fresh(link.device).last_backup_at == fresh(link).real_backup_at == NOW + timedelta(hours=2)
    assert 1 <= [what for what, _by, _key in told(link)].count("correct") <= 2


def test_what_was_read_is_utc_whatever_zone_it_came_in(machine):
    device = build.a_device()
    machine.post(backups_of(device), {"taken_at": "2026-11-21T03:00:00.123456789-05:30"})
    expected = datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=UTC)
    assert Device.get_by_id(device.id).last_backup_at == expected
