"""The report from the first question to the confirmation, as a browser without JavaScript fills it in."""

from datetime import date, timedelta

import pytest
import time_machine

from portal.models import Case, Consent, Draft, SubstituteLink
from portal.rules.workflow import State
from tests.builders import (
    NOW,
    a_device,
    a_draft,
    accepting,
    an_operator,
    an_owner,
)
from tests.clients import page_of
from tests.filled_in import CHECKS_OPEN


@pytest.fixture(autouse=True)
def saturday_morning():
    """It is Saturday, 10:14, in every test."""
    with time_machine.travel(NOW, tick=False):
        yield


def hold(client, key):
    """Put the key of a report into the browser."""
    with client.session_transaction() as session:
        session["draft"] = key


def walk_on(client, response, page, values):
    """Answer the page the browser is on; it must be the expected one."""
    assert response.request.path == f"/report/{page}", page_of(response).text
    return client.send(response, values, form=f"/report/{page}")


TOLD = {
    "fault": {"text": "Er startet nicht.", "since": "2026-11-20", "on_screen": "Keine Verbindung"},
    "checks": {"power": "done", "cable": "done", "router": "done", "restart": "not_possible", "helped": "no"},
}


def test_a_report_is_sent_and_released_in_one_go(client, sign_in):  # rules S1, T1, T9, L1, L2, L7, L8, S7
    device = a_device()
    sign_in(client, an_owner(device.salon.customer))
    at = client.send(client.get("/report"), form="/report")
    for page, values in [
        ("device", {"device": str(device.id)}),
        ("topic", {"topic": "server"}),
        ("checks", TOLD["checks"]),
        ("fault", TOLD["fault"]),
        ("running", {"running": "no"}),
        ("online", {"when": "at", "at_day": "2026-11-21", "at_clock": "09:58"}),
        ("entered", {"entered": "no"}),
        ("link", {"wanted": "yes"}),
        ("link-terms", {"link_temporary": "yes", "link_devices": "yes", "link_tse": "yes"}),
        ("address", {}),
        ("costs", {}),
    ]:
        at = walk_on(client, at, page, values)
    assert at.request.path == "/report/check"
    assert "Er startet nicht." in page_of(at).text
    at = client.send(at, form="/report/send")
    case = Case.get()
    assert at.request.path == f"/report/sent/{case.number}"
    assert case.state == State.AWAITING_SHIPMENT
    assert f"/cases/{case.number}/slip.pdf" in page_of(at).links
    assert (case.return_street, case.contact_phone) == ("Lindenstraße 8", "+49220212345")
    assert SubstituteLink.get().case_id == case.id
    kept = {found.kind: found for found in Consent.select()}
    assert set(kept) == {"link_temporary", "link_devices", "link_tse"}
    assert all(
        one.language == "de" and one.version and one.wording and one.at == NOW for one in kept.values()
    )


def test_the_question_about_the_data_names_the_backup_and_says_what_follows(
    client, sign_in
):  # B2, B2a, B3, L4a
    device = a_device()
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner, entered={"entered": "yes"})
    sign_in(client, owner)
    hold(client, key)
    page = client.page("/report/entered")
    assert page.headline == "Haben Sie seit heute, 7:00 Uhr, noch etwas in die Kasse eingegeben?"
    assert "vermutlich die letzte Sicherung" in page.text
    assert "Dann bekommen Sie vermutlich einen vollen Ersatzlink" in page.text
    assert "Vermutlich ein Ersatzlink nur zum Ansehen" in page.text  # answered already: at once
    assert "Seit der Sicherung wurde etwas eingegeben" in client.page("/report/link").text


