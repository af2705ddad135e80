"""Who gets which paper, and does it tell of the case as it is?  Rules P1, R1, C5, W3, P4, O1–O4."""

from datetime import date, timedelta
from io import BytesIO

import pypdfium2
import pytest
import time_machine
from flask_login import login_user

from portal.actions import cases, packing, quotes, readouts, swaps
from portal.actions.parcels import PartRecord
from portal.actions.swaps import SwapRecord
from portal.models import Case, ParcelItem, Quote
from portal.rules.links import Mode
from portal.rules.parcel import Arrival, Part
from portal.rules.workshop import SwapPart
from portal.web.papers import offered
from tests import builders
from tests.builders import NOW
from tests.queries import counted

OLD, NEW = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2, "00112233445566778899aabbccddeeff" * 2
LATER = NOW + timedelta(days=3)

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def some_days_later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def device(owner):
    return builders.a_device(builders.a_salon(owner.customer), serial="KS4-77")


def words(answer):
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    with pypdfium2.PdfDocument(BytesIO(answer.data)) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def a_case_going_home(device, owner):
    parts = (
        PartRecord(Part.SERVER, serial="KS4-77"),
        PartRecord(Part.POWER_CABLE, Arrival.MISSING),
        PartRecord(Part.LAN_CABLE),
        PartRecord(Part.TSE_USB, tse_serial=OLD, bsi_number="BSI-K-TR-0490-2021"),
        PartRecord(Part.PRINTER, Arrival.UNEXPECTED),
    )
    sent = builders.a_sent_case(device, owner)
    ready = builders.a_case_ready_to_return(sent, parts=parts)
    return builders.a_case_on_its_way_back(ready)


def test_the_return_note_lists_what_is_in_the_parcel(signed_in, device, owner):  # rules R1, R3, C4a, C5
    case = a_case_going_home(device, owner)
    answer = signed_in.get(f"/cases/{case.number}/return-note.pdf")
    assert f"Ruecksendeschein-{case.number}.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cache-Control"] == "no-store"
    text = words(answer)
    for told in ("Noch nicht benutzen!", "Seriennummer KS4-77", "Bondrucker", "BSI-K-TR-0490-2021",
                 "0f1e2d3c 4b5a6978", "DHL, Sendungsnummer 00340434161094042557", "keinen Fehler gefunden",
                 "Das ist nicht bei uns angekommen"):  # fmt: skip
        assert told in text
    with time_machine.travel(LATER + timedelta(days=5), tick=False):
        assert signed_in.get(f"/cases/{case.number}/return-note.pdf").data == answer.data


def test_there_is_no_return_note_before_the_parcel_is_ready(signed_in, device, owner):  # rule R1
    case = builders.a_case_checked_in(builders.a_sent_case(device, owner))
    for paper in ("return-note", "quote", "facts"):
        assert signed_in.get(f"/cases/{case.number}/{paper}.pdf").status_code == 404


def test_a_quote_is_printed_as_it_was_sent_whatever_changes_later(signed_in, device, owner):  # rules W3, P4
    device = builders.a_device(device.salon, purchased_on=date(2023, 5, 2))
    case = builders.a_case_with_quote(device, owner)
    first = signed_in.get(f"/cases/{case.number}/quote.pdf")
    text = words(first)
    for told in (
        "Arbeit 1",
        "200,00 €",
        "38,00 €",
        "238,00 €",
        "5. Dezember 2026",
        "Schweigen ist keine Annahme",
    ):
        assert told in text
    builders.an_operator(company="Anders GmbH", phone="+49 1")
    again = signed_in.get(f"/cases/{case.number}/quotes/1.pdf")
    assert again.data == first.data
    assert signed_in.get(f"/cases/{case.number}/quotes/2.pdf").status_code == 404


