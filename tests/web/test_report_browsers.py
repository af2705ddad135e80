"""Who may go on with a report, where, and what it leads to: browsers, accounts, other businesses."""

from datetime import timedelta

import pytest
import time_machine

from portal.models import Case, Draft
from portal.rules.quotas import QUOTAS, Kind, Quota
from portal.rules.report import Page
from portal.rules.triage import Origin
from tests.builders import (
    NOW,
    a_case,
    a_customer,
    a_device,
    a_draft,
    a_link_request,
    a_salon,
    a_staff_member,
    an_owner,
    consent,
)
from tests.clients import page_of
from tests.queries import counted


@pytest.fixture(autouse=True)
def saturday_morning():
    """It is Saturday, 10:14, in every test."""
    with time_machine.travel(NOW, tick=False):
        yield


def hold(client, key):
    """Put the key of a report into the browser."""
    with client.session_transaction() as session:
        session["draft"] = key


def walk_on(client, response, page, values):
    """Answer the page the browser is on; it must be the expected one."""
    assert response.request.path == f"/report/{page}", page_of(response).text
    return client.send(response, values, form=f"/report/{page}")


def test_a_report_begun_signed_out_goes_on_after_signing_in(client, come_in):  # rule P1a
    device = a_device()
    owner = an_owner(device.salon.customer)
    client.send(client.get("/"), form="/report")
    assert "Anmelden und Gerät wählen" in client.page("/report/device").text
    at = come_in(client, owner, next="/report/device")
    assert device.serial in page_of(at).text
    walk_on(client, at, "device", {"device": str(device.id)})
    assert Draft.get().account_id == owner.id


def test_a_device_can_be_described_signed_out_and_sent_signed_in(client, come_in):  # rules P1a, W4
    owner = an_owner(a_customer())  # a customer without any salon
    at = client.send(client.get("/report"), form="/report")
    at = walk_on(client, at, "device-details", {"purchase": "unknown", "tse": "no", "origin": "vendor"})
    at = walk_on(client, at, "topic", {"topic": "software"})
    at = walk_on(client, at, "fault", {"text": "Das Programm hängt."})
    at = walk_on(client, at, "remote", {"rustdesk": "unknown", "remote_terms": "yes"})
    who = {"name": "Haarwerk", "city": "Köln", "email": "ada@haarwerk.example", "contact_name": "Ada"}
    at = walk_on(client, at, "contact", {**who, "phone": "02202 12345"})
    assert "Ich habe ein Konto" in page_of(at).text
    at = come_in(client, owner, next="/report/check")
    at = client.send(at, form="/report/send")
    assert at.request.path.startswith("/report/sent/")
    assert Case.get().device.salon.customer_id == owner.customer_id


def test_a_report_is_resumed_thrown_away_or_taken_along(client, app, sign_in):
    device = a_device()
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner, address=None, costs=None)
    sign_in(client, owner)
    at = client.get("/report")  # begun on another device
    assert "Auf einem anderen Gerät" in page_of(at).text
    at = client.send(at, form="/report/take-along")
    assert at.request.path == "/report/address"
    assert "Weiter ausfüllen" in client.page("/report").text
    other = app.test_client()
    hold(other, key)  # the old key ended
    assert other.get("/report/address", follow_redirects=True).request.path == "/report"
    at = client.send(client.get("/report"), form="/report")
    assert at.request.path == "/report/device"
    assert [left.answers for left in Draft.select()] == [{}]


def test_nobody_goes_on_with_anothers_report(client, sign_in):  # rule P1
    device = a_device()
    _, key = a_draft(device, an_owner(device.salon.customer))
    sign_in(client, an_owner())
    hold(client, key)
    assert client.get("/report/address", follow_redirects=True).request.path == "/report"


def test_only_own_devices_can_be_chosen(client, sign_in):  # rule P1
    a_salon()
    foreign = a_device()
    device = a_device()
    sign_in(client, an_owner(device.salon.customer))
    at = client.send(client.get("/report"), form="/report")
    assert foreign.serial not in page_of(at).text
    at = walk_on(client, at, "device", {"device": str(foreign.id)})
    assert at.status_code == 422


