"""Is it recorded that the parcel is back, and that rule R1 was read?  Rules R1, S3, S7."""

import pytest

from portal.actions import arrivals, feedback
from portal.actions.arrivals import NotRead
from portal.actions.feedback import FeedbackMoved
from portal.models import Case, Consent, Feedback
from portal.rules.feedback import CHANGED_FOR
from portal.rules.workflow import State, StepRefused
from tests import builders as build
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW

READ = {"kind": arrivals.READ, "wording": "Ich habe gelesen: …", "version": "2026-11", "language": "de"}


@pytest.fixture
def case(database):
    return build.a_case_on_its_way_back()


def read_of(case):
    return [one for one in Consent.of_case(case) if one.kind == arrivals.READ]


def test_the_owner_confirms_arrival_with_the_text_that_was_read(case):  # rules R1, S7
    found = arrivals.confirm(case, READ, by=case.reporter, now=NOW)
    assert (found.state, found.delivered_at) == (State.DELIVERED, NOW)
    (kept,) = read_of(case)
    assert (kept.wording, kept.version, kept.language, kept.at) == (
        "Ich habe gelesen: …",
        "2026-11",
        "de",
        NOW,
    )
    assert kept.account_id == case.reporter_id


def test_an_owner_cannot_confirm_without_having_read(case):  # rule R1
    with pytest.raises(NotRead):
        arrivals.confirm(case, by=case.reporter, now=NOW)
    assert Case.get_by_id(case.id).state is State.ON_ITS_WAY_BACK


def test_staff_confirm_for_the_owner_who_reads_later_and_once(case):  # rules R1, S3
    delivered = arrivals.confirm(case, by=build.a_staff_member(), now=NOW)
    assert delivered.delivered_at == NOW
    assert read_of(case) == []
    at_once(*[lambda: arrivals.confirm_read(delivered, READ, by=case.reporter, now=NOW)] * 3)
    assert len(read_of(case)) == 1


def test_two_people_of_the_salon_confirm_one_arrival(case):  # rule S3
    results = at_once(*[lambda: arrivals.confirm(case, READ, by=case.reporter, now=NOW)] * 3)
    assert kinds(results) == ["Case", "CaseMoved", "CaseMoved"]
    assert len(read_of(case)) == 1


def test_nothing_is_read_for_a_server_that_is_elsewhere(case):  # rule R1
    with pytest.raises(StepRefused):
        arrivals.confirm_read(case, READ, by=case.reporter, now=NOW)


@pytest.fixture
def closed(database):
    case = build.a_case_at_commissioning()
    Case.update(state=State.COMMISSIONED).where(Case.id == case.id).execute()
    return Case.get_by_id(case.id)


def test_it_is_said_once_and_can_be_changed_for_a_while(closed):  # rule S3
    owner = closed.reporter
    first = feedback.give(closed, 4, "Gut.", seen="", by=owner, now=NOW)
    assert feedback.give(closed, 4, "Gut.", seen="", by=owner, now=NOW).id == first.id, "sent twice"
    with pytest.raises(FeedbackMoved):
        feedback.give(closed, 1, "", seen="", by=owner, now=NOW)
    changed = feedback.give(closed, 5, "", seen=first.mark, by=owner, now=NOW)
    with pytest.raises(FeedbackMoved):
        feedback.give(closed, 1, "", seen=changed.mark, by=owner, now=NOW + CHANGED_FOR)
    (kept,) = Feedback.select()
    assert (kept.score, kept.text, kept.at) == (5, "", NOW)


def test_of_two_who_answer_at_once_the_first_counts(closed):  # rule S3
    owner = closed.reporter
    results = at_once(
        *[lambda n=n: feedback.give(closed, n, "", seen="", by=owner, now=NOW) for n in (1, 3, 5)]
    )
    assert kinds(results) == ["Feedback", "FeedbackMoved", "FeedbackMoved"]
    assert Feedback.select().count() == 1


def test_only_owners_of_a_case_in_service_are_asked(case, closed):
    for subject, by in ((case, case.reporter), (closed, build.a_staff_member())):
        with pytest.raises(StepRefused):
            feedback.give(subject, 3, "", seen="", by=by, now=NOW)
