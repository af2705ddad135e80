"""A repair that costs something, by hand on both sides: accepted, declined, and never answered.

Nothing is repaired before the owner has accepted, nothing is ever accepted by silence.  Rules W3, P4, R5.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.actions import reminders
from portal.models import Case, Consent, Quote
from portal.outside import clock
from portal.rules.quotes import QuoteState
from tests import builders
from tests.journeys.people import accept_all, headline, press
from tests.journeys.workshop import (
    Sides,
    bring_home,
    confirm_arrival,
    now_of,
    on,
    past,
    put_into_service,
    told,
    unfold,
)

LETTERS = ["quote_declined", "on_its_way_back", "appointment_booked", "commissioned"]
WARRANTY_OVER = timedelta(days=900)


@pytest.fixture
def chargeable(sides: Sides) -> Case:
    """Make a case out of warranty whose repair staff have decided to be chargeable (rules W0, W3)."""
    business, now = sides.business, clock.now()
    business.device.purchased_on = (now - WARRANTY_OVER).date()
    business.device.save()
    return builders.a_chargeable_case(business.device, business.owner, now, business.staff)


@on("postgresql", javascript=False)
def test_an_accepted_quote_is_kept_to_or_asked_anew(sides: Sides, chargeable: Case):  # rules W3, P4, S7
    case = chargeable
    _write_and_send(sides, case, "Festplatte 480 GB, mit Einbau", "200,00")
    sides.read(case, "Ihr Kostenvoranschlag ist da", "Sie sind dran", "Kostenvoranschlag liegt vor")
    expect(sides.phone.locator("#quote")).to_contain_text("238,00")
    _accept(sides, case)
    sides.read(case, "angenommen", "Wir sind dran", "Kostenvoranschlag angenommen")
    assert "238,00" in sides.papers(case, "quote")["quote"]
    sides.take_step(case, "Reparatur beginnen")
    pane = sides.desk_opens(case).locator("#pane")
    pane.locator("[name=final_amount]").fill("270,00")  # more than 10 % above
    press(sides.desk, "Bereit zum Rückversand", within=pane)
    expect(pane).to_contain_text("mehr als 10 % über dem angenommenen Kostenvoranschlag")
    assert now_of(case).state == "in_repair"
    _write_again(sides, case)
    sides.read(case, "Ihr Kostenvoranschlag ist da", "Sie sind dran", "Kostenvoranschlag liegt vor")
    _accept(sides, case)
    sides.take_step(case, "Reparatur beginnen")
    sides.take_step(case, "Bereit zum Rückversand", final_amount="270,00")
    bring_home(case, sides.business)
    put_into_service(case, sides.business)
    sides.read(case, "Ihr Kassenserver ist wieder in Betrieb", "Abgeschlossen", "Wieder in Betrieb")
    expect(sides.phone.locator("#work")).to_contain_text("270,00")
    assert [one.state for one in Quote.of_case(case)] == [QuoteState.ACCEPTED, QuoteState.ACCEPTED]
    events = told(sides.business)
    assert events.count("quote_sent") == events.count("quote_accepted") == 2
    assert events.count("in_repair") <= 1, "once is enough: re-entering sends no second mail (S6)"


def _write_and_send(sides: Sides, case: Case, text: str, net: str) -> None:
    """Write one position, look at it as the salon will, and send it (rule W3)."""
    desk = sides.desk_opens(case)
    press(desk, "Kostenvoranschlag schreiben", within=desk.locator("#pane"))
    desk.get_by_label("Text an den Salon").fill("Die Festplatte ist defekt.")
    _fill_and_send(desk, text, net)


def _fill_and_send(desk: Page, text: str, net: str) -> None:
    desk.locator("[name=text_1]").fill(text)
    desk.locator("[name=amount_1]").fill(net)
    press(desk, "Speichern und Vorschau")
    expect(desk.locator(".preview")).to_contain_text(text)
    press(desk, "An den Salon schicken")
    expect(desk.locator(".flashes")).to_be_visible()


def _write_again(sides: Sides, case: Case) -> None:
    """Ask anew before more is done (rule P4)."""
    desk = sides.desk_opens(case, "/quote")
    expect(desk.locator("main")).to_contain_text("Höchstens 261,80")
    unfold(desk, "Neuen Kostenvoranschlag schreiben")
    _fill_and_send(desk, "Festplatte 960 GB, mit Einbau", "226,89")


def _accept(sides: Sides, case: Case) -> None:
    """Read it, go on, and only then agree to the very wording that is kept (rules P4, S7)."""
    phone = sides.owner_opens(case)
    press(phone, "Ansehen und entscheiden")
    number = Quote.unanswered(case)
    press(phone, "Annehmen")
    assert headline(phone) == "Kostenvoranschlag annehmen"
    press(phone, "Verbindlich annehmen")  # without the tick
    expect(phone.locator(".mistakes")).to_be_visible()
    assert Quote.get_by_id(number.id).state is QuoteState.SENT
    wording = " ".join(phone.locator(".ticks-card label").inner_text().split())
    assert accept_all(phone) == 1
    press(phone, "Verbindlich annehmen")
    expect(phone.locator("main")).to_contain_text("angenommen")
    kept = Quote.get_by_id(number.id).consent
    assert " ".join(kept.wording.split()) == wording
    assert kept.amount_cents == number.total_cents


@on("sqlite")
def test_a_declined_quote_brings_the_server_home_unrepaired(sides: Sides, chargeable: Case):
    """Rules W3, P4, R1: it goes back as it was, and still ends in an appointment."""
    case = builders.a_case_with_quote(case=chargeable, staff=sides.business.staff, now=clock.now())
    phone = sides.owner_opens(case)
    press(phone, "Ansehen und entscheiden")
    press(phone, "Ablehnen")
    phone.get_by_label("Möchten Sie uns sagen, warum?").fill("Wir kaufen lieber neu.")
    assert accept_all(phone) == 1
    press(phone, "Verbindlich ablehnen")
    expect(phone.locator("main")).to_contain_text("abgelehnt")
    sides.read(case, "Wir reparieren Ihren Kassenserver nicht", "Wir sind dran", "abgelehnt")
    expect(sides.desk.locator("main")).to_contain_text("Wir kaufen lieber neu.")
    expect(sides.desk.get_by_role("button", name="Reparatur beginnen")).to_have_count(0)
    sides.take_step(case, "Bereit zum Rückversand")
    bring_home(case, sides.business)
    sides.read(case, "ist unrepariert auf dem Rückweg", "Der Paketdienst ist dran", "Unterwegs zum Salon")
    expect(phone.locator("#not-yet")).to_contain_text("Benutzen Sie diesen Kassenserver nicht")
    confirm_arrival(phone)
    sides.read(case, "ist unrepariert zurück im Salon", "Sie sind dran", "Im Salon angekommen")
    _book_at_the_desk(sides, case)
    sides.read(case, "Ihr Termin mit uns", "Wir sind dran", "Termin zur Inbetriebnahme steht")
    put_into_service(case, sides.business)
    sides.read(case, "Dieser Vorgang ist abgeschlossen", "Abgeschlossen", "Wieder in Betrieb")
    for unsaid in ("wieder in Betrieb", "Kostenpflichtig"):  # nothing was done, nothing is charged
        expect(phone.locator("main")).not_to_contain_text(unsaid)
    sides.papers(case, "quote", "return-note", "outage-record")
    events = [one for one in told(sides.business) if one in LETTERS]
    assert events == LETTERS, told(sides.business)


def _book_at_the_desk(sides: Sides, case: Case) -> None:
    """The salon calls: one press on a free time books it (rule R4)."""
    desk = sides.desk_opens(case)
    press(desk, "Termin zur Inbetriebnahme vereinbaren", within=desk.locator("#pane"))
    expect(desk.locator("main")).to_contain_text("nie im Hintergrund")  # rule T8
    desk.locator(".slots button").first.click()
    expect(desk.locator("main")).to_contain_text("Inbetriebnahme")


@on("sqlite")
def test_a_quote_that_nobody_answers_lapses_and_is_never_accepted(
    sides: Sides, chargeable: Case, run_command: Callable
):  # rules W3, P4, S4
    business, long_ago = sides.business, clock.now() - timedelta(days=20)
    case = builders.a_case_with_quote(case=chargeable, staff=business.staff, now=long_ago)
    quote = Quote.unanswered(case)
    reminders.remind_due(now=quote.valid_until - timedelta(days=2))  # the worker's round of that day
    phone = sides.owner_opens(case, "/quote")
    assert headline(phone) == "Der Kostenvoranschlag ist abgelaufen"
    expect(phone.get_by_role("link", name="Annehmen")).to_have_count(0)
    phone.goto(f"{sides.address}/cases/{case.number}/quote/1/accept")  # an old bookmark
    expect(phone.get_by_role("button", name="Verbindlich annehmen")).to_have_count(0)
    run_command("worker", "--once")
    assert Quote.get_by_id(quote.id).state is QuoteState.LAPSED
    assert Consent.select().where(Consent.case == case, Consent.kind == "quote_accepted").count() == 0
    sides.read(case, "Wir reparieren Ihren Kassenserver nicht", "Wir sind dran", "abgelehnt")
    sides.take_step(case, "Bereit zum Rückversand")
    bring_home(case, business)
    put_into_service(case, business)
    sides.read(case, "Dieser Vorgang ist abgeschlossen", "Abgeschlossen", "Wieder in Betrieb")
    assert past(case)[-7:] == [
        "send_quote", "lapse_quote", "make_ready", "dispatch", "confirm_delivery", "book_commissioning",
        "commission",
    ]  # fmt: skip
    events = told(business)
    for event in ("quote_sent", "quote_ends_soon", "quote_lapsed"):
        assert events.count(event) == 1, events
