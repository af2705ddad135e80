"""Staff find out whose a report is that came without an account.  Rule P1a."""

from datetime import timedelta

import pytest

from portal.actions import cases, emergencies
from portal.models import Account, Case, Customer, Letter
from portal.outside import clock
from portal.rules import numbers
from portal.rules.workflow import State
from tests.actions.emergency_made import EMAIL, WITH_LINK, a_confirmed_emergency, an_emergency
from tests.builders import a_case, a_customer, a_device, a_salon, a_staff_member, an_owner
from tests.clients import page_of
from tests.queries import counted


@pytest.fixture
def salon():
    """Make a customer's salon with the phone and postal code of the report."""
    return a_salon(a_customer("Haarwerk GmbH", number="K12345"))


def test_two_clicks_give_the_report_to_its_customer(client, staff, salon):  # rules P1a, S1, L1
    device = a_device(salon, purchased_on=clock.now().date() - timedelta(days=200))
    owner = an_owner(salon.customer)
    case = a_confirmed_emergency(clock.now(), link=WITH_LINK, number="k12345").case
    shown = client.page(f"/staff/cases/{case.number}")
    assert "Noch nicht zugeordnet" in shown.text
    assert f"{EMAIL}, bestätigt" in shown.text
    at = client.get(f"/staff/cases/{case.number}/match")  # the first click
    assert "die Kundennummer stimmt" in page_of(at).text
    assert "die Postleitzahl stimmt" in page_of(at).text
    at = client.send(at, form="/match")  # the second: the only device is chosen already
    assert "Haarwerk GmbH, freigegeben" in page_of(at).text
    case = Case.get_by_id(case.id)
    assert (case.state, case.customer_id, case.device_id) == (
        State.AWAITING_SHIPMENT, salon.customer_id, device.id,
    )  # fmt: skip
    assert case.links.get().state == "requested"
    told = {letter.recipient for letter in Letter.select().where(Letter.event == "released")}
    assert told == {owner.email, EMAIL}
    history = page_of(client.get(f"/staff/cases/{case.number}")).text
    assert "einem Kunden zugeordnet" in history
    assert "Meldende Person, ohne Konto" in history


def test_a_device_that_is_reported_already_says_so_before_it_is_chosen(client, staff, salon):  # rule P1a
    known = a_case(a_device(salon), by=an_owner(salon.customer), now=clock.now())
    shown = client.page(f"/staff/cases/{an_emergency(clock.now()).case.number}/match")
    assert f"schon gemeldet: {numbers.group(known.number)}" in shown.text


def test_a_customer_can_be_looked_up_and_who_reported_invited(client, staff, salon):  # rule P1a
    other = a_salon(a_customer("Lockenkopf"), name="Lockenkopf", phone="", postal_code="10115")
    case = a_confirmed_emergency(clock.now()).case
    found = client.page(f"/staff/cases/{case.number}/match?q=Lockenkopf")
    address = f"/staff/cases/{case.number}/match?customer={other.customer_id}"
    assert address in found.links
    at = client.send(client.get(address), {"invites": "yes"}, form="/match")
    assert "Lockenkopf, freigegeben" in page_of(at).text
    assert Account.get(Account.email == EMAIL).customer_id == other.customer_id
    case = Case.get_by_id(case.id)
    assert case.device.purchased_in == f"{clock.now().year - 1}-05"  # as it was described
    assert case.device.salon_id == other.id


def test_nobody_is_invited_at_an_address_that_is_not_proven(client, staff, salon):  # rule P1a
    a_device(salon)
    case = an_emergency(clock.now()).case
    at = client.get(f"/staff/cases/{case.number}/match")
    assert "einladen" not in page_of(at).text
    form = {"customer": str(salon.customer_id), "device": "new:0", "invites": "yes"}
    token = dict(page_of(at).forms[-1].fields)["csrf_token"]
    at = client.post(f"/staff/cases/{case.number}/match", data={**form, "csrf_token": token})
    assert at.status_code == 422
    assert Case.get_by_id(case.id).customer is None


