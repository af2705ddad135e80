"""Staff keep the register: customers, salons, devices, people, and lists that are taken over."""

import csv
import io

import pytest

from portal.actions import accounts, imports, people
from portal.models import (
    Account,
    Authenticator,
    Customer,
    Device,
    History,
    ImportRun,
    Letter,
    Passkey,
    Salon,
)
from portal.models.imports import ImportState
from portal.outside import clock
from portal.rules.signing_in import By
from portal.rules.triage import Origin
from portal.rules.workflow import Role
from tests.builders import NOW, a_customer, a_device, a_salon, a_staff_member, an_admin, an_owner
from tests.clients import page_of
from tests.queries import counted

HEADER = ["Kundennummer", "Kunde", "Salon", "Straße", "PLZ", "Ort", "Telefon", "Seriennummer", "Gekauft am"]
ROW = ["K1", "Haarwerk GmbH", "Haarwerk Süd", "Weg 1", "50667", "Köln", "0221 123456", "KS-1", "02.05.2023"]


@pytest.fixture
def desk(client, sign_in):
    sign_in(client, a_staff_member("support@portal.example"))
    return client


def a_list(*rows, header=HEADER, encoding="utf-8", delimiter=";") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def upload(desk, content: bytes, name="kunden.csv"):
    form = page_of(desk.get("/staff/imports")).forms
    token = next(dict(one.fields)["csrf_token"] for one in form if one.action == "/staff/imports")
    data = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    return desk.post("/staff/imports", data=data, follow_redirects=True)


def test_a_customer_a_salon_and_a_device_are_added_and_changed(desk):
    answer = desk.send(
        desk.get("/staff/customers/new"), {"number": "K7", "name": "Haarwerk"}, form="/customers/new"
    )
    customer = Customer.get(Customer.number == "K7")
    salon = {"name": "Süd", "street": "Weg 1", "postal_code": "50667", "city": "Köln", "phone": "0221 12345"}
    desk.send(desk.get(f"/staff/customers/{customer.id}/salons/new"), salon, form="/salons/new")
    made = Salon.get(Salon.customer == customer)
    assert (made.phone, made.search_name) == ("+4922112345", "süd")
    new = desk.get(f"/staff/salons/{made.id}/devices/new")
    desk.send(new, {"serial": "KS-9", "purchased_on": "02.05.2023"}, form="/devices/new")
    device = Device.get(Device.serial == "KS-9")
    edit = desk.get(f"/staff/devices/{device.id}/edit")
    answer = desk.send(edit, {"serial": "KS-10", "tse_in_server": "yes"}, form="/edit")
    assert "KS-10" in page_of(answer).text
    row = History.get(History.what == "change_device")
    assert row.facts["old"] == {"serial": "KS-9", "tse_in_server": None}
    assert row.facts["new"] == {"serial": "KS-10", "tse_in_server": True}


def test_a_number_that_is_taken_is_told_at_its_field_and_nothing_is_lost(desk):
    a_customer(number="K7")
    a_device(serial="KS-1")
    mine = a_device(serial="KS-2")
    answer = desk.send(desk.get("/staff/customers/new"), {"number": "K7", "name": "Neu"}, form="/new")
    assert answer.status_code == 422
    assert "gibt es schon" in page_of(answer).text
    assert 'value="Neu"' in answer.text
    answer = desk.send(desk.get(f"/staff/devices/{mine.id}/edit"), {"serial": "KS-1"}, form="/edit")
    assert answer.status_code == 422
    assert "gehört schon zu einem anderen Gerät" in page_of(answer).text


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("/staff/customers/new", {"number": "", "name": ""}),
        (
            "/staff/customers/{customer}/salons/new",
            {"name": "", "postal_code": "12", "country": "D"},
        ),
        ("/staff/salons/{salon}/devices/new", {"purchased_on": "2099-01-01"}),
    ],
)
def test_wrong_entries_are_told_at_their_fields(desk, address, values):
    salon = a_salon()
    page = desk.get(address.format(customer=salon.customer_id, salon=salon.id))
    answer = desk.send(page, values, form="/new")
    assert answer.status_code == 422
    assert page_of(answer).text


def test_a_customer_is_found_by_what_is_said_on_the_phone(desk):
    device = a_device(a_salon(a_customer("Kamm in GmbH", number="K77"), "Kamm in"), serial="KS-77")
    for asked in ("K77", "kamm", "KS-77", device.salon.phone):
        assert "Kamm in GmbH" in page_of(desk.get("/staff/customers", query_string={"q": asked})).text
    assert "Nichts gefunden" in desk.get("/staff/customers?q=zzz").text
    assert desk.get("/staff/customers?after=x:y%00").status_code == 200


