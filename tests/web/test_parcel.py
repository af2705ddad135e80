"""Does the parcel's page lead staff from the first part to the last?  Rules C4, C4a, C5, S3, P1."""

import pytest

from portal.actions import commissioning, packing, parcels
from portal.actions.parcels import PartRecord
from portal.models import Case, Consent, History, ParcelItem, following
from portal.outside import clock
from portal.rules.commissioning import Item
from portal.rules.parcel import Arrival, Departure, Part
from portal.rules.workflow import State
from portal.web.owner import parcel_card
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
HEX, BSI = "0a" * 32, "BSI-K-TR-0490-2021"
RECORDS = (
    PartRecord(Part.SERVER),
    PartRecord(Part.POWER_CABLE, Arrival.MISSING),
    PartRecord(Part.TSE_USB, tse_serial=HEX, bsi_number=BSI),
    PartRecord(Part.PRINTER, Arrival.UNEXPECTED),
)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def owner_client(app, sign_in):
    """Give `owner_client(case)`: the browser of the case's owner."""

    def of(case):
        browser = app.test_client()
        sign_in(browser, case.reporter)
        return browser

    return of


def ready(parts=RECORDS):
    return build.a_case_ready_to_return(now=clock.now(), parts=parts)


def address(case):
    return f"/staff/cases/{case.number}/parcel"


def opened(client, case, part=None, deed=""):
    values = {"item": item(case, part).id, "deed": deed} if part else {}
    return client.get(address(case), query_string=values)


def item(case, part):
    return ParcelItem.get(ParcelItem.case == case, ParcelItem.part == part)


def press(client, shown, case, part, deed, **values):
    return client.send(shown, values, form=f"/items/{item(case, part).id}/{deed}")


def token(shown):
    return {"csrf_token": dict(page_of(shown).forms[-1].fields)["csrf_token"]}


def test_a_missing_part_that_comes_is_one_press(client, staff):  # rule C4
    case = build.a_case_checked_in(now=clock.now(), parts=RECORDS)
    shown = press(client, opened(client, case), case, Part.POWER_CABLE, "arrived")
    assert "Ist angekommen" not in page_of(shown).text
    assert item(case, Part.POWER_CABLE).arrival is Arrival.ARRIVED


def test_a_missing_part_is_waived_with_a_reason_that_the_owner_sees(client, staff, owner_client):  # rule C4
    case = build.a_case_checked_in(now=clock.now(), parts=RECORDS)
    shown = opened(client, case, Part.POWER_CABLE, "waive")
    empty = press(client, shown, case, Part.POWER_CABLE, "waive", why="  ")
    assert empty.status_code == 422
    assert "warum das Teil nicht mehr kommen muss" in page_of(empty).text
    done = press(client, empty, case, Part.POWER_CABLE, "waive", why="Wir legen eines bei.")
    assert "nicht mehr erwartet: Wir legen eines bei." in page_of(done).text
    card = parcel_card.of_case(Case.get_by_id(case.id))
    assert card.waived[0][1] == "Wir legen eines bei."


def test_numbers_are_corrected_in_either_spelling(client, staff):  # rule C4a
    case = build.a_case_checked_in(now=clock.now(), parts=RECORDS)
    shown = opened(client, case, Part.TSE_USB, "identify")
    wrong = press(client, shown, case, Part.TSE_USB, "identify", item_tse="12 34", item_bsi="quatsch")
    assert wrong.status_code == 422
    assert "12 34" in wrong.get_data(as_text=True)
    assert "quatsch" in wrong.get_data(as_text=True)
    key = "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgs="
    press(client, wrong, case, Part.TSE_USB, "identify", item_tse=key, item_bsi=BSI)
    assert item(case, Part.TSE_USB).tse_serial == "0a" * 31 + "0b"
    assert f"{HEX} → " in page_of(client.get(f"/staff/cases/{case.number}")).text


