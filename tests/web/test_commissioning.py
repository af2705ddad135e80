"""Does the checklist lead staff through a commissioning, and let nobody around it?  Rules R5, L11, L11a."""

import pytest

from portal.actions import commissioning, links, tills
from portal.models import Case, CommissioningTick, History, SubstituteLink
from portal.outside import clock
from portal.rules.commissioning import Item
from portal.rules.links import Ending, LinkState, Mode, TillDeed, TillState, door_token
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

HTMX = {"HX-Request": "true"}
ITEMS = (Item.SESSION, Item.RESTORED, Item.REPOSTED, Item.TEST_RECEIPT, Item.OWNER_CONFIRMS)


@pytest.fixture
def case():
    """Make a case whose appointment is now."""
    return build.a_case_at_commissioning(now=clock.now())


@pytest.fixture
def link(app, case):
    """Give its salon an active link, its till made by hand."""
    request = build.a_link_request(case.device, case.reporter, clock.now(), case=case)
    return build.an_active_link(link=request, now=clock.now(), secret=app.config["SECRET_KEY"])


@pytest.fixture
def link_over_http(app, case):
    """Give its salon an active link, its till made by a back end."""
    secret, helper = app.config["SECRET_KEY"], build.a_staff_member()
    request = build.a_link_request(case.device, case.reporter, clock.now(), case=case)
    granted = links.grant(request, Mode.VIEW_ONLY, days=30, secret=secret, by=helper, now=clock.now())
    return links.activate(
        granted, "https://till.example/1", secret=secret, by=None, now=clock.now(), till_id="T-1"
    )


def address(case):
    return f"/staff/cases/{case.number}/commissioning"


def opened(client, case):
    return client.get(address(case))


def press(client, shown, name, **values):
    return client.send(shown, values, form=f"/commissioning/{name}")


def tick(case, staff, *items, **given):
    for item in items:
        commissioning.tick(Case.get_by_id(case.id), item, by=staff, now=clock.now(), **given)


def buttons(answer):
    return [
        form.action.rsplit("/", 1)[1] for form in page_of(answer).forms if "/commissioning" in form.action
    ]


def state(case):
    return Case.get_by_id(case.id).state


def test_the_case_leads_to_its_list(client, staff, case, link):  # rule R5
    page = client.page(f"/staff/cases/{case.number}")
    assert address(case) in page.links
    assert not [form.action for form in page.forms if "/steps/commission" in form.action]


def test_the_whole_list_one_press_each(client, staff, case, link):  # rules R5, L11, L11a
    shown = opened(client, case)
    text = page_of(shown).text
    assert "RustDesk" in text
    assert "nie im Hintergrund" in text
    shown = press(client, shown, "session")
    assert "Mit diesem Schritt endet der Ersatzlink." in page_of(shown).text
    shown = press(client, shown, "restored", till_deleted="yes")
    ended = SubstituteLink.get_by_id(link.id)
    assert (ended.ending, ended.till_confirmed) == (Ending.COMMISSIONED, TillState.GONE)
    for item in ("reposted", "test_receipt", "owner_confirms", "complete"):
        assert state(case) == State.COMMISSIONING_BOOKED
        shown = press(client, shown, item)
        assert shown.status_code == 200
    assert state(case) == State.COMMISSIONED
    text = page_of(shown).text
    assert "Der Kassenserver ist wieder in Betrieb" in text
    assert text.count("Kim Support") >= 5
    assert buttons(shown) == []


def test_the_door_is_shut_from_the_restored_database_on(app, client, staff, case, link):  # rules L9, L11a
    door = f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}"
    visitor = app.test_client()
    assert visitor.get(door).status_code == 200
    press(client, press(client, opened(client, case), "session"), "restored")
    assert visitor.get(door).status_code == 410


def test_only_what_may_be_done_has_a_button(client, staff, case, link):  # rule R5
    expected = [["session"], ["restored"], ["reposted", "test_receipt", "1"], ["test_receipt", "1"]]
    for item, names in zip(ITEMS, expected, strict=False):
        assert buttons(opened(client, case)) == names
        tick(case, staff, item)
    assert buttons(opened(client, case)) == ["owner_confirms", "1"]


def test_out_of_order_is_refused_with_words(client, staff, case, link):  # rules R5, L11a
    shown = opened(client, case)
    token = {"csrf_token": dict(page_of(shown).forms[-1].fields)["csrf_token"]}
    for item in ("restored", "reposted", "test_receipt", "owner_confirms"):
        answer = client.post(f"{address(case)}/{item}", data=token)
        assert answer.status_code == 409
        assert "halten Sie die Reihenfolge" in page_of(answer).text
    assert client.post(f"{address(case)}/link_ended", data=token).status_code == 404
    assert client.post(f"{address(case)}/nonsense", data=token).status_code == 404
    assert client.post(f"/staff/cases/{case.number}/steps/commission", data=token).status_code == 404
    answer = client.post(f"{address(case)}/complete", data=token)
    assert answer.status_code == 409
    assert "Noch offen: Sitzung mit RustDesk steht" in page_of(answer).text
    assert CommissioningTick.select().count() == 0
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE
    assert state(case) == State.COMMISSIONING_BOOKED


