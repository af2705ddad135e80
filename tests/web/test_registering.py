"""Registering and what staff make of it, as people see it.  Rules P1, S3; ADR 020."""

import re
from statistics import median
from time import process_time

import pytest

from portal.actions import registrations
from portal.models import Account, Customer, Letter, Registration
from portal.models.registrations import Verdict
from portal.outside import clock
from portal.rules.signing_in import FREE, Counted
from portal.web import letters
from tests.actions.coming_in import ADA, register
from tests.builders import a_customer, a_salon, an_owner
from tests.clients import page_of

SAID = {"name": "Ada Muster", "business": "Haarwerk", "phone": "02202 12345", "customer_number": "K1"}


def send(browser, email=ADA, **values):
    page = browser.get("/register", query_string={"next": "/links/new"})
    return browser.send(page, {**SAID, "email": email, **values}, form="/register")


def link_in(app, event) -> str:
    with app.app_context():
        text = letters.render(Letter.get(Letter.event == event)).text
    return next(word for word in text.split() if "/sign-in/link/" in word).partition("localhost")[2]


def test_the_sign_in_page_leads_to_registering_and_to_a_forgotten_password(client):
    page = client.page("/sign-in?next=/links/new")
    assert "/register?next=/links/new" in page.links
    assert "Passwort vergessen?" in page.text
    forgotten = next(link for link in page.links if "account/password" in link)
    assert client.page(forgotten).headline == "Passwort vergessen?"


def test_known_and_unknown_get_the_same_answer_in_the_same_time(client, app):  # rule P1
    an_owner(a_customer(number="K1"), email=ADA)

    def took(email, number):
        browser, started = app.test_client(), process_time()
        answer = send(browser, email, customer_number=number)
        return process_time() - started, answer.status_code, page_of(answer).text.replace(email, "")

    pairs = [(took(ADA, "K1"), took(f"{n}@salon.example", "K9")) for n in range(9)]
    assert len({row[1:] for pair in pairs for row in pair}) == 1
    faster, slower = sorted(median(pair[who][0] for pair in pairs) for who in (0, 1))
    assert slower < 2 * faster  # nothing is looked up before the answer; see the worker


def test_who_is_known_comes_in_by_the_mail_and_goes_on_where_they_were(client, app):  # rule P1
    an_owner(email=ADA)
    send(client)
    registrations.look_up_asked(now=clock.now())
    computer = app.test_client()  # the phone asked, the computer has the mail
    looked = computer.get(link_in(app, "registration_known"))
    inside = computer.send(looked, {}, follow=False, form="/link/")
    assert inside.headers["Location"].endswith("/links/new")
    assert computer.get("/register").headers["Location"].endswith("/cases")


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "kein at"), ("name", ""), ("business", " "), ("phone", "12"), ("email", "")],
)
def test_what_was_mistyped_is_told_at_its_field_and_nothing_is_lost(client, app, field, value):
    answer = send(client, **{"email": ADA, field: value})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert 'value="K1"' in answer.text
    assert Registration.select().count() == 0


def test_too_many_from_one_place_are_told_until_when_to_wait(client, app):  # rule P1
    page = client.get("/register")
    for n in range(FREE[Counted.ADDRESS]):
        client.send(page, {**SAID, "email": f"{n}@salon.example"}, form="/register")
    answer = client.send(page, {**SAID, "email": ADA}, form="/register")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "zu viele Versuche" in page_of(answer).text


def test_staff_give_access_with_two_clicks_and_the_reasons_before_them(client, app, staff):  # rule P1
    customer = a_customer("Haarwerk GmbH", number="K1")
    a_salon(customer, phone="+4922112345")
    register(now=clock.now(), target="/links/new")
    desk = client.get("/staff/registrations")
    shown = client.page(next(link for link in page_of(desk).links if re.search(r"/registrations/\d", link)))
    for said in ("Gehört Ada Muster zu Haarwerk?", "Die Kundennummer stimmt", "0221 12345", "beweist nichts"):
        assert said in shown.text
    asked = Registration.get()
    page = client.get(f"/staff/registrations/{asked.id}")
    done = client.send(page, {"customer": str(customer.id)}, form="/approve")
    assert "hat jetzt Zugang" in page_of(done).text
    assert Account.get(Account.email == ADA).customer == customer
    browser = app.test_client()
    inside = browser.send(browser.get(link_in(app, "registration_approved")), {}, form="/sign-in/link/")
    assert inside.request.path == "/links/new"


def test_another_customers_number_can_be_typed(client, app, staff):
    customer = a_customer(number="K7")
    asked = register(number="", now=clock.now())
    page = client.get(f"/staff/registrations/{asked.id}")
    for number, status in (("K8", 422), ("", 422), ("k7", 200)):
        answer = client.send(page, {"customer": "other", "number": number}, form="/approve")
        assert answer.status_code == status
    assert Registration.get().customer == customer


def test_a_customer_added_for_who_registered_is_chosen_for_them(client, app, staff):  # rule P1
    asked = register(number="", business="Haarwerk Nord", now=clock.now())
    page = client.page(f"/staff/registrations/{asked.id}")
    at = client.get(next(link for link in page.links if "customers/new" in link))
    assert "02202 12345" in page_of(at).text
    at = client.send(at, {"number": "K9", "name": "Ganz anders"}, form="/customers/new")
    assert at.request.path == f"/staff/registrations/{asked.id}"
    client.send(at, {}, form="/approve")
    assert Account.get(Account.email == ADA).customer == Customer.get(Customer.number == "K9")


def test_a_number_alone_is_a_choice_but_not_beside_another_customer(client, app, staff):
    first, other = a_customer(number="K7"), a_customer("Nagelstudio", number="K8")
    asked = register(number="K7", now=clock.now())
    page = client.get(f"/staff/registrations/{asked.id}")
    typed = {"customer": str(first.id), "number": "K8"}
    assert client.send(page, typed, form="/approve").status_code == 422
    assert client.send(page, {"number": "K8"}, form="/approve").status_code == 200
    assert Registration.get().customer == other


@pytest.mark.parametrize("choice", ["", "x", "0", "99999999999999999999", "²"])
def test_no_customer_is_no_choice(client, app, staff, choice):
    asked = register(now=clock.now())
    page = client.get(f"/staff/registrations/{asked.id}")
    assert client.send(page, {"customer": choice}, form="/approve").status_code == 422
    assert Registration.get().verdict is None


def test_who_decides_second_is_told_how_it_was_decided(client, app, staff, second):  # rule S3
    asked = register(now=clock.now())
    address = f"/staff/registrations/{asked.id}"
    late = second.get(address)
    assert client.send(client.get(address), {"why": ""}, form="/refuse").status_code == 422
    client.send(client.get(address), {"why": "Kein Kunde bei uns"}, form="/refuse")
    answer = second.send(late, {"why": "Doppelt"}, form="/refuse")
    assert answer.status_code == 409
    assert "Kein Kunde bei uns" in page_of(answer).text
    assert Registration.get().verdict is Verdict.REFUSED
    assert Letter.select().where(Letter.event == "registration_refused").count() == 1


def test_the_count_of_who_waits_stands_at_the_desks_side(client, app, staff):
    register(now=clock.now())
    assert "Registrierungen 1" in client.page("/staff/customers").text
    assert client.get("/staff/registrations/999999").status_code == 404
