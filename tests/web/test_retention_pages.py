"""What staff and owners see of data that was erased, locked or is to be deleted.  Rules P1, P3."""

from datetime import timedelta

import pytest

from portal.actions import deletions, retention
from portal.actions.erasing import Files
from portal.models import Account, Case, Customer, Deletion, History, Operator
from portal.models.privacy import Scope
from portal.rules import numbers
from portal.rules.retention import GRACE
from tests.actions.closed_cases import a_closed_case
from tests.builders import NOW, a_case, a_staff_member, an_admin, an_owner
from tests.clients import page_of

PAGE = "/staff/retention"


@pytest.fixture
def admin(client, sign_in) -> Account:
    account = an_admin()
    sign_in(client, account)
    return account


def erased(case: Case) -> Case:
    retention.set_periods(now=NOW)
    retention.erase_cases(now=NOW.replace(year=2040))
    return Case.get_by_id(case.id)


def locked() -> Case:
    """Make a business that was deleted; its one case stays locked."""
    case = a_closed_case(quote=True)
    deletions.ask(case.reporter, Scope.BUSINESS, now=NOW)
    deletions.work_due(now=NOW + GRACE, files=Files())
    return Case.get_by_id(case.id)


def test_of_an_erased_case_everybody_sees_only_that_it_was(app, client, sign_in, second):  # rule P3
    case = erased(a_closed_case(quote=True, link=True))
    sign_in(client, Account.get_by_id(an_owner(case.customer).id))
    for browser, addresses in (
        (client, ["/cases/{}", "/cases/{}/slip.pdf", "/cases/{}/outage-record.pdf", "/cases/{}/parcel"]),
        (second, ["/staff/cases/{}", "/staff/cases/{}/pane"]),
    ):
        for address in addresses:
            answer = browser.get(address.format(case.number))
            assert answer.status_code == 410, address
            assert "ist gelöscht" in page_of(answer).text
    assert case.number[1:3] in client.page("/cases").text  # it still stands in the lists
    second.page("/staff/lists/all")
    second.page(f"/staff/customers/{case.customer_id}")


def test_a_locked_business_is_in_no_list_no_search_and_no_register(client, staff):  # rule P3
    case = locked()
    number = Customer.get_by_id(case.customer_id).number
    salon = f"/staff/salons/{case.salon_id}"
    of_business = (f"/staff/customers/{case.customer_id}", f"{salon}/edit", f"{salon}/devices/new")
    for address in (f"/staff/cases/{case.number}", f"/cases/{case.number}/outage-record.pdf", *of_business):
        assert client.get(address, follow_redirects=True).status_code == 404, address
    said = (case.number, "Haarwerk", number, case.device.serial, "02202 12345")
    lists = ("/staff/customers", "/staff/customers?q=Haarwerk", "/staff/lists/all")
    for address in (*lists, *(f"/staff/search?q={text}" for text in said)):
        text = client.page(address).text
        assert "Haarwerk GmbH" not in text, address
        assert "Salon Haarwerk" not in text, address


def test_an_admin_looks_into_it_with_a_reason_for_a_quarter_of_an_hour(
    app, the_next_day, client, admin, sign_in
):  # rule P3
    case = locked()
    address, inside = f"{PAGE}/customers/{case.customer_id}", f"/staff/cases/{case.number}"
    assert client.get(inside).status_code == 404  # not by the address alone
    assert "Gesperrte Kunden" in client.page(PAGE).text  # one word for it everywhere
    assert client.page(address).headline == "Gesperrter Kunde"
    assert "gesperrter Kunde" in client.page("/staff/history").text
    assert client.send(client.get(address), {"why": " "}).status_code == 422
    shown = client.send(client.get(address), {"why": "Anfrage des Finanzamts"})
    assert "Haarwerk GmbH" in page_of(shown).text
    assert client.page(inside)
    assert client.get(f"/cases/{case.number}/outage-record.pdf").status_code == 200
    row = History.get(History.what == "look", History.why == "Anfrage des Finanzamts")
    assert (row.account_id, row.about) == (admin.id, f"customer:{case.customer_id}")
    the_next_day.shift(timedelta(minutes=15))
    assert client.get(inside).status_code == 404
    for who, status in ((a_staff_member(), 404), (an_admin(), 404)):
        browser = app.test_client()
        sign_in(browser, who)
        assert browser.get(inside).status_code == status


def test_the_years_are_previewed_set_and_recorded(client, admin):  # rule P3
    case = a_closed_case()
    Case.update(state_since=NOW.replace(year=2019)).where(Case.id == case.id).execute()
    form = client.get(PAGE)
    wrong = client.send(form, {"correspondence": "1", "books": "x"})
    assert wrong.status_code == 422
    assert "2 bis 30 Jahre" in page_of(wrong).text
    shown = client.send(form, {"correspondence": "2"}, button=("do", "preview"))
    assert "würde jetzt 1 Vorgang gelöscht" in page_of(shown).text
    assert Operator.current().retention_years == {}
    client.send(shown, {"correspondence": "12"}, button=("do", "save"))
    assert Operator.current().retention_years["correspondence"] == 12
    assert "12 Jahre" in client.page("/privacy").text