def test_who_corrects_a_number_that_somebody_else_has_changed_is_told(client, staff):  # rule S3
    case = build.a_case_checked_in(now=clock.now(), parts=RECORDS)
    shown = opened(client, case, Part.SERVER, "identify")
    serials = parcels.Serials(serial="ERSTE")
    parcels.identify(item(case, Part.SERVER), serials, by=staff, now=clock.now())
    late = press(client, shown, case, Part.SERVER, "identify", item_serial="ZWEITE")
    assert late.status_code == 409
    assert "ZWEITE" in page_of(late).text  # not lost
    assert item(case, Part.SERVER).serial == "ERSTE"


def test_another_part_a_place_and_who_forgets_what_it_is(client, staff):  # rule C4
    case = build.a_case_checked_in(now=clock.now(), parts=RECORDS)
    shown = opened(client, case)
    for typed, message in (
        ({"new_name": "Maus"}, "wählen Sie, was es ist"),
        ({"new_part": "other"}, "was es ist"),
    ):
        wrong = client.send(shown, typed, form="/parcel/parts")
        assert (wrong.status_code, message in page_of(wrong).text) == (422, True)
        assert typed.get("new_name", "") in wrong.get_data(as_text=True)
    client.send(shown, {"new_part": "other", "new_name": "Maus"}, form="/parcel/parts")
    done = client.send(shown, {"storage": "Regal 7"}, form="/parcel/place")
    assert "Maus" in page_of(done).text
    assert "Lagerplatz Regal 7" in page_of(done).text


def test_the_packing_list_is_ticked_part_by_part_and_sent(client, staff):  # rules C5, R1
    case = ready()
    shown = opened(client, case)
    assert page_of(shown).headline == "Packliste"
    for part in (Part.SERVER, Part.TSE_USB, Part.PRINTER):
        assert "nicht eingepackt" in page_of(shown).text
        shown = press(client, shown, case, part, "pack")
    assert f"/cases/{case.number}/return-note.pdf" in page_of(shown).links
    mistyped = client.send(shown, {"tracking_number": "12 34 56"}, form="/dispatch")
    assert mistyped.status_code == 422
    assert "12 34 56" in mistyped.get_data(as_text=True)
    sent = client.send(
        mistyped, {"carrier": "dhl", "tracking_number": "0034 0434 1610 9404 2557"}, form="/dispatch"
    )
    assert Case.get_by_id(case.id).return_tracking == "00340434161094042557"
    assert "ist auf dem Rückweg" in page_of(sent).text
    assert Case.get_by_id(case.id).state == State.ON_ITS_WAY_BACK
    assert "Zurückgeschickt mit DHL: 00340434161094042557" in client.page(f"/staff/cases/{case.number}").text


def test_dispatch_with_a_part_left_is_refused_with_the_list(client, staff):  # rules C4a, C5
    case = ready()
    press(client, opened(client, case), case, Part.SERVER, "pack")
    shown = opened(client, case)
    assert not [form for form in page_of(shown).forms if form.action.endswith("/dispatch")]
    answer = client.post(f"{address(case)}/dispatch", data={**token(shown), "carrier": "dhl"})
    assert answer.status_code == 409
    assert (
        "Swissbit-TSE (USB-Stick) (nicht eingepackt); Bondrucker (nicht eingepackt)" in page_of(answer).text
    )
    assert Case.get_by_id(case.id).state == State.READY_TO_RETURN


def test_a_part_is_taken_back_or_stays_with_a_reason(client, staff):  # rule C5
    case = ready()
    shown = press(client, opened(client, case), case, Part.PRINTER, "pack")
    shown = press(client, shown, case, Part.PRINTER, "unpack")
    assert item(case, Part.PRINTER).departure is None
    kept = press(
        client, opened(client, case, Part.PRINTER, "keep"), case, Part.PRINTER, "keep", why="Verschrottet"
    )
    assert "bleibt hier: Verschrottet" in page_of(kept).text
    assert item(case, Part.PRINTER).departure is Departure.KEPT


