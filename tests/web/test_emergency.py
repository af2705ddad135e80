"""The secret address of a case, as a browser without an account uses it.  Rule P1a."""

import pytest

from portal.actions import cases, emergencies, matching, reports
from portal.actions.matching import Owner
from portal.models import Case, Emergency, Letter
from portal.outside import clock
from portal.rules.carriers import Carrier
from portal.rules.emergencies import confirm_token
from portal.rules.signing_in import FREE, Counted
from portal.rules.workflow import State
from tests.actions.emergency_made import WITH_LINK, a_signed_out_draft, an_emergency, code_for
from tests.builders import a_device, a_staff_member
from tests.clients import page_of
from tests.web.test_report_browsers import hold


@pytest.fixture
def secret(app):
    """Give what this portal makes its tokens with."""
    return app.config["PORTAL"].secret


@pytest.fixture
def reported(secret):
    """Make a case that was just reported without an account."""
    return an_emergency(clock.now(), secret, link=WITH_LINK)


@pytest.fixture
def address(reported, secret):
    """Give its secret address."""
    return f"/c/{emergencies.token_of(reported, secret)}"


def a_browser_with_a_report(client):
    """Put a complete report of somebody without an account into the browser."""
    now = clock.now()
    draft, key = reports.begin(account=None, now=now)
    for page, given in a_signed_out_draft(now).answers.items():
        reports.answer(draft, page, given, account=None, now=now)
    hold(client, key)


def test_sending_twice_leads_to_the_same_secret_address(client):  # rules P1a, S3
    a_browser_with_a_report(client)
    check = client.get("/report/check")
    first = client.send(check, form="/report/send")
    assert first.request.path.startswith("/c/")
    assert client.send(check, form="/report/send").request.path == first.request.path
    assert client.get("/report/check", follow_redirects=True).request.path == first.request.path
    shown = page_of(first)
    assert "noch nicht freigegeben" in shown.text
    assert Case.get().number[:3] in shown.text.replace("-", "")
    assert f"{first.request.path}/slip.pdf" in shown.links


def test_too_many_reports_from_one_place_are_asked_to_wait(client):  # rule P1a
    for _report in range(FREE[Counted.REPORT]):
        emergencies.count_report("127.0.0.1", now=clock.now())
    a_browser_with_a_report(client)
    at = client.send(client.get("/report/check"), form="/report/send")
    assert (at.status_code, int(at.headers["Retry-After"]) > 0) == (429, True)
    assert "zu viele Versuche" in page_of(at).text
    assert Case.select().count() == 0


def test_the_code_is_typed_and_a_wrong_one_told_at_its_field(client, reported, address, secret):  # rule P1a
    at = client.send(client.get(address), {"code": "0"}, form="/code")
    assert (at.status_code, page_of(at).text.count("nicht der Code")) == (422, 2)
    at = client.send(
        at, {"code": f" {code_for(reported, secret)[:3]} {code_for(reported, secret)[3:]}"}, form="/code"
    )
    assert "E-Mail-Adresse ist bestätigt" in page_of(at).text
    assert Emergency.get().confirmed_at is not None


def test_a_used_up_code_is_told_and_a_new_one_sent(client, reported, address, secret):  # rule P1a
    for _try in range(5):
        at = client.send(client.get(address), {"code": "0"}, form="/code")
    assert "Neuen Code schicken" in page_of(at).text
    at = client.send(at, form="/code/again")
    assert "neuen Code geschickt" in page_of(at).text
    while at.status_code != 429:
        at = client.send(at, form="/code/again")
    assert int(at.headers["Retry-After"]) > 0


def test_whoever_comes_back_to_the_address_of_a_deed_sees_the_case(client, address):  # rules P1a, P5
    at = client.send(client.get(address), {"code": "000000"}, form="/code")
    english = client.send(at, form="/language", button=("language", "en"))
    assert (english.status_code, english.request.path) == (200, address)
    assert [client.get(f"{address}/{deed}").location for deed in ("code/again", "renew")] == [address] * 2


def test_a_mistyped_address_is_changed(client, reported, address):  # rule P1a
    at = client.send(client.get(f"{address}/email"), {"email": "keine"}, form="/email")
    assert at.status_code == 422
    at = client.send(at, {"email": "Neu@Salon.example"}, form="/email")
    assert "neu@salon.example" in page_of(at).text
    assert Letter.select().where(Letter.recipient == "neu@salon.example").count() == 1


def test_the_link_in_the_mail_shows_a_button_and_no_case(client, reported, secret):  # rule P1a
    mark = Letter.get(Letter.event == "emergency_code").context["code_mark"]
    link = f"/c/confirm/{confirm_token(secret, reported.case_id, mark)}"
    at = client.get(link)
    assert Emergency.get().confirmed_at is None
    at = client.send(at, form="/c/confirm/")
    assert "ist bestätigt" in page_of(at).text
    assert reported.case.number not in page_of(at).text.replace("-", "")
    assert client.get(link).status_code == 410


def test_the_question_of_support_is_answered(client, reported, address):  # rule P1a
    cases.ask_back(reported.case, "Welche Farbe?", by=a_staff_member(), now=clock.now())
    assert "Welche Farbe?" in client.page(address).text
    at = client.send(client.get(f"{address}/answer"), {"text": ""}, form="/answer")
    assert at.status_code == 422
    at = client.send(at, {"text": "Grau."}, form="/answer")
    assert "Ihre Antwort ist bei uns" in page_of(at).text
    assert Case.get().state is State.SUBMITTED
    assert client.get(f"{address}/answer").status_code == 409


def test_the_parcel_is_said_to_be_sent_and_its_number_put_right(client, reported, address):  # rules P1a, S3
    assert client.get(f"{address}/sent").status_code == 409  # not released
    cases.release(reported.case, by=a_staff_member(), now=clock.now())
    shown = client.page(address)
    assert "Das Paket ist abgeschickt" in shown.text
    sent = {"tracking_number": "00340434161094042557", "carrier": "dhl"}
    at = client.send(client.get(f"{address}/sent"), sent, form="/sent")
    assert "als abgeschickt eingetragen" in page_of(at).text
    client.send(client.get(f"{address}/sent"), {**sent, "carrier": "dpd"}, form="/sent")
    case = Case.get()
    assert (case.state, case.carrier) == (State.ON_ITS_WAY_TO_US, Carrier.DPD)


def test_a_new_address_ends_the_old_one(client, address):  # rule P1a
    at = client.send(client.get(address), form="/renew")
    assert at.request.path.startswith("/c/")
    assert at.request.path != address
    gone = client.get(address)
    assert (gone.status_code, page_of(gone).headline) == (404, "Diesen Link gibt es nicht")


@pytest.mark.parametrize("state", ["matched", "declined", "way back"])
def test_the_address_goes_on_showing_its_case(client, address, reported, state):  # rule P1a
    device, staff, now = a_device(), a_staff_member(), clock.now()
    if state == "declined":
        cases.decline(reported.case, "Nicht von uns.", by=staff, now=now)
        assert "Nicht von uns." in client.page(address).text
        return
    owner = Owner(device.salon.customer, device=device)
    case = matching.match(reported.case, owner, by=staff, now=now)
    assert "Ihrem Salon zugeordnet" in client.page(address).text
    if state == "way back":
        Case.update(state=State.DELIVERED).where(Case.id == case.id).execute()
        shown = client.page(address)
        assert "Dafür brauchen Sie ein Konto" in shown.text
        assert "Kassenserver noch nicht benutzen" in shown.text  # rule R1
