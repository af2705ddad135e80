"""Where do passkeys work, and when was one copied?  Rule P1."""

import pytest

from portal.rules.passkeys import Site, is_copy, site_of, user_handle


@pytest.mark.parametrize(
    ("url", "rp_id", "origin"),
    [
        ("https://reparatur.salon.example", "reparatur.salon.example", "https://reparatur.salon.example"),
        (
            "https://Reparatur.Salon.example:443/",
            "reparatur.salon.example",
            "https://reparatur.salon.example",
        ),
        ("https://portal.example:8443", "portal.example", "https://portal.example:8443"),
        ("https://grün.example", "xn--grn-ioa.example", "https://xn--grn-ioa.example"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),  # this computer, by its name
        ("http://[::1]:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_passkeys_belong_to_the_portals_own_name(url, rp_id, origin):  # rule P1
    assert site_of(url, "JoeCash") == Site(rp_id, origin, "JoeCash")


@pytest.mark.parametrize(
    "url", ["https://192.0.2.7", "http://192.0.2.7:8000", "https://[2001:db8::7]", "http://portal.example"]
)
def test_without_a_name_or_without_https_there_are_none(url):  # rule P1
    assert site_of(url) is None


def test_a_handle_stays_and_names_nobody():  # rule P1
    assert user_handle("a secret", 7) == user_handle("a secret", 7)
    assert len({user_handle("a secret", 7), user_handle("a secret", 8), user_handle("another", 7)}) == 3
    with pytest.raises(ValueError):
        user_handle("", 7)


@pytest.mark.parametrize(
    ("known", "told", "copied"),
    [(0, 0, False), (0, 1, False), (4, 9, False), (4, 4, True), (4, 3, True), (4, 0, True)],
)
def test_a_key_that_does_not_count_on_was_copied(known, told, copied):  # rule P1
    assert is_copy(known, told) is copied
