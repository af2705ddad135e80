"""Does a parcel without a number find its case, or become one of its own?  Rules C4, P1a, S3."""

import pytest

from portal.models import Case, ParcelItem
from portal.outside import clock
from portal.rules import numbers
from portal.rules.parcel import Part
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
UNKNOWN = "/staff/check-in/unknown"
ADDRESS = {
    "name": "Salon Fremd",
    "street": "Weg 1",
    "postal_code": "51469",
    "city": "Bergisch Gladbach",
    "contact_name": "Ada Fremd",
    "phone": "02202 12345",
    "part_tse_usb": "none",
}


@pytest.fixture(autouse=True)
def staff(client, sign_in):
    """Sign one of the staff in."""
    account = build.a_staff_member(name="Kim Support")
    sign_in(client, account)
    return account


def asked(client, **query):
    return client.get(UNKNOWN, query_string=query)


def fill(client, shown, **values):
    return client.send(shown, values, form=UNKNOWN)


def test_a_device_with_an_open_case_offers_that_case_first(client):  # rule C4
    case = build.a_sent_case(now=clock.now())
    found = page_of(asked(client, q=case.device.serial))
    there, anew = f"/staff/check-in?number={case.number}", f"{UNKNOWN}?device={case.device_id}"
    assert found.links.index(there) < found.links.index(anew)
    chosen = page_of(asked(client, device=case.device_id))
    assert "schon etwas offen" in chosen.text
    assert there in chosen.links


def test_the_parcel_of_a_device_is_filled_in_and_one_button(client):  # rule C4
    device = build.a_device()
    done = fill(client, asked(client, device=device.id))
    case = Case.get()
    assert (case.device, case.state) == (device, State.RECEIVED)
    assert (case.return_street, case.contact_phone) == (device.salon.street, device.salon.phone)
    assert f"{numbers.group(case.number)}: Vorgang angelegt" in page_of(done).text
    assert done.request.path == "/staff/check-in"


def test_a_salon_is_found_by_name_and_its_new_device_by_serial_only_once(client):  # rule C4
    salon, other = build.a_salon(name="Haarstudio Nord"), build.a_device(serial="KS-1")
    assert f"{UNKNOWN}?salon={salon.id}" in page_of(asked(client, q="haarstudio")).links
    shown = asked(client, salon=salon.id)
    taken = fill(client, shown, serial=other.serial, part_tse_usb="arrived", fault="Lüfter laut")
    assert taken.status_code == 422
    assert "gehört schon zu einem anderen Gerät" in page_of(taken).text
    assert "Lüfter laut" in taken.get_data(as_text=True)
    fill(client, taken, serial="KS-2")
    assert (Case.get().device.serial, Case.get().fault) == ("KS-2", "Lüfter laut")


def test_a_strangers_parcel_needs_an_address_and_loses_nothing_typed(client):  # rule P1a
    shown = asked(client, stranger="yes")
    wrong = fill(client, shown, **{**ADDRESS, "phone": "12", "city": ""}, place="Regal 1")
    assert wrong.status_code == 422
    text = wrong.get_data(as_text=True)
    assert all(typed in text for typed in ("Weg 1", "51469", "Ada Fremd", "Regal 1"))
    assert "Das ist keine Telefonnummer" in page_of(wrong).text
    fill(client, wrong, phone="02202 12345", city="Köln")
    case = Case.get()
    assert (case.customer, case.holds, case.return_city) == (None, ["not_identified"], "Köln")
    assert Part.TSE_USB not in {item.part for item in ParcelItem.of_case(case)}


def test_the_form_sent_twice_makes_one_case(client):  # rule S3
    shown = asked(client, stranger="yes")
    first, second = (fill(client, shown, **ADDRESS) for _ in range(2))
    assert Case.select().count() == 1
    assert (
        page_of(first).text.count("Vorgang angelegt") == page_of(second).text.count("Vorgang angelegt") == 1
    )


def test_who_comes_second_with_the_same_device_is_told_and_shown_the_case(client):  # rule S3
    device = build.a_device()
    early, late = asked(client, device=device.id), asked(client, device=device.id)
    fill(client, early)
    answer = fill(client, late, fault="Zettel: piept")
    assert answer.status_code == 409
    assert "Jemand anderes war schneller" in page_of(answer).text
    assert "Zettel: piept" in answer.get_data(as_text=True)
    assert f"/staff/check-in?number={Case.get().number}" in page_of(answer).links
    assert Case.select().count() == 1


@pytest.mark.parametrize("query", [{"device": "999999"}, {"salon": "999999"}])
def test_what_is_not_ours_is_no_address(client, query):  # rule P1
    assert asked(client, **query).status_code == 404


def test_nothing_found_says_so(client):
    assert "Dazu gibt es bei uns nichts" in page_of(asked(client, q="Nirgendwo")).text
