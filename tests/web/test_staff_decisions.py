"""What staff decide: steps of a case, grants and refusals of a link (rules S1–S3, L1–L6, L12)."""

from datetime import timedelta

import pytest

from portal.actions import cases, links
from portal.models import Case, History, Letter, Message, SubstituteLink
from portal.outside import clock
from portal.rules.links import LinkState, Mode
from portal.rules.triage import Origin
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of

TILL = "https://till.example/42"
HTMX = {"HX-Request": "true"}


def open_case(client, case):
    return client.get(f"/staff/cases/{case.number}")


def decide(client, shown, mode, **values):
    given = {"till_address": TILL, **values}
    return client.send(shown, given, form="/steps/grant", button=("mode", mode))


def test_a_waiting_report_is_released_with_one_button(client, staff):  # rules S1, C2b
    case = build.a_waiting_case()
    answer = client.send(open_case(client, case), form="/steps/release")
    assert answer.status_code == 200
    moved = Case.get_by_id(case.id)
    assert moved.state == State.AWAITING_SHIPMENT
    assert moved.valid_until is not None
    assert History.get(History.what == "release").account == staff


def test_a_release_that_is_running_out_is_extended_and_told(client, staff):  # rule C2b
    case = build.a_case()
    lapsed = clock.now() - timedelta(days=1)
    Case.update(valid_until=lapsed).where(Case.id == case.id).execute()
    answer = client.send(open_case(client, case), form="/extend")
    assert answer.status_code == 200
    extended = Case.get_by_id(case.id)
    assert timedelta(days=29) < extended.valid_until - clock.now() <= timedelta(days=30)
    assert History.get(History.what == "extend").account == staff
    told = Letter.select().where(Letter.account == case.reporter, Letter.event == "released")
    assert told.count() == 2


def test_only_a_case_that_waits_for_its_parcel_is_extended(client, staff):  # rules C2b, S3
    case = build.a_case()
    shown = open_case(client, case)
    cases.receive(case, by=staff, now=clock.now())
    assert client.send(shown, form="/extend").status_code == 409


@pytest.mark.parametrize(
    ("step", "name", "state"),
    [
        ("ask_back", "question", State.AWAITING_INFORMATION),
        ("decline", "decline_reason", State.DECLINED),
        ("solve_remotely", "solution", State.SOLVED_REMOTELY),
        ("cancel", "cancel_reason", State.CANCELLED),
    ],
)
def test_a_step_asks_for_its_text_and_keeps_it(client, staff, step, name, state):  # section S
    case = build.a_waiting_case()
    refused = client.send(open_case(client, case), {name: "   "}, form=f"/steps/{step}")
    assert refused.status_code == 422
    assert Case.get_by_id(case.id).state == State.SUBMITTED
    done = client.send(refused, {name: "Das <b>graue</b> Kabel"}, form=f"/steps/{step}")
    assert done.status_code == 200
    assert Case.get_by_id(case.id).state == state
    assert History.get(History.what == step).why == "Das <b>graue</b> Kabel"
    assert "<b>graue" not in open_case(client, case).get_data(as_text=True)


def test_what_was_typed_stays_when_it_is_too_long(client, staff):
    case = build.a_waiting_case()
    text = "x" * 2001
    answer = client.send(open_case(client, case), {"decline_reason": text}, form="/steps/decline")
    assert answer.status_code == 422
    assert text in answer.get_data(as_text=True)


def test_staff_enter_a_parcel_and_are_led_to_its_check_in(client, staff):  # rules S2, C4
    case = build.a_case()
    refused = client.send(open_case(client, case), {"tracking_number": "12 34"}, form="/steps/mark_sent")
    assert refused.status_code == 422
    assert 'value="12 34"' in refused.get_data(as_text=True)
    client.send(refused, {"carrier": "dhl"}, form="/steps/mark_sent")
    sent = Case.get_by_id(case.id)
    assert (sent.state, sent.carrier, sent.tracking_number) == (State.ON_ITS_WAY_TO_US, "dhl", "1234")
    shown = page_of(open_case(client, case))
    assert f"/staff/check-in?number={case.number}" in shown.links
    assert not [form.action for form in shown.forms if form.action.endswith("/receive")]


