from datetime import UTC, datetime, timedelta

import pytest

from portal.rules import second_factor as rules
from portal.rules.second_factor import Proof

NOW = datetime(2026, 11, 21, 9, 14, 10, tzinfo=UTC)
STEP = rules.step_of(NOW)


@pytest.mark.parametrize(
    ("typed", "proof"),
    [
        ("123456", Proof.APP), (" 123 456 ", Proof.APP), ("1234-5678-9012", Proof.PAPER),
        ("12345", None), ("1234567", None), ("abcdef", None), ("", None), ("١٢٣٤٥٦", None),
    ],
)  # fmt: skip
def test_a_code_is_told_by_its_digits_however_they_are_grouped(typed, proof):  # rule P1
    assert rules.proof_of(typed) is proof


def test_the_code_before_and_the_one_after_are_good_and_no_other():  # rule P1, RFC 6238
    assert list(rules.good_steps(NOW, 0)) == [STEP - 1, STEP, STEP + 1]


def test_what_was_taken_is_not_good_again_nor_what_came_before_it():  # rule P1
    assert list(rules.good_steps(NOW, STEP)) == [STEP + 1]
    assert list(rules.good_steps(NOW, STEP + 1)) == []


@pytest.mark.parametrize(
    ("ago", "confirmed"),
    [
        (timedelta(), True),
        (timedelta(minutes=9, seconds=59), True),
        (timedelta(minutes=10), False),
        (timedelta(seconds=-1), False),  # a clock that went back proves nothing
    ],
)
def test_a_proof_lasts_ten_minutes(ago, confirmed):  # rule P1
    assert rules.is_confirmed(NOW - ago, NOW) is confirmed


def test_without_a_proof_nothing_is_confirmed():  # rule P1
    assert not rules.is_confirmed(None, NOW)


def test_a_secret_is_shown_in_groups():
    assert rules.in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ"