def test_a_tse_stays_only_after_the_owners_deliberate_yes(client, staff, owner_client):  # rules C4a, S7
    case = ready()
    shown = opened(client, case)
    raw = client.post(
        f"{address(case)}/items/{item(case, Part.TSE_USB).id}/keep", data={**token(shown), "why": "Defekt"}
    )
    assert (raw.status_code, "schriftlich zugestimmt" in page_of(raw).text) == (409, True)
    press(client, shown, case, Part.TSE_USB, "ask")
    assert parcel_card.of_case(Case.get_by_id(case.id)).asks_disposal
    owner = owner_client(case)
    asked = owner.get(f"/cases/{case.number}/tse-disposal")
    assert HEX in page_of(asked).text
    unsure = owner.send(asked, {}, form="/tse-disposal", button=("answer", "agree"))
    assert (unsure.status_code, Consent.select().where(Consent.kind == "tse_disposal").count()) == (422, 0)
    owner.send(asked, {"agree": "yes"}, form="/tse-disposal", button=("answer", "agree"))
    given = Consent.get(Consent.kind == "tse_disposal")
    assert HEX in given.wording
    assert (given.language, given.account.id) == ("de", case.reporter.id)
    late = owner.send(asked, {}, form="/tse-disposal", button=("answer", "decline"))
    assert late.status_code == 409
    shown = opened(client, case, Part.TSE_USB, "keep")
    assert "hat der Entsorgung zugestimmt" in page_of(shown).text
    press(client, shown, case, Part.TSE_USB, "keep", why="Entsorgt")
    assert item(case, Part.TSE_USB).departure is Departure.KEPT


def test_who_declines_gets_the_tse_back(client, staff, owner_client):  # rule C4a
    case = ready()
    packing.ask_disposal(item(case, Part.TSE_USB), by=staff, now=clock.now())
    owner = owner_client(case)
    asked = owner.get(f"/cases/{case.number}/tse-disposal")
    owner.send(asked, {}, form="/tse-disposal", button=("answer", "decline"))
    assert item(case, Part.TSE_USB).disposal_asked_at is None
    assert owner.get(f"/cases/{case.number}/tse-disposal").status_code == 303


def test_what_was_missing_is_not_asked_for_on_the_way_home(client, staff, owner_client):  # rules C4, C5
    case = ready()
    owner, seen = owner_client(case), f"/cases/{case.number}"
    for step in (lambda: case, lambda: build.a_case_on_its_way_back(case, now=clock.now(), staff=staff)):
        step()
        shown = owner.page(seen).text
        assert "Bitte schicken Sie es nicht mehr. Sie brauchen es bei sich." in shown
        assert "Bitte schicken Sie uns nach" not in shown
    assert following.by_turn(case.reporter, clock.now())[0].rank == 1, "nothing is asked of the owner"


def test_a_tse_that_keeps_the_parcel_is_asked_for_alone(client, staff, owner_client):  # rules C4, C4a, C5
    tse, cable = PartRecord(Part.TSE_USB, Arrival.MISSING), PartRecord(Part.POWER_CABLE, Arrival.MISSING)
    case = ready([PartRecord(Part.SERVER), tse, cable])
    card = parcel_card.of_case(case)
    assert (card.missing, card.unneeded) == (("Swissbit-TSE (USB-Stick)",), ("Netzkabel des Kassenservers",))
    assert "PIN und PUK" in owner_client(case).page(f"/cases/{case.number}").text


def test_pin_and_puk_are_named_only_where_the_tse_is_missing(owner_client):  # rule C4a
    case = build.a_case_checked_in(now=clock.now(), parts=RECORDS)
    shown = owner_client(case).page(f"/cases/{case.number}").text
    assert ("Netzkabel" in shown, "PIN und PUK" in shown) == (True, False)


def test_the_step_of_dispatch_names_what_is_still_awaited(client, staff):  # rules C4, C5
    case = ready()
    shown = page_of(opened(client, case))
    assert "Im Paket fehlte etwas" in shown.text
    assert len([one for one in shown.links if "deed=waive" in one]) == 2, "at its line, and where it is sent"


def test_late_parts_are_sent_after_with_a_number_of_their_own(client, staff):  # rule C5
    case = build.a_case_on_its_way_back(ready(), now=clock.now())
    shown = press(client, opened(client, case), case, Part.POWER_CABLE, "arrived")
    shown = press(client, shown, case, Part.POWER_CABLE, "pack")
    done = client.send(shown, {"carrier": "gls", "tracking_number": "12345678901"}, form="/send-after")
    assert item(case, Part.POWER_CABLE).departed_at is not None
    assert "nachgeschickt" in page_of(done).text
    assert History.get(History.what == "sent_after").facts["number"] == "12345678901"