@pytest.mark.parametrize("step", ["receive", "dispatch", "send_quote", "book_commissioning", "commission"])
def test_what_has_a_page_of_its_own_is_no_button(client, staff, step):  # rules C4, C5, W3, R4, R5
    case = build.a_case_in_diagnosis(staff=staff)
    answer = client.post(f"/staff/cases/{case.number}/steps/{step}", data=_token(client, case))
    assert answer.status_code == 404
    assert Case.get_by_id(case.id).state == State.IN_DIAGNOSIS


def _token(client, case):
    form = next(form for form in page_of(open_case(client, case)).forms if "/notes" in form.action)
    return {"csrf_token": dict(form.fields)["csrf_token"]}


def test_the_second_of_two_staff_is_told_and_shown_the_present_state(client, second, staff):  # rule S3
    case = build.a_waiting_case()
    early, late = open_case(client, case), open_case(second, case)
    client.send(early, form="/steps/release")
    answer = second.send(late, {"decline_reason": "Zu alt"}, form="/steps/decline")
    assert answer.status_code == 409
    assert "Jemand anderes war schneller" in page_of(answer).text
    assert "Freigegeben zum Einsenden" in page_of(answer).text
    assert Case.get_by_id(case.id).state == State.AWAITING_SHIPMENT
    assert History.select().where(History.case == case, History.what == "decline").count() == 0


def test_a_step_that_is_still_legal_is_refused_when_its_page_is_out_of_date(client, second, staff):  # rule S3
    case = build.a_waiting_case()
    late = open_case(second, case)
    client.send(open_case(client, case), form="/steps/release")
    answer = second.send(late, {"cancel_reason": "Doppelt"}, form="/steps/cancel", headers=HTMX)
    assert answer.status_code == 409
    assert "<html" not in answer.get_data(as_text=True)
    assert Case.get_by_id(case.id).state == State.AWAITING_SHIPMENT


def test_a_decision_beside_the_list_leads_back_to_it(client, staff):
    case = build.a_waiting_case()
    pane = client.get(f"/staff/cases/{case.number}/pane?at=decide", headers=HTMX)
    answer = client.send(pane, form="/steps/release", headers=HTMX, follow=False)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/staff/"


def test_a_mistake_beside_the_list_comes_back_as_the_pane(client, staff):
    case = build.a_waiting_case()
    pane = client.get(f"/staff/cases/{case.number}/pane?at=decide", headers=HTMX)
    answer = client.send(pane, form="/steps/decline", headers=HTMX)
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "<html" not in html
    assert "Bitte geben Sie den Grund an." in html


def test_internal_notes_stay_at_the_desk(app, client, staff, sign_in):  # rule S6
    case = build.a_case()
    client.send(open_case(client, case), {"note": "Kundin ist schwierig"}, form="/notes")
    assert "Kundin ist schwierig" in page_of(open_case(client, case)).text
    assert Message.get().internal
    empty = client.send(open_case(client, case), {"note": " "}, form="/notes")
    assert empty.status_code == 422
    owner = app.test_client()
    sign_in(owner, case.reporter)
    assert "schwierig" not in owner.get(f"/cases/{case.number}").get_data(as_text=True)


def test_a_remote_case_shows_the_rules_of_a_live_session(client, staff):  # rules T7, T8
    remote = {"consents": [build.consent("remote_terms")], "rustdesk": "yes"}
    contact = {"contact_name": "Ada Muster", "phone": "+49220212345"}
    case = build.a_case(topic={"topic": "software"}, remote=remote, contact=contact)
    page = page_of(open_case(client, case))
    assert "RustDesk" in page.text
    assert "nie im Hintergrund" in page.text


def test_a_full_link_needs_all_data_on_the_record(client, staff):  # rules L4, L5, B2
    link = build.a_link_request(case=build.a_case())
    shown = open_case(client, link.case)
    refused = decide(client, shown, "full")
    assert refused.status_code == 422
    assert "Ein voller Link geht nur, wenn alle Daten in der Sicherung sind." in page_of(refused).text
    assert TILL in refused.get_data(as_text=True)
    assert SubstituteLink.get_by_id(link.id).state == LinkState.REQUESTED
    granted = decide(client, refused, "full", complete="yes", link_reason="Sicherung angesehen")
    assert granted.status_code == 200
    found = SubstituteLink.get_by_id(link.id)
    assert (found.state, found.mode, found.complete, found.days) == (LinkState.ACTIVE, Mode.FULL, True, 30)
    assert found.real_backup_at == link.backup_at
    steps = [entry.what for entry in History.of_link(link)]
    assert steps == ["request_link", "correct", "grant", "activate"]
    assert History.get(History.what == "correct").why == "Sicherung angesehen"


