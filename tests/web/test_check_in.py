"""Is a parcel checked in with one scan and one button, and the rest told?  Rules C1, C4, C4a, S2, S3."""

import re
from io import BytesIO

import pytest
from PIL import Image

from portal.actions import cases, parcels
from portal.models import Attachment, Case, Device, Letter, ParcelItem
from portal.models.attachments import PhotoKind
from portal.outside import clock, codes
from portal.rules import numbers
from portal.rules.parcel import Arrival, Part
from portal.rules.workflow import State
from tests import builders as build
from tests.clients import page_of

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
HEX, BSI = "0a" * 32, "BSI-K-TR-0490-2021"
BY_THE_CODE = "/staff/check-in"


@pytest.fixture
def case():
    """Make a case whose parcel is on its way to us."""
    return build.a_sent_case(now=clock.now())


def scan(client, number):
    return client.get(BY_THE_CODE, query_string={"number": number})


def take_in(client, shown, **values):
    return client.send(shown, values, form="/check-in")


def parts_of(case):
    return {item.part: item for item in ParcelItem.of_case(case)}


def photo_of(png: bytes, kind: str = "JPEG") -> tuple[BytesIO, str]:
    """Return a photo of a code as a phone sends it: larger, on a grey table, a little turned."""
    code = Image.open(BytesIO(png)).convert("RGB")
    code = code.resize((code.width * 2, max(code.height * 2, 120)))
    table = Image.new("RGB", (code.width + 400, code.height + 400), "#999")
    table.paste(code, (200, 200))
    sent = BytesIO()
    table.rotate(7, fillcolor="#999").save(sent, kind)
    sent.seek(0)
    return sent, "karton.jpg"


@pytest.mark.parametrize(
    "spell", [numbers.group, lambda n: f"https://portal.example/cases/{n}", lambda n: n[1:]]
)
def test_the_usual_parcel_is_one_scan_and_one_button(client, staff, case, spell):  # rules C1, C4
    shown = scan(client, spell(case.number))
    text = page_of(shown).text
    assert "Swissbit-TSE (USB-Stick)" in text
    assert case.device.serial in text
    answer = take_in(client, shown)
    assert {item.arrival for item in ParcelItem.of_case(case)} == {Arrival.ARRIVED}
    assert Case.get_by_id(case.id).state == State.RECEIVED
    assert answer.request.path == BY_THE_CODE
    assert f"{numbers.group(case.number)}: Paket angenommen, alles da." in page_of(answer).text
    assert page_of(answer).forms[2].names == {"number"}  # the field again, ready for the next


@ONE_ENGINE
def test_the_next_code_goes_into_a_field_and_never_presses_the_button(client, staff, case):  # rule C4
    html = client.get("/staff/check-in", query_string={"number": case.number}).text
    focused = re.findall(r"<(\w+)[^>]*\bautofocus\b", html)
    assert focused == ["input"]
    assert "Ein anderes Paket" in html


def test_everything_about_an_unusual_parcel_is_kept_and_told(client, staff, case):  # rules C4, C4a
    answer = take_in(
        client,
        scan(client, case.number),
        part_power_cable="missing",
        extra=["printer"],
        other_name="Bonrolle",
        serial="ANDERS-1",
        tse_serial=HEX.upper(),
        bsi_number=BSI.lower(),
        place="Regal 3",
    )
    found = parts_of(case)
    assert [found[part].arrival for part in (Part.POWER_CABLE, Part.PRINTER, Part.OTHER)] == [
        "missing", "unexpected", "unexpected",
    ]  # fmt: skip
    assert (found[Part.OTHER].name, found[Part.SERVER].serial) == ("Bonrolle", "ANDERS-1")
    assert (found[Part.TSE_USB].tse_serial, found[Part.TSE_USB].bsi_number) == (HEX, BSI)
    assert Case.get_by_id(case.id).storage_place == "Regal 3"
    text = page_of(answer).text
    assert "Der Salon erfährt per E-Mail, was fehlt." in text
    assert f"bekannt ist {case.device.serial}, am Gerät steht ANDERS-1" in text
    assert Letter.select().where(Letter.event == "parcel_incomplete").count() == 1


