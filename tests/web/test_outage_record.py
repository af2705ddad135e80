"""The page of the outage record: what it says, and the salon's own lines in it (rules O1, O3, P1, S3)."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import outages
from portal.models import OutageLine
from portal.web.staff.past import DONE
from tests import builders
from tests.builders import NOW
from tests.clients import page_of

LATER = NOW + timedelta(hours=8)
LINE = {"happened_day": "2026-11-21", "happened_clock": "11:30", "text": "Belege von Hand, Nr. 1 bis 14"}

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def in_the_evening():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def case(owner):
    return builders.a_case(builders.a_device(builders.a_salon(owner.customer)), owner)


def address(case):
    return f"/cases/{case.number}/outage-record"


def test_the_page_says_what_the_record_says(signed_in, case):  # rules O1, O3
    page = signed_in.page(address(case))
    for told in ("Störung gemeldet", "21.11.2026, 9:58 Uhr", "Ausfall dauert an", "Steuerberatung"):
        assert told in page.text
    assert f"{address(case)}.pdf" in page.links


def test_a_line_is_added_and_can_be_taken_back(signed_in, case):  # rule O1
    answer = signed_in.send(signed_in.get(address(case)), LINE)
    assert "Belege von Hand, Nr. 1 bis 14" in page_of(answer).text
    assert "Eingetragen: 21.11.2026, 18:14 Uhr von Ada Muster" in page_of(answer).text
    line = OutageLine.of(case).get()
    back = signed_in.send(answer, {}, form=f"/{line.id}/withdraw")
    assert "Nr. 1 bis 14" not in page_of(back).text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"text": ""}, "Bitte schreiben Sie, was geschehen ist."),
        ({"happened_day": "", "happened_clock": ""}, "Bitte geben Sie Tag und Uhrzeit an."),
        ({"happened_clock": "25:00"}, "gültige Uhrzeit"),
        ({"happened_day": "2026-11-22"}, "liegt in der Zukunft"),
        ({"happened_day": "2020-11-22"}, "zu weit zurück"),
        ({"text": "x" * 501}, "zu lang"),
    ],
)
def test_a_mistyped_line_is_told_at_its_field_and_nothing_is_lost(signed_in, case, wrong, told):  # rule O1
    given = {**LINE, **wrong}
    answer = signed_in.send(signed_in.get(address(case)), given)
    page = page_of(answer)
    assert answer.status_code == 422
    assert told in page.text
    form = next(form for form in page.forms if form.action.endswith("/outage-record"))
    assert given.items() <= {name: value.strip("\n") for name, value in form.fields}.items()
    assert not OutageLine.of(case).exists()


def test_a_full_record_says_so_and_keeps_what_was_typed(signed_in, case, monkeypatch):  # rule O1
    monkeypatch.setattr(outages, "MOST", 0)
    answer = signed_in.send(signed_in.get(address(case)), LINE)
    assert answer.status_code == 422
    assert "eigene Zeilen gehen nicht" in page_of(answer).text
    assert LINE["text"] in page_of(answer).text


def test_what_is_done_with_lines_has_words_in_the_history(database):  # rule S
    assert {"add_outage_line", "withdraw_outage_line"} <= set(DONE)


def test_who_takes_back_too_late_sees_how_it_stands(signed_in, case):  # rule S3
    line = outages.add_line(case, "Belege von Hand", NOW, by=case.reporter, now=NOW)
    page = signed_in.get(address(case))
    outages.withdraw_line(line, by=case.reporter, now=NOW)
    answer = signed_in.send(page, {}, form=f"/{line.id}/withdraw")
    assert answer.status_code == 409
    assert "schon zurückgezogen" in page_of(answer).text


def test_a_record_and_its_lines_are_for_their_own_people(app, case, sign_in):  # rule P1
    line = outages.add_line(case, "Belege von Hand", NOW, by=case.reporter, now=NOW)
    stranger = app.test_client()
    sign_in(stranger, builders.an_owner())
    mine = builders.a_case()
    assert stranger.get(address(case)).status_code == 404
    token = stranger.get("/cases")
    csrf = dict(page_of(token).forms[0].fields)["csrf_token"]
    for number in (case.number, mine.number):
        answer = stranger.post(f"/cases/{number}/outage-record/{line.id}/withdraw", data={"csrf_token": csrf})
        assert answer.status_code == 404
    assert OutageLine.standing_of(case).count() == 1


def test_the_record_of_a_link_alone_takes_lines_too(signed_in, owner):  # rule O1
    link = builders.a_link_request(builders.a_device(builders.a_salon(owner.customer)), owner)
    answer = signed_in.send(signed_in.get(f"/links/{link.id}/outage-record"), LINE)
    assert "Belege von Hand" in page_of(answer).text
    assert OutageLine.of(link).get().link == link
    assert f"/links/{link.id}/outage-record" in signed_in.page(f"/links/{link.id}").links
    back = signed_in.send(answer, {}, form="/withdraw")
    assert "Nr. 1 bis 14" not in page_of(back).text


def test_the_record_of_a_link_with_a_case_is_that_of_the_case(signed_in, case):  # rule O1
    link = builders.a_link_request(case=case)
    assert signed_in.get(f"/links/{link.id}/outage-record").location == address(case)
