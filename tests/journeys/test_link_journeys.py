"""The substitute link's ways through the portal, in a browser, with a worker and a till's back end.

A full link made by hand; and a locked one whose server is sent in and read out, which is unlocked and
ends when the server goes back into service.  Rules L3-L6, L9, L11, L11a, R5.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.actions import cases
from portal.config import DEMO_SECRET
from portal.models import Case, Letter, SubstituteLink
from portal.outside import clock
from portal.rules.carriers import Carrier
from portal.rules.links import Ending, LinkState, Mode, TillState, door_token
from tests import builders
from tests.engines import wait_until
from tests.journeys.people import Business, fill_moment, headline, press, sign_in
from tests.tills import TillServer

WORKSHOP = ("start_diagnosis", "no_fault_found", "make_ready")
QUICK = ("engine", "javascript"), [("sqlite", True), ("postgresql", False)]


@pytest.mark.parametrize(*QUICK, indirect=True, ids=["sqlite", "postgresql-without-javascript"])
def test_a_locked_link_is_unlocked_by_the_read_out_and_ends_at_the_commissioning(
    business: Business,
    phone: Page,
    desk: Page,
    till_server: TillServer,
    start_server: Callable,
    start_command: Callable,
    javascript: bool,
):  # rules L5, L6, L11, L11a, R5
    now = clock.now()
    case = builders.a_case(business.device, business.owner, now)
    link = builders.a_link_request(case=case, now=now, entered_since=True)
    address = start_server(**till_server.settings).address
    start_command("worker", **till_server.settings)
    sign_in(desk, address, business.staff)
    sign_in(phone, address, business.owner)
    _grant_to_look(desk, address, link)
    wait_until(lambda: now_of(link).state == LinkState.ACTIVE, "the till's making")
    assert till_server.state(str(link.id)) == "locked"
    _only_look(phone, address, link)
    case = cases.mark_sent(case, Carrier.DHL, "", by=business.owner, now=now)
    case = builders.a_case_checked_in(case, staff=business.staff, now=now)
    _read_out_while_the_back_end_is_away(desk, phone, address, link, till_server)
    end = now_of(link).ends_at
    till_server.start()
    wait_until(lambda: now_of(link).can_cash, "the till's unlocking")
    phone.goto(f"{address}/links/{link.id}")
    assert headline(phone) == "Ab jetzt können Sie kassieren"
    assert now_of(link).ends_at == end  # rule L6: the days do not start again
    case = _home_again(now_of(case), business)
    _put_into_service(desk, phone, address, case, link)
    assert till_server.deeds == [(deed, str(link.id)) for deed in ("create", "unlock", "delete")]
    events = [letter.event for letter in Letter.select().where(Letter.account == business.owner)]
    assert events.count("link_unlocked") == 1
    assert events.count("commissioned") == 1


def now_of(row: Any) -> Any:
    return type(row).get_by_id(row.id)


def _home_again(case: Case, business: Business) -> Case:
    """Look at the server, send it back with all that came, and book its commissioning (rules C5, R4)."""
    staff, now = business.staff, clock.now()
    for step in WORKSHOP:
        case = cases.advance(case, step, by=staff, now=now)
    case = builders.a_case_on_its_way_back(case, staff=staff, now=now)
    case = cases.advance(case, "confirm_delivery", by=staff, now=now)
    return builders.an_appointment(case, now=now, by=staff).case


def door_of(address: str, link: SubstituteLink) -> str:
    found = now_of(link)
    return f"{address}/l/{door_token(DEMO_SECRET, found.id, found.generation)}"


def _grant_to_look(desk: Page, address: str, link: SubstituteLink) -> None:
    """Decide: data is missing, so it is to look only; the back end makes the till (rule L5)."""
    desk.goto(f"{address}/staff/links/{link.id}")
    pane = desk.locator("#pane")
    pane.locator("label", has_text="nein").click()
    pane.get_by_label("Begründung zur Sicherung").fill("Laut Salon wurde danach kassiert.")
    press(desk, "Nur ansehen", within=pane)
    expect(desk.locator(".flashes")).to_contain_text("freigegeben")


def _only_look(phone: Page, address: str, link: SubstituteLink) -> None:
    """See on the door that nothing can be cashed with it, and what will not be saved (rule L5)."""
    phone.goto(door_of(address, link))
    assert headline(phone) == "Sie können sich hier nur umsehen"
    expect(phone.locator("main")).to_contain_text("Kassieren geht mit diesem Link nicht")
    expect(phone.locator("main")).to_contain_text("Nicht gespeichert werden")


def _read_out_while_the_back_end_is_away(
    desk: Page, phone: Page, address: str, link: SubstituteLink, till_server: TillServer
) -> None:
    """Record both; nobody is told of cashing before the till is known to be unlocked (rule L6)."""
    desk.goto(f"{address}/staff/links/{link.id}")
    pane = desk.locator("#pane")
    press(desk, "Datenbank ausgelesen", within=pane)
    phone.goto(f"{address}/links/{link.id}")
    assert headline(phone) == "Ihre Daten sind ausgelesen"
    till_server.stop()
    desk.goto(f"{address}/staff/links/{link.id}")
    press(desk, "Auf den Link geladen", within=pane)
    desk.goto(f"{address}/staff/links/{link.id}")
    expect(pane).to_contain_text("Kasse noch nicht entsperrt")
    phone.goto(f"{address}/links/{link.id}")
    assert headline(phone) == "Ihre Kasse wird freigeschaltet"
    assert now_of(link).mode is Mode.FULL
    assert not now_of(link).can_cash


def _put_into_service(desk: Page, phone: Page, address: str, case: Case, link: SubstituteLink) -> None:
    """Go through the checklist; with the restored database the link's door is shut (rules L11a, R5)."""
    door = door_of(address, link)
    assert phone.goto(door).status == 200
    desk.goto(f"{address}/staff/cases/{case.number}")
    press(desk, "Zur Inbetriebnahme", within=desk.locator("#pane"))
    _tick(desk, "Sitzung steht")
    assert phone.goto(door).status == 200
    _tick(desk, "Zurückgespielt, Link beenden")
    assert phone.goto(door).status == 410
    phone.goto(f"{address}/links/{link.id}")
    expect(phone.locator("main")).not_to_contain_text("Sie arbeiten wieder mit Ihrem Kassenserver")
    for button in ("Nachgebucht", "Testbeleg stimmt", "Salon hat bestätigt"):
        assert Case.get_by_id(case.id).state == "commissioning_booked"
        _tick(desk, button)
    wait_until(lambda: now_of(link).till_confirmed == TillState.GONE, "the till's deletion")
    desk.reload()
    _tick(desk, "Abschließen")
    expect(desk.locator("main")).to_contain_text("Der Vorgang ist abgeschlossen")
    assert (now_of(link).state, now_of(link).ending) == (LinkState.ENDED, Ending.COMMISSIONED)
    phone.goto(f"{address}/cases/{case.number}")
    expect(phone.locator("h1")).to_contain_text("in Betrieb")
    phone.goto(f"{address}/links/{link.id}")
    assert headline(phone) == "Der Ersatzlink endete mit der Inbetriebnahme"