def test_the_slower_of_two_helpers_is_told(client, staff, second, salon):  # rule S3
    a_device(salon)
    case = a_confirmed_emergency(clock.now()).case
    mine = client.get(f"/staff/cases/{case.number}/match")
    second.send(second.get(f"/staff/cases/{case.number}/match"), form="/match")
    at = client.send(mine, form="/match")
    assert at.status_code == 409
    assert "war schneller" in page_of(at).text


def test_who_is_no_customer_is_declined_and_told_why(client, staff):  # rule P1a
    emergency = a_confirmed_emergency(clock.now())
    at = client.get(f"/staff/cases/{emergency.case.number}/match")
    client.send(at, {"decline_reason": "Dieses Gerät ist nicht von uns."}, form="/steps/decline")
    assert Case.get_by_id(emergency.case_id).state is State.DECLINED
    letter = Letter.get(Letter.event == "declined")
    assert (letter.recipient, letter.context["why"]) == (EMAIL, "Dieses Gerät ist nicht von uns.")


def test_the_desk_copes_with_a_case_that_is_nobodys(client, staff):  # rule P1a
    case = an_emergency(clock.now(), link=WITH_LINK).case
    desk = client.page("/staff/").text
    assert "Notfall ohne Zuordnung: kann seit heute" in desk  # rule S5
    assert "Der Ersatzlink wird angefragt, sobald der Kunde zugeordnet ist." in desk
    client.get(f"/staff/cases/{case.number}")  # that somebody looked is written down once
    with counted() as queries:
        client.get(f"/staff/cases/{case.number}")
    assert len(queries) <= 14, str(queries)
    for address in ("pane", "match", "appointment"):
        assert client.get(f"/staff/cases/{case.number}/{address}").status_code == 200
    for paper in ("slip", "outage-record", "kit"):
        assert client.get(f"/cases/{case.number}/{paper}.pdf").status_code == 200
    released = cases.release(case, by=a_staff_member(), now=clock.now())
    for address in ("check-in", f"cases/{case.number}", "search?q=02202+12345"):
        assert client.get(f"/staff/{address}").status_code == 200
    cases.receive(released, by=a_staff_member(), now=clock.now())
    for address in ("", "/parcel", "/workshop", "/match"):
        assert client.get(f"/staff/cases/{case.number}{address}").status_code == 200


def test_a_matched_case_is_no_more_to_be_matched(client, staff, salon):
    case = a_confirmed_emergency(clock.now()).case
    client.send(client.get(f"/staff/cases/{case.number}/match?customer={salon.customer_id}"), form="/match")
    assert client.get(f"/staff/cases/{case.number}/match").status_code == 303
    assert emergencies.find(emergencies.token_of(Case.get_by_id(case.id).emergencies.get(), "x")) is None


def test_a_customer_added_for_a_report_is_chosen_for_it(client, staff):  # rule P1a
    case = a_confirmed_emergency(clock.now(), number="K777").case
    at = client.get(next(link for link in client.page(match_of(case)).links if "customers/new" in link))
    assert EMAIL not in at.request.url  # what people typed stands in no log
    assert EMAIL in page_of(at).text
    a_customer(number="K777")
    taken = client.send(at, {}, form="/customers/new")
    assert taken.status_code == 422
    at = client.send(taken, {"number": "K778"}, form="/customers/new", follow=False)
    added = Customer.get(Customer.number == "K778")
    assert (added.name, at.headers["Location"]) == (case.return_name, f"{match_of(case)}?customer={added.id}")
    done = client.send(client.get(at.headers["Location"]), form="/match")
    assert f"{case.return_name}, freigegeben" in page_of(done).text
    assert Case.get_by_id(case.id).customer == added


@pytest.mark.parametrize(
    "wanted", ["case=R0", "case=%00", "registration=0", "registration=x", "registration=9999999"]
)
def test_who_does_not_wait_gets_no_customer(client, staff, wanted):  # rule P1a
    page = client.get(f"/staff/customers/new?{wanted}")
    assert "selbst eingetippt" not in page_of(page).text
    at = client.send(page, {"number": "K7", "name": "Haarwerk"}, form="/customers/new")
    assert at.request.path == f"/staff/customers/{Customer.get().id}"


def match_of(case: Case) -> str:
    return f"/staff/cases/{case.number}/match"
