"""The parcel's way from the counter to a commissioned server, by hand on both sides: repaired under warranty.

Also a TSE that was swapped, and one that turns up late.  Rules C4, C4a, C5, W0, R1-R5, O1, O2, S4.
"""

import email
import re
from collections.abc import Callable
from datetime import timedelta
from email import policy
from pathlib import Path

from playwright.sync_api import expect

from portal.models import Appointment, Case, Consent
from portal.outside import clock
from portal.rules.appointments import AppointmentState
from portal.rules.parcel import Part
from tests import builders
from tests.journeys.people import accept_all, choose, headline, press
from tests.journeys.workshop import (
    BACK,
    BSI,
    TICKS,
    TSE,
    Sides,
    book,
    confirm_arrival,
    dispatch,
    line_of,
    now_of,
    on,
    pack,
    past,
    put_into_service,
    save,
    tick,
    ticked,
    told,
    unfold,
)

SERVER, POWER, LAN = "Kassenserver", "Netzkabel des Kassenservers", "LAN-Kabel zwischen Server und Router"
PRINTER, STICK = "Bondrucker", "Swissbit-TSE (USB-Stick)"


@on("sqlite")
def test_a_parcel_with_a_part_missing_and_one_too_many_goes_all_the_way(
    sides: Sides, run_command: Callable, environment: dict[str, str]
):  # rules C4, C5, W0, R1, R3, R4, R5, S4
    business, now = sides.business, clock.now()
    case = builders.a_sent_case(business.device, business.owner, now - timedelta(days=2))
    _check_in(sides, case)
    _hear_what_is_missing(sides, case)
    sides.take_step(case, "Prüfung beginnen")
    _bring_the_cable(sides, case)
    sides.read(case, "Wir prüfen Ihren Kassenserver", "Wir sind dran", "Wird geprüft")
    _decide_and_repair(sides, case)
    _send_back_all_that_came(sides, case)
    _arrive(sides, case)
    _pick_a_time(sides, case)
    sides.read(case, "Ihr Termin zur Inbetriebnahme", "Wir sind dran", "Termin zur Inbetriebnahme")
    _put_into_service(sides, case)
    _say_how_it_was(sides, case)
    assert told(business) == [
        "released", "parcel_incomplete", "parcel_complete", "in_repair", "on_its_way_back",
        "appointment_booked", "appointment_cancelled", "commissioned",  # done before: off their calendars
    ]  # fmt: skip
    run_command("worker", "--once")
    _find_the_letters(Path(environment["PORTAL_MAIL_FOLDER"]), case)


def _check_in(sides: Sides, case: Case) -> None:
    """Scan the slip's address, and press once for each part; the TSE with its numbers (rules C4, C4a)."""
    desk = sides.desk
    desk.goto(f"{sides.address}/staff/check-in")
    expect(desk.get_by_label("Nummer vom Karton oder Begleitschein")).to_be_focused()
    desk.keyboard.type(f"{sides.address}/cases/{case.number}")
    desk.keyboard.press("Enter")  # as a hand scanner does
    choose(desk, "part_power_cable", "missing")
    unfold(desk, "Noch etwas im Paket?")
    desk.locator(".folds").get_by_text(PRINTER, exact=True).click()
    unfold(desk, "Seriennummern eintragen")
    desk.get_by_label("Seriennummer der TSE").fill(TSE)
    desk.get_by_label("BSI-Nummer der TSE").fill(BSI)
    desk.get_by_label("Lagerplatz").fill("Regal 4")
    press(desk, "Paket annehmen", within=desk.locator(".found"))
    expect(desk.locator(".flashes")).to_contain_text("Der Salon erfährt per E-Mail, was fehlt")


def _hear_what_is_missing(sides: Sides, case: Case) -> None:
    """The owner reads at once what is missing and where to send it (rule C4)."""
    sides.read(case, "Ihr Kassenserver ist bei uns angekommen", "Wir sind dran", "Bei uns angekommen")
    expect(sides.phone.locator("main")).not_to_contain_text("Sie müssen nichts tun")
    missing = sides.phone.locator("#missing-parts")
    expect(missing).to_contain_text("Sie sind dran")
    expect(missing).to_contain_text(POWER)
    expect(missing).to_contain_text("51465 Bergisch Gladbach")
    expect(missing).not_to_contain_text(LAN)


