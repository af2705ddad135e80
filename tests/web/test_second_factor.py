"""Staff and their second factor, as people and thieves see the pages.  Rule P1."""

from datetime import timedelta

import pytest
import time_machine
from pyotp import TOTP

from portal.actions import people
from portal.models import Account, Authenticator, History, Letter, SignIn
from portal.outside import clock
from portal.rules.second_factor import RECOVERY_CODES, STEP
from portal.rules.signing_in import FREE, Counted
from portal.rules.workflow import Role
from tests.apps import an_app, code
from tests.builders import a_case, a_staff_member, an_admin
from tests.clients import DEMO_PASSWORD, page_of
from tests.web.test_signing import link_of

pytestmark = pytest.mark.usefixtures("in_earnest")


@pytest.fixture(autouse=True)
def moment():
    """Let time stand still, so that a code stays the present one; a test may move on."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(app):
    """Make one of the staff, whose app is in the test's hand."""
    account = a_staff_member(name="Kim Support")
    account.app = an_app(account, secret=app.config["SECRET_KEY"])
    return account


@pytest.fixture
def half(client, staff, come_in):
    """Give the browser of one of the staff who has typed the password only."""
    come_in(client, staff, second_factor=False)
    return client


def typed(browser, digits, **options):
    """Type a code on the page of the second factor."""
    return browser.send(browser.get("/second-factor"), {"code": digits}, form="/second-factor", **options)


def present(staff):
    return code(staff.app, clock.now())


def test_the_code_after_the_password_leads_on_to_the_page_that_was_wanted(client, staff, come_in):  # rule P1
    page = come_in(client, staff, next="/staff/customers", second_factor=False)
    assert "Welcher Code steht in Ihrer App?" in page_of(page).text
    inside = client.send(page, {"code": present(staff)}, form="/second-factor", follow=False)
    assert inside.headers["Location"] == "/staff/customers"
    assert client.get("/staff/customers").status_code == 200


@pytest.mark.parametrize(
    "address", ["/staff/", "/staff/customers", "/account", "/account/password", "/account/confirm",
                "/second-factor/codes", "/second-factor/remove"],
)  # fmt: skip
def test_before_the_second_factor_no_address_leads_past_it(half, address):  # rule P1
    answer = half.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/second-factor?next=")
    poll = half.get(address, headers={"HX-Request": "true"})
    assert poll.status_code == 401
    assert poll.headers["HX-Redirect"].startswith("/second-factor")


def test_before_the_second_factor_papers_and_photos_stay_shut_too(half):  # rule P1
    case = a_case()
    for address in (f"/cases/{case.number}/slip.pdf", f"/cases/{case.number}", f"/staff/cases/{case.number}"):
        answer = half.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/second-factor?next=")


def test_setting_up_another_app_is_no_way_past_the_first(half, staff):  # rule P1
    before = Authenticator.get().secret
    assert half.get("/second-factor/set-up").headers["Location"].startswith("/second-factor")
    half.send(half.get("/second-factor"), {}, form="/second-factor")  # a token for what follows
    half.post("/second-factor/set-up", data={"sealed": before, "code": present(staff)})
    assert Authenticator.get().secret == before
    assert half.get("/staff/").status_code == 302


def test_signing_out_and_the_language_stay_open_on_the_way_in(half):  # rules P1, P5
    page = half.get("/second-factor")
    english = half.send(page, {}, form="/language", button=("language", "en"))
    assert english.request.path == "/second-factor"
    assert 'lang="en"' in english.text
    half.send(english, {}, form="/sign-out")
    assert SignIn.get().ended_at is not None
    assert half.get("/second-factor").headers["Location"].startswith("/sign-in")


def test_a_replayed_code_opens_nothing(half, app, staff, come_in):  # rule P1
    seen = present(staff)
    typed(half, seen)
    thief = app.test_client()
    come_in(thief, staff, second_factor=False)
    answer = typed(thief, seen)
    assert answer.status_code == 422
    assert "schon benutzt" in page_of(answer).text
    assert thief.get("/staff/").status_code == 302


def test_guessing_codes_is_slowed_down_however_many_browsers_guess(app, staff, come_in):  # rule P1
    statuses = []
    for _ in range(2):
        browser = app.test_client()
        come_in(browser, staff, second_factor=False)
        statuses += [typed(browser, f"{number:06}").status_code for number in range(FREE[Counted.CODE])]
    assert statuses.count(422) == FREE[Counted.CODE]
    answer = typed(browser, present(staff))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_copy_of_the_cookie_from_before_the_code_is_worth_nothing_after_it(half, app, staff):  # rule P1
    thief = app.test_client()
    thief.set_cookie("portal", half.get_cookie("portal").value)
    typed(half, present(staff))
    assert half.get("/staff/").status_code == 200
    assert thief.get("/staff/").headers["Location"].startswith("/sign-in")


def test_a_cookie_planted_before_signing_in_is_worth_nothing_after_it(client, app, staff, come_in):  # rule P1
    client.get("/sign-in")
    planted = client.get_cookie("portal").value
    come_in(client, staff, second_factor=False)
    typed(client, present(staff))
    thief = app.test_client()
    thief.set_cookie("portal", planted)
    assert thief.get("/staff/").headers["Location"].startswith("/sign-in")


def test_a_code_on_paper_lets_in_once_and_says_how_many_are_left(half, app, staff, come_in):  # rule P1
    typed(half, present(staff))
    fresh = half.send(half.get("/second-factor/codes"), {}, form="/second-factor/codes")
    codes = paper(fresh)
    assert len(codes) == RECOVERY_CODES
    other = app.test_client()
    come_in(other, staff, second_factor=False)
    assert "noch 9 Notfallcodes" in page_of(typed(other, codes[0])).text
    thief = app.test_client()
    come_in(thief, staff, second_factor=False)
    assert typed(thief, codes[0]).status_code == 422
    assert thief.get("/staff/").status_code == 302
    told = Letter.select().where(Letter.event == "factor_changed").order_by(Letter.id)
    assert [letter.context["what"] for letter in told] == ["new_recovery_codes", "use_recovery_code"]


def paper(answer):
    """Return the codes as they stand on the page."""
    return [part.partition("</code>")[0] for part in answer.text.split("<code>")[1:]]


def test_whoever_has_no_second_factor_sets_it_up_before_anything_else(client, app, come_in):  # rule P1
    people.invite("neu@portal.example", "Neue Kraft", role=Role.STAFF, by=an_admin(), now=clock.now())
    page = client.send(client.get(link_of(app)), {}, form="/sign-in/link/")
    assert page.request.path == "/second-factor/set-up"
    assert client.get("/staff/").status_code == 302
    key = page.text.partition('class="said"><code>')[2].partition("<")[0].replace(" ", "")
    wrong = client.send(page, {"code": "000000"}, form="/set-up")
    assert wrong.status_code == 422
    assert key in wrong.text.replace(" ", "")  # the same app goes on
    done = client.send(wrong, {"code": TOTP(key).at(int(clock.now().timestamp()))}, form="/set-up")
    assert len(paper(done)) == RECOVERY_CODES
    assert client.get("/staff/").status_code == 200
    again = client.send(wrong, {"code": TOTP(key).at(int(clock.now().timestamp()))}, form="/set-up")
    assert not paper(again)  # they are shown once


def test_outside_the_demo_no_page_knows_the_code(half, staff):  # rule P1
    assert present(staff) not in half.get("/second-factor").text


def test_an_admin_takes_a_lost_factor_away_with_a_reason(client, app, staff, come_in):  # rule P1
    lost = app.test_client()
    come_in(lost, staff)
    come_in(client, an_admin())
    page = client.get("/staff/team")
    form = f"/staff/team/{staff.id}/second-factor"
    refused = client.send(page, {f"why-{staff.id}": " "}, form=form)
    assert refused.status_code == 422
    assert Authenticator.select().exists()
    told = client.send(page, {f"why-{staff.id}": "Telefon verloren"}, form=form)
    assert not Authenticator.select().exists()
    assert "Zweiten Schritt zurücksetzen" not in told.text, "there is none to be taken away"
    assert History.get(History.what == "reset_factor").why == "Telefon verloren"
    assert lost.get("/staff/").headers["Location"].startswith("/sign-in")
    assert come_in(lost, staff, second_factor=False).request.path == "/second-factor/set-up"


def test_nobody_resets_an_owner_or_themselves_that_way(client, staff, owner, come_in):  # rule P1
    admin = an_admin()
    come_in(client, admin)
    for account in (owner, admin):
        data = {f"why-{account.id}": "so", "csrf_token": token_on(client, "/staff/team")}
        assert client.post(f"/staff/team/{account.id}/second-factor", data=data).status_code == 404


def test_the_server_helps_the_last_admin(app, staff):  # rule P1
    run = app.test_cli_runner().invoke
    assert "set" in run(args=("reset-factor", staff.email)).output
    assert not Authenticator.select().exists()
    assert run(args=("reset-factor", "niemand@portal.example")).exit_code == 1


def test_an_owner_needs_no_second_factor_and_has_no_page_of_it(client, owner, come_in):  # rule P1
    come_in(client, owner)
    assert client.get("/cases").status_code == 200
    assert client.get("/second-factor/set-up").status_code == 404


def token_on(client, address):
    """Return the token that stands in the forms of a page."""
    return dict(page_of(client.get(address)).forms[-1].fields)["csrf_token"]


# Dangerous deeds ask anew.

LATER = timedelta(minutes=10)


@pytest.fixture
def admin(client, come_in, app):
    account = an_admin()
    account.app = an_app(account, secret=app.config["SECRET_KEY"])
    come_in(client, account)
    return account


@pytest.mark.parametrize(
    "address", ["/staff/operator", "/staff/team", "/staff/interfaces", "/second-factor/set-up",
                "/second-factor/codes", "/second-factor/remove"],
)  # fmt: skip
def test_after_ten_minutes_dangerous_pages_ask_who_it_is(client, admin, moment, address):  # rule P1
    moment.shift(LATER - timedelta(seconds=1))
    assert client.get(address).status_code == 200
    moment.shift(1)
    answer = client.get(address)
    assert answer.headers["Location"] == f"/account/confirm?next={address}"
    assert client.get("/staff/").status_code == 200  # the rest goes on


def confirmed(client, page, **options):
    """Prove it by the password."""
    given = {"password": DEMO_PASSWORD}
    return client.send(page, given, form="/account/confirm", button=("by", "password"), **options)


@pytest.mark.parametrize("by", ["password", "code"])
def test_password_or_code_opens_them_for_ten_minutes_more(client, admin, moment, by):  # rule P1
    moment.shift(LATER)
    page = client.get("/staff/team", follow_redirects=True)
    given = {"password": DEMO_PASSWORD} if by == "password" else {"code": present(admin)}
    assert client.send(page, {by: "falsch"}, form="/account/confirm", button=("by", by)).status_code == 422
    inside = client.send(page, given, form="/account/confirm", button=("by", by))
    assert inside.request.path == "/staff/team"


def test_a_form_sent_too_late_is_not_lost(client, admin, moment):  # rule P1
    page = client.get("/staff/team")
    moment.shift(LATER)
    values = {"name": "Neue Kraft", "email": "neu@portal.example"}
    asked = client.send(page, values, form="/staff/team", headers={"Origin": "http://localhost"})
    assert asked.status_code == 403
    assert not Account.select().where(Account.email == values["email"]).exists()
    waits = client.send(
        asked, {"password": DEMO_PASSWORD}, form="/account/confirm", button=("by", "password")
    )
    client.send(waits, {}, form="/staff/team")
    assert Account.get(Account.email == values["email"]).name == "Neue Kraft"


def test_signing_out_elsewhere_or_a_new_session_is_no_proof(client, admin, moment):  # rule P1
    moment.shift(LATER)
    end_others(client)
    assert client.get("/staff/team").headers["Location"].startswith("/account/confirm")


def end_others(client):
    """Sign out everywhere but here, which begins the session anew."""
    answer = client.post("/account/sessions/end", data={"csrf_token": token_on(client, "/account")})
    assert answer.status_code == 303


def test_guessing_the_password_there_is_slowed_down(client, admin, moment):  # rule P1
    moment.shift(LATER)
    page = client.get("/account/confirm")
    tries = [
        client.send(page, {"password": "falsch"}, form="/account/confirm", button=("by", "password"))
        for _ in range(FREE[Counted.BROWSER] + 1)
    ]
    assert [one.status_code for one in tries] == [422] * FREE[Counted.BROWSER] + [429]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_page_of_proving_leads_nowhere_else(client, admin, target):  # rule P1
    page = client.get("/account/confirm", query_string={"next": target})
    inside = confirmed(client, page, follow=False)
    assert inside.headers["Location"] == "/staff/"


def test_an_owner_without_a_password_proves_it_by_a_link(client, app, owner, moment):  # rule P1
    Account.update(password_hash=None).where(Account.id == owner.id).execute()
    client.send(client.get("/sign-in/link"), {"email": owner.email}, form="/sign-in/link")
    client.send(client.get(link_of(app)), {}, form="/sign-in/link/")
    moment.shift(LATER + timedelta(seconds=STEP))
    page = client.get("/account/confirm", query_string={"next": "/account"})
    client.send(page, {}, form="/account/confirm", button=("by", "link"))
    inside = client.send(client.get(link_of(app)), {}, form="/sign-in/link/", follow=False)
    assert inside.headers["Location"] == "/account"
    newest = SignIn.select().order_by(SignIn.id.desc()).get()
    assert newest.confirmed_at == clock.now()
