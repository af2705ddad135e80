"""The link: its page, ending it (section L, rules P1, S3). Asking for it is in test_link_request."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import link_steps, links
from portal.models import SubstituteLink
from portal.rules.links import LinkState, Mode
from tests import builders
from tests.clients import page_of
from tests.queries import counted
from tests.web.test_owner_cases import HTMX, LATER, token_of

pytestmark = pytest.mark.usefixtures("the_next_day")


def test_the_link_page_counts_down_says_what_works_and_shows_earlier_links(
    signed_in, owner, device
):  # rules L2, L5
    old = links.refuse(
        builders.a_link_request(device, owner), "Zu spät", by=builders.a_staff_member(), now=LATER
    )
    link = builders.an_active_link(link=builders.a_link_request(device, owner), mode=Mode.VIEW_ONLY, days=10)
    page = signed_in.page(f"/links/{link.id}")
    assert page.headline == "Ihr Ersatzlink läuft, aber nur zum Ansehen"
    assert "9 Tage noch" in page.text
    assert "nicht gespeichert" in page.text
    assert f"/links/{old.id}" in page.links
    assert "Zu spät" in signed_in.page(f"/links/{old.id}").text


def test_a_link_poll_without_news_says_nothing(signed_in, owner, device):
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    html = signed_in.get(f"/links/{link.id}").get_data(as_text=True)
    address = html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    with counted() as queries:
        assert signed_in.get(address, headers=HTMX).status_code == 204
    assert len(queries) <= 3, queries
    with time_machine.travel(link.ends_at, tick=False):
        assert "abgelaufen" in signed_in.get(address, headers=HTMX).get_data(as_text=True)


def test_a_link_page_costs_ten_queries_at_most(signed_in, owner, device):
    case = builders.a_case(device, owner)
    link = builders.an_active_link(link=builders.a_link_request(case=case))
    with counted() as queries:
        signed_in.page(f"/links/{link.id}")
    assert len(queries) <= 10, queries


def test_withdrawing_asks_first_and_is_for_good(signed_in, owner, device):  # rule L3
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    page = signed_in.get(f"/links/{link.id}/withdraw")
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE
    answer = signed_in.send(page, form="/withdraw")
    assert page_of(answer).headline == "Sie haben den Ersatzlink beendet"
    assert signed_in.send(page, form="/withdraw").status_code == 409
    assert signed_in.get(f"/links/{link.id}/withdraw").status_code == 409


def test_a_link_past_its_end_is_over_although_nobody_wrote_it_down(signed_in, owner, device):  # rule L9
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    with time_machine.travel(link.ends_at, tick=False):
        assert signed_in.page(f"/links/{link.id}").headline == "Der Ersatzlink ist abgelaufen"
        assert signed_in.get(f"/links/{link.id}/withdraw").status_code == 409


@pytest.mark.parametrize("path", ["", "/progress", "/withdraw", "/renew"])
def test_a_strangers_link_is_nowhere_to_be_found(signed_in, path):  # rule P1
    link = builders.a_link_request()
    assert signed_in.get(f"/links/{link.id}{path}").status_code == 404
    data = {"csrf_token": token_of(signed_in.get("/cases"))}
    assert signed_in.post(f"/links/{link.id}/withdraw", data=data).status_code == 404
    assert SubstituteLink.get_by_id(link.id).state is LinkState.REQUESTED


def test_a_link_written_off_late_ended_when_it_ended(signed_in, owner, device):  # rule L9
    link = builders.an_active_link(link=builders.a_link_request(device, owner), days=1)
    with time_machine.travel(link.ends_at + timedelta(days=2), tick=False):
        link_steps.expire_due(now=link.ends_at + timedelta(days=2))
        assert "Beendet: Sonntag, 22. November, 10:14 Uhr" in signed_in.page(f"/links/{link.id}").text


# A new address


@pytest.fixture
def link(app, owner, device):
    asked = builders.a_link_request(device, owner)
    return builders.an_active_link(link=asked, secret=app.config["SECRET_KEY"])


def address_on(page):
    return next(word for word in page.text.split() if "/l/" in word)


def test_the_address_stands_on_the_page_as_text(signed_in, link):  # rule L9
    page = signed_in.page(f"/links/{link.id}")
    assert address_on(page).startswith("http://localhost/l/")
    assert signed_in.get(address_on(page).removeprefix("http://localhost")).status_code == 200


def test_renewing_asks_first_and_stops_the_old_address(signed_in, link):  # rule L9
    old = address_on(signed_in.page(f"/links/{link.id}")).removeprefix("http://localhost")
    asked = signed_in.get(f"/links/{link.id}/renew")
    assert "Die alte Adresse öffnet dann sofort nichts mehr." in page_of(asked).text
    assert "Das Ende bleibt gleich: Montag, 21. Dezember, 10:14 Uhr." in page_of(asked).text
    assert signed_in.get(old).status_code == 200  # looking at the page has changed nothing
    page = page_of(signed_in.send(asked, form="/renew"))
    new = address_on(page).removeprefix("http://localhost")
    assert new != old
    assert (signed_in.get(old).status_code, signed_in.get(new).status_code) == (404, 200)


def test_renewing_pressed_twice_makes_one_new_address(signed_in, link):  # rules L9, S3
    asked = signed_in.get(f"/links/{link.id}/renew")
    first = address_on(page_of(signed_in.send(asked, form="/renew")))
    again = page_of(signed_in.send(asked, form="/renew"))
    assert "Die Adresse war schon erneuert." in again.text
    assert address_on(again) == first
    assert SubstituteLink.get_by_id(link.id).generation == 2


def test_what_has_no_address_cannot_be_renewed(signed_in, owner, device, link):  # rule L3
    page = signed_in.get(f"/links/{link.id}/renew")
    links.withdraw(link, by=owner, now=LATER)
    assert signed_in.send(page, form="/renew").status_code == 409
    asked = builders.a_link_request(device, owner)
    assert signed_in.get(f"/links/{asked.id}/renew").status_code == 409


def test_past_the_end_nothing_is_renewed(signed_in, link):  # rule L9
    page = signed_in.get(f"/links/{link.id}/renew")
    with time_machine.travel(link.ends_at, tick=False):
        assert signed_in.send(page, form="/renew").status_code == 409


def test_a_till_being_set_up_can_be_called_off(signed_in, owner, device):  # rule L3
    asked, staff = builders.a_link_request(device, owner), builders.a_staff_member()
    link = links.grant(asked, Mode.VIEW_ONLY, days=30, secret="x" * 40, by=staff, now=LATER)
    page = signed_in.get(f"/links/{link.id}/withdraw")
    assert page_of(page).headline == "Möchten Sie den Ersatzlink zurückziehen?"
    assert page_of(signed_in.send(page, form="/withdraw")).headline == "Sie haben den Ersatzlink beendet"