def _bring_the_cable(sides: Sides, case: Case) -> None:
    """A second parcel with the same number: what was missing is here (rule C4)."""
    desk = sides.desk
    desk.goto(f"{sides.address}/staff/check-in")
    desk.get_by_label("Nummer vom Karton oder Begleitschein").fill(case.number.lower())
    press(desk, "Suchen")
    expect(desk.locator(".found")).to_contain_text("schon angenommen")
    press(desk, f"{POWER} ist da", within=desk.locator(".found"))
    expect(desk.locator(".flashes")).to_contain_text(f"{POWER} ist da")
    expect(sides.owner_opens(case).locator("#missing-parts")).to_have_count(0)


def _decide_and_repair(sides: Sides, case: Case) -> None:
    """Nothing is repaired before staff have decided who pays for it (rules W0, W4)."""
    pane = sides.desk_opens(case).locator("#pane")
    expect(pane.get_by_role("button", name="Reparatur beginnen")).to_have_count(0)
    press(sides.desk, "Prüfen und entscheiden", within=pane)
    save(sides.desk, "Entscheidung speichern", decision="warranty", decision_reason="Laut Rechnung")
    save(sides.desk, "Befund speichern", diagnosis="Das Netzteil auf der Platine ist defekt.")
    save(sides.desk, "Datenbank ausgelesen")
    sides.take_step(case, "Reparatur beginnen")
    sides.read(case, "Wir reparieren Ihren Kassenserver", "Wir sind dran", "Wird repariert")
    expect(sides.phone.locator("#work")).to_contain_text("Das Netzteil auf der Platine ist defekt.")
    expect(sides.phone.locator("main")).not_to_contain_text("Laut Rechnung")  # rule S6
    sides.take_step(case, "Bereit zum Rückversand")


def _send_back_all_that_came(sides: Sides, case: Case) -> None:
    """The parcel does not leave while anything that came is left, the TSE first of all (rules C5, C4a)."""
    desk = sides.desk_opens(case)
    press(desk, "Einpacken und verschicken", within=desk.locator("#pane"))
    assert headline(desk) == "Packliste"
    pack(desk, SERVER, POWER, LAN)
    left = desk.locator("section[aria-labelledby=send]")
    expect(left.locator("li").first).to_contain_text(STICK)
    expect(left).to_contain_text(f"{PRINTER} (nicht eingepackt)")
    expect(desk.get_by_role("button", name="Abgeschickt")).to_have_count(0)
    pack(desk, PRINTER, STICK)
    _try_behind_a_colleagues_back(sides, case)
    pack(desk, STICK)
    dispatch(desk)
    sides.read(case, "ist auf dem Rückweg", "Der Paketdienst ist dran", "Unterwegs zum Salon")
    expect(sides.phone.locator(f'main a[href*="{BACK}"]').first).to_be_visible()
    note = sides.papers(case, "return-note")["return-note"]
    for wanted in (PRINTER, TSE[:8], POWER, "Inbetriebnahme"):
        assert wanted in note, f"{wanted!r} is not on the return note:\n{note}"


def _try_behind_a_colleagues_back(sides: Sides, case: Case) -> None:
    """Press dispatch on a page on which all is packed, after a colleague took the TSE back (S3, C5)."""
    colleague = sides.desk.context.new_page()
    colleague.goto(f"{sides.address}/staff/cases/{case.number}/parcel")
    press(colleague, f"{STICK} zurücknehmen")
    expect(line_of(colleague, STICK)).not_to_have_class(re.compile("done"))
    colleague.close()
    dispatch(sides.desk)
    expect(sides.desk.locator("[role=alert]").first).to_contain_text(f"darf noch nicht weg: {STICK}")
    assert now_of(case).state == "ready_to_return"


def _arrive(sides: Sides, case: Case) -> None:
    """Confirm the arrival after reading that the server stays out of use (rules R1, R3, S7)."""
    phone = sides.owner_opens(case)
    expect(phone.locator("#not-yet")).to_contain_text("Kassenserver noch nicht benutzen")
    confirm_arrival(phone)
    sides.read(case, "Ihr Kassenserver ist zurück im Salon", "Sie sind dran", "Im Salon angekommen")
    kept = Consent.get(Consent.case == case, Consent.kind == "not_before_commissioning")
    assert (kept.account, kept.language) == (sides.business.owner, "de")