MISTYPED = {
    "tse_serial": ("12 34", "64 Zeichen"),
    "bsi_number": ("BSI-K-TR-49-2021", "BSI-K-TR-0490-2021"),
    "place": ("x" * 41, "zu lang"),
    "serial": ("x" * 81, "zu lang"),
    "part_server": ("verschwunden", "wählen Sie eine Antwort"),
}


@ONE_ENGINE
@pytest.mark.parametrize("field", MISTYPED)
def test_what_is_mistyped_is_told_at_its_field_and_nothing_is_lost(client, staff, case, field):  # rule C4a
    wrong, message = MISTYPED[field]
    typed = {"other_name": "Bonrolle", "tse_serial": HEX, "place": "Regal 3", "part_lan_cable": "missing"}
    answer = take_in(client, scan(client, case.number), **{**typed, field: wrong})
    assert answer.status_code == 422
    assert message in page_of(answer).text
    form = next(
        form for form in page_of(answer).forms if form.action.endswith("/check-in") and form.fields[1:]
    )
    expected = {**typed, field: wrong}
    shown = dict(form.fields)
    assert {name: shown.get(name) for name in expected if name != "part_server"} == {
        name: text for name, text in expected.items() if name != "part_server"
    }
    assert Case.get_by_id(case.id).state == State.ON_ITS_WAY_TO_US


@ONE_ENGINE
def test_a_tse_nobody_knew_of_must_be_answered(client, staff):  # rules C1, C4a
    case = build.a_sent_case(build.a_device(tse_in_server=None), now=clock.now())
    answer = take_in(client, scan(client, case.number))
    assert answer.status_code == 422
    assert "ob eine TSE im Server steckt" in page_of(answer).text
    lost = take_in(client, answer, part_tse_usb="none", tse_serial=HEX)
    assert "keine TSE ist angekommen" in page_of(lost).text
    take_in(client, lost, part_tse_usb="arrived")
    assert parts_of(case)[Part.TSE_USB].tse_serial == HEX
    assert Device.get_by_id(case.device_id).tse_in_server is True


@ONE_ENGINE
def test_a_tse_that_should_have_stayed_is_unexpected(client, staff):  # rule C1
    case = build.a_sent_case(build.a_device(tse_in_server=False), now=clock.now())
    take_in(client, scan(client, case.number), extra=["tse_usb"], tse_serial=HEX)
    assert parts_of(case)[Part.TSE_USB].arrival is Arrival.UNEXPECTED


@ONE_ENGINE
def test_an_other_part_needs_a_name(client, staff, case):  # rule C4
    answer = take_in(client, scan(client, case.number), extra=["other"])
    assert answer.status_code == 422
    assert "Bitte schreiben Sie, was es ist." in page_of(answer).text


@ONE_ENGINE
def test_photos_are_kept_even_if_something_is_mistyped(client, staff, case):  # rule C4
    picture, name = photo_of(codes.qr_png("x"))
    answer = take_in(client, scan(client, case.number), tse_serial="x", photos=(picture, name))
    assert answer.status_code == 422
    assert "1 Foto ist gespeichert." in page_of(answer).text
    assert Attachment.of_case(case, PhotoKind.ARRIVAL).count() == 1
    wrong = take_in(client, answer, tse_serial="", photos=(BytesIO(b"no photo"), "x.jpg"))
    assert wrong.status_code == 422
    assert "ist kein Foto" in page_of(wrong).text
    take_in(client, wrong)
    shown = client.get(f"/staff/cases/{case.number}/parcel")
    photo = Attachment.of_case(case, PhotoKind.ARRIVAL).get()
    assert f"/staff/cases/{case.number}/photos/{photo.id}" in page_of(shown).links


@ONE_ENGINE
@pytest.mark.parametrize(
    "typed", ["R26", "quatsch", "https://portal.example/cases/R260000010", "R310000778x"]
)
def test_a_wrong_number_is_told_and_kept(client, staff, typed):  # rule C2
    answer = scan(client, typed)
    assert answer.status_code == 422
    assert typed in answer.get_data(as_text=True)


@ONE_ENGINE
@pytest.mark.parametrize(
    "code", [lambda n: codes.qr_png(f"https://portal.example/cases/{n}"), codes.code128_png]
)
def test_a_photo_of_the_code_finds_the_case(client, staff, case, code):  # rule C2
    shown = client.get(BY_THE_CODE)
    answer = client.send(shown, {"photo": photo_of(code(case.number))}, form="/check-in/scan")
    assert answer.status_code == 200
    assert numbers.group(case.number) in page_of(answer).text


