"""How often may somebody try, and is a password good enough?  Rule P1."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.signing_in import (
    FREE,
    LONGEST_PAUSE,
    Counted,
    Unfit,
    link_token,
    mark_of,
    pause_after,
    unfit,
)

SECRET = "a secret for tests, long enough to be one"


@pytest.mark.parametrize("counted", Counted)
def test_the_first_failures_cost_nothing_and_then_each_costs_more(counted):  # rule P1
    pauses = [pause_after(failures, counted) for failures in range(1, 60)]
    assert pauses[: FREE[counted] - 1] == [timedelta()] * (FREE[counted] - 1)
    assert pauses[FREE[counted] - 1] == timedelta(seconds=2)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE  # nobody is locked out for longer than this


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kurz", Unfit.TOO_SHORT),
        ("neunzehn!", Unfit.TOO_SHORT),
        ("zehn Zeich", None),
        ("ä" * 5 + "öüß?!" + "x" * 118, None),
        ("y" * 64 + "abcde" * 13, Unfit.TOO_LONG),
        ("1234567890", Unfit.COMMON),
        ("QwertyUiop", Unfit.COMMON),
        ("abababababab", Unfit.COMMON),
        ("inhaberin@salon.example", Unfit.NAMES_YOU),
        ("inhaberin2026", Unfit.NAMES_YOU),
        ("meine inhaberin trinkt gern Tee", None),
        ("demo-passwort-2026", None),
    ],
)
def test_length_counts_and_what_everybody_tries_first_is_refused(password, why):  # rule P1
    assert unfit(password, "inhaberin@salon.example") is why


def test_a_links_proof_cannot_be_made_without_the_secret():  # rule P1
    token = link_token(SECRET, "mark")
    assert mark_of(SECRET, token) == "mark"
    assert mark_of("another secret", token) is None
    with pytest.raises(ValueError, match="secret"):
        link_token("", "mark")


@given(st.text(max_size=60))
def test_no_garbage_is_taken_for_a_link(text):  # rule P1
    assert mark_of(SECRET, text) is None