def test_an_invited_owner_comes_in_by_the_mail_and_sees_the_own_business_only(desk, app):  # rule P1
    customer = a_customer()
    form = desk.get(f"/staff/customers/{customer.id}")
    values = {"name": "Ada", "email": "Ada@Haarwerk.example", "language": "en"}
    desk.send(form, values, form="/people")
    account = Account.get(Account.email == "ada@haarwerk.example")
    assert (account.customer, account.role, account.password_hash) == (customer, Role.OWNER, None)
    letter = Letter.get(Letter.event == "invitation")
    from portal.web import letters

    with app.app_context():
        path = next(word for word in letters.render(letter).text.split() if "/sign-in/link/" in word)
    browser = app.test_client()
    inside = browser.send(browser.get(path.partition("localhost")[2]), {}, form="/sign-in/link/")
    assert inside.request.path == "/cases"
    again = desk.send(desk.get(f"/staff/customers/{customer.id}"), values, form="/people")
    assert again.status_code == 422
    assert "hat schon ein Konto" in page_of(again).text


def test_a_closed_account_is_out_at_once_and_comes_back_when_opened(desk, app, sign_in):  # rule P1
    owner = an_owner()
    browser = app.test_client()
    sign_in(browser, owner)
    page = f"/staff/customers/{owner.customer_id}"
    desk.send(desk.get(page), {}, form=f"/people/{owner.id}/close")
    assert browser.get("/cases").status_code == 302
    desk.send(desk.get(page), {}, form=f"/people/{owner.id}/reopen")
    sign_in(browser, owner)


def test_support_cannot_touch_the_team(desk, app, sign_in):  # rule P1
    admin = an_admin()
    assert desk.get("/staff/team").status_code == 404
    token = dict(page_of(desk.get("/staff/customers/new")).forms[-1].fields)["csrf_token"]
    for address in (f"/staff/team/{admin.id}/close", f"/staff/people/{admin.id}/close", "/staff/team"):
        assert desk.post(address, data={"csrf_token": token}).status_code == 404
    assert Account.get_by_id(admin.id).closed_at is None


def test_an_admin_invites_and_closes_staff_but_not_the_last_admin(client, sign_in):  # rule P1
    admin = an_admin()
    sign_in(client, admin)
    values = {"name": "Neu", "email": "neu@portal.example", "role": "admin"}
    client.send(client.get("/staff/team"), values, form="/staff/team")
    new = Account.get(Account.email == "neu@portal.example")
    client.send(client.get("/staff/team"), {}, form=f"/team/{new.id}/close")
    assert Account.get_by_id(new.id).closed_at is not None
    with pytest.raises(people.LastAdmin):
        people.close(admin, by=admin, now=NOW)


def test_the_team_shows_who_is_in_and_with_which_second_factor(client, sign_in):  # rule P1
    admin, now = an_admin("lea@portal.example"), clock.now()
    sign_in(client, admin)
    with counted() as alone:
        client.get("/staff/team")
    people.invite("neu@portal.example", "Neu", role=Role.STAFF, by=admin, now=now)
    for name, has_app, has_key in (("Alma", True, False), ("Paul", False, True), ("Beate", True, True)):
        member = a_staff_member(f"{name}@portal.example")
        if has_app:
            Authenticator.create(account=member, secret="x", created_at=now, confirmed_at=now)
        if has_key:
            told = {"credential_id": name, "public_key": "x", "user_handle": name, "name": "Schlüssel"}
            Passkey.create(account=member, created_at=now, **told)
    with counted() as together:
        shown = client.page("/staff/team").text
    assert len(together) == len(alone)
    for name, accepted, factor in (
        ("Lea", "angenommen", "noch keiner"),
        ("Neu", "noch nicht angenommen", "noch keiner"),
        ("Alma", "angenommen", "App"),
        ("Paul", "angenommen", "Passkey"),
        ("Beate", "angenommen", "App und Passkey"),
    ):
        of_person = " ".join(shown.partition(f"{name.lower()}@portal.example")[2].split()[2:12])
        assert of_person.startswith(f"Einladung {accepted} Zweiter Schritt {factor} "), of_person


def test_only_who_never_came_in_is_invited_again(desk):  # rule P1
    owner = an_owner()
    Account.update(password_hash=None).where(Account.id == owner.id).execute()
    page = f"/staff/customers/{owner.customer_id}"
    assert "Einladung erneut schicken" in desk.page(page).text
    accounts.begin(owner, By.LINK, device="", address="", now=clock.now())
    came_in = desk.page(page).text
    assert "Einladung erneut schicken" not in came_in
    assert "Link zum Anmelden schicken" in came_in


