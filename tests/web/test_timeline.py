"""The picture of backup and data on the pages: the same facts for owner and staff (rules L4a, B1–B3, L5)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.actions import links
from portal.rules import links as link_rules
from portal.rules.links import Reason
from portal.rules.timeline import Known
from portal.web import labels
from portal.web.staff import words
from portal.web.timeline import Picture, of_link
from tests import builders
from tests.builders import NOW
from tests.web.test_owner_cases import HTMX, token_of

OFF = datetime(2026, 11, 21, 8, 58, tzinfo=UTC)
BACKUP = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def saturday_morning():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def device(app):
    return builders.a_device()


@pytest.fixture
def owner(device):
    return builders.an_owner(device.salon.customer)


def told(picture):
    return {fact.term: fact.text for fact in picture.facts}


def a_picture(app, until=EVENING, **known):
    given = {
        "backup_booked": True,
        "last_online_at": OFF,
        "entered_since": True,
        "backup_at": BACKUP,
        **known,
    }
    return Picture(Known(**given), until)


def drawn(html):
    """Return the axis of a page: the text between its tags."""
    return html.split('<svg class="t-axis"')[1].split("</figure>")[0]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_everything_that_is_drawn_is_said_in_words_too(app):  # rule L4a
    with app.test_request_context():
        assert told(a_picture(app)) == {
            "Letzte Sicherung, vermutlich": "heute, 7:00 Uhr",
            "Server zuletzt online": "heute, 9:58 Uhr",
            "Danach eingegeben": "liegt nur auf dem Server",
            "Ausgefallen, Server war aus": "heute, 21:00 Uhr",
            "Geplante Sicherung": "täglich um 7:00 und 21:00 Uhr",
        }
        assert a_picture(app).between == "nur auf dem Server"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_not_known_is_said_and_not_drawn(app):  # rule L4a
    with app.test_request_context():
        picture = a_picture(app, last_online_at=None, backup_at=None, backup_booked=None)
        assert picture.line is None
        assert told(picture) == {
            "Letzte Sicherung": "noch nicht bekannt",
            "Server zuletzt online": "noch nicht bekannt",
        }
        assert (
            told(a_picture(app, backup_at=None, backup_booked=False))["Letzte Sicherung"] == "keine bei uns"
        )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_checked_backup_is_called_checked_and_the_estimate_stays_beside_it(app):  # rule B2
    with app.test_request_context():
        facts = told(a_picture(app, real_backup_at=BACKUP - timedelta(hours=10), complete=True))
        assert facts["Letzte Sicherung, geprüft"] == "gestern, 21:00 Uhr"
        assert facts["Zuerst vermutet"] == "heute, 7:00 Uhr"
        assert facts["Danach"] == "nichts eingegeben"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_days_stand_in_the_place_of_times_where_many_lie_between(app):
    with app.test_request_context():
        picture = a_picture(app, real_backup_at=BACKUP - timedelta(days=12), complete=False)
        assert [picture.stamp(mark) for mark in picture.line.marks if mark.is_named] == ["9.11.", "21.11."]
        near = a_picture(app)
        assert [near.stamp(mark) for mark in near.line.marks if mark.is_labelled] == [
            "21:00", "Sa 7:00", "9:58", "21:00",
        ]  # fmt: skip


def test_every_reason_has_words_for_the_salon_and_for_support():  # rule L4a
    assert set(labels.REASONS) == set(words.REASONS) == set(Reason)


def test_the_report_shows_it_from_the_last_moment_online_on(client, sign_in, device, owner):  # rules L4a, B2
    _, key = builders.a_draft(device, owner)
    sign_in(client, owner)
    with client.session_transaction() as session:
        session["draft"] = key
    assert "So sieht es bisher aus" not in client.page("/report/running").text
    for path in ("online", "entered", "link"):
        page = client.page(f"/report/{path}")
        assert "Vermutlich ein voller Ersatzlink" in page.text, path
        assert "Letzte Sicherung, vermutlich heute, 7:00 Uhr" in page.text, path


def test_the_report_follows_while_one_chooses_and_keeps_nothing(client, sign_in, device, owner):  # rule L4a
    draft, key = builders.a_draft(device, owner)
    sign_in(client, owner)
    with client.session_transaction() as session:
        session["draft"] = key
    token = token_of(client.get("/report/entered"))

    def look(page, **values):
        data = {"csrf_token": token, **values}
        return client.post(f"/report/{page}/so-far", data=data, headers=HTMX)

    assert "nur zum Ansehen" in look("entered", entered="yes").get_data(as_text=True)
    assert "Der Support prüft" in look("online", when="unknown").get_data(as_text=True)
    assert look("online", when="at").get_data(as_text=True).strip() == '<div id="so-far"></div>'
    assert look("device", device="1").status_code == 404
    assert type(draft).get_by_id(draft.id).answers == draft.answers


def test_the_report_asks_for_no_link_where_one_is_open_and_promises_none(
    client, sign_in, device, owner
):  # L1
    builders.a_link_request(device, owner)
    _, key = builders.a_draft(device, owner)
    sign_in(client, owner)
    with client.session_transaction() as session:
        session["draft"] = key
    assert "So sieht es bisher aus" not in client.page("/report/entered").text


def test_owner_and_staff_see_the_same_picture_before_and_after_a_correction(
    app, client, sign_in, device, owner
):  # rules L4a, L5, B2
    link = builders.a_link_request(device, owner)
    staff = builders.a_staff_member()
    desk = app.test_client()
    sign_in(client, owner)
    sign_in(desk, staff)
    pages = [(client, f"/links/{link.id}"), (desk, f"/staff/links/{link.id}")]
    for visitor, path in pages:
        picture = drawn(visitor.get(path).get_data(as_text=True))
        assert "vermutlich" in picture
        assert "nichts eingegeben" in picture
    links.correct(
        link, real_backup_at=BACKUP - timedelta(hours=10), complete=None, why="Um 7 war der Server aus.",
        by=staff, now=NOW,
    )  # fmt: skip
    for visitor, path in pages:
        html = visitor.get(path).get_data(as_text=True)
        assert "geprüft" in drawn(html)
        assert "nur auf dem Server?" in drawn(html)
    assert "Die Sicherung ist älter als gedacht" in client.page(f"/links/{link.id}").text
    assert "Sicherung älter als vermutet" in desk.page(f"/staff/links/{link.id}").text
    assert type(link).get_by_id(link.id).expected is link_rules.Answer.VIEW_ONLY


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_picture_has_no_style_of_its_own_and_is_hidden_from_screen_readers(
    app, client, sign_in, device, owner
):  # strict CSP; the words beneath say the same
    link = builders.a_link_request(device, owner)
    sign_in(client, owner)
    figure = client.get(f"/links/{link.id}").get_data(as_text=True).split('<figure class="timeline">')[1]
    figure = figure.split("</figure>")[0]
    assert "style=" not in figure
    assert figure.count("<svg class=") - figure.count('class="t-mark"') == figure.count('aria-hidden="true"')
    with app.test_request_context():
        for fact in of_link(link).facts:
            assert fact.text in figure