def _pick_a_time(sides: Sides, case: Case) -> None:
    """Book the first free time, and take it into the calendar (rules R4, T7, T8)."""
    phone = sides.owner_opens(case)
    press(phone, "Termin aussuchen")
    at = book(phone)
    press(phone, "Termin buchen")
    assert headline(phone) == "Ihr Termin"
    expect(phone.locator(".when-large")).to_contain_text(at)
    file = phone.get_by_role("link", name="In den Kalender eintragen").get_attribute("href")
    entry = phone.request.get(sides.address + file)
    assert entry.headers["content-type"].startswith("text/calendar")
    for wanted in ("BEGIN:VEVENT", "BEGIN:VALARM", "Europe/Berlin", case.number):
        assert wanted in entry.text().replace("-", "").replace("\r\n ", "") or wanted in entry.text()
    sides.desk.goto(f"{sides.address}/staff/calendar?day={Appointment.get().starts_at:%Y-%m-%d}")
    expect(sides.desk.locator("main")).to_contain_text(sides.business.salon.name)


def _put_into_service(sides: Sides, case: Case) -> None:
    desk = sides.desk_opens(case)
    press(desk, "Zur Inbetriebnahme", within=desk.locator("#pane"))
    tick(desk, TICKS[0])
    phone = sides.owner_opens(case)
    assert headline(phone) == "Wir nehmen Ihren Kassenserver gerade in Betrieb"
    expect(phone.locator("#not-yet")).to_be_visible()  # until the list is done (rule R1)
    tick(desk, *TICKS[1:])
    press(desk, "Abschließen")
    expect(desk.locator("main")).to_contain_text("Der Vorgang ist abgeschlossen")


def _say_how_it_was(sides: Sides, case: Case) -> None:
    """The closing page has all that was done, all papers, and a question (rules O1, R5)."""
    sides.read(case, "Ihr Kassenserver ist wieder in Betrieb", "Abgeschlossen", "Wieder in Betrieb")
    phone = sides.phone
    expect(phone.locator("#not-yet")).to_have_count(0)
    for paper in ("Rücksendeschein", "Ausfallprotokoll", "Notfallmappe"):
        expect(phone.locator("#documents")).to_contain_text(paper)
    sides.papers(case, "return-note", "outage-record", "kit")
    choose(phone, "score", "5")
    phone.get_by_label("Was war gut").fill("Schnell und freundlich.")
    press(phone, "Antwort schicken")
    expect(phone.locator("#feedback")).to_contain_text("Danke")
    expect(sides.desk_opens(case).locator("#feedback")).to_contain_text("Schnell und freundlich.")
    assert now_of(case).state == "commissioned"
    assert Appointment.get(Appointment.case == case).state is AppointmentState.DONE
    assert past(case)[-8:] == [
        "receive", "start_diagnosis", "start_repair", "make_ready", "dispatch", "confirm_delivery",
        "book_commissioning", "commission",
    ]  # fmt: skip


def _find_the_letters(folder: Path, case: Case) -> None:
    """Each letter left once; what forbids the use and what allows it are said in them (rules S4, R1)."""
    letters = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("*.eml")
    ]
    texts = {letter["Subject"]: letter.get_body(("plain",)).get_content() for letter in letters}
    assert len(texts) == len(letters), [letter["Subject"] for letter in letters]
    missing = next(text for subject, text in texts.items() if "fehlt" in subject)
    assert POWER in missing
    home = next(text for text in texts.values() if BACK in text)
    assert "nicht" in home
    assert "Inbetriebnahme" in home


@on("postgresql")
def test_a_swapped_tse_goes_home_or_is_disposed_of_only_with_consent(sides: Sides):
    """Rules C4a, C5, O2: the old TSE is the salon's, and both are on the packing list."""
    business, now = sides.business, clock.now()
    case = builders.a_case_in_repair(business.device, business.owner, now, business.staff)
    _swap_the_tse(sides, case)
    sides.take_step(case, "Bereit zum Rückversand")
    desk = sides.desk_opens(case, "/parcel")
    expect(line_of(desk, STICK)).to_have_count(2)  # the old one came, the new one was put in
    pack(desk, SERVER, POWER, LAN)
    new = line_of(desk, STICK).filter(has_text="fedcba98")
    press(desk, f"{STICK} einpacken", within=new)
    expect(new).to_have_class(re.compile("done"))
    expect(desk.locator("section[aria-labelledby=send]")).to_contain_text(f"{STICK} (nicht eingepackt)")
    expect(desk.get_by_role("button", name="Abgeschickt")).to_have_count(0)
    _ask_and_agree(sides, case)
    _keep_the_old_one(sides, case)
    dispatch(sides.desk)
    sides.read(case, "ist auf dem Rückweg", "Der Paketdienst ist dran", "Unterwegs zum Salon")
    papers = sides.papers(case, "return-note", "facts")
    for wanted in (NEW_TSE, TSE, BSI, NEW_BSI):
        assert wanted in papers["facts"].replace(" ", ""), papers["facts"]
    assert TSE[:8] not in papers["return-note"].replace(" ", "")
    put_into_service(case, business)
    sides.read(case, "Ihr Kassenserver ist wieder in Betrieb", "Abgeschlossen", "Wieder in Betrieb")
    expect(sides.phone.locator("#documents")).to_contain_text("Datenblatt zum Tausch")
    assert told(business)[-4:] == [
        "tse_disposal_asked", "on_its_way_back", "appointment_booked", "commissioned"
    ]  # fmt: skip


