"""Search and check-in: what people say on the phone, and what stands on the carton (rules C1, C2, S2)."""

import pytest

from portal.models import Case
from portal.rules import numbers
from tests import builders as build
from tests.clients import page_of


def search(client, text):
    return client.get("/staff/search", query_string={"q": text})


@pytest.mark.parametrize(
    "spell", [str, str.lower, numbers.group, lambda n: n[1:], lambda n: f" {n[:4]} – {n[4:]} "]
)
def test_a_number_opens_its_case_however_it_is_written(client, staff, spell):  # rule C2
    case = build.a_case()
    answer = search(client, spell(case.number))
    assert answer.status_code in (302, 303)
    assert answer.headers["Location"].endswith(f"/staff/cases/{case.number}")


def test_a_mistyped_number_is_told(client, staff):  # rule C2
    case = build.a_case()
    wrong = case.number[:-1] + str((int(case.number[-1]) + 1) % 10)
    assert "vertippt" in page_of(search(client, wrong)).text
    assert "keinen Vorgang" in page_of(search(client, numbers.make(2031, 77))).text


@pytest.mark.both_engines
def test_a_serial_is_found_whole_and_by_its_beginning(client, staff):
    case = build.a_case(build.a_device(serial="JC-ABC-1"))
    build.a_case(build.a_device(serial="JC-ABC-2"))
    assert search(client, "jc-abc-1").headers["Location"].endswith(case.number)
    page = page_of(search(client, "JC-ABC"))
    assert "JC-ABC-1" in page.text
    assert "JC-ABC-2" in page.text


@pytest.mark.both_engines
def test_a_customer_is_found_by_number_name_and_phone(client, staff):
    salon = build.a_salon(
        build.a_customer("Bérénice Müller", number="K-4711"), "Schönheit am Eck", phone="+4922112345"
    )
    case = build.a_case(build.a_device(salon))
    build.a_case()
    for text in ("k-4711", "bérénice", "SCHÖNHEIT AM", "0221 12345", "+49 221 12345"):
        links = page_of(search(client, text)).links
        assert [link for link in links if "/staff/cases/" in link] == [f"/staff/cases/{case.number}"], text


@pytest.mark.both_engines
def test_the_phone_of_the_contact_is_found_too(client, staff):
    case = build.a_case()
    Case.update(contact_phone="+491701234567").where(Case.id == case.id).execute()
    assert f"/staff/cases/{case.number}" in page_of(search(client, "0170 1234567")).links


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        "_",
        "\\",
        "x",
        "<b>",
        "a" * 500,
        "💇",
        "\x00",
        "R26-000-001-",
        "'; --",
        "99999999999999999999",
    ],
)
def test_odd_words_find_nothing_and_break_nothing(client, staff, text):
    build.a_case()
    assert search(client, text).status_code == 200


@pytest.mark.both_engines
def test_the_list_of_what_was_found_is_bounded(client, staff):
    device = build.a_device(serial="JC-MANY")
    owner = build.an_owner(device.salon.customer)
    for _ in range(25):
        build.a_case(device, owner)
    assert len([link for link in page_of(search(client, "JC-MANY")).links if "/staff/cases/" in link]) == 20
