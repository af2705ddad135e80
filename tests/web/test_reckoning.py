"""Do staff see whether a link lasts, and what that rests on?  Rules L10, S5, L11a."""

from datetime import timedelta

import pytest

from portal.actions import links, queue
from portal.models import Case, StepTime, SubstituteLink
from portal.outside import clock
from portal.rules.links import LinkReason, Mode, TillState
from portal.rules.triage import Outcome
from portal.rules.workflow import State
from portal.web.staff import reckoning
from tests import builders as build
from tests.queries import counted

DAY = timedelta(days=1)


def a_case_with_link(state=State.IN_REPAIR, *, days=30, since=timedelta()):
    """Make a case in a state, with a full link that began just now."""
    now = clock.now()
    case = build.a_case(now=now - since)
    asked = build.a_link_request(case.device, case.reporter, now, case=case)
    build.an_active_link(link=asked, days=days, now=now)
    Case.update(state=state, state_since=now - since).where(Case.id == case.id).execute()
    return queue.reassess_case(case, now=now)


def of_page(client, case):
    return client.page(f"/staff/cases/{case.number}").text


def test_a_link_that_lasts_is_said_so_calmly_with_the_steps(client, staff):  # rule L10
    text = of_page(client, a_case_with_link())
    assert "Der Link reicht voraussichtlich bis zur Inbetriebnahme." in text
    assert "Server voraussichtlich zurück etwa " in text
    assert "Womit wir rechnen" in text
    assert "Jetzt: Wird repariert" in text
    assert "5 Tage Richtwert" in text
    assert "Termin zur Inbetriebnahme steht" in text


def test_a_link_that_is_too_short_says_by_how_much(client, staff):  # rules L10, S5
    case = a_case_with_link(days=7)  # 5 + 1 + 2 + 1 + 2 days are still to come
    assert "Link endet 4 Tage vor dem Server." in of_page(client, case)
    desk = client.page("/staff/").text
    assert "Link endet 4 Tage vor dem Server." in desk
    assert "Link bis" in desk
    case = a_case_with_link(State.COMMISSIONING_BOOKED, days=1)
    assert "Link endet 1 Tag vor dem Server." in of_page(client, case)


def test_less_than_a_day_too_short_is_said_without_a_number(client, staff):  # rule L10
    case = a_case_with_link(State.COMMISSIONING_BOOKED, days=2, since=timedelta(hours=1))
    Case.update(state_since=clock.now() + timedelta(hours=1)).where(Case.id == case.id).execute()
    SubstituteLink.update(harm=None).execute()
    StepTime.create(
        state=State.COMMISSIONING_BOOKED, median_seconds=(2 * DAY).total_seconds() + 9000, cases=9,
        measured_at=clock.now(),
    )  # fmt: skip
    assert "Link endet kurz vor dem Server." in of_page(client, case)


def test_the_row_of_a_link_that_lasts_counts_down(client, staff):  # rules L10, S5
    a_case_with_link(State.ON_ITS_WAY_BACK, days=6)
    text = client.page("/staff/").text
    assert "Link endet in 5 Tagen." in text
    assert "vor dem Server" not in text


def test_what_was_measured_is_named_with_how_many_cases_it_rests_on(client, staff):  # rule L10
    case = a_case_with_link(since=4 * DAY)
    StepTime.create(
        state=State.IN_REPAIR, median_seconds=(1.5 * DAY).total_seconds(), cases=12, measured_at=clock.now()
    )
    text = of_page(client, case)
    assert "1,5 Tage Median aus 12 Vorgängen" in text
    assert "überzogen" in text


@pytest.mark.parametrize("state", [State.CANCELLED, State.COMMISSIONED])
def test_a_case_that_is_over_has_no_reckoning(client, staff, state):  # rule L10
    assert "Womit wir rechnen" not in of_page(client, a_case_with_link(state))


def test_without_an_active_link_or_a_parcel_nothing_is_reckoned(client, staff):  # rules L10, T9
    case = build.a_case()
    assert "Womit wir rechnen" not in of_page(client, case)
    build.a_link_request(case=case)
    assert "Womit wir rechnen" not in of_page(client, case)
    remote = a_case_with_link(State.SUBMITTED)
    Case.update(outcome=Outcome.REMOTE_SESSION, released_at=None).where(Case.id == remote.id).execute()
    assert "Womit wir rechnen" not in of_page(client, remote)


def test_owners_never_see_the_reckoning(client, sign_in):  # rule P1
    case = a_case_with_link()
    sign_in(client, case.reporter)
    assert client.get(f"/staff/cases/{case.number}").status_code == 404


@pytest.mark.parametrize("count", [1, 20])
def test_the_reckoning_keeps_the_pages_within_their_questions(client, staff, count):  # built for size
    for _case in range(count):
        case = a_case_with_link(days=7)
    with counted() as queries:
        of_page(client, case)
    assert len(queries) <= 14, queries
    with counted() as queries:
        client.page("/staff/")
    assert len(queries) <= 8, queries
    assert str(queries).count('FROM "step_time"') == 1


def test_a_till_left_over_says_what_is_to_be_done(client, staff):  # rule L11a
    a_case_with_link()
    links.delete(SubstituteLink.get(), "Steht im Weg", by=staff, now=clock.now())
    text = client.page("/staff/").text
    assert "Kasse seit 0 Minuten nicht gelöscht. Der Link ist zu Ende." in text
    assert "Bitte die Kasse beim Anbieter löschen" in text
    assert "Der Ersatzlink ist zu Ende, der Server noch nicht zurück" in text


def test_a_link_without_its_till_says_so(client, staff):  # rule S5
    for reason in (LinkReason.DEFECT, LinkReason.MOVING):
        asked = links.correct(
            build.a_link_request(reason=reason), real_backup_at=build.NOW, complete=True, why="Geprüft",
            by=staff, now=build.NOW,
        )  # fmt: skip
        links.grant(asked, Mode.FULL, days=30, secret=build.SECRET, by=staff, now=build.NOW)
    text = client.page("/staff/").text
    assert text.count("Ersatzlink zugesagt, die Kasse wird eingerichtet.") == 2
    assert text.count("nicht kassieren.") == 1


def test_a_full_link_that_is_still_locked_says_so(client, staff):  # rules S5, L6
    case = a_case_with_link()
    SubstituteLink.update(till_confirmed=TillState.LOCKED).execute()
    queue.reassess_case(case, now=clock.now())
    assert "Das Freischalten ist nicht bestätigt." in client.page("/staff/").text


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=5), "1 Stunde"),
        (timedelta(hours=5), "5 Stunden"),
        (DAY, "1 Tag"),
        (1.04 * DAY, "1 Tag"),
        (1.5 * DAY, "1,5 Tage"),
        (12 * DAY, "12 Tage"),
    ],
)
def test_a_length_is_said_as_in_a_table(app, length, words):
    with app.test_request_context():
        assert reckoning.lasting(length) == words
