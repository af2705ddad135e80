"""The other ways a report or a link can go, each on one engine: shorter journeys on a phone."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.actions import cases
from portal.models import Case, Consent, SubstituteLink
from portal.outside import clock
from portal.rules.links import Mode, door_token
from tests import builders
from tests.journeys.people import (
    Business,
    accept_all,
    address_part,
    answer_checks,
    begin_report,
    choose,
    fill_moment,
    go_on,
    headline,
    number_on,
    press,
    sign_in,
)

SECRET = "demo only: everybody can read this in the source"
pytestmark = [
    pytest.mark.parametrize("javascript", [True], indirect=True, ids=[""]),
]


@pytest.fixture
def owner(phone: Page, address: str, business: Business) -> Page:
    """Give the phone with the owner signed in."""
    sign_in(phone, address, business.owner)
    return phone


def _describe(page: Page) -> None:
    page.get_by_label("Beschreibung").fill("Es hängt beim Kassieren.")
    go_on(page)


def test_the_till_program_gets_a_remote_session(
    owner: Page, address: str, business: Business
):  # rules T7, T8
    begin_report(owner, address, business.device)
    choose(owner, "topic", "software")
    go_on(owner)
    _describe(owner)
    go_on(owner)  # whom to call is known
    choose(owner, "rustdesk", "yes")
    assert accept_all(owner) == 1
    go_on(owner)
    expect(owner.locator("main")).to_contain_text("prüft zuerst der Support")
    press(owner, "Meldung absenden")
    expect(owner.locator("main")).to_contain_text("Der Support ruft Sie an")
    expect(owner.get_by_role("link", name="Begleitschein öffnen (PDF)")).to_have_count(0)
    case = Case.get()
    assert (case.outcome, case.state) == ("remote_session", "submitted")


def test_a_strangers_printer_needs_the_charge_accepted(owner: Page, address: str, business: Business):
    """Rules T3, P4, S7: nothing is filed before the charge is accepted, and its wording is kept."""
    begin_report(owner, address, business.device)
    choose(owner, "topic", "peripheral")
    go_on(owner)
    choose(owner, "bought_from", "elsewhere")
    go_on(owner)
    assert headline(owner) == "Diese Hilfe kostet extra"
    go_on(owner)  # without the tick
    assert "Fehler" in owner.title()
    expect(owner.locator(".mistakes")).to_be_focused()
    accept_all(owner)
    go_on(owner)
    _describe(owner)
    go_on(owner)
    choose(owner, "rustdesk", "unknown")
    accept_all(owner)
    go_on(owner)
    press(owner, "Meldung absenden")
    kept = Consent.get(Consent.kind == "third_party_charge")
    assert "Fremdhardware" in kept.wording
    assert kept.language == "de"
    assert Case.get().outcome == "chargeable_service"


def test_what_is_not_ours_or_has_helped_makes_no_case(owner: Page, address: str, business: Business):
    """Rules T1, T2: the portal says who helps instead; a quick check that helped ends well."""
    begin_report(owner, address, business.device)
    choose(owner, "topic", "card_terminal")
    go_on(owner)
    choose(owner, "server_affected", "no")
    go_on(owner)
    assert headline(owner) == "Beim EC-Terminal hilft die Hotline des Terminals"
    press(owner, "Antwort ändern")  # it was the server after all
    press(owner, "Zurück")
    choose(owner, "topic", "server")
    go_on(owner)
    answer_checks(owner, restart="", helped="yes")
    assert headline(owner) == "Schön, dass die Kasse wieder geht"
    press(owner, "Fertig")
    assert address_part(owner) == "/"
    assert Case.select().count() == 0


def test_a_device_bought_before_2020_waits_for_staff_who_ask_back(
    owner: Page, desk: Page, address: str, business: Business
):  # rules W2, S1, S6
    business.device.purchased_on = date(2019, 6, 3)
    business.device.save()
    begin_report(owner, address, business.device)
    choose(owner, "topic", "server")
    go_on(owner)
    answer_checks(owner)
    _describe(owner)
    for question, value in [("running", "no"), ("when", "unknown"), ("entered", "unknown"), ("wanted", "no")]:
        choose(owner, question, value)
        go_on(owner)
    go_on(owner)  # the address is known
    assert "keine Ersatzteile" in headline(owner)
    assert accept_all(owner) >= 1
    go_on(owner)
    press(owner, "Meldung absenden")
    expect(owner.locator("main")).to_contain_text("Bitte noch nichts einschicken")
    number = number_on(owner)
    sign_in(desk, address, business.staff)
    desk.goto(f"{address}/staff/cases/{number}")
    expect(desk.locator("#pane")).to_contain_text("Vor 2020 gekauft")
    question = desk.get_by_label("Ihre Frage an den Salon")
    if not question.is_visible():
        desk.locator("#pane summary", has_text="Beim Salon nachfragen").click()
    question.fill("Sollen wir nur die Daten auslesen?")
    press(desk, "Beim Salon nachfragen", within=desk.locator("#pane"))
    owner.goto(f"{address}/cases/{number}")
    assert headline(owner) == "Wir haben eine Frage an Sie"
    expect(owner.locator("main")).to_contain_text("Sollen wir nur die Daten auslesen?")
    press(owner, "Antworten")
    owner.get_by_label("Ihre Antwort").fill("Ja, bitte nur auslesen.")
    press(owner, "Antwort senden")
    desk.goto(f"{address}/staff/")
    expect(desk.locator(".rows > li").first).to_contain_text("Ja, bitte nur auslesen.")


def test_a_case_is_cancelled_only_after_asking(owner: Page, address: str, business: Business):  # rule S2
    case = builders.a_sent_case(business.device, business.owner, clock.now())
    owner.goto(f"{address}/cases/{case.number}")
    press(owner, "Vorgang abbrechen")
    press(owner, "Nein, zurück")
    press(owner, "Vorgang abbrechen")
    press(owner, "Ja, abbrechen")
    assert headline(owner) == "Dieser Vorgang ist abgebrochen"
    late = builders.a_sent_case(business.device, business.owner, clock.now())
    owner.goto(f"{address}/cases/{late.number}/cancel")
    cases.receive(late, by=business.staff, now=clock.now())
    press(owner, "Ja, abbrechen")
    expect(owner.locator(".flash.stop")).to_contain_text("in der Zwischenzeit etwas geändert")
    assert "angekommen" in headline(owner)


def test_a_link_for_moving_is_only_to_look_and_ends(
    owner: Page, desk: Page, address: str, business: Business, till: str
):  # rules L1, L5, L9
    owner.goto(f"{address}/links/new")
    go_on(owner)
    choose(owner, "reason", "moving")
    go_on(owner)
    choose(owner, "when", "at")
    fill_moment(owner, "at", clock.now() - timedelta(hours=1))
    go_on(owner)
    choose(owner, "upload", "no")
    go_on(owner)
    choose(owner, "entered", "yes")
    go_on(owner)
    expect(owner.locator("main")).to_contain_text("Vermutlich ein Ersatzlink nur zum Ansehen")
    expect(owner.locator(".t-axis")).to_contain_text("nur auf dem Server")
    go_on(owner)
    assert accept_all(owner) == 3
    press(owner, "Anfrage senden")
    assert headline(owner) == "Ihr Ersatzlink ist angefragt"
    link = SubstituteLink.get()
    _grant_to_look(desk, address, business, link, till)
    owner.goto(f"{address}/links/{link.id}")
    press(owner, "Ersatzlink öffnen")
    expect(owner.locator("main")).to_contain_text("Belegsperre")
    press(owner, "Jetzt nur ansehen")
    owner.wait_for_url(till)
    owner.goto(f"{address}/links/{link.id}")
    press(owner, "Ersatzlink beenden")
    press(owner, "Ja, beenden")
    over = owner.goto(f"{address}/l/{door_token(SECRET, link.id, SubstituteLink.get().generation)}")
    assert over is not None
    assert over.status == 410
    assert headline(owner) == "Der Salon hat diesen Ersatzlink beendet"


def _grant_to_look(desk: Page, address: str, business: Business, link: SubstituteLink, till: str) -> None:
    """Try a full link first: data is missing, so it is refused (rule L5)."""
    sign_in(desk, address, business.staff)
    desk.goto(f"{address}/staff/links/{link.id}")
    pane = desk.locator("#pane")
    pane.locator("label", has_text="nein").click()
    pane.get_by_label("Begründung zur Sicherung").fill("Laut Salon wurde danach kassiert.")
    pane.get_by_label("Adresse der digitalen Kasse").fill(till)
    press(desk, "Vollen Link geben", within=pane)
    expect(desk.locator(".mistakes").first).to_contain_text("nur, wenn alle Daten in der Sicherung sind")
    assert SubstituteLink.get().state == "requested"
    press(desk, "Nur ansehen", within=pane)
    expect(desk.locator(".flashes")).to_contain_text("Ersatzlink freigegeben")
    assert SubstituteLink.get().mode is Mode.VIEW_ONLY


def test_the_language_changes_and_stays(owner: Page, address: str, business: Business):  # rule P5
    owner.goto(f"{address}/help")
    press(owner, "English", within=owner.locator("footer"))
    assert address_part(owner) == "/help"
    assert owner.locator("html").get_attribute("lang") == "en"
    owner.goto(address)
    assert "till" in headline(owner).lower()
    owner.goto(f"{address}/cases")
    assert "Vorgänge" not in owner.locator("main").inner_text()
    press(owner, "Deutsch", within=owner.locator("footer"))
    assert owner.locator("html").get_attribute("lang") == "de"
