"""The door of the link: open while it is active, judged by the clock at the request (rules L3, L9)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import time_machine

from portal.actions import cases, doors, link_steps, links, readouts, tills
from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules.links import Ending, LinkState, Mode, TillDeed, door_token
from tests import builders
from tests.clients import page_of
from tests.web.test_owner_cases import LATER

TILL = "https://till.example/42"


@pytest.fixture(autouse=True)
def the_next_day():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def link(app):
    return builders.an_active_link(secret=app.config["SECRET_KEY"])


@pytest.fixture
def door(app, link):
    return f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}"


def fresh(link):
    return SubstituteLink.get_by_id(link.id)


def test_the_door_says_what_applies_and_leads_on(client, door, link):  # rule L9
    page = client.page(door)
    assert "29 Tage noch, bis Montag, 21. Dezember, 10:14 Uhr" in page.text
    assert f"{door}/go" in page.links
    answer = client.get(f"{door}/go")
    assert (answer.status_code, answer.headers["Location"]) == (302, TILL)
    assert (fresh(link).opened_count, fresh(link).last_opened_at) == (1, LATER)


def test_the_receipt_lock_is_said_before_the_till_is_opened(client, app):  # rule L5
    link = builders.an_active_link(mode=Mode.VIEW_ONLY, secret=app.config["SECRET_KEY"])
    page = client.page(f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}")
    assert page.headline == "Sie können sich hier nur umsehen"
    assert "Kassieren geht mit diesem Link nicht" in page.text
    assert "Nicht gespeichert werden: neue Behandlungen Kundendaten geänderte Preise" in page.text


def test_looking_is_not_opening(client, door, link):
    client.get(door)
    client.head(door)
    client.head(f"{door}/go")
    client.get(f"{door}/go", headers={"Sec-Purpose": "prefetch;prerender"})
    assert fresh(link).opened_count == 0


def test_a_form_is_led_to_the_door_and_opens_nothing(client, door, link):
    page = client.get(door)
    token = next(value for form in page_of(page).forms for name, value in form.fields if name == "csrf_token")
    answer = client.post(door, data={"csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, door)
    assert fresh(link).opened_count == 0


@pytest.mark.parametrize("path", ["", "/go"])
def test_at_its_end_the_door_is_closed_worker_or_no_worker(client, door, link, path):  # rule L9
    with time_machine.travel(link.ends_at, tick=False):
        answer = client.get(door + path)
        assert answer.status_code == 410
        assert "Location" not in answer.headers
    assert f"/links/new?device={link.device_id}" in page_of(answer).links
    assert (fresh(link).state, fresh(link).ending) == (LinkState.ENDED, Ending.EXPIRED)


def test_a_clock_that_goes_back_revives_nothing(client, door, link):  # rule L9
    with time_machine.travel(link.ends_at, tick=False):
        client.get(door)
    assert client.get(f"{door}/go").status_code == 410


def test_one_second_before_its_end_the_door_is_open(client, door, link):  # rule L9
    with time_machine.travel(link.ends_at.timestamp() - 1, tick=False):
        assert client.get(f"{door}/go").status_code == 302


@pytest.mark.parametrize("path", ["", "/go"])
def test_a_link_that_staff_ended_is_gone(client, door, link, path):  # rule L3
    links.delete(link, "Doppelt", by=builders.a_staff_member(), now=LATER)
    assert client.get(door + path).status_code == 410


@pytest.mark.parametrize("token", ["x", "A" * 43, "a" * 5000, "ä", "%00"])
def test_an_unknown_token_is_not_found(client, token):  # rule L9
    assert client.get(f"/l/{token}").status_code == 404
    assert client.get(f"/l/{token}/go").status_code == 404


def test_a_request_has_no_door(client, app):
    link = builders.a_link_request()
    assert client.get(f"/l/{door_token(app.config['SECRET_KEY'], link.id, 0)}").status_code == 404


def test_the_token_alone_opens_for_the_whole_team(client, door):  # rule L9
    assert client.get(door).status_code == 200


def test_another_customer_finds_no_door(client, sign_in, door):  # rule L9
    sign_in(client, builders.an_owner())
    assert client.get(door).status_code == 404
    assert client.get(f"{door}/go").status_code == 404


def test_the_own_customer_and_staff_come_in(client, app, sign_in, door, link):  # rule L9
    sign_in(client, builders.an_owner(link.customer))
    assert client.get(door).status_code == 200
    other = app.test_client()
    sign_in(other, builders.a_staff_member())
    assert other.get(door).status_code == 200


@pytest.mark.parametrize("path", ["", "/go", "x"])
def test_the_address_is_told_to_nobody(client, door, path):
    answer = client.get(door + path)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]


# What holds now


def a_locked_link(app, **columns):
    """Make a view-only link whose server is at the workshop; `columns` is what has happened since."""
    case = cases.receive(builders.a_case(), by=builders.a_staff_member(), now=builders.NOW)
    asked = builders.a_link_request(case=case, entered_since=True)
    link = builders.an_active_link(link=asked, mode=Mode.VIEW_ONLY, secret=app.config["SECRET_KEY"])
    SubstituteLink.update(columns or {"revision": 9}).where(SubstituteLink.id == link.id).execute()
    return fresh(link)


def door_to(app, link):
    return f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}"


def test_the_end_is_said_in_days_in_hours_and_as_a_moment(client, door, link):  # rule L2
    assert "Das sind noch 696 Stunden." in client.page(door).text
    with time_machine.travel(link.ends_at - timedelta(hours=47, minutes=30), tick=False):
        assert "47 Stunden noch, bis Montag, 21. Dezember, 10:14 Uhr" in client.page(door).text


def test_a_lifted_lock_lets_nobody_cash_before_the_till_is_open(client, app):  # rule L6
    link, staff = a_locked_link(app, provider="http"), builders.a_staff_member()
    readouts.load(readouts.read_out(link, by=staff, now=LATER), by=staff, now=LATER)
    page = client.page(door_to(app, link))
    assert page.headline == "Noch nicht kassieren: Die Kasse wird freigeschaltet"
    assert "Bitte kassieren Sie noch nicht." in page.text
    assert "wie gewohnt" not in page.text
    tills.done(link, TillDeed.UNLOCK, now=LATER)
    assert client.page(door_to(app, link)).headline == "Hier geht es zu Ihrer Kasse"


def test_a_lock_that_the_till_may_not_know_of_says_do_not_cash(client, app, door, link):  # rule L5
    readouts.lock(link, "Die Sicherung war älter.", by=builders.a_staff_member(), now=LATER)
    assert "auch dann nicht, wenn die Kasse es noch zulässt" in client.page(door).text
    tills.confirm_by_hand(fresh(link), by=builders.a_staff_member(), now=LATER)
    page = client.page(door)
    assert "wenn die Kasse es noch zulässt" not in page.text
    assert "Kassieren geht mit diesem Link nicht" in page.text


@pytest.mark.parametrize("tse", [True, False, None])
def test_a_full_link_speaks_of_the_tse_and_of_printers(client, door, link, tse):  # rules L7, L8
    link.device.tse_in_server = tse
    link.device.save()
    text = client.page(door).text
    assert ("Steckt die TSE als USB-Stick im Server" in text) == (tse is not False)
    assert "Bondrucker und EC-Terminal" in text


def test_a_till_that_is_still_being_set_up_has_no_door(client, app):  # rule L9
    link = builders.a_link_request()
    secret, staff = app.config["SECRET_KEY"], builders.a_staff_member()
    granted = links.grant(link, Mode.VIEW_ONLY, days=30, secret=secret, by=staff, now=LATER)
    assert granted.state is LinkState.GRANTED
    for generation in (0, 1):
        assert client.get(f"/l/{door_token(secret, link.id, generation)}").status_code == 404


# The end


def end_it(link, ending):
    staff = builders.a_staff_member()
    {
        Ending.WITHDRAWN: lambda: links.withdraw(link, by=link.requester, now=LATER),
        Ending.DELETED: lambda: links.delete(link, "Doppelt <b>angefragt</b>", by=staff, now=LATER),
        Ending.COMMISSIONED: lambda: links.hand_back(link, by=staff, now=LATER),
        Ending.EXPIRED: lambda: link_steps.expire(link, now=link.ends_at),
    }[ending]()


@pytest.mark.parametrize(
    ("ending", "headline"),
    [
        (Ending.EXPIRED, "Dieser Ersatzlink ist abgelaufen"),
        (Ending.DELETED, "Der Support hat diesen Ersatzlink beendet"),
        (Ending.WITHDRAWN, "Der Salon hat diesen Ersatzlink beendet"),
        (Ending.COMMISSIONED, "Arbeiten Sie wieder mit Ihrem Kassenserver"),
    ],
)
def test_after_the_end_the_door_says_what_to_do_now(
    client, door, link, ending, headline
):  # rules L3, L9, L11a
    builders.an_operator(phone="02202 12345")
    end_it(link, ending)
    page = client.page(door, status=410)
    assert page.headline == headline
    assert "tel:0220212345" in page.links
    asks_anew = any("/links/new" in address for address in page.links)
    assert asks_anew == (ending is not Ending.COMMISSIONED)
    assert ("auf Papier" in page.text) == asks_anew
    assert ("Doppelt <b>angefragt</b>" in page.text) == (ending is Ending.DELETED)


@pytest.mark.parametrize("before", [timedelta(seconds=1), timedelta(microseconds=1)])
@pytest.mark.parametrize("path", ["", "/go"])
def test_the_end_is_exact_to_the_microsecond(client, door, link, monkeypatch, before, path):  # rule L9
    monkeypatch.setattr(clock, "now", lambda: link.ends_at - before)
    assert client.get(door + path).status_code == (302 if path else 200)
    monkeypatch.setattr(clock, "now", lambda: link.ends_at)
    assert client.get(door + path).status_code == 410


@pytest.mark.parametrize(
    "began", ["2026-03-20T09:30:00+00:00", "2026-10-10T09:30:00+00:00", "2026-12-20T09:30:00+00:00"]
)
def test_the_end_is_exact_over_the_change_of_the_clock_and_the_year(client, app, began):  # rules L2, L9
    began = datetime.fromisoformat(began)
    link = builders.an_active_link(now=began, secret=app.config["SECRET_KEY"])
    with time_machine.travel(link.ends_at - timedelta(seconds=1), tick=False):
        assert client.get(door_to(app, link)).status_code == 200
    with time_machine.travel(link.ends_at, tick=False):
        assert client.get(door_to(app, link)).status_code == 410
    with time_machine.travel(began, tick=False):  # the clock goes back: nothing is revived
        assert client.get(door_to(app, link)).status_code == 410


# Renewed, counted


def test_an_old_address_says_calmly_where_the_new_one_is(client, app, door, link):  # rule L9
    renewed = doors.renew(link, secret=app.config["SECRET_KEY"], by=link.requester, now=LATER)
    for path in ("", "/go"):
        page = client.page(door + path, status=404)
        assert page.headline == "Diese Adresse öffnet keine Kasse"
        assert "Dann gilt nur noch die neue" in page.text
    assert client.get(f"{door_to(app, renewed)}/go").headers["Location"] == TILL
    assert fresh(link).opened_count == 1


def test_an_old_address_looks_like_one_that_never_was(client, app, door, link):  # rule L9
    doors.renew(link, secret=app.config["SECRET_KEY"], by=link.requester, now=LATER)
    old, never = client.get(door), client.get("/l/" + "A" * 43)
    assert old.status_code == never.status_code == 404
    assert page_of(old).text == page_of(never).text
    assert old.headers["Referrer-Policy"] == "no-referrer"
    assert old.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "header",
    [("Purpose", "prefetch"), ("X-Moz", "prefetch"), ("X-Purpose", "preview"), ("Sec-Purpose", "prefetch")],
)
def test_a_guess_of_the_browser_is_not_counted(client, door, link, header):
    client.get(f"{door}/go", headers=dict([header]))
    assert fresh(link).opened_count == 0


def test_openings_through_many_browsers_at_once_are_each_counted_once(app, door, link):  # rule L9
    start = Barrier(6, timeout=30)

    def pass_the_door(browser):
        start.wait()
        return browser.get(f"{door}/go").status_code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(pass_the_door, [app.test_client() for _ in range(6)]))
    assert found == [302] * 6
    assert fresh(link).opened_count == 6
