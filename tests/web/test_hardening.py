"""What no page may do: trust a host's name, lose its token, cache what is personal, answer 500."""

from typing import Any

import pytest
from flask import Flask

from portal.models import SignIn
from portal.rules import numbers
from portal.rules.links import door_token
from tests import builders as build
from tests.clients import DEMO_PASSWORD, find_form, page_of

SECURE = "https://portal.example"
WORDS = {"number": numbers.make(2026, 1)}
"""What stands in addresses where a row's id does not fit."""


@pytest.fixture
def https(app_settings: dict[str, Any]) -> None:
    """Let the portal be reached over TLS, as in production; ask for it before `app`."""
    app_settings["url"] = SECURE


def posts(app: Flask) -> list[tuple[str, str]]:
    """Return endpoint and address of every form, with ids that may exist; the API has keys instead."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "POST" in rule.methods and not rule.endpoint.startswith("api."):
                values = {name: WORDS.get(name, 1) for name in rule.arguments}
                if "any(" in rule.rule:  # one of a few words: the first
                    name, words = (
                        rule.rule.rpartition(":")[2].partition(">")[0],
                        rule.rule.partition("any(")[2],
                    )
                    values[name] = words.partition(",")[0]
                found.append((rule.endpoint, app.url_map.bind("localhost").build(rule.endpoint, values)))
    return found


def test_no_form_works_without_its_token(app, sign_in):
    owner, staff = app.test_client(), app.test_client()
    sign_in(owner, build.an_owner())
    sign_in(staff, build.a_staff_member())
    addresses = posts(app)
    assert len(addresses) > 15
    for endpoint, address in addresses:
        for client in (owner, staff, app.test_client()):
            for body in (
                {"data": {}},
                {"json": {"csrf_token": "x"}},
                {"data": b"\x00", "content_type": "text/plain"},
            ):
                assert client.post(address, **body).status_code == 400, endpoint


def test_over_tls_the_token_is_enough_where_no_referrer_is_sent(https, client, app):  # rules L9, P5
    link = build.an_active_link(secret=app.config["SECRET_KEY"])
    door = f"/l/{door_token(app.config['SECRET_KEY'], link.id, link.generation)}"
    page = client.get(door, base_url=SECURE)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    token = dict(find_form(page_of(page), {}, "/language").fields)["csrf_token"]
    chosen = {"csrf_token": token, "language": "en", "next": door}
    answer = client.post("/language", data=chosen, base_url=SECURE)
    assert (answer.status_code, answer.headers["Location"]) == (303, door)


def test_over_tls_the_cookie_is_for_this_portal_and_tls_only(https, client):
    cookie = client.get("/sign-in", base_url=SECURE).headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert cookie.startswith("__Host-portal=")  # no neighbour under the same domain can set it


def test_every_answer_says_what_browsers_may_do_with_it(https, client):
    for path in ("/", "/sign-in", "/nirgends", "/static/portal.css", "/api/v1/links", "/healthz"):
        headers = client.get(path, base_url=SECURE).headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in str(policy)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        allowed = headers["Permissions-Policy"].split(", ")
        assert {"camera=(self)", "publickey-credentials-get=(self)", "microphone=()"} <= set(allowed)


def test_without_tls_no_browser_is_told_to_want_it(client):
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_what_is_personal_is_kept_by_no_cache(app, client, sign_in):  # rule P1
    case = build.a_case()
    sign_in(client, case.reporter)
    for path in ("/cases", f"/cases/{case.number}", f"/cases/{case.number}/slip.pdf", "/report"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize("shown", ["http://[", "no address", "http://localhost:x/", "//"])
def test_an_odd_address_of_the_page_leads_to_the_start_after_signing_in(client, shown):
    answer = client.get("/cases", headers={"HX-Request": "true", "HX-Current-URL": shown})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] in ("/sign-in?next=/", "/sign-in?next=%2F")


def test_a_body_that_is_too_large_is_said_also_where_no_report_was_begun(app, client):
    app.config["MAX_FORM_MEMORY_SIZE"] = 5_000
    token = dict(find_form(page_of(client.get("/sign-in")), {}, "/sign-in").fields)["csrf_token"]
    large = {"csrf_token": token, "text": "x" * 6_000}
    for path in ("/report", "/report/device", "/report/fault", "/report/send"):
        answer = client.post(path, data=large, content_type="multipart/form-data")
        assert answer.status_code == 413, path


def test_a_method_that_an_address_has_not_is_told_which_it_has(client):
    answer = client.get("/sign-out")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_browser_may_call_itself_anything(client):
    owner = build.an_owner()
    page = client.get("/sign-in")
    given = {"email": owner.email, "password": DEMO_PASSWORD}
    answer = client.send(page, given, environ_overrides={"HTTP_USER_AGENT": "Mozilla\x00/5.0 \xff" * 60})
    assert answer.status_code == 200
    assert "\x00" not in SignIn.get(SignIn.account == owner).device


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_do_nothing(app, client, sign_in, method):
    case = build.a_case()
    sign_in(client, case.reporter)
    allowed = {"HEAD": 200, "OPTIONS": 200}.get(method, 405)
    for path in ("/", "/cases", f"/cases/{case.number}", f"/cases/{case.number}/cancel", "/links/new"):
        answer = client.open(path, method=method, headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code == allowed, path