@ONE_ENGINE
@pytest.mark.parametrize(
    ("photo", "message"),
    [
        (lambda: photo_of(codes.qr_png("https://example.org/")), "gehört zu keinem Vorgang"),
        (lambda: (BytesIO(b"GIF89a"), "x.gif"), "ist kein Foto"),
        (lambda: (BytesIO(), ""), "machen Sie ein Foto"),
    ],
)
def test_a_photo_that_leads_nowhere_is_told_at_the_field(client, staff, photo, message):  # rule C2
    shown = client.get(BY_THE_CODE)
    answer = client.send(shown, {"photo": photo()}, form="/check-in/scan")
    assert answer.status_code == 422
    assert message in page_of(answer).text


@ONE_ENGINE
def test_a_photo_without_a_code_is_told(client, staff):  # rule C2
    blank = BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "PNG")
    blank.seek(0)
    answer = client.send(client.get(BY_THE_CODE), {"photo": (blank, "leer.png")}, form="/check-in/scan")
    assert "kein Code zu lesen" in page_of(answer).text


@ONE_ENGINE
def test_received_already_is_told_with_the_present_state(client, staff, case):  # rules C4, S3
    early = scan(client, case.number)
    take_in(client, scan(client, case.number), part_power_cable="missing")
    late = take_in(client, early, place="Regal 9")
    assert late.status_code == 409
    text = page_of(late).text
    assert "Jemand anderes war schneller" in text
    assert "Regal 9" in text  # what was typed is not lost
    assert "Kim Support hat es" in text
    assert len(list(ParcelItem.of_case(case))) == 4


@ONE_ENGINE
def test_the_second_parcel_with_the_missing_part_is_one_press(client, staff, case):  # rule C4
    take_in(client, scan(client, case.number), part_power_cable="missing")
    answer = client.send(scan(client, case.number), form="/arrived")
    assert answer.request.path == BY_THE_CODE
    assert "Netzkabel des Kassenservers ist da." in page_of(answer).text
    assert parts_of(case)[Part.POWER_CABLE].arrival is Arrival.ARRIVED
    assert Letter.select().where(Letter.event == "parcel_complete").count() == 1


@ONE_ENGINE
def test_a_parcel_that_cannot_be_received_says_why_and_what_to_do(client, staff):  # rule S2
    waiting = build.a_waiting_case()
    page = page_of(scan(client, waiting.number))
    assert "kann jetzt nicht angenommen werden" in page.text
    assert "zuerst zum Einsenden frei" in page.text
    assert not [form for form in page.forms if "/check-in" in form.action and form.method == "post"]
    cases.cancel(waiting, by=staff, now=clock.now(), why="Weil")
    over = page_of(scan(client, waiting.number))
    assert f"/staff/check-in/unknown?device={waiting.device_id}" in over.links


@ONE_ENGINE
def test_a_parcel_with_the_number_of_a_case_that_is_over_opens_a_new_case(client, staff, case):  # rule C4
    take_in(client, scan(client, case.number))
    new_case = f"/staff/check-in/unknown?device={case.device_id}"
    assert new_case not in page_of(scan(client, case.number)).links
    Case.update(state=State.COMMISSIONED).where(Case.id == case.id).execute()
    page = page_of(scan(client, case.number))
    assert "schon angenommen" in page.text
    assert new_case in page.links


@ONE_ENGINE
def test_a_case_received_without_a_list_gets_it_on_its_parcels_page(client, staff, case):  # rule C4
    cases.receive(case, by=staff, now=clock.now())
    page = client.get(f"/staff/cases/{case.number}/parcel")
    answer = take_in(client, page)
    assert answer.request.path == f"/staff/cases/{case.number}/parcel"
    assert len(list(ParcelItem.of_case(case))) == 4


@ONE_ENGINE
def test_check_in_is_for_staff(app, client, case, sign_in):  # rule P1
    sign_in(client, case.reporter)
    assert client.get(BY_THE_CODE).status_code == 404
    assert client.post(f"/staff/cases/{case.number}/check-in").status_code in (400, 404)
    assert parcels.ParcelItem.select().count() == 0
