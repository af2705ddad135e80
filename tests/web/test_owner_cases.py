"""Following: the list, the page of a case, its live update (sections S, P; rules C2b, L9)."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import cases, links
from portal.actions.parcels import PartRecord
from portal.models import Case
from portal.rules.links import Mode
from portal.rules.parcel import Arrival, Part
from portal.rules.workflow import State
from portal.web import way
from portal.web.owner import sentences
from tests import builders
from tests.clients import page_of
from tests.filled_in import SEND_IN
from tests.queries import counted

HTMX = {"HX-Request": "true"}
LATER = builders.NOW.replace(day=22)


@pytest.fixture(autouse=True)
def the_next_day():
    with time_machine.travel(LATER, tick=False):
        yield


def test_somebody_with_nothing_reported_is_led_to_the_report(signed_in):
    page = signed_in.page("/cases")
    assert "noch nichts gemeldet" in page.text
    assert "/report" in page.links


def test_the_list_says_the_next_step_of_each_case(signed_in, owner, device):
    builders.a_case(device, owner)
    builders.a_waiting_case(device, owner)
    text = signed_in.page("/cases").text
    assert "Sie sind dran: Einpacken und abschicken" in text
    assert "Wir sind dran. Bitte noch nichts einschicken" in text


def test_a_link_without_a_case_stands_in_the_list(signed_in, owner, device):
    link = builders.a_link_request(device, owner)
    assert f"/links/{link.id}" in signed_in.page("/cases").links


def test_the_list_goes_on_by_key_and_shows_each_case_once(signed_in, owner, device):
    made = [builders.a_case(builders.a_device(device.salon), owner).number for _ in range(23)]
    first = signed_in.page("/cases")
    older = next(link for link in first.links if "before=" in link)
    shown = [link for page in (first, signed_in.page(older)) for link in page.links if link[7:] in made]
    assert [link[7:] for link in shown] == made[::-1]


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 30, "", "3-1", "1-9999999999", "1-١"])
def test_a_nonsense_key_shows_the_first_page(signed_in, owner, device, before):
    number = builders.a_case(device, owner).number
    assert f"/cases/{number}" in signed_in.page(f"/cases?before={before}").links


def test_the_list_asks_as_little_for_thirty_cases_as_for_one(signed_in, owner, device):
    builders.a_case(device, owner)
    with counted() as one:
        signed_in.get("/cases")
    for _ in range(29):
        builders.a_case(device, owner)
    with counted() as thirty:
        signed_in.get("/cases")
    assert len(thirty) == len(one) <= 7, thirty


def test_the_own_turn_stands_first_and_the_pages_go_on_behind_it(signed_in, owner, device):  # rule S6
    mine = [builders.a_case(builders.a_device(device.salon), owner).number for _ in range(11)]
    ours = [builders.a_waiting_case(device, owner).number for _ in range(11)]
    ended = builders.a_waiting_case(device, owner)
    link = builders.an_active_link(link=builders.a_link_request(case=ended))
    late = link.ends_at + timedelta(seconds=1)
    with time_machine.travel(late, tick=False):
        first = signed_in.page("/cases")
        older = next(link for link in first.links if "before=" in link)
        second = signed_in.page(older)
    shown = [link[7:] for page in (first, second) for link in page.links if link[7:9] == "R2"]
    assert shown == [ended.number, *mine[::-1], *ours[::-1]]


def test_what_is_missing_in_the_parcel_makes_it_the_own_turn_and_what_is_over_stands_last(
    signed_in, owner, device
):  # rules C4, S6
    missing = [PartRecord(Part.SERVER), PartRecord(Part.POWER_CABLE, Arrival.MISSING)]
    asked = builders.a_case_checked_in(builders.a_sent_case(device, owner), parts=missing)
    ours = builders.a_waiting_case(device, owner)
    over = cases.cancel(builders.a_waiting_case(device, owner), by=owner, now=builders.NOW)
    link = builders.a_link_request(device, owner)
    page = signed_in.page("/cases")
    shown = [
        found for found in page.links if found.startswith(("/cases/R", "/links/")) and found[7:] != "new"
    ]
    places = [f"/cases/{asked.number}", f"/links/{link.id}", f"/cases/{ours.number}", f"/cases/{over.number}"]
    assert shown == places
    assert "Sie sind dran: Im Paket fehlte: Netzkabel des Kassenservers." in page.text


def test_a_page_of_a_case_costs_twelve_queries_at_most(signed_in, owner, device):
    case = builders.a_case(device, owner)
    builders.an_active_link(link=builders.a_link_request(case=case))
    with counted() as queries:
        signed_in.page(f"/cases/{case.number}")
    assert len(queries) <= 12, queries


def test_a_poll_without_news_costs_three_queries_and_says_nothing(signed_in, owner, device):
    case = builders.a_case(device, owner)
    builders.an_active_link(link=builders.a_link_request(case=case))
    address = poll_of(signed_in, case)
    with counted() as queries:
        answer = signed_in.get(address, headers=HTMX)
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(queries) <= 3, queries
    again = signed_in.get(f"/cases/{case.number}/progress", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def poll_of(client, case):
    html = client.get(f"/cases/{case.number}").get_data(as_text=True)
    return html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")


def test_a_poll_brings_the_new_state_and_the_new_controls(signed_in, owner, device):
    case = builders.a_case(device, owner)
    address = poll_of(signed_in, case)
    cases.receive(case, by=builders.a_staff_member(), now=LATER)
    answer = signed_in.get(address, headers=HTMX)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Ihr Kassenserver ist bei uns angekommen" in html
    assert "/cancel" not in html
    assert "/sent" not in html
    assert "<html" not in html


def test_the_end_of_a_link_is_news_though_nobody_wrote_it_down(signed_in, owner, device):  # rule L9
    case = builders.a_case(device, owner)
    link = builders.an_active_link(link=builders.a_link_request(case=case))
    address = poll_of(signed_in, case)
    with time_machine.travel(link.ends_at, tick=False):
        html = signed_in.get(address, headers=HTMX).get_data(as_text=True)
    assert "abgelaufen" in html
    assert "Ersatzlink öffnen" not in html


def test_a_request_for_a_link_made_meanwhile_is_news(signed_in, owner, device):
    case = builders.a_case(device, owner)
    address = poll_of(signed_in, case)
    builders.a_link_request(device, owner)
    assert "angefragt" in signed_in.get(address, headers=HTMX).get_data(as_text=True)


def test_an_ended_case_is_not_asked_for_any_more(signed_in, owner, device):
    case = cases.cancel(builders.a_case(device, owner), by=owner, now=LATER)
    assert "hx-trigger" not in signed_in.get(f"/cases/{case.number}").get_data(as_text=True)


def test_there_is_nothing_to_type_in_what_a_poll_replaces(signed_in, owner, device):
    case = builders.a_case(device, owner)
    html = signed_in.get(f"/cases/{case.number}/progress", headers=HTMX).get_data(as_text=True)
    assert not any(field in html for field in ("<input", "<textarea", "<select", "<form"))


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_sentence_and_says_whose_turn_it_is(signed_in, app, owner, device, state):
    case = builders.a_case(device, owner)
    Case.update(state=state).where(Case.id == case.id).execute()
    page = signed_in.page(f"/cases/{case.number}")
    with app.test_request_context():
        said = sentences.of(Case.get_by_id(case.id), LATER)
    assert page.headline == str(said.title)
    assert str(sentences.TURNS[said.turn]) in page.text
    assert str(said.next) in page.text


def test_every_step_of_the_workflow_has_words_on_the_way():
    from portal.rules.workflow import CLOSED, STEPS

    assert way.DONE.keys() == STEPS.keys()
    assert way.PLACE_OF.keys() == set(State) - CLOSED


def test_the_way_shows_done_now_and_next(signed_in, owner, device):
    page = signed_in.page(f"/cases/{builders.a_sent_case(device, owner).number}")
    for words in (
        "Gemeldet und zum Einsenden freigegeben (erledigt)",
        "Abgeschickt mit DHL (erledigt) gestern, 10:14 Uhr · Paket verfolgen",
        "Unterwegs zu uns (jetzt) meist 1 bis 2 Werktage",
        "Inbetriebnahme mit Termin (kommt noch)",
    ):
        assert words in page.text


def test_a_held_report_says_why_it_waits(signed_in, owner, device):  # rule S1
    page = signed_in.page(f"/cases/{builders.a_waiting_case(device, owner).number}")
    assert "Nicht alle Schnellprüfungen sind gemacht." in page.text
    assert "noch nicht freigegeben" in page.text


def test_a_remote_case_says_how_a_session_goes(signed_in, owner, device):  # rules T7, T8
    case = builders.a_case(
        device, owner, topic={"topic": "software"}, contact=SEND_IN["address"],
        remote={"consents": [builders.consent("remote_terms")]},
    )  # fmt: skip
    page = signed_in.page(f"/cases/{case.number}")
    assert page.headline == "Der Support meldet sich bei Ihnen"
    assert "RustDesk" in page.text
    assert "unten links" in page.text
    assert not any("slip.pdf" in link for link in page.links)


def test_a_release_is_valid_until_and_then_lapsed(signed_in, owner, device):  # rule C2b
    case = builders.a_case(device, owner)
    assert (
        "Die Freigabe gilt bis Montag, 21. Dezember, 10:14 Uhr"
        in signed_in.page(f"/cases/{case.number}").text
    )
    with time_machine.travel(case.valid_until, tick=False):
        page = signed_in.page(f"/cases/{case.number}")
    assert page.headline == "Die Freigabe zum Einsenden ist abgelaufen"
    assert "Begleitschein drucken" not in page.text


def test_the_link_card_counts_down_and_leads_to_the_door(signed_in, app, owner, device):  # rule L2
    case = builders.a_case(device, owner)
    link = builders.an_active_link(
        mode=Mode.VIEW_ONLY, link=builders.a_link_request(case=case), secret=app.config["SECRET_KEY"]
    )
    page = signed_in.page(f"/cases/{case.number}")
    assert "29 Tage noch, bis Montag, 21. Dezember, 10:14 Uhr" in page.text
    assert "Kassieren geht mit diesem Link nicht" in page.text
    door = next(address for address in page.links if address.startswith("/l/"))
    assert signed_in.get(door).status_code == 200
    assert link.ends_at


def test_a_refused_link_shows_the_reason(signed_in, owner, device):
    case = builders.a_case(device, owner)
    links.refuse(
        builders.a_link_request(case=case),
        "Es gibt keine Sicherung.",
        by=builders.a_staff_member(),
        now=LATER,
    )
    assert "Es gibt keine Sicherung." in signed_in.page(f"/cases/{case.number}").text


def test_internal_notes_never_reach_the_owner(signed_in, owner, device):  # rule S6
    case = builders.a_case(device, owner)
    cases.note(case, "Kunde ruft dreimal an", by=builders.a_staff_member(), now=LATER)
    page = signed_in.page(f"/cases/{case.number}")
    assert "dreimal" not in page.text
    assert "Interne Notiz" not in page.text


PATHS = ("", "/progress", "/slip.pdf", "/parcel", "/sent", "/cancel", "/answer", "/photos/1")


@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_case_is_nowhere_to_be_found(signed_in, path):  # rule P1
    case = builders.a_case()
    assert signed_in.get(f"/cases/{case.number}{path}").status_code == 404
    if path in ("/sent", "/cancel", "/answer"):
        page = signed_in.get("/cases")
        answer = signed_in.post(f"/cases/{case.number}{path}", data={"csrf_token": token_of(page)})
        assert answer.status_code == 404
    assert Case.get_by_id(case.id).revision == case.revision


def token_of(response):
    return next(
        value for form in page_of(response).forms for name, value in form.fields if name == "csrf_token"
    )


def test_a_strangers_case_is_not_in_the_list(signed_in):  # rule P1
    case = builders.a_case()
    assert f"/cases/{case.number}" not in signed_in.page("/cases").links


@pytest.mark.parametrize("path", ["/cases", "/links/new", "/links/1"])
def test_without_signing_in_there_is_nothing_to_see(client, path):  # rule P1
    assert client.get(path).headers["Location"].startswith("/sign-in")


def test_staff_have_their_own_pages(client, sign_in, app):  # rule P1
    sign_in(client, builders.a_staff_member())
    number = builders.a_case().number
    assert client.get("/cases").status_code == 404
    assert client.get(f"/cases/{number}").headers["Location"] == f"/staff/cases/{number}"  # a scanned slip
    assert client.get(f"/cases/{number}/parcel").status_code == 404
    assert client.get(f"/cases/{number}/slip.pdf").mimetype == "application/pdf"


def test_a_head_request_is_answered_like_a_get(signed_in, owner, device):
    number = builders.a_case(device, owner).number
    for path in ("/cases", f"/cases/{number}", f"/cases/{number}/progress", "/links/new"):
        answer = signed_in.head(path)
        assert (answer.status_code, answer.data) == (200, b"")
    assert signed_in.delete(f"/cases/{number}").status_code in (400, 405)