def test_corrected_facts_need_a_reason(client, staff):  # rule L5
    link = build.a_link_request(entered_since=True)
    shown = client.get(f"/staff/links/{link.id}")
    refused = decide(client, shown, "full", complete="yes", link_reason="")
    assert refused.status_code == 422
    assert "Bitte begründen Sie die Angaben zur Sicherung." in page_of(refused).text
    assert SubstituteLink.get_by_id(link.id).complete is None


def test_a_view_only_link_is_granted_for_fewer_days(client, staff):  # rules L2, L5
    link = build.a_link_request(entered_since=True)
    before = clock.now()
    answer = decide(client, client.get(f"/staff/links/{link.id}"), "view_only", days="7")
    assert answer.status_code == 200
    found = SubstituteLink.get_by_id(link.id)
    assert (found.state, found.mode, found.days) == (LinkState.ACTIVE, Mode.VIEW_ONLY, 7)
    assert found.ends_at - before < timedelta(days=7, minutes=1)
    assert "nur ansehen, mit Belegsperre" in page_of(answer).text


@pytest.mark.parametrize("days", ["0", "31", "-1", "x", "", "٣", "1e1"])
def test_a_link_lasts_one_to_thirty_days(client, staff, days):  # rule L2
    link = build.a_link_request()
    answer = decide(client, client.get(f"/staff/links/{link.id}"), "view_only", days=days)
    assert answer.status_code == 422
    assert "1 bis 30 Tage" in page_of(answer).text
    assert SubstituteLink.get_by_id(link.id).state == LinkState.REQUESTED


@pytest.mark.parametrize(
    "address", ["", "ftp://till.example", "https://a:b@till.example", "till", "https://" + "a" * 600]
)
def test_a_link_leads_only_to_a_real_address(client, staff, address):  # rule L9
    link = build.a_link_request()
    answer = decide(client, client.get(f"/staff/links/{link.id}"), "view_only", till_address=address)
    assert answer.status_code == 422
    assert SubstituteLink.get_by_id(link.id).state == LinkState.REQUESTED


def test_the_forms_third_button_saves_the_facts_only(client, staff):  # rules B2, L5
    link = build.a_link_request()
    pane = client.get(f"/staff/links/{link.id}/pane?at=decide", headers=HTMX)
    given = {"complete": "no", "link_reason": "Tabelle fehlt"}
    answer = client.send(pane, given, form="/steps/grant", button=("mode", "facts"), headers=HTMX)
    assert answer.status_code == 200
    assert "Angaben zur Sicherung gespeichert." in answer.get_data(as_text=True)
    found = SubstituteLink.get_by_id(link.id)
    assert (found.complete, found.state) == (False, LinkState.REQUESTED)
    odd = client.send(answer, {"complete": "no"}, form="/steps/grant", button=("mode", "x"), headers=HTMX)
    assert odd.status_code == 422
    assert "voller Link oder nur ansehen" in odd.get_data(as_text=True)


def test_facts_can_be_saved_without_a_decision(client, staff):  # rules B2, L5
    link = build.a_link_request()
    shown = client.get(f"/staff/links/{link.id}")
    form = next(form for form in page_of(shown).forms if "/steps/grant" in form.action)
    data = {**dict(form.fields), "complete": "no", "link_reason": "Tabelle fehlt"}
    answer = client.post(f"/staff/links/{link.id}/steps/correct", data=data, follow_redirects=True)
    assert answer.status_code == 200
    found = SubstituteLink.get_by_id(link.id)
    assert (found.complete, found.corrected_why, found.state) == (False, "Tabelle fehlt", LinkState.REQUESTED)
    wrong = {**data, "seen": str(found.revision), "backup_day": "31.02.2026"}
    assert client.post(f"/staff/links/{link.id}/steps/correct", data=wrong).status_code == 422
    future = {**data, "seen": str(found.revision), "backup_day": "2030-01-01"}
    assert client.post(f"/staff/links/{link.id}/steps/correct", data=future).status_code == 422


