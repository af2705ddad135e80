"""How does somebody without an account report and follow one case?  Rule P1a."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.rules import emergencies, report
from portal.rules.report import ConsentKind, DeviceFacts, Page
from portal.rules.triage import Hold, Origin, Topic
from tests.builders import consent
from tests.filled_in import SEND_IN

AT_MOST = 14  # pages from the start page to the slip
SECRET = "a secret for tests, long enough to be one"
ONLINE = datetime(2026, 11, 21, 8, 58, tzinfo=UTC)
SLOT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 7:00 in Berlin


def answers(**changes):
    """Return the answers of a complete report without an account."""
    contact = {**SEND_IN[Page.ADDRESS], "email": "ada@haarwerk.example"}
    costs = {"consents": [consent("repair_by_quote")]}
    given = {**SEND_IN, Page.DEVICE: {"device": "unlisted"}, Page.DEVICE_DETAILS: {"purchase": "unknown"}}
    return {**given, Page.ADDRESS: contact, Page.COSTS: costs, **changes}


def test_the_way_without_an_account_is_shorter_and_ends_with_who_they_are():  # rule P1a
    wanted = {Page.LINK: {"wanted": "yes"}, Page.RUNNING: {"running": "yes"}}
    known, unknown = (
        report.path(answers(**wanted), DeviceFacts(), identified=identified) for identified in (True, False)
    )
    assert set(known) - set(unknown) == {Page.BACKUP, Page.LINK_TERMS}
    assert unknown[-1] is Page.ADDRESS
    assert _pages(unknown) <= AT_MOST


@pytest.mark.parametrize("running", ["yes", "no", "unknown"])
@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("topic", [Topic.SERVER, Topic.INTERNET])
def test_no_way_of_a_dead_till_is_longer_than_14_pages(topic, origin, running):  # rules P1a, T3
    given = {Page.TOPIC: {"topic": topic}, Page.TOPIC_DETAILS: {"topic": topic, "server_affected": "yes"}}
    given |= {Page.LINK: {"wanted": "yes"}, Page.RUNNING: {"running": running}}
    way = report.path(answers(**given), DeviceFacts(origin=origin), identified=False)
    is_two_things = topic is not Topic.SERVER and running == "yes"  # one more: they are no emergency
    assert _pages(way) <= AT_MOST + is_two_things


def test_the_charge_for_anothers_server_stands_with_the_costs():  # rules T3, P1a, P4
    device = DeviceFacts(origin=Origin.ELSEWHERE)
    known = {"inspection_fee": False, "identified": False}
    asked = report.consents_asked(answers(), Page.COSTS, device, **known)
    assert asked == (ConsentKind.THIRD_PARTY_CHARGE, ConsentKind.REPAIR_BY_QUOTE)
    assert report.first_open(answers(), device, **known) is Page.COSTS, "the repair alone is not enough"
    agreed = answers(**{Page.COSTS: {"consents": [consent(kind) for kind in asked]}})
    for identified in (True, False):  # who signs in meanwhile is not asked again
        way = report.path(agreed, device, identified=identified)
        assert Page.CHARGE not in way
        rest = {"inspection_fee": False, "identified": identified}
        assert report.is_answered(agreed, Page.COSTS, device, **rest)
    assert report.costs_are_accepted(agreed, device, inspection_fee=False)


def test_a_charge_without_a_parcel_is_accepted_before_anything_else():  # rules T3, P4
    given = {Page.TOPIC: {"topic": Topic.PERIPHERAL}}
    given |= {Page.TOPIC_DETAILS: {"topic": Topic.PERIPHERAL, "bought_from": Origin.ELSEWHERE}}
    assert Page.CHARGE in report.path(answers(**given), DeviceFacts(), identified=False)


def _pages(way: list[Page]) -> int:
    """Count what one sees: no list of devices, but the start page, the check and the one with the slip."""
    return len(way) - 1 + 3


@pytest.mark.parametrize(
    ("changes", "page"),
    [
        ({}, None),
        ({Page.ADDRESS: SEND_IN[Page.ADDRESS]}, Page.ADDRESS),  # an address without who they are
        ({Page.LINK: {"wanted": "yes", "consents": []}}, Page.LINK),  # a wish without its terms
    ],
)
def test_nothing_is_sent_before_it_is_known_whom_to_tell(changes, page):  # rules P1a, L8
    found = report.first_open(answers(**changes), DeviceFacts(), inspection_fee=False, identified=False)
    assert found is page


def test_somebody_unknown_waits_for_staff():  # rules P1a, S1
    assert Hold.NOT_IDENTIFIED in report.holds(answers(), DeviceFacts(), identified=False)


@pytest.mark.parametrize(
    ("booked", "said"),
    [
        (True, False),  # they were asked about this very backup
        (None, None),  # still not known: nothing rests on it
    ],
)
def test_the_data_question_names_the_backup_there_would_be(booked, said):  # rules B2, B3, L4a
    unknown = answers(**{Page.ONLINE: {"when": "at", "at": ONLINE.isoformat()}})
    asked = report.backup_asked_about(unknown, DeviceFacts(), identified=False)
    assert asked == SLOT
    told = {**unknown, Page.ENTERED: {"entered": "no", "since": asked.isoformat()}}
    assert report.entered_since(told, DeviceFacts(backup_booked=booked)) is said


def test_a_matched_device_may_cost_what_nobody_agreed_to():  # rules W2, W3, P4
    free = answers(**{Page.COSTS: {"consents": []}})
    chargeable = DeviceFacts(estimate=report.Estimate.CHARGEABLE)
    assert not report.costs_are_accepted(free, chargeable, inspection_fee=False)
    assert report.costs_are_accepted(answers(), chargeable, inspection_fee=False)


def test_the_secret_is_of_one_case_and_one_generation():  # rule P1a
    tokens = {
        emergencies.case_token(SECRET, case, generation) for case in (1, 2, 11) for generation in (1, 2)
    }
    assert len(tokens) == 6
    assert all(len(token) >= 43 for token in tokens)  # 256 bits
    with pytest.raises(ValueError, match="no secret"):
        emergencies.case_token("", 1, 1)


def test_the_code_has_six_digits_and_its_hash_needs_the_secret():  # rule P1a
    code = emergencies.code_of(SECRET, 7, "mark")
    assert len(code) == 6
    assert code.isdigit()
    assert emergencies.code_hash(SECRET, 7, code) != emergencies.code_hash("another", 7, code)
    assert emergencies.code_hash(SECRET, 7, code) != emergencies.code_hash(SECRET, 8, code)
    assert emergencies.tidy_code(" 12 34-56 ") == "123456"


@pytest.mark.parametrize("forge", [lambda t: t[:-1], lambda t: "8" + t[1:], lambda t: "ü.x.y", lambda t: ""])
def test_only_our_own_links_confirm(forge):  # rule P1a
    token = emergencies.confirm_token(SECRET, 7, "mark")
    assert emergencies.confirmed_by(SECRET, token) == (7, "mark")
    assert emergencies.confirmed_by(SECRET, forge(token)) is None


def test_a_secret_lasts_a_month_beyond_its_case():  # rule P1a
    assert emergencies.opens_until(ONLINE) == ONLINE + timedelta(days=30)
