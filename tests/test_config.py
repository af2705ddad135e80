"""Does the portal refuse to start with settings that would harm?"""

import pytest

from portal.config import BadSettings, Settings, from_environment

GOOD = {"PORTAL_SECRET": "x" * 40, "PORTAL_URL": "https://portal.example"}
KEY = "whsec_" + "QUJD" * 10


def test_without_a_back_end_tills_are_made_by_hand():
    assert from_environment(GOOD).till == ""


def test_a_back_end_needs_its_address_and_a_key_to_sign_with():
    found = from_environment({**GOOD, "PORTAL_TILL": "https://tills.example/api", "PORTAL_TILL_SECRET": KEY})
    assert (found.till, found.till_secret) == ("https://tills.example/api", KEY)


@pytest.mark.parametrize(
    ("till", "secret", "said"),
    [
        ("ftp://tills.example", KEY, "PORTAL_TILL is no web address"),
        ("tills.example", KEY, "PORTAL_TILL is no web address"),
        ("http://tills.example", KEY, "must be https"),
        ("https://tills.example", "", "PORTAL_TILL_SECRET"),
        ("https://tills.example", "whsec_QUJD", "PORTAL_TILL_SECRET"),
        ("https://tills.example", "QUJD" * 10, "PORTAL_TILL_SECRET"),
        ("https://tills.example", "whsec_" + "ä" * 40, "PORTAL_TILL_SECRET"),
    ],
)
def test_a_back_end_that_could_not_be_called_stops_the_start(till, secret, said):
    with pytest.raises(BadSettings, match=said):
        from_environment({**GOOD, "PORTAL_TILL": till, "PORTAL_TILL_SECRET": secret})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORTAL_SECRET", "", "PORTAL_SECRET is missing"),
        ("PORTAL_SECRET", "short", "at least"),
        ("PORTAL_URL", "portal.example", "PORTAL_URL"),
        ("PORTAL_DATABASE", "mysql://x", "PORTAL_DATABASE"),
        ("PORTAL_SMTP", "http://x", "PORTAL_SMTP"),
        ("PORTAL_THREADS", "0", "PORTAL_THREADS"),
        ("PORTAL_THREADS", "many", "PORTAL_THREADS"),
    ],
)
def test_settings_that_would_harm_are_named_and_refused(name, value, said):
    with pytest.raises(BadSettings, match=said):
        from_environment({**GOOD, name: value})


def test_a_name_with_an_umlaut_is_known_as_browsers_send_it():
    settings = Settings(url="https://müller.example", hosts="Salon-Ä.example")
    assert settings.known_hosts == {"xn--mller-kva.example", "xn--salon--gua.example"}