def test_a_silent_back_end_keeps_the_case_open_until_it_confirms(client, staff, case, link_over_http):  # L11a
    tick(case, staff, *ITEMS)
    shown = opened(client, case)
    assert "Das Kassensystem hat das Löschen noch nicht bestätigt." in page_of(shown).text
    assert "complete" not in buttons(shown)
    token = {"csrf_token": dict(page_of(shown).forms[-1].fields)["csrf_token"]}
    refused = client.post(f"{address(case)}/complete", data=token)
    assert refused.status_code == 409
    assert "noch nicht als gelöscht bestätigt" in page_of(refused).text
    tills.done(SubstituteLink.get_by_id(link_over_http.id), TillDeed.DELETE, now=clock.now())
    press(client, opened(client, case), "complete")
    assert state(case) == State.COMMISSIONED


def test_who_looked_at_the_vendors_says_why_and_goes_on(client, staff, case, link_over_http):  # rule L11a
    tick(case, staff, *ITEMS)
    shown = opened(client, case)
    empty = press(client, shown, "tills")
    assert empty.status_code == 422
    assert "warum das Kassensystem es nicht selbst bestätigt" in page_of(empty).text
    seen = press(client, empty, "tills", confirm_reason="Am Telefon bestätigt")
    assert seen.status_code == 200
    assert History.get(History.what == "confirm_till").why == "Am Telefon bestätigt"
    press(client, seen, "complete")
    assert state(case) == State.COMMISSIONED


def test_a_till_made_by_hand_is_confirmed_with_a_tick(client, staff, case, link):  # rule L11a
    tick(case, staff, *ITEMS)
    shown = opened(client, case)
    assert press(client, shown, "tills").status_code == 422
    seen = press(client, shown, "tills", till_seen="yes")
    assert SubstituteLink.get_by_id(link.id).till_confirmed is TillState.GONE
    assert buttons(seen) == ["complete"]
    late = press(client, shown, "tills", till_seen="yes")
    assert late.status_code == 409


def test_only_a_till_of_this_server_is_confirmed_here(client, staff, case, link):  # rule L11a
    tick(case, staff, *ITEMS)
    other = build.an_active_link(now=clock.now())
    links.delete(other, "Weg", by=staff, now=clock.now())
    form = next(form for form in page_of(opened(client, case)).forms if "/tills/" in form.action)
    data = {**dict(form.fields), "till_seen": "yes"}
    assert client.post(f"{address(case)}/tills/{other.id}", data=data).status_code == 409
    assert SubstituteLink.get_by_id(other.id).till_confirmed is TillState.OPEN


def test_without_a_link_there_is_nothing_to_end_or_to_post(client, staff, case):  # rule R5
    shown = press(client, opened(client, case), "session")
    text = page_of(shown).text
    assert "Ersatzlink nicht mehr" not in text
    assert "es gab keinen Ersatzlink" in text
    for item in ("restored", "reposted", "test_receipt", "owner_confirms", "complete"):
        shown = press(client, shown, item)
    assert state(case) == State.COMMISSIONED


def test_the_second_of_two_staff_is_shown_the_present_list(client, second, staff, case, link):  # rule S3
    early, late = opened(client, case), opened(second, case)
    press(client, early, "session")
    answer = press(second, late, "session")
    assert answer.status_code == 409
    assert "Jemand anderes war schneller" in page_of(answer).text
    assert "Kim Support" in page_of(answer).text
    assert buttons(answer) == ["restored"]


def test_completed_twice_is_told(client, second, staff, case):  # rule S3
    tick(case, staff, *ITEMS)
    early, late = opened(client, case), opened(second, case)
    press(client, early, "complete")
    answer = press(second, late, "complete")
    assert answer.status_code == 409
    assert "wieder in Betrieb" in page_of(answer).text
    assert History.select().where(History.what == "commission").count() == 1


def test_htmx_gets_the_list_alone(client, staff, case, link):
    shown = opened(client, case)
    answer = client.send(shown, form="/session", headers=HTMX)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<html" not in html
    assert 'id="checklist"' in html
    again = client.send(shown, form="/session", headers=HTMX)
    assert again.status_code == 409
    assert "Jemand anderes war schneller" in again.get_data(as_text=True)
    tick(case, staff, *ITEMS[1:], till_deleted=True)
    done = client.send(opened(client, case), form="/complete", headers=HTMX)
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, address(case))


def test_before_the_appointment_there_is_no_list(client, staff):  # rule R4
    case = build.a_sent_case(now=clock.now())
    assert client.get(address(case)).headers["Location"] == f"/staff/cases/{case.number}"
    assert client.get("/staff/cases/R260009994/commissioning").status_code == 404


def test_the_list_is_for_staff(app, client, case, sign_in):  # rule P1
    assert client.get(address(case)).status_code in (302, 303)
    sign_in(client, case.reporter)
    assert client.get(address(case)).status_code in (403, 404)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_list_asks_little(client, staff, case, link):
    tick(case, staff, *ITEMS)
    with counted() as queries:
        assert opened(client, case).status_code == 200
    assert len(queries) <= 7, str(queries)


def test_the_history_tells_each_item_with_person(client, staff, case, link):  # rule R5, section S
    tick(case, staff, *ITEMS)
    text = client.page(f"/staff/cases/{case.number}").text
    assert "Inbetriebnahme Kim Support Datenbank zurückgespielt, Ersatzlink beendet" in text
    assert "Ersatzlink bei der Inbetriebnahme beendet Kim Support" in text