def test_an_answer_about_the_data_counts_for_its_backup_only(client, sign_in):  # rules B3, L4a
    device = a_device()
    owner = an_owner(device.salon.customer)
    since = {"entered": "no", "since": "2026-11-21T06:00:00+00:00"}
    _, key = a_draft(device, owner, entered=since)
    sign_in(client, owner)
    hold(client, key)
    assert client.get("/report/check").status_code == 200
    at = client.get("/report/online?back=check")
    at = client.send(at, {"when": "at", "at_day": "2026-11-20", "at_clock": "12:00"}, form="/report/online")
    assert at.request.path == "/report/entered"
    assert "gestern, 7:00 Uhr" in page_of(at).headline
    at = client.send(at, {"entered": "no"}, form="/report/entered")
    assert at.request.path == "/report/check"


def test_now_stays_the_moment_at_which_it_was_answered(client, sign_in):  # rule B2
    device = a_device()
    owner = an_owner(device.salon.customer)
    draft, key = a_draft(device, owner)
    sign_in(client, owner)
    hold(client, key)
    client.send(client.get("/report/online"), {"when": "now"}, form="/report/online", follow=False)
    assert Draft.get_by_id(draft.id).answers["online"]["at"] == NOW.isoformat()
    with time_machine.travel(NOW + timedelta(hours=12), tick=False):
        client.send(client.get("/report/online"), form="/report/online", follow=False)
    assert Draft.get_by_id(draft.id).answers["online"]["at"] == NOW.isoformat()


def test_a_running_server_is_backed_up_before_anything_is_unplugged(client, sign_in):  # rules C0, B2
    an_operator(upload_name="Sicherung in die Wolke")
    device = a_device(backup_booked=False)
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner)
    sign_in(client, owner)
    hold(client, key)
    at = client.send(client.get("/report/running"), {"running": "yes"}, form="/report/running")
    text = page_of(at).text
    steps = ["Tagesabschluss", "Datensicherung machen", "Sicherung in die Wolke", "herunterfahren"]
    assert sorted(steps, key=text.index) == steps
    at = client.send(at, {"upload": "now"}, form="/report/data-first")
    at = client.send(at, {"when": "at", "at_day": "2026-11-21", "at_clock": "08:00"}, form="/report/online")
    assert at.status_code == 422
    assert "Um 10:14 Uhr haben Sie hochgeladen" in page_of(at).text
    at = client.send(at, {"when": "now"}, form="/report/online")
    assert "seit heute, 10:14 Uhr" in page_of(at).headline
    assert "vollen Ersatzlink" in page_of(at).text  # an upload counts although no backup is booked


@pytest.mark.parametrize(
    ("topic", "details", "helper"),
    [
        ("pc_or_tablet", {"server_affected": "no"}, "Netzwerktechnik"),  # rule T2
        ("internet", {"server_affected": "unknown"}, "Internetanbieter"),  # rule T2
        ("card_terminal", {"server_affected": "no"}, "Hotline des Terminals"),  # rule T2
        ("data_entry", None, "Daten pflegen Sie selbst"),  # rule T4
        ("bookkeeping", {"technical_fault": "no"}, "Steuerberatung"),  # rule T5
    ],
)
def test_who_is_not_helped_by_us_learns_who_helps_and_no_case_is_made(
    client, sign_in, topic, details, helper
):
    device = a_device()
    sign_in(client, an_owner(device.salon.customer))
    at = client.send(client.get("/report"), form="/report")
    at = walk_on(client, at, "device", {"device": str(device.id)})
    at = walk_on(client, at, "topic", {"topic": topic})
    if details:
        at = walk_on(client, at, "topic-details", details)
    assert at.request.path == "/report/result"
    assert helper in page_of(at).headline
    client.post("/report/send", data={"csrf_token": _token(at)})
    assert Case.select().count() == 0
    assert page_of(client.get("/report")).headline == "Störung melden"  # not to be gone on with


def _token(response):
    fields = [field for form in page_of(response).forms for field in form.fields]
    return dict(fields)["csrf_token"]


