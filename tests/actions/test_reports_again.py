"""What becomes of a report for a device that another case is about already?  Rules S1, S3, C2b, P1a."""

from datetime import timedelta

import pytest

from portal.actions import cases, reports
from portal.models import Account, Case, Device, Letter
from portal.rules.triage import Hold
from portal.rules.workflow import State
from tests import builders as build
from tests.actions.emergency_made import an_emergency
from tests.actions.parallel import at_once
from tests.actions.test_matching import given_to
from tests.actions.test_reports import BY_QUOTE, UNLISTED, a_draft_about
from tests.builders import NOW

LATER = NOW + timedelta(days=1)


def again(case: Case, now=LATER, **pages) -> Case:
    """Report the case's device once more."""
    return build.a_case(case.device, case.reporter, now, **pages)


@pytest.mark.parametrize(
    "make", [build.a_case, build.a_sent_case, build.a_case_in_repair, build.a_case_delivered]
)
def test_a_device_that_is_being_sent_in_is_not_released_a_second_time(database, make):  # rule S1
    first = make()
    second = again(first)
    assert (second.state, second.holds) == (State.SUBMITTED, [Hold.ALREADY_SENT_IN])
    assert second.released_at is None
    letter = Letter.get(Letter.case == second)
    assert (letter.event, letter.context["holds"]) == ("submitted", [Hold.ALREADY_SENT_IN])
    assert second.other_send_in(LATER) == first


def test_what_is_over_waits_itself_or_needs_no_parcel_holds_nothing_up(database):  # rules S1, T7
    ended, waiting, remote = build.a_case(), build.a_waiting_case(), build.a_remote_case()
    cases.cancel(ended, by=ended.reporter, now=NOW)
    for case in (ended, waiting, remote):
        assert again(case).state is State.AWAITING_SHIPMENT


def test_a_remote_session_released_by_staff_after_all_counts_as_a_send_in(database):  # rule S1
    remote = build.a_remote_case()
    cases.release(remote, by=build.a_staff_member(), now=NOW)
    assert again(remote).holds == [Hold.ALREADY_SENT_IN]


def test_who_only_needs_help_at_the_screen_reads_no_reason_about_a_parcel(database):  # rules S1, T7
    first = build.a_sent_case()
    assert build.a_remote_case(first.device, first.reporter, LATER).holds == [Hold.NOT_A_SEND_IN]


def test_with_a_release_that_has_lapsed_one_may_report_anew(database):  # rules S1, C2b
    first = build.a_case()
    assert again(first, first.valid_until - timedelta(seconds=1)).state is State.SUBMITTED
    assert again(first, first.valid_until).state is State.AWAITING_SHIPMENT


def test_another_device_of_the_salon_is_released_as_ever(database):  # rule S1
    first = build.a_sent_case()
    other = build.a_device(first.salon)
    assert build.a_case(other, first.reporter, LATER).state is State.AWAITING_SHIPMENT


def test_a_described_device_is_known_again(database):  # rule S1
    owner = build.an_owner()
    build.a_salon(owner.customer)
    details = {"year": "2024", "month": "3", "origin": "vendor", "tse": "no"}
    pages = {"device_details": details, "backup": {"booked": "yes"}, "costs": BY_QUOTE}
    sent = [reports.send(a_draft_about(UNLISTED, owner, **pages), by=owner, now=NOW) for _ in range(2)]
    assert sent[0].device == sent[1].device
    assert [case.holds for case in sent] == [[], [Hold.ALREADY_SENT_IN]]


def test_of_two_reports_at_once_the_first_is_released_and_the_second_waits(database):  # rules S1, S3
    device = build.a_device()
    owner, colleague = (build.an_owner(device.salon.customer) for _ in range(2))
    filled_in = [(build.a_draft(device, by)[0], by) for by in (owner, colleague)]
    at_once(*[lambda draft=draft, by=by: reports.send(draft, by=by, now=NOW) for draft, by in filled_in])
    found = {case.state: case.holds for case in Case.select()}
    assert found == {State.AWAITING_SHIPMENT: [], State.SUBMITTED: [Hold.ALREADY_SENT_IN]}


def an_emergency_given_to(device: Device) -> Case:
    return given_to(an_emergency().case, device)


def test_an_emergency_learns_of_the_open_case_when_it_is_matched(database):  # rules S1, P1a
    first = build.a_sent_case()
    case = an_emergency_given_to(first.device)
    assert (case.state, case.holds) == (State.SUBMITTED, [Hold.ALREADY_SENT_IN])
    assert an_emergency_given_to(build.a_device()).state is State.AWAITING_SHIPMENT


def test_staff_may_release_it_all_the_same(database):  # rule S1
    second = again(build.a_sent_case())
    released = cases.release(second, by=build.a_staff_member(), now=LATER)
    assert released.state is State.AWAITING_SHIPMENT


def test_another_businesss_case_is_a_reason_but_never_named(database):  # rules S1, P1
    first = build.a_sent_case()
    Device.update(salon=build.a_salon()).where(Device.id == first.device_id).execute()
    device = Device.get_by_id(first.device_id)
    newcomer: Account = build.an_owner(device.salon.customer)
    second = build.a_case(device, newcomer, LATER)
    assert (second.holds, second.other_send_in(LATER)) == ([Hold.ALREADY_SENT_IN], None)
