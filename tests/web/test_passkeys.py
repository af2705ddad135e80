"""Passkeys on the pages: make one, come in with it, show it as second factor and as proof.  Rule P1."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal.models import Letter, Passkey, SignIn
from portal.outside import clock
from portal.rules.second_factor import CONFIRMED_FOR
from portal.rules.signing_in import FREE, By, Counted
from tests.authenticator import Authenticator
from tests.builders import a_staff_member, an_owner
from tests.clients import DEMO_PASSWORD, find_form, page_of


def answered(client, page, phone, action, **values):
    """Do what static/passkeys.js does: fetch the question, have the phone answer, send the form."""
    form = find_form(page_of(page), {}, action)
    token = dict(form.fields)["csrf_token"]
    asked = client.post(f"{action}/ask", headers={"X-CSRFToken": token})
    assert asked.status_code == 200, asked.text
    options = asked.get_json()
    answer = phone.create(options) if "user" in options else phone.get(options)
    return client.send(page, {"credential": answer, **values}, form=action)


def with_a_passkey(client, account, sign_in, **bent) -> Authenticator:
    """Sign in, make a passkey and sign out again."""
    sign_in(client, account)
    phone = Authenticator(**bent)
    answered(client, client.get("/account/passkeys/new"), phone, "/account/passkeys/new", name="Mein Telefon")
    client.send(client.get("/account"), {}, form="/sign-out")
    return phone


def come_in(client, phone, address="/sign-in"):
    return answered(client, client.get(address), phone, "/sign-in/passkey")


def asked_by(client) -> tuple[str, dict]:
    """Have a browser asked for a passkey; return its token and the question."""
    token = dict(find_form(page_of(client.get("/sign-in")), {}, "/sign-in/passkey").fields)["csrf_token"]
    return token, client.post("/sign-in/passkey/ask", headers={"X-CSRFToken": token}).get_json()


def half_in(client, account):
    """Sign one of the staff in as far as the password goes."""
    return client.send(
        client.get("/sign-in"), {"email": account.email, "password": DEMO_PASSWORD}, form="/sign-in"
    )


def test_an_owner_makes_a_passkey_and_comes_in_with_it(client, owner, sign_in):  # rule P1
    phone = with_a_passkey(client, owner, sign_in)
    inside = come_in(client, phone, "/sign-in?next=/links/new")
    assert inside.request.path.startswith("/links/new")
    shown = page_of(client.get("/account")).text
    assert "Mein Telefon" in shown
    assert "Zuletzt benutzt" in shown
    assert "mit Passkey" in shown  # how this browser came in
    assert "127.0.0.1" in shown  # and from where it was last used
    assert SignIn.get(SignIn.by == By.PASSKEY).account == owner
    assert Letter.get().context == {"change": "added", "passkey": "Mein Telefon"}


def test_staff_are_at_the_queue_with_nothing_but_their_passkey(client, sign_in):  # rule P1
    phone = with_a_passkey(client, a_staff_member(), sign_in)
    assert come_in(client, phone).request.path == "/staff/"


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_a_passkey_leads_to_no_other_portal(client, owner, sign_in, next):  # rule P1
    phone = with_a_passkey(client, owner, sign_in)
    token, options = asked_by(client)
    data = {"csrf_token": token, "credential": phone.get(options), "next": next}
    assert client.post("/sign-in/passkey", data=data).headers["Location"] == "/cases"


def test_a_replayed_or_foreign_answer_is_told_calmly_and_lets_nobody_in(
    client, app, owner, sign_in
):  # rule P1
    phone = with_a_passkey(client, owner, sign_in, counts=False)
    page = client.get("/sign-in")
    _token, options = asked_by(client)
    answer = phone.get(options)
    thief = app.test_client()  # has seen the answer, but was not asked
    refused = thief.send(thief.get("/sign-in"), {"credential": answer}, form="/sign-in/passkey")
    assert "zu lange gedauert" in page_of(refused).text
    cookie = client.get_cookie("portal").value
    client.send(page, {"credential": answer}, form="/sign-in/passkey")
    assert client.get("/account").status_code == 200
    thief.set_cookie("portal", cookie)  # and one who has the browser's cookie of before, too
    thief.send(thief.get("/sign-in"), {"credential": answer}, form="/sign-in/passkey")
    assert thief.get("/account").status_code == 302


@pytest.mark.parametrize("answer", ["", "{}", "kein JSON", '{"id": "AAAA"}'])
def test_an_answer_that_is_none_is_told_calmly(client, owner, answer):
    page = client.get("/sign-in")
    refused = client.send(page, {"credential": answer}, form="/sign-in/passkey")
    assert refused.request.path == "/sign-in"
    assert "noch einmal" in page_of(refused).text


def test_who_asks_too_often_is_told_until_when_to_wait(client, owner):  # rule P1
    token = dict(find_form(page_of(client.get("/sign-in")), {}, "/sign-in/passkey").fields)["csrf_token"]
    for _time in range(FREE[Counted.ADDRESS]):
        client.post("/sign-in/passkey/ask", headers={"X-CSRFToken": token})
    answer = client.post("/sign-in/passkey/ask", headers={"X-CSRFToken": token})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Bitte warten Sie" in answer.get_json()["said"]


def test_the_name_and_address_of_the_portal_come_from_its_settings(client, app, owner):  # rule P1
    app.config["PORTAL"] = replace(app.config["PORTAL"], url="https://portal.example")
    shown = client.get("/sign-in")
    assert "https://portal.example" in shown.text  # the way to where they work
    assert "data-passkey" not in shown.text
    token = dict(page_of(shown).forms[-1].fields)["csrf_token"]
    asked = client.post(
        "/sign-in/passkey/ask", headers={"X-CSRFToken": token, "X-Forwarded-Host": "evil.example"}
    )
    assert asked.get_json()["rpId"] == "portal.example"


def test_under_a_number_nobody_is_offered_a_passkey(client, app, owner, sign_in):  # rule P1
    app.config["PORTAL"] = replace(app.config["PORTAL"], url="http://192.0.2.7")
    assert "Passkey" not in page_of(client.get("/sign-in")).text
    sign_in(client, owner)
    page = client.get("/account")
    assert "Passkeys gehen hier nicht" in page_of(page).text
    token = dict(page_of(page).forms[-1].fields)["csrf_token"]
    asked = client.post("/account/passkeys/new/ask", headers={"X-CSRFToken": token})
    assert asked.status_code == 409


def test_staff_show_a_passkey_as_second_factor(client, sign_in):  # rule P1
    staff = a_staff_member()
    phone = with_a_passkey(client, staff, sign_in)
    stranger = with_a_passkey(client, a_staff_member(), sign_in)
    page = half_in(client, staff)
    refused = answered(client, page, stranger, "/second-factor/passkey")
    assert refused.request.path == "/second-factor"
    assert "kennen wir nicht" in page_of(refused).text
    assert client.get("/staff/").status_code == 302
    assert answered(client, refused, phone, "/second-factor/passkey").request.path == "/staff/"


def test_staff_without_a_second_factor_set_up_a_passkey_on_their_way_in(client, app, sign_in):  # rule P1
    staff, phone = a_staff_member(), Authenticator()
    page = half_in(client, staff)
    assert page.request.path == "/second-factor/set-up"
    inside = answered(client, page, phone, "/second-factor/set-up/passkey")
    assert "Notfallcodes" in page_of(inside).text
    assert client.get("/staff/").status_code == 200
    other = app.test_client()  # and who has only the password sets up none beside it
    page = half_in(other, staff)
    assert page.request.path == "/second-factor"
    token = dict(page_of(page).forms[-1].fields)["csrf_token"]
    asked = other.post("/second-factor/set-up/passkey/ask", headers={"X-CSRFToken": token})
    assert asked.status_code == 403


def test_a_passkey_is_proof_before_a_dangerous_deed(client, owner, sign_in):  # rule P1
    phone = with_a_passkey(client, owner, sign_in)
    sign_in(client, owner)
    key = Passkey.get()
    with time_machine.travel(clock.now() + CONFIRMED_FOR + timedelta(minutes=1)):
        asked = client.get(f"/account/passkeys/{key.id}/remove", follow_redirects=True)
        assert asked.request.path == "/account/confirm"
        form = answered(client, asked, phone, "/account/confirm/passkey")
        assert form.request.path == f"/account/passkeys/{key.id}/remove"
        done = client.send(form, {}, form="/remove")
        assert "Der Passkey ist entfernt" in page_of(done).text
        client.send(done, {}, form="/sign-out")
        assert "kennen wir nicht" in page_of(come_in(client, phone)).text


def test_a_session_that_is_not_fresh_makes_no_passkey(client, owner, sign_in):  # rule P1
    sign_in(client, owner)
    page = client.get("/account/passkeys/new")
    token = dict(find_form(page_of(page), {}, "/account/passkeys/new").fields)["csrf_token"]
    with time_machine.travel(clock.now() + CONFIRMED_FOR + timedelta(minutes=1)):
        asked = client.post("/account/passkeys/new/ask", headers={"X-CSRFToken": token})
        assert asked.status_code == 403
        assert "neu" in asked.get_json()["said"]
        answer = client.send(page, {"credential": "{}"}, form="/account/passkeys/new")
    assert answer.request.path == "/account/confirm"


def test_a_passkey_is_called_what_its_owner_wants(client, owner, sign_in):
    with_a_passkey(client, owner, sign_in)
    sign_in(client, owner)
    page = client.get(f"/account/passkeys/{Passkey.get().id}")
    wrong = client.send(page, {"name": "x" * 61})
    assert wrong.status_code == 422
    assert "x" * 61 in wrong.text  # nothing typed is lost
    done = client.send(wrong, {"name": "Handy von Ada"})
    assert "Handy von Ada" in page_of(done).text


def test_anothers_passkey_is_not_there(client, app, owner, sign_in):  # rule P1
    with_a_passkey(client, owner, sign_in)
    stranger = app.test_client()
    sign_in(stranger, an_owner())
    for path in ("", "/remove"):
        assert stranger.get(f"/account/passkeys/{Passkey.get().id}{path}").status_code == 404


def test_staff_do_not_remove_their_only_second_factor(client):  # rule P1
    staff = a_staff_member()
    answered(client, half_in(client, staff), Authenticator(), "/second-factor/set-up/passkey")
    page = client.get(f"/account/passkeys/{Passkey.get().id}/remove")
    refused = client.send(page, {}, form="/remove")
    assert "einziger zweiter Schritt" in page_of(refused).text
    assert Passkey.select().count() == 1