def test_a_list_is_shown_first_and_taken_over_then(desk):
    page = upload(desk, a_list(ROW))
    assert "Was sich ändern würde" in page_of(page).text
    assert Customer.select().count() == 0
    run = ImportRun.get()
    desk.send(page, {}, form=f"/imports/{run.id}/start")
    imports.work_due(now=clock.now())
    device = Device.get(Device.serial == "KS-1")
    assert (device.salon.name, device.salon.phone) == ("Haarwerk Süd", "+49221123456")
    assert str(device.purchased_on) == "2023-05-02"
    assert "Die Liste ist eingelesen" in desk.get(f"/staff/imports/{run.id}").text
    progress = desk.get(f"/staff/imports/{run.id}", headers={"HX-Request": "true"})
    assert "<html" not in progress.text


def test_what_would_change_is_shown_row_by_row_and_kept_no_longer_than_needed(desk):
    salon = a_salon(a_customer("Haarwerk GmbH", number="K1"), "Haarwerk Süd", phone="+49221123456")
    for number in range(1, 61):
        a_device(salon, serial=f"KS-{number}", origin=Origin.UNKNOWN)
    rows = [[*ROW[:3], "Gasse 9", *ROW[4:7], f"ks-{n}", "02.05.2023", "wir"] for n in range(1, 61)]
    page = upload(desk, a_list(*rows, header=[*HEADER, "Herkunft"]))
    shown = page_of(page).text
    for said in (
        "geänderte Salons 1", "Haarwerk Süd (K1) Straße: Lindenstraße 8 → Gasse 9 PLZ: 51469 → 50667",
        "KS-1 Gekauft am: 02.05.2025 → 02.05.2023 Herkunft:", "56 weitere Änderungen", "und 11 weitere",
    ):  # fmt: skip
        assert said in shown, shown
    desk.send(page, {}, form=f"/imports/{ImportRun.get().id}/start")
    assert ImportRun.get().expected == {"salons_changed": 1, "devices_changed": 60}


def test_what_is_wrong_is_told_by_line_and_the_rest_is_taken(desk):
    lines = [ROW, ["K2", "", "Nord"], [*ROW[:7], "KS-3", "31.02.2023"], ["K4", "Neu", "Ost"]]
    page = page_of(upload(desk, a_list(*lines)))
    for said in ("Zeile 3: Kunde fehlt", "Zeile 4: Gekauft am ist kein Datum", "Zeile 5: Der Salon ist neu"):
        assert said in page.text
    assert ImportRun.get().total == 1


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (8, "31.12.1989", "Gekauft am liegt zu weit zurück (31.12.1989)"),
        (8, "01.01.2830", "Gekauft am liegt in der Zukunft (01.01.2830)"),
        (0, "1,0E+04", "Kundennummer sieht nach einer von Excel veränderten Zahl aus (1,0E+04)"),
        (7, "1,23457E+12", "Seriennummer sieht nach"),
        (4, "5.1E+04", "PLZ sieht nach"),
        (6, "4,92211E+11", "Telefon sieht nach"),
    ],
)
def test_what_the_form_refuses_and_what_a_spreadsheet_wrecked_is_told(desk, column, value, said):
    row = [*ROW[:column], value, *ROW[column + 1 :]]
    assert f"Zeile 2: {said}" in page_of(upload(desk, a_list(row))).text
    assert ImportRun.get().total == 0


def test_a_list_without_a_good_line_is_not_called_known(desk):
    page = page_of(upload(desk, a_list(["K2", "", "Nord"])))
    assert "keine Zeile, die übernommen werden kann" in page.text
    assert "steht schon so im Register" not in page.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "wählen Sie eine Datei"),
        (b"\x00\x01\x02", "keine Liste"),
        (a_list(ROW, ROW) + b'"K2;Kamm in;Nord\nK3;"Ost";\n' + a_list(ROW), "ab Zeile 4 nicht geschlossen"),
        (a_list(ROW) + b'K2;"' + 20_000 * b"K3;Kamm;Ost\n", "ab Zeile 3 nicht geschlossen"),
        (b"Name;Ort\nA;B\n", "fehlen diese Spalten: Kundennummer, Kunde, Salon"),
    ],
)
def test_a_file_that_is_no_list_is_told_at_the_field(desk, content, said):
    answer = upload(desk, content)
    assert answer.status_code == 422
    assert said in page_of(answer).text


def test_who_decides_second_about_a_list_is_told(desk):  # rule S3
    page = upload(desk, a_list(ROW))
    run = ImportRun.get()
    desk.send(page, {}, form=f"/imports/{run.id}/drop")
    answer = desk.send(page, {}, form=f"/imports/{run.id}/start")
    assert "wurde schon entschieden" in page_of(answer).text
    assert ImportRun.get().state is ImportState.DROPPED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_lists_are_read_as_spreadsheets_save_them(desk, encoding, delimiter):
    upload(desk, a_list(ROW, encoding=encoding, delimiter=delimiter))
    assert ImportRun.get().lines[0]["salon_name"] == "Haarwerk Süd"
