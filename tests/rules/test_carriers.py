"""Following a parcel at its carrier.  Rule C2b: a tracked parcel."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.carriers import Carrier, clean, looks_right, tracking_url

lean = settings(deadline=None, max_examples=80)
HOSTS = {
    Carrier.DHL: "www.dhl.de",
    Carrier.DPD: "tracking.dpd.de",
    Carrier.GLS: "gls-group.com",
    Carrier.HERMES: "www.myhermes.de",
    Carrier.UPS: "www.ups.com",
    Carrier.FEDEX: "www.fedex.com",
}
USUAL = [
    (Carrier.DHL, "00340434161094015902"),
    (Carrier.DHL, "JJD000390007832186791"),
    (Carrier.DHL, "CY 123456789 DE"),
    (Carrier.DHL, "JD01 4600 0037 5891 3002"),
    (Carrier.DHL, "1234567890"),
    (Carrier.DPD, "0150 5012 3456 78"),
    (Carrier.GLS, "12345678901"),
    (Carrier.GLS, "ZXA1B2C3"),
    (Carrier.HERMES, "H1001234567890123456"),
    (Carrier.UPS, "1z 999 aa1 01 2345 6784"),
    (Carrier.UPS, "T9999999999"),
    (Carrier.FEDEX, "1234 5678 9012"),
    (Carrier.OTHER, "irgendwas"),
]


@pytest.mark.parametrize(("carrier", "number"), USUAL)
def test_a_usual_number_looks_right(carrier, number):
    assert looks_right(carrier, number)


@pytest.mark.parametrize("carrier", Carrier)
@pytest.mark.parametrize("number", ["", "  - ", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_an_unusual_number_does_not_look_right_at_a_known_carrier(carrier, number):
    assert not looks_right(carrier, number) or (carrier is Carrier.OTHER and clean(number))


@pytest.mark.parametrize(("carrier", "number"), USUAL[:-1])
def test_a_tracked_parcel_can_be_followed_at_its_carrier(carrier, number):  # rule C2b
    address = tracking_url(carrier, number)
    assert urlsplit(address).netloc == HOSTS[carrier]
    assert address.endswith(clean(number))


def test_without_a_number_or_a_known_carrier_there_is_nothing_to_follow():
    assert tracking_url(Carrier.OTHER, "123456789012") is None
    assert all(tracking_url(carrier, " – ") is None for carrier in Carrier)


@lean
@given(st.sampled_from([*HOSTS]), st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_whatever_is_typed_the_address_stays_at_the_carrier(carrier, number):
    address = tracking_url(carrier, number)
    if address is None:
        assert clean(number) == ""
        return
    assert urlsplit(address).netloc == HOSTS[carrier]
    assert urlsplit(address).scheme == "https"
    assert re.fullmatch(r"[!-~]+", address)
    assert not set("<>\"'{}") & set(address)


def test_what_means_something_in_an_address_is_written_out():
    assert tracking_url(Carrier.DPD, "../x?y#z&a=b").endswith("/parcel/..%2FX%3FY%23Z%26A%3DB")


def test_blanks_and_dashes_are_left_out_and_letters_are_capitals():
    assert clean(" 1z-999 aa1\u00a001 ") == "1Z999AA101"
