"""Coming in and staying in, as people see it: password, link by mail, one's own sessions.  Rule P1."""

from datetime import timedelta

import pytest

from portal.actions import sign_in_links
from portal.actions.throttle import TooManyTries
from portal.models import Account, Letter, SignIn, SignInLink
from portal.outside import clock
from portal.rules.signing_in import FREE, By, Counted
from portal.web import letters
from portal.web.public import signing
from tests.builders import a_staff_member, an_owner
from tests.clients import DEMO_PASSWORD, page_of

EMAIL = "ada@haarwerk.example"
NEW = "vier Wörter sind genug"


@pytest.fixture
def owner(app):
    return an_owner(email=EMAIL)


def tried(client, password="falsch falsch", email=EMAIL):
    return client.send(client.get("/sign-in"), {"email": email, "password": password}, form="/sign-in")


def link_of(app) -> str:
    """Return the path of the link in the last letter, as its reader sees it."""
    sign_in_links.send_asked(now=clock.now())
    with app.app_context():
        text = letters.render(Letter.select().order_by(Letter.id.desc()).get()).text
    return next(word for word in text.split() if "/sign-in/link/" in word).partition("localhost")[2]


def ask_for_link(client, email=EMAIL, **query):
    return client.send(
        client.get("/sign-in/link", query_string=query), {"email": email}, form="/sign-in/link"
    )


def test_after_too_many_tries_the_page_says_until_when_to_wait(client, owner):  # rule P1
    for _ in range(FREE[Counted.ACCOUNT]):
        assert tried(client).status_code == 422
    answer = tried(client, DEMO_PASSWORD)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 900
    page = page_of(answer)
    assert "zu viele Versuche" in page.text
    assert "Link per E-Mail" in page.text  # there is a way in at once
    assert f'value="{EMAIL}"' in answer.text  # nothing typed is lost


def test_within_the_last_minute_no_clock_says_how_long_to_wait(app):  # rule P1
    with app.test_request_context():
        soon, later = (
            signing.wait_until(TooManyTries(clock.now() + timedelta(seconds=far))) for far in (50, 70)
        )
    assert "einige Sekunden" in soon
    assert "Bitte warten Sie bis" in later


def test_known_and_unknown_addresses_get_the_same_answers(client, app, owner):  # rule P1
    def answers(email):
        browser = app.test_client()
        tries = [tried(browser, email=email) for _ in range(FREE[Counted.ACCOUNT] + 1)]
        asked = ask_for_link(browser, email)
        return [(a.status_code, page_of(a).text.replace(email, "")) for a in [*tries, asked]]

    known, unknown = answers(EMAIL), answers("niemand@salon.example")
    assert [status for status, _ in known] == [status for status, _ in unknown]
    assert [text for status, text in known if status != 429] == [
        text for status, text in unknown if status != 429
    ]


def test_a_browser_that_was_here_before_is_not_kept_out_by_strangers(client, app, owner, sign_in):  # rule P1
    sign_in(client, owner)
    client.send(client.get("/account"), {}, form="/sign-out")
    stranger = app.test_client()
    for _ in range(FREE[Counted.ACCOUNT] + 1):
        tried(stranger)
    assert tried(stranger, DEMO_PASSWORD).status_code == 429
    sign_in(client, owner)


def test_a_made_up_browser_mark_is_worth_nothing(client, app, owner):  # rule P1
    for _ in range(FREE[Counted.ACCOUNT]):
        client.set_cookie("browser", "WyJiIixbIngiXV0.made-up", path="/sign-in")
        tried(client)
    assert tried(client, DEMO_PASSWORD).status_code == 429


def test_the_link_from_the_mail_signs_in_by_its_button_only(client, app, owner):  # rule P1
    assert "Postfach" in ask_for_link(client, next="/links/new").text
    path = link_of(app)
    client.head(path)
    first = client.get(path)
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert not SignIn.select().exists()  # a look uses nothing up
    inside = client.send(first, {}, form="/sign-in/link/", follow=False)
    assert inside.headers["Location"] == "/links/new"
    assert client.get("/account").status_code == 200
    again = app.test_client()
    assert again.get(path).status_code == 410
    assert SignIn.select().count() == 1


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/account/password", "/account/password"),
        ("//evil.example", "/cases"),
        ("https://evil.example/", "/cases"),
        ("/cases?" + "x" * 300, "/cases"),  # cut off it would be another page
    ],
)
def test_a_link_leads_to_its_page_in_any_browser_not_out(client, app, owner, wanted, leads_to):  # rule P1
    ask_for_link(client, next=wanted)
    computer = app.test_client()
    inside = computer.send(computer.get(link_of(app)), {}, form="/sign-in/link/", follow=False)
    assert inside.headers["Location"] == leads_to


def test_what_was_stored_with_a_link_is_looked_at_again_when_it_is_used(client, app, owner):  # rule P1
    ask_for_link(client, next="/cases")
    SignInLink.update(target="//evil.example").execute()
    inside = client.send(client.get(link_of(app)), {}, form="/sign-in/link/", follow=False)
    assert inside.headers["Location"] == "/cases"


def test_a_replayed_post_of_the_link_lets_nobody_in(client, app, owner):  # rule P1
    ask_for_link(client)
    path = link_of(app)
    thief = app.test_client()
    seen = thief.get(path)
    client.send(client.get(path), {}, form="/sign-in/link/")
    assert thief.send(seen, {}, form="/sign-in/link/").status_code == 410
    assert thief.get("/account").status_code == 302


