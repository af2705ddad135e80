"""Passkeys in a real browser, with a device that Chromium plays.  Rule P1."""

import pytest
from playwright.sync_api import CDPSession, Page

from portal.models import Passkey, SignIn
from portal.rules.signing_in import By
from tests.clients import DEMO_PASSWORD
from tests.journeys.people import address_part, headline, press, sign_in

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ENGINE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
WITH_JAVASCRIPT = pytest.mark.parametrize("javascript", [True], indirect=True)


class Finger:
    """The finger on the device's sensor: it fits, or not."""

    def __init__(self, page: Page) -> None:
        self._browser: CDPSession = page.context.new_cdp_session(page)
        self._browser.send("WebAuthn.enable")
        made = self._browser.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self._device = made["authenticatorId"]

    def fits(self, fits: bool) -> None:
        """Let the device recognise it from now on, or not."""
        given = {"authenticatorId": self._device, "isUserVerified": fits}
        self._browser.send("WebAuthn.setUserVerified", given)


WATCH_FOR_JUMPS = """
    window.jumps = 0;
    new PerformanceObserver(list => { for (const entry of list.getEntries()) window.jumps += entry.value; })
        .observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def by_name(address: str) -> str:
    """Give the portal's address by name: passkeys belong to names."""
    return address.replace("127.0.0.1", "localhost")


def sign_out(page: Page, address: str) -> None:
    page.goto(f"{address}/account")
    page.locator("summary", has_text="Konto").click()
    press(page, "Abmelden", within=page.locator("details.menu"))
    page.wait_for_url(f"{address}/")


@ENGINE
@WITH_JAVASCRIPT
def test_an_owner_makes_a_passkey_and_comes_in_with_a_finger(phone, by_name, business, axe, complaints):
    heard, finger = complaints(phone.context), Finger(phone)  # rule P1
    sign_in(phone, by_name, business.owner)
    phone.goto(f"{by_name}/account")
    press(phone, "Passkey anlegen")
    axe(phone)
    phone.get_by_label("Name des Passkeys").fill("Handy von Aylin")
    press(phone, "Passkey anlegen")
    phone.get_by_text("Der Passkey ist angelegt").wait_for()
    axe(phone)
    sign_out(phone, by_name)
    phone.goto(f"{by_name}/sign-in")
    axe(phone)
    finger.fits(False)
    press(phone, "Mit Passkey anmelden")
    phone.get_by_text("Abgebrochen. Sie können es noch einmal versuchen.").wait_for()
    finger.fits(True)
    press(phone, "Mit Passkey anmelden")  # nothing was used up
    phone.wait_for_url(f"{by_name}/cases")
    assert SignIn.select().where(SignIn.by == By.PASSKEY).count() == 1
    assert Passkey.get().name == "Handy von Aylin"
    assert heard == []
    sign_out(phone, by_name)
    phone.add_init_script(WATCH_FOR_JUMPS)
    phone.goto(f"{by_name}/sign-in")
    phone.get_by_role("button", name="Mit Passkey anmelden").wait_for()
    assert phone.evaluate("window.jumps") == 0, "the button's place is kept from the start"


@ENGINE
@WITH_JAVASCRIPT
def test_staff_set_up_a_passkey_and_are_at_the_desk_with_it(phone, by_name, business, axe):  # rule P1
    Finger(phone)
    phone.goto(f"{by_name}/sign-in")
    type_password(phone, business.staff)
    phone.get_by_role("heading", name="Am einfachsten: ein Passkey").wait_for()
    axe(phone)
    press(phone, "Passkey anlegen")
    phone.wait_for_url(f"{by_name}/second-factor/codes")
    sign_out(phone, by_name)
    phone.goto(f"{by_name}/sign-in?next=/staff/customers")
    press(phone, "Mit Passkey anmelden")  # both factors at once
    phone.wait_for_url(f"{by_name}/staff/customers")
    sign_out(phone, by_name)
    phone.goto(f"{by_name}/sign-in")
    type_password(phone, business.staff)  # or the password, and the passkey after it
    phone.get_by_role("button", name="Mit Passkey weiter").wait_for()
    axe(phone)
    press(phone, "Mit Passkey weiter")
    phone.wait_for_url(f"{by_name}/staff/")


def type_password(page: Page, account) -> None:
    page.get_by_label("E-Mail-Adresse").fill(account.email)
    page.get_by_label("Passwort").fill(DEMO_PASSWORD)
    press(page, "Anmelden")


@ENGINE
def test_where_a_passkey_cannot_work_the_page_says_so(phone, address, by_name, business, javascript):
    phone.goto(f"{address}/sign-in")
    assert phone.locator("main").get_by_role("link", name=by_name).is_visible()  # a number is no name
    phone.goto(f"{by_name}/sign-in")
    if javascript:
        assert phone.get_by_role("button", name="Mit Passkey anmelden").is_visible()
    else:
        assert phone.get_by_text("muss JavaScript eingeschaltet sein").is_visible()
        assert not phone.get_by_role("button", name="Mit Passkey anmelden").is_visible()
    assert (headline(phone), address_part(phone)) == ("Anmelden", "/sign-in")