def test_the_second_of_two_who_pack_is_told_and_shown_the_list(client, staff):  # rule S3
    case = ready()
    early = opened(client, case)
    press(client, opened(client, case), case, Part.SERVER, "pack")
    late = press(client, early, case, Part.SERVER, "pack")
    assert late.status_code == 409
    assert "Jemand anderes war schneller" in page_of(late).text
    assert "eingepackt" in page_of(late).text


def test_who_dispatches_second_is_told_and_keeps_the_number(client, staff):  # rule S3
    case = ready()
    for one in [one for one in ParcelItem.of_case(case) if one.standing.is_here]:
        packing.pack(one, by=staff, now=clock.now())
    shown = opened(client, case)
    sent = {**token(shown), "carrier": "dhl"}
    client.post(f"{address(case)}/dispatch", data={**sent, "tracking_number": "00340434161094042557"})
    late = client.post(f"{address(case)}/dispatch", data={**sent, "tracking_number": "09981122330044"})
    assert late.status_code == 409
    assert "09981122330044" in page_of(late).text


def test_htmx_gets_the_list_alone(client, staff):
    case = ready()
    answer = client.send(opened(client, case), form=f"/items/{item(case, Part.SERVER).id}/pack", headers=HTMX)
    html = answer.get_data(as_text=True)
    assert (answer.status_code, "<html" in html, 'id="parcel"' in html) == (200, False, True)


def test_parts_of_other_cases_and_deeds_that_do_not_exist_are_no_address(client, staff):  # rule P1
    case, other = ready(), ready()
    data = token(opened(client, case))
    foreign = item(other, Part.SERVER).id
    assert client.post(f"{address(case)}/items/{foreign}/pack", data=data).status_code == 404
    mine = item(case, Part.SERVER).id
    assert client.post(f"{address(case)}/items/{mine}/swallow", data=data).status_code == 404
    shown = page_of(client.get(f"{address(case)}?item={foreign}&deed=keep"))
    assert not [form for form in shown.forms if "why" in form.names]
    assert item(other, Part.SERVER).departure is None


def test_a_tse_of_another_business_is_nobodys_to_decide(app, sign_in, staff):  # rules C4a, P1
    case = ready()
    packing.ask_disposal(item(case, Part.TSE_USB), by=staff, now=clock.now())
    stranger = app.test_client()
    sign_in(stranger, build.an_owner())
    assert stranger.get(f"/cases/{case.number}/tse-disposal").status_code == 404
    assert stranger.get(address(case)).status_code == 404


def test_the_page_asks_little(client, staff):
    case = ready()
    with counted() as queries:
        assert opened(client, case).status_code == 200
    assert len(queries) <= 7, str(queries)


def test_before_the_parcel_is_here_the_page_leads_to_the_check_in(client, staff):  # rule C4
    case = build.a_sent_case(now=clock.now())
    assert f"/staff/check-in?number={case.number}" in page_of(opened(client, case)).links


def test_the_checklist_names_what_is_outstanding_and_does_not_end_the_case(client, staff):  # rules C4a, C5
    case = build.a_case_at_commissioning(now=clock.now())
    tse = PartRecord(Part.TSE_USB, Arrival.UNEXPECTED)
    for one in Item:
        if one is not Item.LINK_ENDED:
            commissioning.tick(Case.get_by_id(case.id), one, by=staff, now=clock.now())
    before = client.get(f"/staff/cases/{case.number}/commissioning")
    parcels.add_unexpected(Case.get_by_id(case.id), tse, by=staff, now=clock.now())
    shown = client.send(before, form="/complete")
    assert shown.status_code == 409
    assert "Noch offen: Swissbit-TSE (USB-Stick) (nicht eingepackt)." in page_of(shown).text
    assert address(case) in page_of(shown).links
    assert not [form for form in page_of(shown).forms if form.action.endswith("/complete")]