def test_a_quick_check_that_helped_ends_it_well(client, sign_in):  # rule T1
    device = a_device()
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner)
    sign_in(client, owner)
    hold(client, key)
    given = {"power": "done", "cable": None, "router": None, "restart": None, "helped": "yes"}
    at = client.send(client.get("/report/checks"), given, form="/report/checks")
    assert at.request.path == "/report/result"
    assert page_of(at).headline == "Schön, dass die Kasse wieder geht"


@pytest.mark.parametrize("cents", [None, 9500])
def test_third_party_hardware_is_helped_only_after_its_charge_is_accepted(
    client, sign_in, cents
):  # T3, P4, T7
    an_operator(third_party_fee_cents=cents)
    device = a_device()
    sign_in(client, an_owner(device.salon.customer))
    at = client.send(client.get("/report"), form="/report")
    at = walk_on(client, at, "device", {"device": str(device.id)})
    at = walk_on(client, at, "topic", {"topic": "peripheral"})
    at = walk_on(client, at, "topic-details", {"bought_from": "elsewhere"})
    assert ("95,00" in page_of(at).text) is (cents is not None)
    at = walk_on(client, at, "charge", {})
    assert at.status_code == 422
    at = walk_on(client, at, "charge", {"third_party_charge": "yes"})
    at = walk_on(client, at, "fault", {"text": "Der Bon druckt nicht."})
    at = walk_on(client, at, "contact", {})
    assert "TeamViewer" in page_of(at).text
    at = walk_on(client, at, "remote", {"rustdesk": "yes", "remote_terms": "yes"})
    at = client.send(at, form="/report/send")
    assert "Der Support ruft Sie an" in page_of(at).text
    charge = Consent.get(Consent.kind == "third_party_charge")
    assert (charge.amount_cents, Case.get().state) == (cents, State.SUBMITTED)


def test_what_waits_says_why(client, sign_in):  # rules S1, W2, T1
    device = a_device(purchased_on=date(2018, 4, 1))
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner, checks=CHECKS_OPEN, costs=accepting(device))
    sign_in(client, owner)
    hold(client, key)
    at = client.get("/report/check")
    assert "vor 2020" in page_of(at).text
    text = page_of(client.send(at, form="/report/send")).text
    assert "Bitte noch nichts einschicken" in text
    assert "vor 2020" in text
    assert "Nicht alle Schnellprüfungen" in text


@pytest.mark.parametrize(
    ("bought", "kinds"),
    [
        (date(2025, 5, 2), []),
        (date(2022, 5, 2), ["repair_by_quote", "inspection_fee"]),  # rules W3, P4
        (date(2018, 5, 2), ["no_spare_parts", "inspection_fee"]),  # rules W2, P4
        (None, ["repair_by_quote", "inspection_fee"]),  # rule W4
    ],
)
def test_costs_are_accepted_before_they_arise(client, sign_in, bought, kinds):
    an_operator(inspection_fee_cents=4900)
    device = a_device(purchased_on=bought)
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner, costs={"consents": []})
    sign_in(client, owner)
    hold(client, key)
    page = client.get("/report/costs")
    assert "Schätzung vom 21. November 2026" in page_of(page).text  # rule W0
    assert ("49,00" in page_of(page).text) is ("inspection_fee" in kinds)
    form = next(form for form in page_of(page).forms if "/report/costs" in form.action)
    assert form.names - {"csrf_token"} == set(kinds)


def test_sending_twice_makes_one_case(client, sign_in):  # rule S3
    device = a_device()
    owner = an_owner(device.salon.customer)
    _, key = a_draft(device, owner)
    sign_in(client, owner)
    hold(client, key)
    page = client.get("/report/check")
    first = client.send(page, form="/report/send")
    second = client.send(page, form="/report/send")
    assert first.request.path == second.request.path
    assert Case.select().count() == 1
    assert client.get("/report/fault", follow_redirects=True).request.path == first.request.path
    assert client.get("/report/check", follow_redirects=True).request.path == first.request.path
