"""Do admins alone connect other machines?  Is each secret shown once, or on purpose?  (rule P1)"""

import pytest
import time_machine

from portal.actions import hooks, keys, letters
from portal.models import ApiKey, History, Hook, Letter
from portal.models.letters import Channel
from portal.rules.keys import Scope, hook_secret, key_hash
from tests import builders as build
from tests.builders import NOW
from tests.clients import find_form, page_of
from tests.queries import counted
from tests.web.api import LATER, Machine, a_key

URL = "https://kasse.example/hooks"


@pytest.fixture(autouse=True)
def later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def admin(client, sign_in):
    account = build.an_admin(name="Ilse Leitung")
    sign_in(client, account)
    return account


def a_hook(by, url=URL):
    return hooks.make(url, ["link"], by=by, now=NOW)


def made(client, **values):
    page = client.get("/staff/interfaces/keys/new")
    return client.send(page, {"name": "Kasse", "scopes": ["links:read"], **values}, form="keys/new")


def words(answer):
    return page_of(answer).text


@pytest.mark.parametrize("build_one", [build.a_staff_member, build.an_owner])
def test_nobody_but_admins_finds_the_page(client, sign_in, build_one):  # rule P1
    boss = build.an_admin()
    hook, key = a_hook(boss), keys.make("Kasse", [Scope.LINKS_READ], by=boss, now=NOW)[0]
    sign_in(client, build_one())
    token = dict(find_form(page_of(client.get("/help")), {}, "/sign-out").fields)["csrf_token"]
    for path in ("", "/keys/new", "/hooks/new", f"/hooks/{hook.id}"):
        assert client.get(f"/staff/interfaces{path}").status_code == 404
    posts = ("keys/new", f"keys/{key.id}/revoke", "hooks/new", f"hooks/{hook.id}/secret",
             f"hooks/{hook.id}/renew", f"hooks/{hook.id}/test", f"hooks/{hook.id}/end")  # fmt: skip
    for path in posts:
        answer = client.post(f"/staff/interfaces/{path}", data={"csrf_token": token})
        assert answer.status_code == 404, path
    assert ApiKey.get().revoked_at is None
    assert (Hook.get().ended_at, Hook.get().generation) == (None, 1)


def test_the_way_there_is_shown_to_admins_only(client, sign_in, admin, app):
    assert "/staff/interfaces" in client.page("/staff/").links
    support = app.test_client()
    sign_in(support, build.a_staff_member())
    assert "/staff/interfaces" not in support.page("/staff/").links


def test_a_key_is_shown_once_and_works(client, admin, app):
    answer = made(client)
    assert answer.status_code == 200
    assert not answer.history
    secret = next(word for word in words(answer).split() if word.startswith("portal_"))
    assert Machine(app, secret).get("/links").status_code == 200
    kept = ApiKey.get()
    assert (kept.key_hash, kept.prefix, kept.scopes) == (key_hash(secret), secret[:12], ["links:read"])
    page = client.page("/staff/interfaces")
    assert secret not in page.text
    assert secret[:12] in page.text
    assert "Zuletzt benutzt" in page.text
    told = History.get(History.what == "make_key")
    assert secret[12:] not in str(told.facts)
    assert (told.account, told.case_id, told.link_id) == (admin, None, None)


def test_the_page_sent_again_makes_no_second_key(client, admin):
    made(client)
    again = made(client)
    assert again.status_code == 422
    assert "Es gibt schon einen Schlüssel mit diesem Namen" in words(again)
    assert ApiKey.select().count() == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": " "}, "wofür der Schlüssel ist"),
        ({"scopes": None}, "was der Schlüssel darf"),
        ({"scopes": ["links:read", "all"]}, "was der Schlüssel darf"),
        ({"name": "x" * 81}, "zu lang"),
    ],
)
def test_a_key_without_name_or_use_is_refused_and_nothing_typed_is_lost(client, admin, values, message):
    answer = made(client, **values)
    assert answer.status_code == 422
    assert message in words(answer)
    kept = dict(find_form(page_of(answer), {}, "keys/new").fields)
    assert kept["name"] == values.get("name", "Kasse")
    assert ApiKey.select().count() == 0


def test_a_revoked_key_says_by_whom_and_when_and_opens_nothing(client, admin, app):
    secret = a_key()
    page = client.get("/staff/interfaces")
    answer = client.send(page, form="/revoke")
    assert "Der Schlüssel „Kassenverwaltung“ gilt nicht mehr" in words(answer)
    assert "von Ilse Leitung" in words(answer)
    assert Machine(app, secret).get("/links").status_code == 401
    assert not [form for form in page_of(answer).forms if form.action.endswith("/revoke")]


def test_a_webhook_is_made_and_its_secret_shown_on_purpose_only(client, admin, app):
    page = client.get("/staff/interfaces/hooks/new")
    answer = client.send(page, {"url": URL, "topics": ["link", "case"]}, form="hooks/new")
    hook = Hook.get()
    assert (hook.url, hook.topics) == (URL, ["link", "case"])
    secret = hook_secret(app.config["SECRET_KEY"], hook.id, 1)
    assert secret not in words(answer)
    shown = client.send(answer, form="/secret")
    assert secret in words(shown)
    assert not shown.history
    assert History.get(History.what == "show_hook_secret").account == admin
    assert secret not in words(client.get(f"/staff/interfaces/hooks/{hook.id}"))
    client.send(shown, form="/renew")
    again = client.send(client.get(f"/staff/interfaces/hooks/{hook.id}"), form="/secret")
    assert hook_secret(app.config["SECRET_KEY"], hook.id, 2) in words(again)
    assert secret not in words(again)


