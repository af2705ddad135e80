"""Which questions a link request asks, and when it is complete.  Rules L1, C0, B1a–B3, L4a."""

from datetime import UTC, datetime

import pytest

from portal.rules import link_request as rules
from portal.rules.link_request import Page
from portal.rules.outlook import Question

SLOT = "2026-11-21T06:00:00+00:00"
ANSWERS = {
    Page.DEVICE: {"device": "1"},
    Page.REASON: {"reason": "moving", "reason_text": ""},
    Page.ONLINE: {"when": "at", "at": "2026-11-21T08:58:00+00:00"},
    Page.UPLOADED: {"upload": "no", "uploaded_at": ""},
    Page.ENTERED: {"entered": "no", "since": SLOT},
}
RUNNING = {
    **ANSWERS,
    Page.ONLINE: {"when": "running", "at": ""},
    Page.DATA_FIRST: {"upload": "no", "uploaded_at": "", "at": "2026-11-21T09:00:00+00:00"},
}


@pytest.mark.parametrize(
    ("answers", "booked", "path"),
    [
        (ANSWERS, True, "device reason online uploaded entered check send"),
        (ANSWERS, False, "device reason online uploaded entered check send"),
        (ANSWERS, None, "device reason online uploaded booked entered check send"),
        (RUNNING, True, "device reason online data-first entered check send"),
        ({}, None, "device reason online uploaded booked entered check send"),
    ],
)
def test_the_path_follows_from_the_answers(answers, booked, path):  # rules C0, B1a
    assert rules.path(answers, booked) == path.split()


@pytest.mark.parametrize("page", [Page.DEVICE, Page.REASON, Page.ONLINE, Page.UPLOADED, Page.ENTERED])
def test_each_question_must_be_answered(page):
    rest = {name: given for name, given in ANSWERS.items() if name != page}
    assert rules.first_open(rest, True) is page
    assert rules.first_open(ANSWERS, True) is None


def test_what_the_register_knows_goes_before_what_is_said():  # rule B1a
    said = {**ANSWERS, Page.BOOKED: {"booked": "yes"}}
    assert rules.told(said, False).backup_booked is False
    assert rules.told(said, None).backup_booked is True


def test_a_running_server_went_off_when_its_data_was_saved():  # rule C0
    told = rules.told(RUNNING, True)
    assert told.last_online_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert told.open == frozenset()


def test_an_answer_about_another_backup_is_none():  # rules B3, L4a
    earlier = {**ANSWERS, Page.ONLINE: {"when": "at", "at": "2026-11-20T12:00:00+00:00"}}
    assert rules.first_open(earlier, True) is Page.ENTERED
    told = rules.told(earlier, True)
    assert told.open == {Question.ENTERED}
    assert told.entered_since is None


def test_an_upload_after_the_last_moment_online_is_none():  # rule B2
    late = {**ANSWERS, Page.UPLOADED: {"upload": "at", "uploaded_at": "2026-11-21T09:30:00+00:00"}}
    assert rules.first_open(late, True) is Page.UPLOADED
    told = rules.told(late, True)
    assert told.uploaded_at is None
    assert Question.UPLOADED in told.open


def test_an_upload_told_on_a_way_that_was_left_does_not_count():  # rule C0
    left = {**ANSWERS, Page.DATA_FIRST: {"upload": "now", "uploaded_at": SLOT, "at": SLOT}}
    assert rules.told(left, True).uploaded_at is None
