"""Is every step that staff may take two clicks away, and none that they may not?  Rules S3-S6, W0-W4."""

import pytest

from portal.actions import cases, links, readouts, workshop
from portal.models import Case, Letter, SubstituteLink
from portal.outside import clock
from portal.rules.links import Mode
from portal.rules.urgency import Harm
from portal.rules.warranty import Decision
from portal.rules.workflow import CLOSED, Role, State, steps_for
from portal.web.staff import words
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

PAGES = {
    "receive": "/staff/check-in?number={number}",
    "send_quote": "/staff/cases/{number}/quote",
    "dispatch": "/staff/cases/{number}/parcel",
    "book_commissioning": "/staff/cases/{number}/appointment",
    "unbook_commissioning": "/staff/cases/{number}/appointment",
    "commission": "/staff/cases/{number}/commissioning",
}
"""The steps that are taken on a page of their own; all others are buttons."""

ON_THE_WAY = [state for state in State if state not in CLOSED and state is not State.DRAFT]


def a_case_at(state, decision=Decision.WARRANTY):
    """Make a case and put it where the test wants it."""
    case = build.a_case(now=clock.now())
    columns = {"state": state, "decision": decision, "decided_at": clock.now(), "received_at": clock.now()}
    Case.update(columns).where(Case.id == case.id).execute()
    return Case.get_by_id(case.id)


def fresh(case):
    return Case.get_by_id(case.id)


@pytest.mark.parametrize("state", ON_THE_WAY)
def test_the_pane_has_every_step_there_is_and_no_other(client, staff, state):  # section S
    decision = Decision.CHARGEABLE if state is State.IN_DIAGNOSIS else Decision.WARRANTY
    case = a_case_at(state, decision)
    may = set(steps_for(state, Role.STAFF))
    if decision is Decision.CHARGEABLE:
        may -= {"start_repair"}  # rule W3: not before the quote is accepted
    for address in (f"/staff/cases/{case.number}/pane?at=workshop", f"/staff/cases/{case.number}"):
        page = client.page(address)
        buttons = {form.action.rsplit("/", 1)[1] for form in page.forms if "/steps/" in form.action}
        assert buttons == may - set(PAGES)
        for step in may & set(PAGES):
            if step == "send_quote" and decision is Decision.WARRANTY:
                continue  # rule W3: what costs nothing has no quote
            assert PAGES[step].format(number=case.number) in page.links, step


@pytest.mark.parametrize("state", [state for state in ON_THE_WAY if state is not State.SUBMITTED])
def test_no_state_has_two_steps_to_be_expected(client, staff, state):
    case = a_case_at(state)
    pane = client.get(f"/staff/cases/{case.number}/pane?at=workshop").get_data(as_text=True)
    assert pane.count('class="go"') <= 1 + pane.count("<details")


def test_what_the_repair_still_needs_is_said_instead_of_a_button(client, staff):  # rules W0, W3, W4
    case = a_case_at(State.IN_DIAGNOSIS, decision=None)
    page = client.page(f"/staff/cases/{case.number}")
    assert "Die Entscheidung über die Kosten fehlt." in page.text
    assert f"/staff/cases/{case.number}/workshop" in page.links


def test_an_old_button_for_the_repair_is_refused_in_words(client, staff):  # rules W0, S3
    case = a_case_at(State.IN_DIAGNOSIS)
    shown = client.get(f"/staff/cases/{case.number}")
    Case.update(decision=Decision.CHARGEABLE).where(Case.id == case.id).execute()
    answer = client.send(shown, form="/steps/start_repair")
    assert answer.status_code == 409
    assert "Der Salon hat noch keinen Kostenvoranschlag angenommen." in page_of(answer).text
    assert fresh(case).state is State.IN_DIAGNOSIS


@pytest.mark.parametrize(
    ("step", "name"), [("no_fault_found", "no_fault"), ("not_repairable", "not_repairable_reason")]
)
def test_an_outcome_is_told_to_the_owner_with_its_text(client, staff, step, name):  # rule S4
    case = build.a_case_in_diagnosis(now=clock.now(), staff=staff)
    case = workshop.diagnose(case, "Netzteil geprüft.", by=staff, now=clock.now())
    shown = client.get(f"/staff/cases/{case.number}")
    assert "Netzteil geprüft." in shown.get_data(as_text=True)
    assert client.send(shown, {name: ""}, form=f"/steps/{step}").status_code == 422
    assert client.send(shown, form=f"/steps/{step}").status_code == 200
    assert Letter.get(Letter.event == step).context["why"] == "Netzteil geprüft."