@pytest.mark.parametrize("token", ["x", "a.b", "..", "%00", "é", "a" * 500])
def test_a_made_up_link_says_calmly_that_it_is_not_good(client, owner, token):  # rule P1
    assert client.get(f"/sign-in/link/{token}").status_code == 410


@pytest.mark.parametrize("email", ["", "kein at", "a@b", "x" * 300 + "@salon.de"])
def test_no_mail_address_is_told_at_the_field(client, app, email):
    answer = ask_for_link(client, email)
    assert answer.status_code == 422
    assert page_of(answer).text


def test_a_session_from_before_signing_in_is_worth_nothing_afterwards(client, app, owner):  # rule P1
    client.get("/sign-in")
    before = client.get_cookie("portal").value
    tried(client, DEMO_PASSWORD)
    thief = app.test_client()
    thief.set_cookie("portal", before)
    assert thief.get("/account").status_code == 302


def test_a_stolen_session_ends_with_the_password(client, app, owner, sign_in):  # rule P1
    sign_in(client, owner)
    thief = app.test_client()
    thief.set_cookie("portal", client.get_cookie("portal").value)
    assert thief.get("/account").status_code == 200
    form = client.get("/account/password")
    done = client.send(form, {"present": DEMO_PASSWORD, "password": NEW}, form="/account/password")
    assert "Überall sonst sind Sie jetzt abgemeldet" in done.text
    assert client.get("/account").status_code == 200
    assert thief.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("present", "password", "said"),
    [
        ("falsch falsch", NEW, "nicht Ihr jetziges Passwort"),
        (DEMO_PASSWORD, "kurz", "mindestens 10 Zeichen"),
        (DEMO_PASSWORD, "1234567890", "leicht zu erraten"),
        (DEMO_PASSWORD, EMAIL, "Ihre E-Mail-Adresse"),
        (DEMO_PASSWORD, "", "Bitte geben Sie das neue Passwort ein"),
        (DEMO_PASSWORD, "lang " * 60, "Das Passwort ist zu lang"),
    ],
)
def test_a_password_that_does_not_fit_is_told_at_its_field(client, owner, sign_in, present, password, said):
    sign_in(client, owner)
    form = client.get("/account/password")
    answer = client.send(form, {"present": present, "password": password}, form="/account/password")
    assert answer.status_code == 422
    assert said in page_of(answer).text
    assert client.get("/account").status_code == 200


def test_who_forgot_the_password_sets_a_new_one_by_the_link(client, app, owner, come_in):  # rule P1
    ask_for_link(client)
    client.send(client.get(link_of(app)), {}, form="/sign-in/link/")
    form = client.get("/account/password")
    assert "present" not in page_of(form).forms[-1].names
    client.send(form, {"password": NEW}, form="/account/password")
    come_in(app.test_client(), owner, NEW)


def test_a_first_password_takes_a_proof_of_who_one_is(client, owner, sign_in):  # rule P1
    sign_in(client, owner)
    Account.update(password_hash=None).where(Account.id == owner.id).execute()
    form = client.get("/account/password")
    SignIn.update(confirmed_at=None).execute()
    assert client.get("/account/password").headers["Location"].startswith("/account/confirm")
    client.send(form, {"password": NEW}, form="/account/password")
    assert Account.get_by_id(owner.id).password_hash is None


def test_one_sees_ones_browsers_and_signs_one_of_them_out(client, app, owner, sign_in, come_in):  # rule P1
    sign_in(client, owner)
    other = app.test_client()
    other.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537"
    come_in(other, owner)
    page = client.get("/account")
    assert "Chrome, Android" in page_of(page).text
    client.send(page, {}, form=f"/sessions/{SignIn.select().order_by(SignIn.id.desc()).get().id}/end")
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_signing_out_everywhere_else_keeps_this_browser(client, app, owner, sign_in):  # rule P1
    sign_in(client, owner)
    other = app.test_client()
    sign_in(other, owner)
    client.send(client.get("/account"), {}, form="/account/sessions/end")
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_signing_out_elsewhere_makes_no_old_session_a_fresh_one(client, app, owner, sign_in):  # rule P1
    sign_in(client, owner)
    sign_in(app.test_client(), owner)
    long_ago = clock.now() - timedelta(days=30)
    SignIn.update(by=By.LINK, created_at=long_ago, last_used_at=long_ago).execute()
    client.send(client.get("/account"), {}, form="/account/sessions/end")
    answer = client.send(client.get("/account/password"), {"password": NEW}, form="/account/password")
    assert answer.status_code == 422
    assert "nicht Ihr jetziges Passwort" in page_of(answer).text
    assert Account.get_by_id(owner.id).password_hash == owner.password_hash


def test_nobody_signs_out_somebody_else(client, app, owner, sign_in):  # rule P1
    stranger = app.test_client()
    sign_in(stranger, an_owner())
    sign_in(client, owner)
    foreign = SignIn.select().join(Account).where(Account.email != EMAIL).get().id
    page = client.get("/account")
    token = dict(page_of(page).forms[-1].fields)["csrf_token"]
    client.post(f"/account/sessions/{foreign}/end", data={"csrf_token": token})
    assert stranger.get("/account").status_code == 200


def test_staff_have_the_same_page(client, app, sign_in):
    sign_in(client, a_staff_member(email="support@portal.example"))
    assert "support@portal.example" in client.get("/account").text
