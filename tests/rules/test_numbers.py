"""Case numbers: made, shown, read back, and no mistake let through.  Rules C2, C2a."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.numbers import compact, group, make, parse

lean = settings(deadline=None, max_examples=60)
years = st.integers(2000, 2099)
serials = st.integers(1, 999_999)
SAMPLE = [make(2000 + n * 7 % 100, 1 + n * 37_039 % 999_999) for n in range(120)]


def is_refused(text):
    try:
        parse(text)
    except ValueError:
        return True
    return False


def substitutions(number):
    """Yield every text that differs from the number in exactly one character."""
    for place, right in enumerate(number):
        for wrong in string.printable:
            if wrong != right:
                yield number[:place] + wrong + number[place + 1 :], right, wrong


def swaps(number):
    """Yield every text in which two different neighbours have changed places."""
    for place in range(len(number) - 1):
        left, right = number[place], number[place + 1]
        if left != right:
            yield number[:place] + right + left + number[place + 2 :], left, right


@lean
@given(years, serials)
def test_a_number_is_one_fixed_letter_and_then_digits_only(year, serial):  # rule C2
    number = make(year, serial)
    assert re.fullmatch(rf"R{year % 100:02d}{serial:06d}[0-9]", number)
    assert parse(number) == number


def test_the_check_digit_is_the_one_of_damm():  # rule C2
    assert make(2026, 4217) == "R260042174"
    table = ["0317598642", "7092154863", "4206871359", "1750983426", "6123045978"]
    table += ["3674209581", "5869720134", "8945362017", "9438617205", "2581436790"]
    for number in SAMPLE:
        interim = 0
        for digit in number[1:]:
            interim = int(table[interim][int(digit)])
        assert interim == 0


def test_different_cases_have_different_numbers():  # rule C2
    assert len({make(year, serial) for year in (2025, 2026) for serial in range(1, 5000)}) == 2 * 4999


@pytest.mark.parametrize("number", SAMPLE)
def test_every_single_mistyped_character_is_refused(number):  # rule C2
    for mistyped, right, wrong in substitutions(number):
        if wrong == right.lower():  # lower case is the same character, not a mistake
            assert parse(mistyped) == number
        else:
            assert is_refused(mistyped), mistyped


@pytest.mark.parametrize("number", SAMPLE)
def test_every_swap_of_neighbours_is_refused(number):  # rule C2
    for swapped, _, _ in swaps(number):
        assert is_refused(swapped), swapped


@pytest.mark.parametrize("number", SAMPLE[::6])
def test_mistakes_in_the_shown_form_are_refused_too(number):  # rule C2
    shown = group(number)
    for mistyped, right, wrong in substitutions(shown):
        only_layout = right == "-" and wrong in string.whitespace
        same = only_layout or wrong == right.lower()
        assert parse(mistyped) == number if same else is_refused(mistyped), mistyped
    for swapped, left, right in swaps(shown):
        same = "-" in (left, right) and "R" not in (left, right)
        assert parse(swapped) == number if same else is_refused(swapped), swapped


@lean
@given(years, serials, st.data())
def test_a_missing_or_additional_character_is_refused(year, serial, data):  # rule C2
    number = make(year, serial)
    place = data.draw(st.integers(0, len(number) - 1))
    extra = data.draw(st.sampled_from(string.digits + string.ascii_letters))
    assert is_refused(number[:place] + number[place + 1 :])
    assert is_refused(number[:place] + extra + number[place:])


@lean
@given(st.text(max_size=14))
def test_any_other_text_is_refused_or_is_exactly_a_number(text):  # rule C2
    try:
        number = parse(text)
    except ValueError:
        return
    assert number == compact(text).upper()
    assert number == make(2000 + int(number[1:3]), int(number[3:9]))


@pytest.mark.parametrize(
    "text",
    [
        "r260042174",
        " R26-004-217-4 ",
        "R 26 004 217 4",
        "R26\u00a0004\u202f217\u00a04",
        "R26–004—217−4",
        "R26\u2010004\u2011217\u00ad4",
        "\ufeffR26\u200b0042174\r\n",
    ],
)
def test_case_blanks_and_dashes_of_every_kind_are_forgiven(text):  # rule C2a
    assert parse(text) == "R260042174"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R",
        "260042173",
        "A260042173",
        "RR260042173",
        "R26004217",
        "R2600421733",
        "R26004217З",
        "R２６００４２１７３",
        "R٢٦٠٠٤٢١٧٣",
        "R²60042173",
        "R26.004.217.3",
        "R26_004_217_3",
        "O260042173",
        "R26OO42173",
        "Ʀ260042173",
    ],
)
def test_what_is_not_a_case_number_is_refused(text):  # rule C2
    with pytest.raises(ValueError, match="not a case number"):
        parse(text)


def test_the_serial_zero_was_never_given_out():
    from stdnum import damm

    with pytest.raises(ValueError, match="mistyped"):
        parse("R26000000" + damm.calc_check_digit("26000000"))


@pytest.mark.parametrize(
    ("year", "serial"), [(1999, 1), (2100, 1), (26, 1), (2026, 0), (2026, -1), (2026, 1_000_000)]
)
def test_no_number_is_made_outside_its_range(year, serial):
    with pytest.raises(ValueError, match="no case number"):
        make(year, serial)


def test_a_number_is_shown_in_groups_for_reading_aloud():  # rule C2a
    assert group("R260042174") == "R26-004-217-4"
    assert group("r26 0042174") == "R26-004-217-4"
    assert all(parse(group(number)) == number for number in SAMPLE)
    with pytest.raises(ValueError, match="mistyped"):
        group("R260042173")