def test_of_two_grants_the_second_is_told(client, second, staff):  # rules S3, L1
    link = build.a_link_request(entered_since=True)
    address = f"/staff/links/{link.id}"
    early, late = client.get(address), second.get(address)
    decide(client, early, "view_only")
    answer = decide(second, late, "view_only", till_address="https://other.example/1")
    assert answer.status_code == 409
    assert "Jemand anderes war schneller" in page_of(answer).text
    assert SubstituteLink.get_by_id(link.id).till_address == TILL
    assert History.select().where(History.what == "grant").count() == 1


def test_a_grant_on_facts_that_changed_meanwhile_is_refused(client, second, staff):  # rules S3, L5
    link = build.a_link_request()
    late = second.get(f"/staff/links/{link.id}")
    links.correct(link, real_backup_at=None, complete=False, why="Daten fehlen", by=staff, now=build.NOW)
    answer = decide(second, late, "full", complete="yes", link_reason="Sicherung geprüft")
    assert answer.status_code == 409
    found = SubstituteLink.get_by_id(link.id)
    assert (found.state, found.complete) == (LinkState.REQUESTED, False)


def test_a_refusal_needs_a_reason_and_stays(client, staff):  # rule L3
    link = build.a_link_request()
    shown = client.get(f"/staff/links/{link.id}")
    refused = client.send(shown, {"refusal": ""}, form="/steps/refuse")
    assert refused.status_code == 422
    done = client.send(refused, {"refusal": "Keine Sicherung"}, form="/steps/refuse")
    assert "Keine Sicherung" in page_of(done).text
    assert not [form for form in page_of(done).forms if "/steps/" in form.action]


def test_an_active_link_is_ended_with_a_reason_and_is_seen_beside_the_next(client, staff):  # rule L3
    link = build.an_active_link(now=clock.now())
    shown = client.get(f"/staff/links/{link.id}")
    client.send(shown, {"delete_reason": "Server ist zurück"}, form="/steps/delete")
    assert SubstituteLink.get_by_id(link.id).state == LinkState.ENDED
    later = build.a_link_request(link.device, link.requester)
    page = client.page(f"/staff/links/{later.id}")
    assert f"/staff/links/{link.id}" in page.links
    assert "vom Support beendet" in page.text


def test_a_third_party_server_is_flagged(client, staff):  # rule L12
    link = build.a_link_request(build.a_device(origin=Origin.ELSEWHERE))
    assert "keinen Anspruch auf einen Ersatzlink" in client.page(f"/staff/links/{link.id}").text


def test_a_case_shows_its_facts(client, staff):  # rules W0, T1, P1
    device = build.a_device(serial="JC-FACTS")
    case = build.a_waiting_case(device)
    other = build.a_waiting_case(device, case.reporter)
    text = client.page(f"/staff/cases/{case.number}").text
    for said in ("JC-FACTS", "In der Gewährleistung", "Er startet nicht.", "Keine Verbindung", "Ada Muster"):
        assert said in text
    assert "Ein Neustart weiß nicht" in text
    assert other.number[:3] in text
    assert "Zum selben Gerät ist noch mehr offen" in text


def test_an_answer_of_the_salon_is_shown_with_the_decision(client, staff):  # rule S5
    case = cases.ask_back(build.a_waiting_case(), "Welches Kabel?", by=staff, now=build.NOW)
    cases.answer(case, "Das graue.", by=case.reporter, now=build.NOW)
    page = client.page("/staff/")
    assert "„Das graue.“" in page.text
    assert "Antwort des Salons" in page.text


def test_pages_of_what_is_not_there_answer_404(client, staff):
    case = build.a_case()
    photo = f"/staff/cases/{case.number}/photos/1"
    for address in (
        "/staff/cases/R260000016",
        "/staff/links/99",
        "/staff/links/9" + "9" * 20,
        "/staff/lists/x",
        photo,
    ):
        assert client.get(address).status_code == 404, address
