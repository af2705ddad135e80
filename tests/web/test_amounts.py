"""Are amounts read as people type them, and nonsense refused?  Rule W3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.amounts import cents_of, typed


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1.234,50", 123450),
        ("1234.5", 123450),
        ("1234,5", 123450),
        ("1,234.50", 123450),
        ("1 234,50", 123450),
        ("1.234", 123400),
        ("95", 9500),
        ("95,-", 9500),
        ("95,–", 9500),
        (" 95,00 € ", 9500),
        ("EUR 95", 9500),
        ("-10", -1000),
        ("− 10,00 €", -1000),
        ("0", 0),
        ("0,05", 5),
    ],
)
def test_an_amount_is_read_as_it_was_meant(text, cents):  # rule W3
    assert cents_of(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "acht", "1,234", "1.23,45", "12.34.56", "0.950", ",50", "1e3", "--5", "5-", "٣", "1" * 30,
        "12,345", "1.2345", "€", "1.000.00", "nan", "0x10",
    ],
)  # fmt: skip
def test_what_is_no_amount_or_may_be_two_is_refused(text):  # rule W3
    assert cents_of(text) is None


@given(st.integers(-99_999_999, 99_999_999))
def test_what_is_shown_in_a_field_is_read_back(cents):  # rule W3
    assert cents_of(typed(cents)) == cents


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text):
    assert cents_of(text) is None or isinstance(cents_of(text), int)