def test_a_chargeable_repair_is_made_ready_with_its_amount(client, staff):  # rule P4
    case = build.a_case_with_quote(now=clock.now(), staff=staff)
    quote = build.accepted(case, now=clock.now())
    cases.advance(fresh(case), "start_repair", by=staff, now=clock.now())
    shown = client.get(f"/staff/cases/{case.number}")
    for typed, said in (("", "Bitte geben Sie den Endbetrag an."), ("viel", "Das ist kein Betrag.")):
        refused = client.send(shown, {"final_amount": typed}, form="/steps/make_ready")
        assert refused.status_code == 422
        assert said in page_of(refused).text
    dear = client.send(shown, {"final_amount": "999,50"}, form="/steps/make_ready")
    assert dear.status_code == 422
    assert "mehr als 10 % über dem angenommenen Kostenvoranschlag von 238,00" in page_of(dear).text
    assert 'value="999,50"' in dear.get_data(as_text=True)
    assert client.send(dear, {"final_amount": "238"}, form="/steps/make_ready").status_code == 200
    assert (fresh(case).state, fresh(case).final_cents) == (State.READY_TO_RETURN, quote.total_cents)


def test_who_comes_second_finds_the_text_again(client, second, staff):  # rule S3
    case = build.a_case_in_diagnosis(now=clock.now(), staff=staff)
    shown = client.get(f"/staff/cases/{case.number}")
    workshop.no_fault_found(case, "Alles gut.", by=staff, now=clock.now())
    answer = client.send(shown, {"not_repairable_reason": "Platine gebrochen"}, form="/steps/not_repairable")
    assert answer.status_code == 409
    assert "Platine gebrochen" in page_of(answer).text


def test_a_refusal_that_came_too_late_is_not_lost(client, staff):  # rule S3
    link = build.a_link_request(now=clock.now())
    shown = client.get(f"/staff/links/{link.id}")
    links.refuse(link, "Kein Bedarf", by=staff, now=clock.now())
    answer = client.send(shown, {"refusal": "Die Sicherung ist zu alt"}, form="/steps/refuse")
    assert answer.status_code == 409
    assert "Die Sicherung ist zu alt" in page_of(answer).text


def test_the_queue_says_that_the_read_out_failed(client, staff):  # rules S5, L6
    case = build.a_case_in_diagnosis(now=clock.now(), staff=staff)
    request = build.a_link_request(case=case, entered_since=True, now=clock.now())
    link = build.an_active_link(link=request, mode=Mode.VIEW_ONLY, now=clock.now())
    readouts.fail_read_out(SubstituteLink.get_by_id(link.id), "Platte tot", by=staff, now=clock.now())
    text = client.page("/staff/").text
    assert "Auslesen ging heute" in text
    assert "„Platte tot“" in text


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (None, "Die Entscheidung über die Kosten fehlt."),
        (Decision.CHARGEABLE, "Der Salon hat noch keinen Kostenvoranschlag angenommen."),
        (Decision.WARRANTY, "Die Reparatur hat noch nicht begonnen."),
    ],
)
def test_a_row_says_what_it_is_stuck_at(app, staff, decision, said):  # rule S6
    case = a_case_at(State.IN_DIAGNOSIS, decision)
    case.harm, case.harm_since = Harm.STUCK, clock.now()
    with app.test_request_context():
        assert said in words.row_of_case(case).text


def test_quotation_marks_are_those_of_the_reader(client, staff):  # rule P5
    case = build.a_waiting_case(now=clock.now())
    cases.decline(case, "Nicht unser Gerät", by=staff, now=clock.now())
    assert "„Nicht unser Gerät“" in client.page(f"/staff/cases/{case.number}").text


def test_the_page_of_a_case_asks_little(client, staff):
    case = build.a_case_in_repair(now=clock.now(), staff=staff)
    with counted() as queries:
        client.page(f"/staff/cases/{case.number}")
    assert len(queries) <= 14, queries


def test_a_mistyped_number_of_the_way_back_is_corrected_on_the_cases_page(client, staff):  # rules C5, S3
    case = build.a_case_on_its_way_back(now=clock.now())
    page = client.get(f"/staff/cases/{case.number}")
    form = f"/cases/{case.number}/correct-tracking"
    assert client.send(page, {"tracking_number": "12345678"}, form=form).status_code == 422
    client.send(page, {"carrier": "gls", "tracking_number": "1234 5678"}, form=form)
    assert (fresh(case).return_carrier, fresh(case).return_tracking) == ("gls", "12345678")
    cases.advance(fresh(case), "confirm_delivery", by=staff, now=clock.now())
    assert client.send(page, {"carrier": "dhl", "tracking_number": "1"}, form=form).status_code == 409