def test_staff_see_that_a_deletion_was_asked_for(client, admin):  # rule P3
    owner = an_owner()
    deletions.ask(owner, Scope.BUSINESS, now=NOW)
    assert "Löschung beantragt" in client.page(f"/staff/customers/{owner.customer_id}").text
    assert "Der ganze Betrieb" in client.page(PAGE).text


def test_staff_anonymise_a_person_and_keep_the_case(client, staff):  # rule P3
    case = a_case()
    owner = case.reporter
    address = f"/staff/people/{owner.id}/anonymise"
    assert address in client.page(f"/staff/customers/{owner.customer_id}").links
    assert "niemand mehr anmelden" in client.page(address).text
    assert client.send(client.get(address), {"why": ""}).status_code == 422
    done = client.send(client.get(address), {"why": "Auf Wunsch am Telefon"})
    assert "ist anonymisiert" in page_of(done).text
    assert owner.email not in page_of(done).text
    assert client.page(f"/staff/cases/{case.number}")
    row = History.get(History.what == "anonymise")
    assert (row.why, row.account_id) == ("Auf Wunsch am Telefon", staff.id)
    client.post(f"/staff/people/{owner.id}/reopen")
    assert Account.get_by_id(owner.id).closed_at is not None  # there is nobody to open it for
    assert client.get(address).status_code == 404


def test_the_teams_people_are_anonymised_by_admins_and_the_last_of_them_stays(
    client, admin, second
):  # rules P1, P3
    colleague = a_staff_member()
    assert second.get(f"/staff/people/{admin.id}/anonymise").status_code == 404
    client.send(client.get(f"/staff/people/{colleague.id}/anonymise"), {"why": "Ausgeschieden"})
    assert Account.get_by_id(colleague.id).anonymised_at is not None
    assert colleague.email not in client.page("/staff/team").text
    assert client.get(f"/staff/people/{admin.id}/anonymise").status_code == 404  # not oneself


@pytest.fixture
def asked(signed_in):
    return lambda values: signed_in.send(signed_in.get("/account/delete"), values, form="/account/delete")


def test_deletion_is_asked_for_by_typing_ones_address_and_can_be_taken_back(
    signed_in, owner, asked
):  # rule P3
    an_owner(owner.customer)
    wrong = asked({"scope": "business", "email": "jemand@anders.example"})
    assert wrong.status_code == 422
    assert "jemand@anders.example" in wrong.get_data(as_text=True)  # nothing typed is lost
    assert asked({"email": owner.email}).status_code == 422  # what is to go must be chosen
    shown = page_of(asked({"scope": "business", "email": owner.email.upper()}))
    assert "Der ganze Betrieb wird gelöscht" in shown.text
    assert (Deletion.get().scope, Deletion.get().account_id) == (Scope.BUSINESS, owner.id)
    taken_back = signed_in.send(signed_in.get("/account/delete"), form="/withdraw")
    assert "Es wird nichts gelöscht" in page_of(taken_back).text
    assert Deletion.get().withdrawn_at is not None


def test_a_colleague_may_take_it_back_and_a_stranger_sees_nothing(
    app, signed_in, owner, asked, sign_in
):  # P1
    colleague, stranger = app.test_client(), app.test_client()
    sign_in(colleague, an_owner(owner.customer))
    sign_in(stranger, an_owner())
    asked({"scope": "business", "email": owner.email})
    assert "wird gelöscht" not in stranger.page("/account/delete").headline
    stranger.send(colleague.get("/account/delete"), form="/withdraw")
    assert Deletion.get().due_at is not None
    colleague.send(colleague.get("/account/delete"), form="/withdraw")
    assert Deletion.get().due_at is None


def test_the_page_says_what_goes_what_waits_and_what_stays_until_when(client, sign_in):  # rule P3
    case = a_closed_case(quote=True)
    still_open = a_case(case.device, case.reporter)
    sign_in(client, case.reporter)
    text = client.page("/account/delete").text
    for words in (
        "Das wird gelöscht",
        "Es ist noch etwas offen",
        "31. Dezember 2034",
        "§ 147 Abs. 1 Nr. 4 AO",
    ):
        assert words in text
    assert numbers.group(still_open.number) in text
    at = client.send(client.get("/account/delete"), {"email": case.reporter.email}, form="/account/delete")
    assert "Wir warten, bis alles abgeschlossen ist" in page_of(at).text
    assert "/account/delete" in client.page("/account").links


def test_the_team_is_sent_to_its_management(client, staff):  # rule P3
    assert "Die Leitung löscht Ihr Konto" in client.page("/account/delete").text
    assert client.post("/account/delete").status_code in (400, 404)
