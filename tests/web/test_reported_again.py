"""Is the open case offered to who reports a device that is being sent in already?  Rules S1, P1, P1a."""

import pytest
import time_machine

from portal.actions import emergencies
from portal.models import Case, Letter
from portal.rules import numbers
from portal.web import letters
from tests import builders
from tests.actions.emergency_made import an_emergency
from tests.builders import NOW
from tests.clients import page_of
from tests.queries import counted

REASON = "Für diesen Kassenserver gibt es schon einen offenen Vorgang."


@pytest.fixture(autouse=True)
def saturday_morning():
    """It is Saturday, 10:14, in every test."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def first(owner, device):
    """Make the case by which the device is on its way to us."""
    return builders.a_sent_case(device, owner)


def hold_report(client, device, owner):
    """Put a complete report of the device into the browser."""
    _, key = builders.a_draft(device, owner)
    with client.session_transaction() as session:
        session["draft"] = key


def test_before_and_after_sending_the_reason_stands_there_with_the_open_case(
    signed_in, app, owner, device, first
):  # rule S1
    hold_report(signed_in, device, owner)
    theirs = f"/cases/{first.number}"
    check = signed_in.get("/report/check")
    assert REASON in page_of(check).text
    assert theirs in page_of(check).links
    assert "bekommen Sie gleich den Begleitschein" not in page_of(check).text
    sent = page_of(signed_in.send(check, form="/report/send"))
    second = Case.get(Case.id != first.id)
    for page in (sent, signed_in.page(f"/cases/{second.number}")):
        assert REASON in page.text
        assert theirs in page.links
        assert "Bitte noch nichts einschicken" in page.text
    with app.app_context():
        letter = letters.render(Letter.get(Letter.case == second))
    assert f"http://localhost{theirs}" in letter.text
    assert numbers.group(first.number) in letter.html


def test_the_second_case_costs_no_more_questions_than_it_may(signed_in, owner, device, first):
    second = builders.a_case(device, owner)
    signed_in.get(f"/cases/{second.number}")
    with counted() as queries:
        signed_in.get(f"/cases/{second.number}")
    assert len(queries) <= 13, queries


def test_staff_read_the_reason_and_are_led_to_ask(client, staff, device, owner, first):  # rule S1
    second = builders.a_case(device, owner)
    page = client.page(f"/staff/cases/{second.number}")
    assert "Zum selben Gerät läuft schon eine Einsendung" in page.text
    assert f"/staff/cases/{first.number}" in page.links
    assert "Zum selben Gerät läuft schon eine Einsendung" in client.page("/staff/").text


def test_who_has_no_account_reads_the_reason_but_no_other_case(client, app, device, owner, first):  # rule P1a
    made = an_emergency(secret=app.config["SECRET_KEY"])
    Case.update(holds=["already_sent_in"], device=device, customer=owner.customer).where(
        Case.id == made.case_id
    ).execute()
    page = client.page(f"/c/{emergencies.token_of(made, app.config['PORTAL'].secret)}")
    assert REASON in page.text
    assert f"/cases/{first.number}" not in page.links