def test_a_draft_is_no_quote_yet(signed_in, device, owner):  # rule P4
    device = builders.a_device(device.salon, purchased_on=date(2023, 5, 2))
    case, staff = builders.a_chargeable_case(device, owner), builders.a_staff_member()
    quotes.save_draft(case, builders.an_offer(), revision=0, by=staff, now=NOW)
    assert Quote.draft(case)
    assert signed_in.get(f"/cases/{case.number}/quote.pdf").status_code == 404
    assert signed_in.get(f"/cases/{case.number}/quotes/1.pdf").status_code == 404


def test_a_swap_of_server_board_or_tse_has_a_facts_sheet(signed_in, device, owner):  # rules O2, O3
    staff = builders.a_staff_member()
    case = builders.a_case_in_repair(device, owner, staff=staff)
    swaps.swap(case, SwapRecord(SwapPart.POWER_SUPPLY, new_serial="N1"), by=staff, now=NOW)
    assert signed_in.get(f"/cases/{case.number}/facts.pdf").status_code == 404
    record = SwapRecord(
        SwapPart.TSE, old_serial=OLD, new_serial=NEW, old_bsi_number="BSI-K-TR-0490-2021",
        new_bsi_number="BSI-K-TR-0612-2024", out_of_service_on=date(2026, 11, 21),
    )  # fmt: skip
    swaps.swap(Case.get_by_id(case.id), record, by=staff, now=NOW)
    text = words(signed_in.get(f"/cases/{case.number}/facts.pdf"))
    for told in ("0f1e2d3c 4b5a6978", "00112233 44556677", "BSI-K-TR-0612-2024", "21. November 2026"):
        assert told in text
    assert "Netzteil" not in text


def test_the_outage_record_tells_of_server_link_and_lock(signed_in, app, device, owner):  # rules O1, L5, L6
    staff, hour = builders.a_staff_member(), timedelta(hours=1)
    case = builders.a_sent_case(device, owner)
    link = builders.a_link_request(case=case, now=NOW, entered_since=True)
    link = builders.an_active_link(link=link, mode=Mode.VIEW_ONLY, now=NOW + hour, staff=staff)
    case = builders.a_case_checked_in(Case.get_by_id(case.id), now=NOW + 2 * hour, staff=staff)
    link = readouts.read_out(type(link).get_by_id(link.id), by=staff, now=NOW + 3 * hour)
    readouts.load(link, by=staff, now=NOW + 4 * hour, till_unlocked=True)
    answer = signed_in.get(f"/cases/{case.number}/outage-record.pdf")
    text = words(answer)
    for told in ("Haarwerk GmbH", "Seriennummer KS4-77", "21.11.2026, 9:58 Uhr (Server zuletzt online",
                 "Störung gemeldet", "Kassenserver beim Support angekommen", "Datenbank ausgelesen",
                 "21.11.2026, 11:14 Uhr 21.11.2026, 14:14 Uhr nur ansehen, mit Belegsperre",
                 "21.11.2026, 14:14 Uhr läuft noch voller Link",
                 "Belegsperre aufgehoben: 21.11.2026, 14:14 Uhr", "TSE außer Betrieb",
                 "Stand: 21.11.2026, 14:14 Uhr – Ausfall dauert an"):  # fmt: skip
        assert told in text, told
    with time_machine.travel(LATER + timedelta(days=4), tick=False):
        assert signed_in.get(f"/cases/{case.number}/outage-record.pdf").data == answer.data
    led = signed_in.get(f"/links/{link.id}/outage-record.pdf")
    assert led.location == f"/cases/{case.number}/outage-record.pdf"


def test_an_ended_case_has_an_end_in_its_record(signed_in, device, owner):  # rule O1
    case = cases.cancel(builders.a_case(device, owner), by=owner, now=NOW + timedelta(hours=1))
    text = words(signed_in.get(f"/cases/{case.number}/outage-record.pdf"))
    assert "21.11.2026, 11:14 Uhr, Vorgang abgebrochen" in text
    assert "Ausfall dauert an" not in text