def test_the_confirmation_of_another_business_is_not_found(client, sign_in):  # rule P1
    case = a_case()
    assert client.get(f"/report/sent/{case.number}").status_code == 302
    sign_in(client, an_owner())
    assert client.get(f"/report/sent/{case.number}").status_code == 404


def test_an_open_case_and_an_open_link_are_told(client, sign_in):  # rule L1
    case = a_case()
    owner = case.reporter
    a_link_request(case=case)
    _, key = a_draft(case.device, owner)
    sign_in(client, owner)
    hold(client, key)
    assert f"/cases/{case.number}" in client.page("/report/device").links
    assert (
        client.get("/report/link", follow_redirects=True).request.path == "/report/check"
    )  # L1: one is open
    assert "Ersatzlink" in page_of(client.send(client.get("/report/check"), form="/report/send")).text


def test_a_third_party_server_has_no_claim_to_a_link(client, sign_in):  # rules L12, T3
    device = a_device(origin=Origin.ELSEWHERE)
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner, charge={"consents": [consent("third_party_charge")]})
    sign_in(client, owner)
    hold(client, key)
    text = client.page("/report/link").text
    assert "Der Support prüft, welcher Ersatzlink geht" in text
    assert "Der Server ist nicht von uns" in text


def test_pages_whose_turn_has_not_come_lead_to_the_first_open_one(client, sign_in):
    device = a_device()
    sign_in(client, an_owner(device.salon.customer))
    assert client.get("/report/costs", follow_redirects=True).request.path == "/report"
    at = client.send(client.get("/report"), form="/report")
    walk_on(client, at, "device", {"device": str(device.id)})
    for page in ("costs", "check", "result", "data-first"):
        assert client.get(f"/report/{page}", follow_redirects=True).request.path == "/report/topic"
    assert client.get("/report/nonsense").status_code == 404
    assert client.get("/report/send").status_code in (404, 405)


def test_an_incomplete_report_leads_to_what_is_missing(client, sign_in):
    device = a_device()
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner)
    sign_in(client, owner)
    hold(client, key)
    check = client.get("/report/check")
    Draft.update(answers={k: v for k, v in Draft.get().answers.items() if k != Page.FAULT}).execute()
    at = client.send(check, form="/report/send")
    assert at.request.path == "/report/fault"
    assert "Diese Antwort fehlt noch" in page_of(at).text
    assert Case.select().count() == 0


def test_a_flood_of_reports_begun_signed_out_is_stopped_and_nothing_is_thrown_away(
    client, app, sign_in, monkeypatch
):  # rule P1a
    monkeypatch.setitem(QUOTAS, Kind.REPORTS, Quota(2, timedelta(minutes=10)))
    for _ in range(2):
        client.send(client.get("/report"), {}, form="/report")
    answer = client.send(client.get("/report"), {}, form="/report")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert "sehr viele Meldungen" in page_of(answer).text
    assert Draft.select().count() == 1, "the one that was begun is still there"
    signed_in = app.test_client()
    sign_in(signed_in, an_owner())  # who is known is not counted
    begun = signed_in.send(signed_in.get("/report"), {}, form="/report")
    assert begun.request.path == "/report/device"


def test_staff_are_led_to_their_queue(client, sign_in):
    sign_in(client, a_staff_member())
    assert client.get("/report").headers["Location"] == "/staff/"


def test_every_page_of_a_report_needs_few_queries(client, sign_in):
    device = a_device()
    owner = an_owner(device.salon.customer)
    for _ in range(3):
        a_device(device.salon)
    _, key = a_draft(device, owner)
    sign_in(client, owner)
    hold(client, key)
    with counted() as few:
        client.page("/report/device")
    for _ in range(10):
        a_device(device.salon)
    with counted() as many:
        client.page("/report/device")
    assert len(many) == len(few) <= 8, str(many)
