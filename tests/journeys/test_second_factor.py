"""Staff on their way in, in a real browser, with a real app in the hand.  Rule P1."""

import pytest
from pyotp import TOTP

from portal.config import DEMO_SECRET
from portal.outside import clock
from tests.apps import an_app, code
from tests.clients import DEMO_PASSWORD
from tests.journeys.people import headline, press


def begin(page, address, account):
    """Type the password, as everybody does."""
    page.goto(f"{address}/sign-in?next=/staff/customers")
    page.get_by_label("E-Mail-Adresse").fill(account.email)
    page.get_by_label("Passwort").fill(DEMO_PASSWORD)
    press(page, "Anmelden")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_code_of_the_app_leads_to_the_desk(phone, address, business):  # rule P1
    app = an_app(business.staff, secret=DEMO_SECRET)
    begin(phone, address, business.staff)
    assert headline(phone) == "Welcher Code steht in Ihrer App?"
    phone.get_by_label("Code", exact=True).fill(code(app, clock.now()))
    press(phone, "Weiter")
    phone.wait_for_url("**/staff/customers")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("javascript", [True], indirect=True)
def test_who_has_no_app_sets_one_up_and_gets_codes_for_paper(phone, address, business):  # rule P1
    begin(phone, address, business.staff)
    assert headline(phone) == "Richten Sie eine App für Codes ein"
    phone.locator("summary", has_text="Ohne Kamera").click()
    key = phone.locator(".said code").inner_text().replace(" ", "")
    phone.get_by_label("Code aus der App").fill(TOTP(key).at(int(clock.now().timestamp())))
    press(phone, "Einrichten")
    phone.get_by_role("button", name="Alle kopieren").wait_for()
    assert phone.locator(".paper-codes li").count() == 10
    press(phone, "Ich habe sie notiert")
    phone.wait_for_url("**/staff/customers")
