"""What nobody types by accident is answered calmly, and what opens doors stands in no log.  Rule P1."""

import pytest
from structlog.testing import capture_logs

from portal.actions import emergencies
from portal.models import SignIn
from portal.outside import clock
from portal.web.access import safe_next
from tests.actions.emergency_made import an_emergency
from tests.clients import DEMO_PASSWORD, page_of


@pytest.mark.parametrize("target", ["/\t/[", "/\n/[x", "/x\ud800"])
def test_what_is_no_address_at_all_leads_nowhere(target):  # rule P1
    assert safe_next(target) is None


@pytest.mark.parametrize(
    "waits", ["[" * 100_000, '["/account/data", [["a", "\\ud800"]], false]', '[["/x"], [], 0]', "{}", "7"]
)
def test_a_waiting_form_that_is_none_is_left_out_after_the_proof(client, signed_in, waits):  # rule P1
    SignIn.update(confirmed_at=None).execute()
    page = client.get("/account/confirm?next=/account")
    given = {"password": DEMO_PASSWORD, "waits": waits}
    token = dict(page_of(page).forms[-1].fields)["csrf_token"]
    answer = client.post(
        "/account/confirm", data={"csrf_token": token, "by": "password", "next": "/account", **given}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")


@pytest.fixture
def secret_address(app):
    """Give the secret address of a case."""
    secret = app.config["PORTAL"].secret
    return f"/c/{emergencies.token_of(an_emergency(clock.now(), secret), secret)}"


def test_who_has_no_account_is_not_sent_to_sign_in_by_a_form_too_old(client, secret_address):  # rule P1a
    typed = {"csrf_token": "old", "email": "bo@haarwerk.example"}
    answer = client.post(f"{secret_address}/email", data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert "bo@haarwerk.example" in answer.text
    assert "nicht mehr angemeldet" not in page_of(answer).text


def test_a_secret_address_stands_in_no_log_when_something_breaks(client, secret_address, monkeypatch):  # P1a
    def broken(*_given, **_more):
        raise RuntimeError

    monkeypatch.setattr(emergencies, "is_over", broken)
    with capture_logs() as lines:
        assert client.get(f"{secret_address}/sent").status_code == 500
    assert [line["path"] for line in lines] == ["/c/…/sent"]


@pytest.mark.both_engines
@pytest.mark.parametrize("digest", ["%00", "a%00", "..", "x" * 5000])
def test_what_is_no_logo_is_not_there(client, digest):
    assert client.get(f"/logo/{digest}").status_code == 404


@pytest.mark.parametrize("asked", ["after=0001-01-01T00:00:00%2B14:00~5", "until=31.12.9999"])
def test_a_search_of_the_history_may_name_a_day_that_no_calendar_has(client, staff, asked):
    assert client.get(f"/staff/history?{asked}").status_code in (200, 422)
