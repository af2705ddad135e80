"""The page of a case on its way home, for every way it can take.  Rules C4, R1–R4, W3, L10, S4."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import appointments, arrivals, cases, commissioning, parcels, quotes, workshop
from portal.actions.parcels import PartRecord
from portal.models import Case, Consent, ParcelItem, Quote
from portal.rules.commissioning import Item
from portal.rules.links import Mode
from portal.rules.parcel import Arrival, Part
from portal.rules.workflow import State
from portal.web import wordings
from portal.web.owner.sentences import NOT_YET, SAYINGS
from tests import builders
from tests.clients import page_of
from tests.queries import counted

NOW = builders.NOW
DAY = timedelta(days=1)
R1 = "schwere Fehler in der Kasse"


@pytest.fixture(autouse=True)
def the_same_day():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def staff(app):
    return builders.a_staff_member()


@pytest.fixture
def on_its_way_back(owner, device, staff):
    sent = builders.a_sent_case(device, owner)
    return builders.a_case_on_its_way_back(builders.a_case_ready_to_return(sent, staff=staff), staff=staff)


def unrepaired(owner, device, staff):
    """Make a case whose quote was declined, and whose server is on its way back."""
    case = builders.a_case_with_quote(device, owner, staff=staff)
    given = {**builders.consent("quote_declined"), "amount_cents": None}
    quotes.decline(Quote.unanswered(case), given, by=owner, now=NOW)
    ready = cases.advance(Case.get_by_id(case.id), "make_ready", by=staff, now=NOW)
    return builders.a_case_on_its_way_back(ready, staff=staff)


def of(case):
    return f"/cases/{case.number}"


def test_arrival_is_confirmed_with_the_exact_text_of_rule_r1(signed_in, app, owner, on_its_way_back):
    # rules R1, R3, S7
    case = on_its_way_back
    page = signed_in.get(f"{of(case)}/arrived")
    assert R1 in page_of(page).text
    assert "Mehr bitte nicht" in page_of(page).text
    answer = signed_in.send(page, {"read": "yes"})
    assert page_of(answer).headline == "Ihr Kassenserver ist zurück im Salon"
    with app.test_request_context():
        text = str(wordings.WORDINGS[arrivals.READ].text)
    (kept,) = [one for one in Consent.of_case(case) if one.kind == arrivals.READ]
    assert (kept.wording, kept.language, kept.account_id) == (text, "de", owner.id)
    assert text in page_of(page).text


def test_without_the_tick_nothing_is_confirmed(signed_in, on_its_way_back):  # rule R1
    page = signed_in.get(f"{of(on_its_way_back)}/arrived")
    answer = signed_in.send(page, {})
    assert answer.status_code == 422
    assert page_of(answer).text.count("Bitte bestätigen Sie, dass Sie das gelesen haben.") >= 2
    assert Case.get_by_id(on_its_way_back.id).state is State.ON_ITS_WAY_BACK


def test_confirmed_twice_is_confirmed_once(signed_in, on_its_way_back):  # rule S3
    page = signed_in.get(f"{of(on_its_way_back)}/arrived")
    for _ in range(2):
        assert signed_in.send(page, {"read": "yes"}).status_code == 200
    assert Consent.of_case(on_its_way_back).where(Consent.kind == arrivals.READ).count() == 1


def test_what_staff_confirmed_the_owner_still_reads(signed_in, staff, on_its_way_back):  # rules R1, S3
    page = signed_in.get(f"{of(on_its_way_back)}/arrived")
    arrivals.confirm(on_its_way_back, by=staff, now=NOW)
    assert "/arrived" in " ".join(signed_in.page(of(on_its_way_back)).links)
    assert signed_in.send(page, {"read": "yes"}).status_code == 200
    assert Consent.is_given(on_its_way_back, arrivals.READ)
    assert "/arrived" not in " ".join(signed_in.page(of(on_its_way_back)).links)


def test_there_is_nothing_to_confirm_for_a_server_that_is_not_sent_back(signed_in, owner, device):  # rule R1
    case = builders.a_case(device, owner)
    assert signed_in.get(f"{of(case)}/arrived").status_code == 409
    assert signed_in.get(f"{of(builders.a_case_on_its_way_back())}/arrived").status_code == 404


@pytest.mark.parametrize("state", sorted(NOT_YET))
def test_the_page_is_headed_by_rule_r1_until_the_server_is_in_service(signed_in, owner, device, state):
    # rules R1, R3
    case = builders.a_case(device, owner)
    Case.update(state=state).where(Case.id == case.id).execute()
    text = signed_in.page(of(case)).text
    assert text.index("Kassenserver noch nicht benutzen") < text.index(str(SAYINGS[state].next))
    assert "Strom und Router dürfen Sie schon anschließen, mehr nicht." in text
    assert "Bis dahin arbeiten Sie mit dem Ersatzlink" not in text


@pytest.mark.parametrize(("mode", "said"), [(Mode.FULL, True), (Mode.VIEW_ONLY, False)])
def test_until_then_the_salon_works_with_a_link_that_can_cash(
    signed_in, app, on_its_way_back, mode, said
):  # rule R2
    asked = builders.a_link_request(case=on_its_way_back, entered_since=mode is Mode.VIEW_ONLY)
    builders.an_active_link(link=asked, mode=mode, secret=app.config["SECRET_KEY"])
    text = signed_in.page(of(on_its_way_back)).text
    assert ("Bis dahin arbeiten Sie mit dem Ersatzlink." in text) is said


def test_the_way_back_can_be_followed_at_its_carrier(signed_in, on_its_way_back):  # rule C2b
    text = signed_in.get(of(on_its_way_back)).get_data(as_text=True)
    assert "Zurückgeschickt mit DHL" in text
    assert text.count("https://www.dhl.de/") == 2


def test_a_delivered_server_waits_for_its_appointment(signed_in, owner, device):  # rule R4
    case = builders.a_case_delivered(device, owner)
    page = signed_in.page(of(case))
    assert "Sie sind dran Suchen Sie den Termin zur Inbetriebnahme aus" in page.text
    assert f"{of(case)}/appointment" in page.links


def test_an_appointment_stands_in_title_list_and_way(signed_in, staff, owner, device):  # rule R4
    case = builders.a_case_delivered(device, owner)
    booked = builders.an_appointment(case, starts_at=NOW + 3 * DAY + timedelta(minutes=1), by=staff)
    title = "Ihr Termin zur Inbetriebnahme: Dienstag, 24. November, 10:15 Uhr"
    page = signed_in.page(of(case))
    assert page.headline == title
    assert "Inbetriebnahme mit Termin (jetzt) Dienstag, 24. November, 10:15 Uhr" in page.text
    assert title in signed_in.page("/cases").text
    appointments.move(booked, NOW + 4 * DAY + timedelta(minutes=1), by=staff, now=NOW)
    moved = signed_in.page(of(case))
    assert "Mittwoch, 25. November" in moved.headline
    assert "Termin verschoben (erledigt)" in moved.text


def test_a_moved_appointment_is_news_on_an_open_page(signed_in, staff, owner, device):  # rules R4, S4
    case = builders.a_case_delivered(device, owner)
    booked = builders.an_appointment(case, starts_at=NOW + 3 * DAY + timedelta(minutes=1), by=staff)
    html = signed_in.get(of(case)).get_data(as_text=True)
    address = html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert signed_in.get(address, headers={"HX-Request": "true"}).status_code == 204
    appointments.move(booked, NOW + 4 * DAY + timedelta(minutes=1), by=staff, now=NOW)
    fresh = signed_in.get(address, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "Mittwoch, 25. November" in fresh


def test_while_it_is_put_into_service_the_title_says_so(signed_in, staff, owner, device):  # rules R1, R5
    case = builders.a_case_delivered(device, owner)
    builders.an_appointment(case, starts_at=NOW + 3 * DAY + timedelta(minutes=1), by=staff)
    commissioning.tick(Case.get_by_id(case.id), Item.SESSION, by=staff, now=NOW)
    for path in (of(case), "/cases"):
        assert "Wir nehmen Ihren Kassenserver gerade in Betrieb" in signed_in.page(path).text
    with time_machine.travel(NOW + 4 * DAY, tick=False):
        assert signed_in.page(of(case)).headline == "Die Inbetriebnahme ist noch nicht abgeschlossen"


def test_nobody_is_told_of_a_commissioning_that_support_has_not_begun(signed_in, staff, owner, device):
    case = builders.a_case_delivered(device, owner)  # rule R4
    booked = builders.an_appointment(case, starts_at=NOW + 3 * DAY + timedelta(minutes=1), by=staff)
    with time_machine.travel(booked.starts_at + timedelta(minutes=5), tick=False):
        page = signed_in.page(of(case))
    assert page.headline == "Ihr Termin zur Inbetriebnahme ist jetzt"
    assert "rufen Sie uns bitte an" in page.text


def test_a_link_that_ran_out_heads_the_page_while_the_server_is_away(signed_in, owner, device):  # rule L10
    case = builders.a_case_checked_in(builders.a_sent_case(device, owner))
    link = builders.an_active_link(link=builders.a_link_request(case=case))
    assert signed_in.page(of(case)).headline == "Ihr Kassenserver ist bei uns angekommen"
    with time_machine.travel(link.ends_at, tick=False):
        page = signed_in.page(of(case))
    assert page.headline == "Ihr Ersatzlink ist abgelaufen"
    assert "Sie sind dran" in page.text
    assert "Stand der Reparatur: Ihr Kassenserver ist bei uns angekommen." in page.text


def test_an_unrepaired_server_is_told_to_stay_out_of_use(signed_in, owner, staff):  # rules W3, R1, R5
    device = builders.a_device(builders.a_salon(owner.customer), purchased_on=builders.date(2023, 5, 2))
    case = unrepaired(owner, device, staff)
    page = signed_in.page(of(case))
    assert page.headline == "Ihr Kassenserver ist unrepariert auf dem Rückweg"
    assert "Benutzen Sie diesen Kassenserver nicht" in page.text
    assert "Kostenvoranschlag abgelehnt (erledigt)" in page.text
    assert "Termin: So geht es ohne dieses Gerät weiter (kommt noch)" in page.text
    arrivals.confirm(case, by=staff, now=NOW)
    assert "Ersatzgerät" in signed_in.page(of(case)).text
    assert "unrepariert zurück im Salon" in signed_in.page("/cases").text


def test_what_staff_found_is_told_with_no_fault_and_not_repairable(signed_in, owner, device, staff):
    # rules S4, W2
    case = builders.a_case_in_diagnosis(device, owner, staff=staff)
    workshop.not_repairable(case, "Die Platine ist verbrannt.", by=staff, now=NOW)
    page = signed_in.page(of(case))
    assert "Die Platine ist verbrannt." in page.text
    assert "Unrepariert zurück zu Ihnen (kommt noch)" in page.text


def test_the_way_of_a_chargeable_repair_names_the_decision(signed_in, owner, staff):  # rule W3
    device = builders.a_device(builders.a_salon(owner.customer), purchased_on=builders.date(2023, 5, 2))
    case = builders.a_chargeable_case(device, owner, staff=staff)
    assert "Ihre Entscheidung zum Kostenvoranschlag (kommt noch)" in signed_in.page(of(case)).text
    builders.a_case_with_quote(case=case, staff=staff)
    page = signed_in.page(of(case))
    assert "Ihre Entscheidung zum Kostenvoranschlag (jetzt)" in page.text
    assert "Nur wenn Sie zustimmen." in page.text
    assert "Rufen Sie uns" not in page.text
    assert f"{of(case)}/quote" in page.links


def test_a_part_that_was_missing_and_came_later_stands_on_the_way(signed_in, owner, device, staff):  # rule C4
    parts = [PartRecord(Part.SERVER), PartRecord(Part.LAN_CABLE, Arrival.MISSING)]
    case = builders.a_case_checked_in(builders.a_sent_case(device, owner), parts=parts, staff=staff)
    assert "Im Paket fehlte: LAN-Kabel" in signed_in.page(of(case)).text
    missing = ParcelItem.of_case(case).where(ParcelItem.arrival == Arrival.MISSING).get()
    parcels.arrived_later(missing, by=staff, now=NOW)
    assert "Nachgekommen: LAN-Kabel" in signed_in.page(of(case)).text


def test_the_fullest_page_costs_fourteen_queries_at_most(signed_in, owner, staff):
    device = builders.a_device(builders.a_salon(owner.customer), purchased_on=builders.date(2023, 5, 2))
    case = unrepaired(owner, device, staff)
    arrivals.confirm(case, by=staff, now=NOW)
    builders.an_appointment(Case.get_by_id(case.id), starts_at=NOW + 3 * DAY + timedelta(minutes=1), by=staff)
    builders.an_active_link(link=builders.a_link_request(case=Case.get_by_id(case.id)))
    with counted() as queries:
        signed_in.page(of(case))
    assert len(queries) <= 14, queries