def _tick(desk: Page, button: str) -> None:
    press(desk, button)
    expect(desk.locator("main").get_by_role("button", name=button, exact=True)).to_have_count(0)


@pytest.mark.parametrize(*QUICK, indirect=True, ids=["sqlite", "postgresql-without-javascript"])
def test_a_full_link_made_by_hand_is_used_renewed_and_given_back(
    business: Business, phone: Page, desk: Page, address: str, till: str, javascript: bool
):  # rules L4, L9, L3
    now = clock.now()
    link = builders.a_link_request(business.device, business.owner, now)
    sign_in(desk, address, business.staff)
    sign_in(phone, address, business.owner)
    pane = desk.locator("#pane")
    desk.goto(f"{address}/staff/links/{link.id}")
    fill_moment(desk, "backup", now - timedelta(minutes=50), near=pane)
    pane.locator("label", has_text="ja").first.click()
    pane.get_by_label("Begründung zur Sicherung").fill("Sicherung geöffnet und geprüft.")
    pane.get_by_label("Adresse der digitalen Kasse").fill(till)
    press(desk, "Vollen Link geben", within=pane)
    old = door_of(address, link)
    phone.goto(f"{address}/links/{link.id}")
    assert headline(phone) == "Ihr Ersatzlink läuft"
    press(phone, "Ersatzlink öffnen")
    press(phone, "Zur Kasse")
    phone.wait_for_url(till)
    _renew(phone, address, link)
    assert phone.goto(old).status == 404  # only the newest address works
    assert phone.goto(door_of(address, link)).status == 200
    assert now_of(link).opened_count == 1
    phone.goto(f"{address}/links/{link.id}")
    press(phone, "Ersatzlink beenden")
    press(phone, "Ja, beenden")
    assert headline(phone) == "Sie haben den Ersatzlink beendet"
    assert phone.goto(door_of(address, link)).status == 410
    desk.goto(f"{address}/staff/links/{link.id}")
    expect(pane).to_contain_text("Kasse noch nicht gelöscht")  # staff see to it at the vendor's
    pane.get_by_label("Ich habe nachgesehen: Kasse ist gelöscht").check()
    press(desk, "Bestätigen", within=pane)
    assert now_of(link).till_confirmed is TillState.GONE


def _renew(phone: Page, address: str, link: SubstituteLink) -> None:
    """Ask for a new address, after reading what that means."""
    phone.goto(f"{address}/links/{link.id}")
    press(phone, "Adresse erneuern")
    assert headline(phone) == "Möchten Sie eine neue Adresse für den Ersatzlink?"
    press(phone, "Ja, Adresse erneuern")
    assert now_of(link).generation == 2