@pytest.mark.parametrize(
    "url", ["", "kasse.example", "ftp://kasse.example/", "https://name:geheim@kasse.example/", "https://ä.example/",
            "https://kasse.example/#teil", "https://" + "x" * 500],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused(client, admin, url):
    page = client.get("/staff/interfaces/hooks/new")
    answer = client.send(page, {"url": url, "topics": ["link"]}, form="hooks/new")
    assert answer.status_code == 422
    assert dict(find_form(page_of(answer), {}, "hooks/new").fields)["url"] == url
    assert Hook.select().count() == 0


@pytest.fixture
def with_back_end(app_settings):
    """Connect the tills' back end; ask for it before `client`."""
    app_settings.update(till="https://kasse.example/portal", till_secret="whsec_" + "A" * 44)


def test_outside_the_demo_webhooks_go_over_tls_only(in_earnest, client, sign_in):
    sign_in(client, build.an_admin())
    page = client.get("/staff/interfaces/hooks/new")
    answer = client.send(page, {"url": "http://kasse.example/", "topics": ["link"]}, form="hooks/new")
    assert answer.status_code == 422
    assert "muss mit https:// beginnen" in words(answer)


def test_a_test_message_waits_and_a_webhook_switched_off_gets_nothing(client, admin):
    hook = a_hook(admin)
    page = client.get(f"/staff/interfaces/hooks/{hook.id}")
    client.send(page, form="/test")
    letter = Letter.get(Letter.channel == Channel.HOOK)
    assert (letter.event, letter.context["body"]["type"]) == ("portal.test", "portal.test")
    answer = client.send(page, form="/end")
    assert "ist abgeschaltet" in words(answer)
    assert Letter.get_by_id(letter.id).due_at is None
    late = client.send(page, form="/test")  # from a page that was opened before
    assert late.status_code == 409
    assert Letter.select().count() == 1


def test_a_message_that_was_given_up_is_sent_once_more(client, admin):
    hook = a_hook(admin)
    hooks.send_test(hook, by=admin, now=NOW)
    Letter.update(due_at=None, gave_up_at=LATER, last_error="HTTP 500", tries=36).execute()
    page = client.get(f"/staff/interfaces/hooks/{hook.id}")
    assert "nach 36 Versuchen" in words(page)
    assert "HTTP 500" in words(page)
    answer = client.send(page, form="/again")
    assert "noch einmal geschickt" in words(answer)
    letter = Letter.get()
    assert (letter.due_at, letter.gave_up_at, letter.tries) == (LATER, None, 0)


def test_a_letter_of_another_lane_is_not_found_there(client, admin):
    hook, other = a_hook(admin), a_hook(admin, "https://other.example/")
    hooks.send_test(other, by=admin, now=NOW)
    page = client.get(f"/staff/interfaces/hooks/{hook.id}")
    token = dict(page_of(page).forms[-1].fields)["csrf_token"]
    path = f"/staff/interfaces/hooks/{hook.id}/letters/{Letter.get().id}/again"
    assert client.post(path, data={"csrf_token": token}).status_code == 404


def test_the_page_says_how_the_tills_are_connected(with_back_end, client, sign_in):
    sign_in(client, build.an_admin())
    assert "Zuletzt gelungen noch nie" in words(client.get("/staff/interfaces"))
    for number, event in enumerate(("create", "delete")):
        letters.write_to_machine(
            Channel.TILL, event, f"till:{number}", lane=f"till:{number}", recipient="", now=NOW, link_id=1
        )
    Letter.update(due_at=None, sent_at=LATER).where(Letter.event == "create").execute()
    Letter.update(last_error="HTTP 503").where(Letter.event == "delete").execute()
    text = words(client.get("/staff/interfaces"))
    assert "https://kasse.example/portal" in text
    assert "Zuletzt gelungen Kasse einrichten" in text
    assert "Zuletzt nicht gelungen Kasse löschen" in text
    assert "HTTP 503" in text
    assert "Nächster Versuch: gleich" in text  # not the time of the order: that reads as over


def test_by_hand_the_page_says_so(client, admin):
    assert "von Hand" in words(client.get("/staff/interfaces"))


def test_the_pages_cost_few_questions(client, admin):
    for number in range(5):
        keys.make(f"Kasse {number}", [Scope.LINKS_READ], by=admin, now=NOW)
        hook = a_hook(admin, f"https://kasse.example/{number}")
        hooks.send_test(hook, by=admin, now=NOW)
    for path in ("", f"/hooks/{hook.id}", "/keys/new"):
        client.get(f"/staff/interfaces{path}")
        with counted() as queries:
            client.get(f"/staff/interfaces{path}")
        assert len(queries) <= 8, str(queries)
