"""The desk: who may come in, what stands first and why, and what it costs (rules P1, S5)."""

import re
from datetime import timedelta

import pytest

from portal.actions import cases, link_steps, queue
from portal.models import Case, Letter, SubstituteLink, desk
from portal.outside import clock
from portal.rules.links import LinkReason, Mode, TillState
from portal.rules.triage import Origin
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted


def links_of(page):
    """Return the rows' own pages; the pane leads to the work pages below them."""
    return [link for link in page.links if re.fullmatch(r"/staff/(cases|links)/\w+", link)]


def test_owners_find_no_desk_and_strangers_are_asked_to_sign_in(app, client, sign_in):  # rule P1
    case = build.a_case()
    addresses = [
        "/staff/",
        "/staff/lists/all",
        f"/staff/cases/{case.number}",
        "/staff/search",
        "/staff/letters",
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/sign-in" in answer.headers["Location"]
    sign_in(client, case.reporter)
    assert {client.get(address).status_code for address in addresses} == {404}
    assert client.post(f"/staff/cases/{case.number}/steps/receive").status_code in (400, 404)


def test_the_queue_is_ordered_by_harm_and_says_why(client, staff):  # rules S5, L12
    now = clock.now()
    waiting = build.a_waiting_case(now=now - timedelta(days=3))
    locked = build.an_active_link(mode=Mode.VIEW_ONLY, now=now - timedelta(days=2), staff=staff)
    asked = build.a_case(now=now - timedelta(hours=2))
    build.a_link_request(case=asked, now=now - timedelta(hours=2))
    moving = build.a_link_request(reason=LinkReason.MOVING, now=now)
    foreign = build.a_link_request(build.a_device(origin=Origin.ELSEWHERE), now=now - timedelta(hours=1))
    queue.reassess_due(now=now)
    page = client.page("/staff/")
    rows = list(dict.fromkeys(links_of(page)))
    expected = [
        f"/staff/cases/{asked.number}",
        f"/staff/links/{foreign.id}",
        f"/staff/links/{locked.id}",
        f"/staff/cases/{waiting.number}",
        f"/staff/links/{moving.id}",
    ]
    assert rows == expected
    assert "nicht kassieren. Ersatzlink angefragt, Daten laut Salon vollständig" in page.text
    assert "Belegsperre seit 2 Tagen." in page.text
    assert "Schnellprüfungen nicht alle gemacht" in page.text
    assert "Ersatzlink angefragt, Fremdgerät" in page.text


def test_a_lost_link_and_a_cancelled_case_say_what_is_the_matter(client, staff):  # rules S5, L10
    lost = build.a_case(now=clock.now() - timedelta(days=20))
    asked = build.a_link_request(lost.device, now=lost.reported_at, case=lost)
    build.an_active_link(link=asked, days=1, now=lost.reported_at)
    link_steps.expire_due(now=clock.now())
    cancelled = build.a_case(now=clock.now())
    build.a_link_request(cancelled.device, now=clock.now(), case=cancelled)
    cases.cancel(cancelled, by=cancelled.reporter, now=clock.now())
    text = client.page("/staff/").text
    assert "Der Ersatzlink ist zu Ende, der Server noch nicht zurück" in text
    assert text.count("nicht kassieren") == 1
    assert "Ersatzlink angefragt seit" in text


def test_the_worst_case_is_open_beside_the_queue(client, staff):  # rule S5
    case = build.a_case()
    build.a_link_request(case=case)
    page = client.page("/staff/")
    assert "Ersatzlink freigeben?" in page.text
    assert any("/steps/grant" in form.action for form in page.forms)


def test_paging_visits_every_row_once(database, client, staff):  # rule S5
    device_numbers = []
    for hours in range(30):
        device_numbers.append(build.a_waiting_case(now=build.NOW - timedelta(hours=hours // 3)).number)
        if hours % 3 == 0:
            build.a_link_request(now=build.NOW)
    seen, address = [], "/staff/"
    for _round in range(10):
        page = client.page(address)
        seen += list(dict.fromkeys(links_of(page)))
        address = next((link for link in page.links if "after=" in link), "")
        if not address:
            break
    assert len(seen) == len(set(seen)) == 40


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "name", ["underway", "workshop", "return", "commissioning", "waiting", "all", "links"]
)
def test_every_list_can_be_opened_empty(client, staff, name):
    assert client.page(f"/staff/lists/{name}").headline


@pytest.mark.both_engines
def test_the_lists_by_state_page_by_key(client, staff):
    numbers = {build.a_case().number for _ in range(27)}
    first = client.page("/staff/lists/waiting")
    older = next(link for link in first.links if "before=" in link)
    seen = links_of(first) + links_of(client.page(older))
    assert len(set(seen)) == len(numbers) == 27
    assert not any(number in "".join(seen) for number in ["before"])


@pytest.mark.both_engines
def test_links_are_listed_by_harm_page_by_page(database):  # rule S5
    staff = build.a_staff_member()
    late = build.an_active_link(days=30)
    flagged = build.an_active_link(link=build.a_link_request(case=build.a_case()), days=4)
    moving = build.a_link_request(reason=LinkReason.MOVING)
    soon = build.an_active_link(days=3)
    locked = build.an_active_link(mode=Mode.VIEW_ONLY)
    waiting = build.an_active_link(days=2)
    SubstituteLink.update(till_confirmed=TillState.LOCKED).where(SubstituteLink.id == waiting.id).execute()
    asked = [build.a_link_request(), build.a_link_request()]
    over = build.a_link_request(case=build.a_case())
    Case.update(state=State.CANCELLED).where(Case.id == over.case_id).execute()
    expected = [*asked, waiting, locked, flagged, moving, over, soon, late]
    seen, last, more = [], None, True
    while more:
        rows, more = desk.open_links(staff, last, 2)
        seen += [link.id for _place, link in rows]
        last = rows[-1][0]
    assert seen == [link.id for link in expected]


def test_the_list_of_links_says_why_a_link_stands_where_it_stands(client, staff):  # rules S5, L10
    now = clock.now()
    asked = build.a_link_request(case=build.a_case(now=now), now=now)
    build.an_active_link(link=asked, days=14, now=now)
    text = client.page("/staff/lists/links").text
    assert "Zuerst steht, wer nicht kassieren kann" in text
    assert re.search(r"Link endet \d+ Tage? vor dem Server", text)


def test_counts_are_capped(database, monkeypatch):
    monkeypatch.setattr(desk, "COUNT_UP_TO", 2)
    for _ in range(4):
        build.a_waiting_case()
    build.a_link_request()
    found = desk.counts({"submitted": [State.SUBMITTED]})
    assert found == {"queue": 3, "submitted": 3, "links": 1, "letters": 0, "registrations": 0}


def many(count):
    for number in range(count):
        if number % 3 == 0:
            build.a_link_request(case=build.a_case())
        elif number % 3 == 1:
            build.a_link_request()
        else:
            case = cases.ask_back(
                build.a_waiting_case(), "Welches Kabel?", by=build.a_staff_member(), now=build.NOW
            )
            cases.answer(case, "Das graue.", by=case.reporter, now=build.NOW)


@pytest.mark.parametrize("count", [1, 60])
def test_the_queue_asks_at_most_eight_questions(client, staff, count):  # built for size
    many(count)
    with counted() as queries:
        client.page("/staff/")
    assert len(queries) <= 8, queries
    last = SubstituteLink.select().order_by(SubstituteLink.id.desc()).first()
    for address in (
        "/staff/lists/links",
        "/staff/lists/all",
        "/staff/lists/waiting",
        f"/staff/links/{last.id}",
    ):
        with counted() as queries:
            client.page(address)
        assert len(queries) <= 8, queries


@pytest.mark.parametrize("count", [1, 60])
def test_a_case_asks_at_most_ten_questions(client, staff, count):  # built for size
    device = build.a_device()
    case = build.a_waiting_case(device)
    build.a_link_request(case=case)
    for number in range(count):
        cases.note(case, f"Notiz {number}", by=staff, now=build.NOW)
        build.a_waiting_case(device, case.reporter)
    with counted() as queries:
        client.page(f"/staff/cases/{case.number}")
    assert len(queries) <= 10, queries
    with counted() as queries:
        client.page(f"/staff/cases/{case.number}/pane?at=decide")
    assert len(queries) <= 6, queries


@pytest.mark.parametrize(
    "after",
    [
        "", "x", "10_2026-01-01_0_5", "10_2026-01-01T00:00:00+00:00_0_99999999999", "a_b_c_d",
        "10_0001-01-01T00:00:00+14:00_0_5", "10_9999-12-31T23:59:59-14:00_1_5", "-" + "9" * 30, "9" * 30,
    ],
)  # fmt: skip
def test_an_odd_place_in_the_address_begins_at_the_top(client, staff, after):
    build.a_waiting_case()
    assert client.get("/staff/", query_string={"after": after}).status_code == 200
    assert client.get("/staff/lists/all", query_string={"before": after}).status_code == 200
    assert client.get("/staff/lists/links", query_string={"after": after}).status_code == 200
    assert client.get("/staff/lists/links", query_string={"after": "-5"}).status_code == 200


def test_letters_that_were_given_up_are_shown_and_can_be_tried_again(client, staff):  # rule S4
    build.a_case()
    assert "Nicht zugestellt" not in client.page("/staff/").text
    gone = {"gave_up_at": build.NOW, "due_at": None, "tries": 12, "last_error": "550 no such user"}
    Letter.update(**gone).execute()
    assert "Nicht zugestellt" in client.page("/staff/").text
    shown = client.get("/staff/letters")
    assert "550 no such user" in page_of(shown).text
    client.send(shown, form="/again")
    letter = Letter.select().order_by(Letter.id).first()
    assert letter.gave_up_at is None
    assert letter.due_at is not None


def test_a_row_of_every_state_has_words(app, client, staff):
    numbers = [build.a_case().number for _ in State]
    for number, state in zip(numbers, State, strict=True):
        Case.update(state=state).where(Case.number == number).execute()
        assert client.get(f"/staff/cases/{number}").status_code == 200
    assert client.get("/staff/lists/all").status_code == 200
