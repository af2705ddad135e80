"""What the owner does: mark as sent, correct the number, answer, cancel (rules S2, S3, C2b)."""

import pytest

from portal.actions import cases
from portal.models import Case, Message
from portal.rules.carriers import Carrier
from portal.rules.workflow import State
from portal.web.owner.steps import guess
from tests import builders
from tests.clients import page_of
from tests.web.test_owner_cases import LATER

pytestmark = pytest.mark.usefixtures("the_next_day")


@pytest.fixture
def case(owner, device):
    return builders.a_case(device, owner)


def fresh(case):
    return Case.get_by_id(case.id)


def test_the_parcel_is_marked_as_sent_with_carrier_and_number(signed_in, case):
    form = signed_in.get(f"/cases/{case.number}/sent")
    answer = signed_in.send(form, {"tracking_number": " 1Z 999 AA1 01 2345 6784 ", "carrier": "ups"})
    assert page_of(answer).headline == "Ihr Kassenserver ist unterwegs zu uns"
    found = fresh(case)
    assert (found.state, found.carrier) == (State.ON_ITS_WAY_TO_US, Carrier.UPS)
    assert found.tracking_number == "1Z999AA10123456784"
    html = answer.get_data(as_text=True)
    assert 'href="https://www.ups.com/track' in html


def test_the_way_out_to_the_carrier_tells_nothing_of_us(signed_in, owner, device):
    html = signed_in.get(f"/cases/{builders.a_sent_case(device, owner).number}").get_data(as_text=True)
    link = html.split('href="https://www.dhl.de')[1].split(">")[0]
    assert 'rel="noopener noreferrer"' in link


def test_the_carrier_is_recognised_by_the_number(signed_in, case):
    signed_in.send(signed_in.get(f"/cases/{case.number}/sent"), {"tracking_number": "1Z999AA10123456784"})
    assert fresh(case).carrier is Carrier.UPS


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("", ""),
        ("1Z999AA10123456784", "ups"),
        ("JJD000390007777777777", "dhl"),
        ("123456789012", ""),
        ("?", ""),
    ],
)
def test_a_number_names_a_carrier_only_if_no_other_has_such_numbers(number, carrier):
    assert guess(number) == carrier


def test_a_number_may_follow_later(signed_in, case):
    signed_in.send(signed_in.get(f"/cases/{case.number}/sent"), {"carrier": "gls"})
    assert fresh(case).state is State.ON_ITS_WAY_TO_US
    page = signed_in.get(f"/cases/{case.number}/sent")
    signed_in.send(page, {"tracking_number": "12345678901", "carrier": "gls"})
    assert fresh(case).tracking_number == "12345678901"


def test_a_strange_number_is_kept_and_remarked_upon(signed_in, case):
    answer = signed_in.send(
        signed_in.get(f"/cases/{case.number}/sent"), {"tracking_number": "ABC-<b>1</b>", "carrier": "dhl"}
    )
    assert "sieht nicht nach DHL aus" in page_of(answer).text
    assert fresh(case).state is State.ON_ITS_WAY_TO_US


@pytest.mark.parametrize(
    "given",
    [
        {"tracking_number": "x" * 61, "carrier": "dhl"},
        {"tracking_number": "123", "carrier": ""},
        {"tracking_number": "123", "carrier": "brieftaube"},
        {"tracking_number": "ß" * 31, "carrier": "dhl"},
    ],
)
def test_a_mistake_keeps_what_was_typed(signed_in, case, given):
    page = signed_in.get(f"/cases/{case.number}/sent")
    answer = signed_in.send(page, given)
    assert answer.status_code == 422
    assert given["tracking_number"] in answer.get_data(as_text=True)
    assert fresh(case).state is State.AWAITING_SHIPMENT


def test_sent_twice_is_sent_once(signed_in, case):  # rule S3
    page = signed_in.get(f"/cases/{case.number}/sent")
    for _ in range(2):
        assert signed_in.send(page, {"tracking_number": "12345678901", "carrier": "gls"}).status_code == 200
    assert [row.what for row in fresh(case).history].count("mark_sent") == 1
    assert "correct_tracking" not in [row.what for row in fresh(case).history]


def test_who_comes_too_late_is_told_and_sees_the_present_state(signed_in, case):  # rule S3
    page = signed_in.get(f"/cases/{case.number}/sent")
    cases.receive(case, by=builders.a_staff_member(), now=LATER)
    answer = signed_in.send(page, {"carrier": "dhl"})
    assert answer.status_code == 409
    assert "in der Zwischenzeit etwas geändert" in page_of(answer).text
    assert page_of(answer).headline == "Ihr Kassenserver ist bei uns angekommen"


def test_cancelling_asks_first_and_changes_nothing_by_looking(signed_in, case):  # rule S2
    page = signed_in.get(f"/cases/{case.number}/cancel")
    assert fresh(case).state is State.AWAITING_SHIPMENT
    assert page_of(signed_in.send(page, form="/cancel")).headline == "Dieser Vorgang ist abgebrochen"
    assert fresh(case).state is State.CANCELLED


def test_nothing_is_cancelled_once_the_parcel_is_received(signed_in, case):  # rule S2
    page = signed_in.get(f"/cases/{case.number}/cancel")
    cases.receive(case, by=builders.a_staff_member(), now=LATER)
    assert signed_in.send(page, form="/cancel").status_code == 409
    looked = signed_in.get(f"/cases/{case.number}/cancel")
    assert looked.status_code == 409
    assert "nicht ausgeführt" not in looked.text, "who goes back has entered nothing"
    assert fresh(case).state is State.RECEIVED


def test_a_question_is_shown_and_answered(signed_in, owner, device):
    case = builders.a_waiting_case(device, owner)
    cases.ask_back(case, "Leuchtet die Lampe?", by=builders.a_staff_member(), now=LATER)
    shown = signed_in.page(f"/cases/{case.number}")
    assert "Leuchtet die Lampe?" in shown.text
    page = signed_in.get(f"/cases/{case.number}/answer")
    assert "Leuchtet die Lampe?" in page_of(page).text
    signed_in.send(page, {"text": "Ja, <b>grün</b> 🟢"})
    assert fresh(case).state is State.SUBMITTED
    assert [message.text for message in Message.of_case(case, with_internal=False)][
        -1
    ] == "Ja, <b>grün</b> 🟢"
    assert "&lt;b&gt;grün" in signed_in.get(f"/cases/{case.number}").get_data(as_text=True)


@pytest.mark.parametrize("text", ["", "   \n", "x" * 4001])
def test_an_answer_must_say_something_and_not_too_much(signed_in, owner, device, text):
    case = builders.a_waiting_case(device, owner)
    cases.ask_back(case, "Wirklich?", by=builders.a_staff_member(), now=LATER)
    answer = signed_in.send(signed_in.get(f"/cases/{case.number}/answer"), {"text": text})
    assert answer.status_code == 422
    assert text.strip() in answer.get_data(as_text=True)


def test_an_answer_that_comes_too_late_is_given_back(signed_in, owner, device):  # rule S3
    case = builders.a_waiting_case(device, owner)
    staff = builders.a_staff_member()
    asked = cases.ask_back(case, "Wirklich?", by=staff, now=LATER)
    page = signed_in.get(f"/cases/{case.number}/answer")
    cases.decline(asked, "Doppelt gemeldet", by=staff, now=LATER)
    answer = signed_in.send(page, {"text": "Ein langer Text"})
    assert answer.status_code == 409
    assert "Doppelt gemeldet" in page_of(answer).text
    assert "Ein langer Text" in page_of(answer).text