def test_a_link_alone_has_a_record_of_its_own(signed_in, device, owner):  # rule O1
    link = builders.an_active_link(device, link=builders.a_link_request(device, owner))
    answer = signed_in.get(f"/links/{link.id}/outage-record.pdf")
    assert f"Ausfallprotokoll-Ersatzlink-{link.id}.pdf" in answer.headers["Content-Disposition"]
    text = words(answer)
    for told in (f"Ersatzlink {link.id}", "KS4-77", "voller Link", "Ersatzlink eingerichtet"):
        assert told in text


def test_the_kit_is_for_everybody_and_has_the_number_of_a_case(signed_in, app, device, owner):  # rule O4
    stranger = app.test_client()
    start = stranger.page("/")
    assert "/kit.pdf" in start.links
    assert "/kit.pdf" in stranger.page("/help").links
    assert "Hier eintragen" in words(stranger.get("/kit.pdf"))
    stranger.send(stranger.get("/"), {}, form="/language", button=("language", "en"))
    assert b"/Lang (en)" in stranger.get("/kit.pdf").data  # rule P5
    case = builders.a_case(device, owner)
    grouped = f"{case.number[:3]}-{case.number[3:6]}-{case.number[6:9]}-{case.number[9]}"
    assert grouped in words(signed_in.get(f"/cases/{case.number}/kit.pdf"))


PAPERS = ["slip", "return-note", "quote", "quotes/1", "outage-record", "facts", "kit"]


def test_papers_are_for_their_own_people_and_for_staff(app, device, owner, sign_in):  # rule P1
    case = a_case_going_home(device, owner)
    addresses = [f"/cases/{case.number}/{paper}.pdf" for paper in PAPERS]
    link = builders.a_link_request(builders.a_device(device.salon), owner)
    addresses.append(f"/links/{link.id}/outage-record.pdf")
    nobody, stranger, staff = app.test_client(), app.test_client(), app.test_client()
    sign_in(stranger, builders.an_owner())
    sign_in(staff, builders.a_staff_member())
    for address in addresses:
        assert nobody.get(address).status_code == 302
        assert stranger.get(address).status_code == 404
    for paper in ("return-note", "outage-record", "kit"):
        assert staff.get(f"/cases/{case.number}/{paper}.pdf").status_code == 200


def test_a_slip_that_no_longer_holds_is_not_offered_for_the_parcel(app, device, owner):  # rule C2b
    case = builders.a_case(device, owner)
    with app.test_request_context():
        login_user(owner)
        assert offered(case)[0].hint == "fürs Paket"
        with time_machine.travel(NOW + timedelta(days=31), tick=False):
            assert offered(case)[0].hint == "abgelaufen"


def test_a_case_names_the_papers_there_are_for_it(signed_in, app, device, owner):  # rules C2, R1, O1, O4
    case = a_case_going_home(device, owner)
    with app.test_request_context():
        login_user(owner)
        with counted() as queries:
            found = offered(case)
    assert [one.url.rsplit("/", 1)[1] for one in found] == ["return-note.pdf", "outage-record", "kit.pdf"]
    assert len(queries) <= 2
    for one in found:
        assert signed_in.get(one.url).status_code == 200


def test_a_paper_speaks_the_language_of_its_case(signed_in, device, owner):  # rule P5
    case = builders.a_case(device, owner)
    Case.update(language="en").where(Case.id == case.id).execute()
    answer = signed_in.get(f"/cases/{case.number}/outage-record.pdf")
    assert b"/Lang (en)" in answer.data


def test_a_kept_part_is_said_to_stay(signed_in, device, owner):  # rule C5
    case = builders.a_case_ready_to_return(builders.a_sent_case(device, owner))
    staff = builders.a_staff_member()
    cable = next(item for item in ParcelItem.of_case(case) if item.part is Part.LAN_CABLE)
    packing.keep(cable, "Kabelbruch", by=staff, now=NOW)
    text = words(signed_in.get(f"/cases/{case.number}/return-note.pdf"))
    assert "LAN-Kabel zwischen Server und Router: bleibt bei uns. Kabelbruch" in text