NEW_TSE, NEW_BSI = "fedcba98" * 8, "BSI-K-TR-0491-2022"


def _swap_the_tse(sides: Sides, case: Case) -> None:
    """Record that a new TSE went in; the salon reads it (rule O2)."""
    desk = sides.desk_opens(case, "/workshop")
    unfold(desk, "Getauschtes Teil eintragen")
    save(
        desk, "Getauschtes Teil speichern", part="tse", old_serial=TSE, new_serial=NEW_TSE,
        old_bsi_number=BSI, new_bsi_number=NEW_BSI,
    )  # fmt: skip
    expect(sides.owner_opens(case).locator("#work")).to_contain_text(NEW_TSE)


def _ask_and_agree(sides: Sides, case: Case) -> None:
    """Ask the salon, who agrees in writing: a tick and a press of its own (rules C4a, S7)."""
    press(sides.desk, "Salon fragen, ob wir sie entsorgen dürfen", within=line_of(sides.desk, STICK).first)
    expect(line_of(sides.desk, STICK).first).to_contain_text("noch nicht geantwortet")
    phone = sides.owner_opens(case)
    press(phone, "Über die TSE entscheiden")
    expect(phone.locator("main")).to_contain_text(TSE)
    assert accept_all(phone) == 1
    press(phone, "Zustimmen")
    kept = Consent.get(Consent.case == case, Consent.kind == "tse_disposal")
    assert "entsorgen" in kept.wording


def _keep_the_old_one(sides: Sides, case: Case) -> None:
    desk = sides.desk_opens(case, "/parcel")
    old = line_of(desk, STICK).filter(has_text="zugestimmt")
    old.get_by_role("link", name="Bleibt hier").click()
    desk.get_by_label("Warum bleibt das Teil hier?").fill("Defekt, wird entsorgt")
    press(desk, "Bleibt hier")
    expect(desk.locator("main")).to_contain_text("Defekt, wird entsorgt")


@on("sqlite", javascript=False)
def test_a_case_with_an_outstanding_tse_cannot_be_closed(sides: Sides):
    """Rules C4a, C5, R5: a TSE that turns up in the workshop goes home before the case ends."""
    business, now = sides.business, clock.now()
    case = builders.a_case_at_commissioning(business.device, business.owner, now, business.staff)
    case = ticked(case, 4, by=business.staff)
    desk = sides.desk_opens(case, "/commissioning")
    press(desk, TICKS[-1])
    late = desk.context.new_page()  # a colleague finds the TSE in the drawer
    late.goto(f"{sides.address}/staff/cases/{case.number}/parcel")
    unfold(late, "Ein weiteres Teil erfassen")
    late.get_by_label("Was ist es?").select_option(Part.TSE_USB)
    press(late, "Teil erfassen")
    press(desk, "Abschließen")
    expect(desk.locator("[role=alert]").first).to_contain_text(f"Noch offen: {STICK}")
    expect(desk.get_by_role("button", name="Abschließen")).to_have_count(0)
    assert now_of(case).state == "commissioning_booked"
    sides.read(case, "gerade in Betrieb", "Wir sind dran", "Termin zur Inbetriebnahme steht")
    press(late, f"{STICK} einpacken", within=line_of(late, STICK).last)
    dispatch(late, "")
    expect(late.locator(".flashes")).to_contain_text("nachgeschickt")
    sides.desk_opens(case, "/commissioning")
    press(desk, "Abschließen")
    expect(desk.locator("main")).to_contain_text("Der Vorgang ist abgeschlossen")
    sides.read(case, "Ihr Kassenserver ist wieder in Betrieb", "Abgeschlossen", "Wieder in Betrieb")
    assert told(business)[-2:] == ["parcel_sent_after", "commissioned"]
