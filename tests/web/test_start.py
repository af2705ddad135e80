"""The start page and signing in."""

import pytest

from tests.builders import a_staff_member, an_operator, an_owner
from tests.clients import page_of


def test_the_start_page_leads_to_report_link_and_cases(client):
    page = client.page("/")
    assert {"/links/new", "/cases"} <= set(page.links)
    assert "/report" in {form.action for form in page.forms}  # rule P1a: one press begins it
    assert {"/imprint", "/privacy", "/accessibility", "/help"} <= set(page.links)  # rule P2


def test_staff_are_led_to_the_queue(client, come_in):
    come_in(client, a_staff_member())
    assert "/staff/" in client.page("/").links


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"email": "", "password": "x"}, "Bitte geben Sie Ihre E-Mail-Adresse ein."),
        ({"email": "ada@salon.example", "password": ""}, "Bitte geben Sie Ihr Passwort ein."),
        ({"email": "ada@salon.example", "password": "falsch-falsch"}, "passen nicht zusammen"),
        ({"email": "nobody@salon.example", "password": "demo-passwort-2026"}, "passen nicht zusammen"),
        ({"email": "<b>😀", "password": "x" * 5000}, "zu lang"),
    ],
)
def test_a_failed_sign_in_keeps_the_address_but_never_the_password(client, values, message):
    an_operator()
    an_owner(email="ada@salon.example")
    answer = client.send(client.get("/sign-in"), values, form="/sign-in")
    assert answer.status_code == 422
    assert message in page_of(answer).text
    fields = dict(next(form for form in page_of(answer).forms if form.action == "/sign-in").fields)
    assert fields["email"] == values["email"]
    assert not fields.get("password")


def test_signing_in_leads_back_but_never_away(client, come_in):
    owner = an_owner()
    assert come_in(client, owner, next="//evil.example/").request.path == "/cases"
