"""The other ways through the workshop, by hand on both sides: no fault, not repairable, solved from afar.

Rules R1, R4, R5, T7, T8, S4.
"""

from playwright.sync_api import expect

from portal.models import Appointment, Case
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import AppointmentState, Kind
from tests import builders
from tests.journeys.people import headline, press
from tests.journeys.workshop import (
    Sides,
    book,
    bring_home,
    now_of,
    on,
    past,
    put_into_service,
    told,
)


@on("postgresql")
def test_a_server_without_a_fault_comes_back_and_its_appointment_is_moved(sides: Sides):  # rules R4, R5
    business, now = sides.business, clock.now()
    case = builders.a_case_in_diagnosis(business.device, business.owner, now, business.staff)
    sides.take_step(case, "Kein Fehler gefunden", no_fault="Acht Stunden Dauerlauf, Netzteil gemessen.")
    sides.read(case, "Wir haben keinen Fehler gefunden", "Wir sind dran", "Kein Fehler gefunden")
    expect(sides.phone.locator("main")).to_contain_text("Acht Stunden Dauerlauf")
    sides.take_step(case, "Bereit zum Rückversand")
    bring_home(case, business)
    sides.take_step(case, "Paket ist im Salon angekommen")  # the salon said so on the phone
    phone = sides.owner_opens(case)
    expect(phone.locator("#not-yet")).to_contain_text("Lesen und bestätigen")  # rule R1: still to be read
    _book_far_away(sides, case)
    _move_and_cancel(sides, case)
    sides.read(case, "Ihr Kassenserver ist zurück im Salon", "Sie sind dran", "Im Salon angekommen")
    put_into_service(case, business)
    sides.read(case, "Ihr Kassenserver ist wieder in Betrieb", "Abgeschlossen", "Wieder in Betrieb")
    expect(phone.locator("#work")).to_contain_text("Acht Stunden Dauerlauf")
    assert told(business)[-6:] == [
        "on_its_way_back", "appointment_booked", "appointment_moved", "appointment_cancelled",
        "appointment_booked", "commissioned",
    ]  # fmt: skip


def _book_far_away(sides: Sides, case: Case) -> None:
    """Pick one of the last days that are shown: it can be changed for long."""
    phone = sides.owner_opens(case, "/appointment/commissioning")
    phone.locator(".days a").last.click()
    expect(phone.locator(".days a").last).to_have_attribute("aria-current", "date")
    book(phone)
    press(phone, "Termin buchen")
    assert headline(phone) == "Ihr Termin"


def _move_and_cancel(sides: Sides, case: Case) -> None:
    """Move it to another time, then cancel it: nothing is lost, and both sides are told (rule R4)."""
    phone, before = sides.phone, Appointment.get().starts_at
    press(phone, "Verschieben")
    phone.locator(".days a").nth(3).click()
    expect(phone.locator(".days a").nth(3)).to_have_attribute("aria-current", "date")
    book(phone)
    press(phone, "Termin verschieben")
    expect(phone.locator(".flashes")).to_contain_text("verschoben")
    moved = Appointment.get()
    assert moved.starts_at != before
    press(phone, "Absagen")
    press(phone, "Ja, absagen")
    sides.desk.goto(f"{sides.address}/staff/calendar?view=day&day={berlin.day_of(moved.starts_at)}")
    expect(sides.desk.locator("main")).not_to_contain_text(sides.business.salon.name)


@on("sqlite", javascript=False)
def test_a_server_that_cannot_be_repaired_comes_back_and_stays_out_of_use(sides: Sides):  # rules R1, R5
    business, now = sides.business, clock.now()
    case = builders.a_case_in_repair(business.device, business.owner, now, business.staff)
    sides.take_step(case, "Nicht reparierbar", not_repairable_reason="Die Platine ist gebrochen.")
    sides.read(case, "lässt sich nicht reparieren", "Wir sind dran", "Nicht reparierbar")
    expect(sides.phone.locator("main")).to_contain_text("Die Platine ist gebrochen.")
    sides.take_step(case, "Bereit zum Rückversand")
    bring_home(case, business)
    phone = sides.owner_opens(case)
    expect(phone.locator("#not-yet")).to_contain_text("Er ist nicht repariert")
    assert "nicht repariert" in sides.papers(case, "return-note")["return-note"]
    put_into_service(case, business)
    sides.read(case, "Dieser Vorgang ist abgeschlossen", "Abgeschlossen", "Wieder in Betrieb")
    expect(phone.locator("#next")).to_contain_text("bleibt aus")
    assert past(case)[-6:] == [
        "not_repairable", "make_ready", "dispatch", "confirm_delivery", "book_commissioning", "commission"
    ]  # fmt: skip


@on("sqlite")
def test_a_fault_is_solved_from_afar_in_an_appointment(sides: Sides):  # rules T7, T8, R4
    business, now = sides.business, clock.now()
    builders.a_calendar(Kind.REMOTE)
    builders.a_calendar(Kind.CALL)
    case = builders.a_remote_case(business.device, business.owner, now)
    sides.read(case, "Der Support meldet sich bei Ihnen", "Wir sind dran", "Gemeldet, wird geprüft")
    phone = sides.phone
    press(phone, "Termin aussuchen")
    press(phone, "Fernwartung mit RustDesk")
    book(phone)
    phone.get_by_text("Ihre Nachricht dazu").click()
    phone.get_by_label("Möchten Sie uns dazu etwas sagen?").fill("Bitte zuerst anrufen.")
    press(phone, "Termin buchen")
    sides.read(case, "Ihr Termin zur Fernwartung", "Wir sind dran", "Gemeldet, wird geprüft")
    desk, booked = sides.desk, Appointment.get()
    desk.goto(f"{sides.address}/staff/calendar?view=day&day={berlin.day_of(booked.starts_at)}")
    for wanted in (business.salon.name, "Bitte zuerst anrufen.", "nie im Hintergrund"):
        expect(desk.locator("main")).to_contain_text(wanted)
    sides.take_step(case, "Ohne Einsendung gelöst", solution="Die Kasse ist neu eingerichtet.")
    sides.read(case, "Der Fehler ist ohne Einsenden behoben", "Abgeschlossen", "Ohne Einsendung gelöst")
    expect(phone.locator("main")).to_contain_text("Die Kasse ist neu eingerichtet.")
    expect(phone.locator(".appointment")).to_have_count(0)
    assert now_of(case).state == "solved_remotely"
    assert Appointment.get().state is not AppointmentState.BOOKED
    assert told(business) == [
        "submitted", "appointment_booked", "appointment_cancelled", "solved_remotely"  # solved before it
    ]  # fmt: skip
