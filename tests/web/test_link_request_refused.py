"""What stands in the way of a link: one that is open, a slip, a stranger (rules L1, P1, S3)."""

import pytest
import time_machine

from portal.models import Draft, SubstituteLink
from portal.rules.links import LinkReason, LinkState
from tests import builders
from tests.clients import page_of
from tests.web.link_request import begun, everything, filled_in, sent
from tests.web.test_owner_cases import token_of

pytestmark = pytest.mark.usefixtures("the_next_day")


def test_a_device_with_an_open_link_is_shown_and_cannot_be_chosen(signed_in, owner, device):  # rule L1
    builders.a_device(builders.a_salon(owner.customer, "Zweitsalon"))
    link = builders.a_link_request(device, owner)
    answer = signed_in.get("/links/new")
    assert f"/links/{link.id}" in page_of(answer).links
    assert f'value="{device.id}"' not in answer.get_data(as_text=True)
    told = signed_in.post("/links/new", data={"csrf_token": token_of(answer), "device": device.id})
    assert told.status_code == 409
    assert f"/links/{link.id}" in page_of(told).links


@pytest.mark.parametrize("path", ["reason", "online", "entered", "check", "send"])
def test_a_link_that_came_meanwhile_is_told_on_every_page(signed_in, owner, device, path):  # rules L1, S3
    filled_in(signed_in, device)
    link = builders.a_link_request(device, owner, reason=LinkReason.RENOVATION)
    told = signed_in.get(f"/links/new/{path}")
    assert told.status_code == 409
    assert f"/links/{link.id}" in page_of(told).links


def test_somebody_elses_request_in_between_is_told_kindly(signed_in, owner, device):  # rules L1, S3
    filled_in(signed_in, device)
    last = signed_in.get("/links/new/send")
    link = builders.a_link_request(device, owner, reason=LinkReason.RENOVATION)
    told = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert told.status_code == 409
    assert f"/links/{link.id}" in page_of(told).links
    assert SubstituteLink.select().count() == 1
    assert Draft.get().sent_at is None  # nothing was sent


def test_sent_twice_is_one_request(signed_in, device):  # rule S3
    filled_in(signed_in, device)
    last = signed_in.get("/links/new/send")
    first = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    second = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert first.request.path == second.request.path == f"/links/{SubstituteLink.get().id}"
    assert signed_in.get("/links/new/entered").headers["Location"] == first.request.path
    assert SubstituteLink.select().count() == 1


def test_after_a_request_was_sent_the_next_one_begins_anew(signed_in, owner, device):  # rule L3
    sent(signed_in, device)
    other = builders.a_device(builders.a_salon(owner.customer, "Zweitsalon"))
    page = begun(signed_in, other)
    assert page.request.path == "/links/new/reason"
    assert "checked" not in page.get_data(as_text=True)


MISTAKES = [
    ("online", {"when": ""}, "wann der Server zuletzt lief"),
    ("online", {"at_day": "", "at_clock": ""}, "Tag und Uhrzeit"),
    ("online", {"at_day": "31.02.2026"}, "gültiges Datum"),
    ("online", {"at_clock": "25:00"}, "gültige Uhrzeit"),
    ("online", {"at_day": "2027-01-01"}, "in der Zukunft"),
    ("online", {"at_day": "1999-01-01"}, "zu weit zurück"),
    ("uploaded", {"upload": "at"}, "wann Sie die Sicherung hochgeladen"),
    (
        "uploaded",
        {"upload": "at", "uploaded_at_day": "2026-11-21", "uploaded_at_clock": "10:30"},
        "zuletzt am 21.11. um 09:58 Uhr online",
    ),
    ("entered", {"entered": "vielleicht"}, "ob danach etwas eingegeben wurde"),
    ("reason", {"reason": "faulheit", "reason_text": "‮<b>🙂"}, "Bitte wählen Sie einen Grund."),
    ("reason", {"reason": "other", "reason_text": "  "}, "Bitte schreiben Sie kurz, warum."),
    ("reason", {"reason_text": "x" * 301}, "zu lang"),
]


@pytest.mark.parametrize(("name", "wrong", "message"), MISTAKES)
def test_a_mistake_is_explained_and_everything_typed_stays(signed_in, device, name, wrong, message):
    filled_in(signed_in, device)
    page = signed_in.get(f"/links/new/{name}")
    answer = signed_in.send(page, wrong, form=f"/{name}")
    assert answer.status_code == 422
    assert message in page_of(answer).text
    html = answer.get_data(as_text=True)
    assert all(f'value="{text}"' in html for field, text in wrong.items() if field.startswith(("at_", "up")))


def test_a_device_must_be_chosen(signed_in, owner, device):
    builders.a_device(device.salon)
    answer = signed_in.send(signed_in.get("/links/new"), {"device": None}, form="/links/new")
    assert answer.status_code == 422
    assert "Bitte wählen Sie den Kassenserver." in page_of(answer).text


@pytest.mark.parametrize("chosen", ["", "999999999999999999999", "null"])
def test_a_strangers_device_is_nowhere_to_be_found(signed_in, device, chosen):  # rule P1
    stranger = chosen or str(builders.a_device().id)
    data = {"csrf_token": token_of(signed_in.get("/links/new")), "device": stranger}
    assert signed_in.post("/links/new", data=data).status_code == 404
    assert signed_in.get(f"/links/new?device={stranger}").status_code == 404
    assert Draft.select().count() == 0


def test_a_device_that_is_no_longer_ones_own_leads_to_the_beginning(signed_in, device):  # rule P1
    filled_in(signed_in, device)
    device.salon = builders.a_salon()
    device.save()
    assert signed_in.get("/links/new/send").headers["Location"] == "/links/new"


def test_another_person_at_the_same_browser_sees_nothing_of_it(signed_in, owner, device, sign_in):  # rule P1
    filled_in(signed_in, device, reason={"reason": "other", "reason_text": "Wasserschaden"})
    with signed_in.session_transaction() as session:
        kept = session["link_request"]
    colleague = builders.an_owner(owner.customer)
    signed_in.send(signed_in.get("/cases"), form="/sign-out")
    sign_in(signed_in, colleague)
    with signed_in.session_transaction() as session:
        session["link_request"] = kept
    assert signed_in.get("/links/new/reason").headers["Location"] == "/links/new"


@pytest.mark.parametrize("path", ["reason", "online", "uploaded", "entered", "check", "send"])
def test_a_page_in_the_middle_leads_to_the_beginning(signed_in, path):
    assert signed_in.get(f"/links/new/{path}").headers["Location"] == "/links/new"


def test_no_page_is_reached_before_its_turn(signed_in, device):
    begun(signed_in, device)
    for path in ("online", "entered", "check", "send"):
        assert signed_in.get(f"/links/new/{path}").headers["Location"] == "/links/new/reason"
    for path in ("device", "nirgends", "data-first/x"):
        assert signed_in.get(f"/links/new/{path}").status_code == 404


def test_without_a_device_the_report_is_the_way(signed_in):
    assert "noch keinen Kassenserver" in signed_in.page("/links/new").text


def test_a_link_past_its_end_does_not_stand_in_the_way_of_the_next(signed_in, owner, device):  # rules L1, L9
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    with time_machine.travel(link.ends_at, tick=False):
        assert f'value="{device.id}"' in signed_in.get("/links/new").get_data(as_text=True)
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED
