"""A business keeps its own people, and people their own address, through the pages.  Rules P1, S3."""

import pytest

from portal.actions import colleagues, people
from portal.models import Account, Device, Letter, Registration, SignIn
from portal.outside import clock
from portal.web import letters
from tests.builders import a_device, a_salon, a_staff_member, an_owner
from tests.clients import page_of

BO = "bo@haarwerk.example"
OLD, NEW = "alt@salon.example", "neu@salon.example"


def lapse() -> None:
    """Let the proof of who somebody is be long ago."""
    SignIn.update(confirmed_at=None).execute()


def invite(browser, email=BO):
    return browser.send(
        browser.get("/people/invite"), {"name": "Bo", "email": email, "language": "de"}, form="/invite"
    )


def test_an_owner_invites_a_colleague_and_takes_it_back(signed_in, owner):  # rule P1
    assert "/people" in signed_in.page("/account").links
    listed = page_of(invite(signed_in)).text
    assert "eingeladen, hat noch nicht geantwortet" in listed
    assert BO in listed
    again = invite(signed_in)
    assert again.status_code == 422
    assert "gehört schon dazu" in page_of(again).text
    signed_in.send(signed_in.get("/people"), {}, form="/withdraw")
    assert BO not in signed_in.page("/people").text
    assert Account.get_or_none(Account.email == BO) is None


def test_an_owner_sees_all_salons_and_chooses_one_for_a_report(signed_in, owner):
    north, south = (a_device(a_salon(owner.customer, name), serial=name) for name in ("Nord", "Süd"))
    a_device(a_salon(name="Fremd"))
    page = signed_in.page("/people")
    assert "Nord" in page.text
    assert "Süd" in page.text
    assert "Fremd" not in page.text
    assert [one.id for one in Device.of(owner.customer)] == [north.id, south.id]
    chosen = signed_in.page("/links/new").text
    assert "Nord" in chosen
    assert "Süd" in chosen


@pytest.mark.parametrize("make", [lambda: None, lambda: an_owner(email=BO), lambda: a_staff_member(email=BO)])
def test_an_owner_does_not_learn_whether_an_address_has_an_account(signed_in, make):  # rule P1
    make()
    done = invite(signed_in)
    assert done.request.path == "/people"
    text = page_of(done).text
    assert f"Die Einladung an {BO} ist unterwegs." in text
    assert f"Bo · eingeladen, hat noch nicht geantwortet {BO}" in text


def test_a_removed_colleague_is_out_at_once(signed_in, owner, app, sign_in):  # rule P1
    other = an_owner(owner.customer, name="Bo Beispiel")
    browser = app.test_client()
    sign_in(browser, other)
    page = signed_in.get(f"/people/{other.id}/remove")
    assert page_of(page).headline == "Zugang von Bo Beispiel beenden?"
    signed_in.send(page, {}, form="/remove")
    assert browser.get("/cases").status_code == 302
    assert Letter.get(Letter.event == "person_removed").recipient == other.email
    assert signed_in.get(f"/people/{other.id}/remove").status_code == 404


def test_the_last_one_stays_and_one_of_two_may_go(signed_in, owner):  # rule P1
    page = signed_in.get(f"/people/{owner.id}/remove")
    assert "Sie sind allein" in page_of(page).headline
    an_owner(owner.customer)
    gone = signed_in.send(signed_in.get(f"/people/{owner.id}/remove"), {}, form="/remove")
    assert gone.request.path == "/"
    assert signed_in.get("/people").status_code == 302


def test_another_businesss_people_and_invitations_are_not_there(signed_in, owner):  # rule P1
    other = an_owner()
    asked = colleagues.invite(BO, "Bo", by=other, now=clock.now())
    assert signed_in.get(f"/people/{other.id}/remove").status_code == 404
    token = dict(page_of(signed_in.get("/people")).forms[-1].fields)["csrf_token"]
    for address in (f"/people/{other.id}/remove", f"/people/invitations/{asked.id}/withdraw"):
        assert signed_in.post(address, data={"csrf_token": token}).status_code == 404
    assert Registration.select().count() == 1
    people.close(other, by=a_staff_member(), now=clock.now())


@pytest.mark.parametrize("address", ["/people/invite", "/people/{me}/remove", "/account/email"])
def test_dangerous_deeds_ask_who_it_is(signed_in, owner, address):  # rule P1
    page = signed_in.get(address.format(me=owner.id))
    assert page.status_code == 200
    lapse()
    assert "/account/confirm" in signed_in.get(address.format(me=owner.id)).headers["Location"]
    token = dict(page_of(page).forms[-1].fields)["csrf_token"]
    answer = signed_in.post(address.format(me=owner.id), data={"csrf_token": token})
    assert "/account/confirm" in answer.headers["Location"]
    assert not Letter.select().exists()


def links_of(app) -> dict[str, str]:
    """Return the paths in the two letters of a change, by the mailbox they went to."""
    found = {}
    with app.app_context():
        for letter in Letter.select().where(Letter.event.startswith("email_change_")):
            text = letters.render(letter).text
            path = next((word for word in text.split() if "/email/" in word), "")
            found[letter.recipient] = path.partition("localhost")[2]
    return found


@pytest.fixture
def change(client, app, sign_in):
    """Ask for a new address, and return the links in both mailboxes."""
    sign_in(client, an_owner(email=OLD))
    page = client.send(client.get("/account/email"), {"email": NEW}, form="/account/email")
    assert "Sehen Sie in beide Postfächer" in page_of(page).text
    return links_of(app)


def test_a_new_address_counts_after_both_buttons_were_pressed(client, app, change):  # rule P1
    browser = app.test_client()
    looked = browser.get(change[NEW])
    assert looked.headers["Referrer-Policy"] == "no-referrer"
    browser.head(change[OLD])
    assert "noch nicht bestätigt" in client.page("/account/email").text
    first = browser.send(looked, {}, form="/email/", button=("deed", "confirm"))
    assert "Es fehlt noch das andere Postfach" in page_of(first).headline
    done = browser.send(browser.get(change[OLD]), {}, form="/email/", button=("deed", "confirm"))
    assert "Die neue E-Mail-Adresse gilt" in page_of(done).headline
    assert client.get("/account").status_code == 302
    assert Account.get().email == NEW


def test_a_change_is_called_off_from_the_mailbox_and_from_the_account(client, app, change):  # rule P1
    browser = app.test_client()
    page = browser.get(change[NEW])
    answer = browser.send(page, {}, form="/email/", button=("deed", "call-off"))
    assert "Es ändert sich nichts" in page_of(answer).headline
    assert browser.send(page, {}, form="/email/", button=("deed", "confirm")).status_code == 410
    client.send(client.get("/account/email"), {"email": "x@y.example"}, form="/account/email")
    page = client.send(client.get("/account/email"), {}, form="/call-off")
    assert "bleibt, wie sie ist" in page_of(page).text
    assert Account.get().email == OLD


def test_a_link_made_for_something_else_confirms_nothing(client, app, change):  # rule P1
    token = change[NEW].rpartition("/")[2]
    assert app.test_client().get(f"/sign-in/link/{token}").status_code == 410
    for made_up in (token[:-2] + "xx", "x", "a.b", "%00"):
        assert app.test_client().get(f"/email/{made_up}").status_code == 410


def test_a_taken_address_looks_the_same_to_who_asks(client, app, sign_in):  # rule P1
    def said(email):
        page = client.send(client.get("/account/email"), {"email": email}, form="/account/email")
        return page_of(page).text.replace(email, "")

    an_owner(email=NEW)
    sign_in(client, an_owner(email=OLD))
    assert said(NEW) == said("frei@salon.example")
    assert client.send(client.get("/account/email"), {"email": OLD}, form="/account/email").status_code == 422


def test_staff_set_the_address_of_who_lost_the_mailbox(client, staff, app):  # rule P1
    owner = an_owner(email=OLD)
    address = f"/staff/people/{owner.id}/email"
    assert address in client.page(f"/staff/customers/{owner.customer_id}").links
    taken = {"email": staff.email, "why": "Angerufen"}
    for values in ({"email": "", "why": "x"}, {"email": NEW, "why": ""}, {"email": OLD, "why": "x"}, taken):
        assert client.send(client.get(address), values, form="/email").status_code == 422
    client.send(client.get(address), {"email": NEW, "why": "Angerufen"}, form="/email")
    assert Account.get_by_id(owner.id).email == NEW
    assert client.get(f"/staff/people/{staff.id}/email").status_code == 404
    lapse()
    assert "/account/confirm" in client.get(address).headers["Location"]
