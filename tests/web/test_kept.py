"""A form that came too late: what was typed is shown again, to be sent by one more press, and only by us."""

import pytest

from portal.models import Customer, SignIn
from tests import builders as build
from tests.clients import page_of

HERE = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"name": "Haarwerk <b>Süd</b>\nGmbH", "number": "K-77"}


def sent(client, values, path="/staff/customers/new", headers=HERE, **more):
    return client.post(path, data={"csrf_token": "old", **values}, headers=headers, **more)


def test_what_was_typed_is_shown_and_sent_by_one_more_press(client, staff):
    first = sent(client, TYPED)
    assert first.status_code == 400
    page = page_of(first)
    assert "Haarwerk <b>Süd</b>" in page.text
    assert "noch nicht gesendet" in page.text
    assert not Customer.select().where(Customer.number == "K-77").exists()
    again = client.send(first, form="/staff/customers/new")
    assert again.status_code == 200, page_of(again).text
    assert Customer.get(Customer.number == "K-77").name.startswith("Haarwerk <b>Süd</b>")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_a_strangers_form_is_not_made_good_by_a_tired_press(client, staff, headers):
    answer = sent(client, TYPED, headers=headers)
    assert answer.status_code == 400
    assert "Haarwerk" not in answer.text
    assert not [form for form in page_of(answer).forms if "/staff/customers/new" in form.action]


def test_a_browser_that_only_names_the_origin_is_believed(client, staff):
    assert "Haarwerk" in sent(client, TYPED, headers={"Origin": "http://localhost"}).text


def test_passwords_codes_and_files_are_not_carried_along(client):
    answer = sent(client, {"email": "ada@x.example", "password": "geheim geheim"}, "/sign-in")
    assert "ada@x.example" in answer.text
    assert "geheim" not in answer.text
    assert "Passwörter und Codes behalten wir nicht" in page_of(answer).text


def test_who_is_signed_out_is_told_to_sign_in_first(client):
    case = build.a_case()
    answer = sent(client, {"why": "Doch nicht kaputt"}, f"/cases/{case.number}/cancel")
    assert "nicht mehr angemeldet" in page_of(answer).text
    assert "Doch nicht kaputt" in page_of(answer).text


@pytest.mark.parametrize("values", [{"text": "x" * 70_000}, {f"field-{n}": "x" for n in range(300)}])
def test_more_than_a_page_can_hold_is_not_shown_again(client, staff, values):
    assert "Noch einmal absenden" not in sent(client, values).text


def test_what_was_typed_outlives_the_end_of_the_session(client, staff, sign_in):
    form = client.get("/staff/customers/new")
    SignIn.update(ended_at=build.NOW).execute()  # signed out everywhere, from another browser
    first = client.send(form, TYPED, form="/staff/customers/new", headers=HERE)
    assert first.status_code == 400
    assert "nicht mehr angemeldet" in page_of(first).text
    sign_in(client, staff)
    again = client.send(first, form="/staff/customers/new", headers=HERE)
    if again.status_code == 400:  # the new session has a new token: one more press
        again = client.send(again, form="/staff/customers/new", headers=HERE)
    assert Customer.get(Customer.number == "K-77").name.startswith("Haarwerk <b>Süd</b>")


def test_a_press_without_words_after_the_session_leads_to_signing_in(app, client, staff):
    app.config["WTF_CSRF_ENABLED"] = False
    SignIn.update(ended_at=build.NOW).execute()
    answer = client.post("/account/sessions/end", headers=HERE)
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_htmx_shows_what_was_typed_in_the_place_of_the_whole_page(client, staff):
    build.a_waiting_case()
    desk = client.get("/staff/")
    SignIn.update(ended_at=build.NOW).execute()
    reason = {"decline_reason": "Frau Muster rief an"}
    answer = client.send(desk, reason, form="/steps/decline", headers={**HERE, "HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "body")  # of 400 htmx shows nothing
    assert answer.headers["HX-Reswap"].startswith("outerHTML")
    assert "HX-Redirect" not in answer.headers
    assert "Frau Muster rief an" in page_of(answer).text
    assert "nicht mehr angemeldet" in page_of(answer).text


def test_htmx_shows_it_too_when_the_cookie_is_gone(client, staff):
    answer = sent(client, TYPED, headers={**HERE, "HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "body")
    assert "Haarwerk <b>Süd</b>" in page_of(answer).text


def test_htmx_that_only_reads_along_is_told_nothing(client):
    answer = sent(client, TYPED, "/report/link", headers={**HERE, "HX-Request": "true"})
    assert answer.status_code == 400  # which is not swapped in
    assert "HX-Retarget" not in answer.headers


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_without_words_is_led_to_signing_in(app, client, staff, method):
    app.config["WTF_CSRF_ENABLED"] = False
    SignIn.update(ended_at=build.NOW).execute()
    address = "/staff/" if method == "get" else "/account/sessions/end"
    answer = getattr(client, method)(address, headers={**HERE, "HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in")
