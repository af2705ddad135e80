"""The closing page: what was done, all papers, and how it was.  Rules R5, S3, S7."""

import pytest
import time_machine

from portal.actions import commissioning, feedback, workshop
from portal.models import Case, CommissioningTick, Feedback
from portal.rules.commissioning import Item
from tests import builders
from tests.clients import page_of

NOW = builders.NOW


@pytest.fixture(autouse=True)
def the_same_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def closed(owner):
    """Make a case that came to its good end, with what was found."""
    device, staff = builders.a_device(builders.a_salon(owner.customer)), builders.a_staff_member()
    case = builders.a_case_at_commissioning(device, owner, staff=staff)
    Case.update(diagnosis="Das Netzteil war defekt.").where(Case.id == case.id).execute()
    case = Case.get_by_id(case.id)
    for item in Item:
        if item not in CommissioningTick.done_of(case):
            case = commissioning.tick(case, item, by=staff, now=NOW)
    return commissioning.complete(case, by=staff, now=NOW)


def test_the_closing_page_says_what_was_done_and_gives_all_papers(signed_in, closed):  # rule R5
    page = signed_in.page(f"/cases/{closed.number}")
    assert page.headline == "Ihr Kassenserver ist wieder in Betrieb"
    assert "Das Netzteil war defekt." in page.text
    assert f"/cases/{closed.number}/outage-record" in " ".join(page.links)
    assert "Wie war es?" in page.text
    assert "noch nicht benutzen" not in page.text


def test_a_link_that_never_ran_is_not_said_to_have_ended(signed_in, owner):  # rules L11, O1, O3
    device, staff = builders.a_device(builders.a_salon(owner.customer)), builders.a_staff_member()
    case = builders.a_case_at_commissioning(device, owner, staff=staff)
    builders.a_link_request(case=case, now=NOW)
    for item in Item:
        if item not in CommissioningTick.done_of(case):
            case = commissioning.tick(case, item, by=staff, now=NOW)
    under_way = signed_in.page(f"/cases/{case.number}").text
    case = commissioning.complete(case, by=staff, now=NOW)
    over = signed_in.page(f"/cases/{case.number}").text
    for page in (under_way, over):
        assert "Die Anfrage nach einem Ersatzlink endete mit der Inbetriebnahme" in page
        for untrue in ("Der Ersatzlink ist beendet", "Der Ersatzlink endete", "Beendet:"):
            assert untrue not in page, untrue
    told = signed_in.page(f"/cases/{case.number}/outage-record").text
    assert "Ersatzlink angefragt" in told
    assert "Ersatzlink bei der Inbetriebnahme beendet" not in told


def test_how_it_was_is_said_once_and_thanked_for(signed_in, closed):  # rule S3
    page = signed_in.get(f"/cases/{closed.number}")
    answer = signed_in.send(page, {"score": "4", "text": "Schnell, <b>danke</b>."}, form="/feedback")
    assert "Danke. Wir lesen jede Antwort." in page_of(answer).text
    assert "Ihre Antwort: Gut" in page_of(answer).text
    assert "&lt;b&gt;danke" in answer.get_data(as_text=True)
    again = signed_in.send(page, {"score": "1", "text": "Nein!"}, form="/feedback")
    assert again.status_code == 409
    assert "Nein!" in page_of(again).text
    assert [(one.score, one.text) for one in Feedback.select()] == [(4, "Schnell, <b>danke</b>.")]


def test_an_answer_is_changed_on_its_own_page(signed_in, closed, owner):  # rule S3
    feedback.give(closed, 2, "Lang.", seen="", by=owner, now=NOW)
    page = signed_in.get(f"/cases/{closed.number}/feedback")
    assert "Lang." in page.get_data(as_text=True)
    signed_in.send(page, {"score": "5", "text": ""}, form="/feedback")
    assert [(one.score, one.text) for one in Feedback.select()] == [(5, "")]
    with time_machine.travel(NOW + feedback.rules.CHANGED_FOR, tick=False):
        late = signed_in.page(f"/cases/{closed.number}/feedback")
    assert "Antwort schicken" not in late.text


@pytest.mark.parametrize("given", [{"text": "Nur Worte"}, {"score": "6"}, {"score": "3", "text": "x" * 2001}])
def test_a_mistake_keeps_what_was_typed(signed_in, closed, given):
    page = signed_in.get(f"/cases/{closed.number}/feedback")
    answer = signed_in.send(page, given, form="/feedback")
    assert answer.status_code == 422
    assert given.get("text", "") in answer.get_data(as_text=True)
    assert not Feedback.select().exists()


def test_a_case_that_goes_on_is_not_asked_about(signed_in, owner):
    case = builders.a_case(builders.a_device(builders.a_salon(owner.customer)), owner)
    assert "Wie war es?" not in signed_in.page(f"/cases/{case.number}").text
    assert signed_in.get(f"/cases/{case.number}/feedback").status_code == 409
    assert signed_in.get(f"/cases/{builders.a_case().number}/feedback").status_code == 404


def test_what_an_unrepaired_server_comes_to_is_not_called_in_service(signed_in, owner):  # rules W3, R5
    device, staff = builders.a_device(builders.a_salon(owner.customer)), builders.a_staff_member()
    case = builders.a_case_in_diagnosis(device, owner, staff=staff)
    case = workshop.not_repairable(case, "Verbrannt.", by=staff, now=NOW)
    case = workshop.make_ready(case, by=staff, now=NOW)
    Case.update(state="commissioned").where(Case.id == case.id).execute()
    page = signed_in.page(f"/cases/{case.number}")
    assert page.headline == "Dieser Vorgang ist abgeschlossen"
    assert "nicht repariert und bleibt aus" in page.text
