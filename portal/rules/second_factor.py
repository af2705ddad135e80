"""When is a code of an app good, and how long does a proof of who somebody is last?  Rule P1, RFC 6238.

An app shows a new code of six digits every half minute. The one before and the one after are taken as well:
clocks differ, and people type slowly. No code is taken twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

STEP = 30  # seconds, as all apps have it
WINDOW = 1  # how many codes before and after the present one are good
DIGITS = 6

RECOVERY_CODES = 10
RECOVERY_DIGITS = 12  # digits only: they are typed on a phone and read out loud; guessing them is throttled
FEW = 3  # from here on the portal says how many are left

CONFIRMED_FOR = timedelta(minutes=10)
"""How long after a proof dangerous deeds are open."""

SET_UP_WITHIN = timedelta(hours=1)
"""How long the secret on the set-up page is good for."""


class Proof(StrEnum):
    """What was typed: a code of the app, or one of the codes on paper."""

    APP = "app"
    PAPER = "paper"


def digits_of(typed: str) -> str:
    """Return the digits without the blanks and hyphens between which people type them."""
    return "".join(character for character in typed if character not in " -\t\u00a0\u202f")


def proof_of(typed: str) -> Proof | None:
    """Return what kind of code this is by its length, or None if it can be none."""
    digits = digits_of(typed)
    if not (digits.isascii() and digits.isdigit()):
        return None
    return {DIGITS: Proof.APP, RECOVERY_DIGITS: Proof.PAPER}.get(len(digits))


def step_of(now: datetime) -> int:
    """Return the number of the half minute, counted as the apps count it (RFC 6238)."""
    return int(now.timestamp()) // STEP


def good_steps(now: datetime, last_step: int, ahead: int = WINDOW) -> Sequence[int]:
    """Return the half minutes whose codes are good now: none that was taken before, nor an older one."""
    present = step_of(now)
    return range(max(present - WINDOW, last_step + 1), present + ahead + 1)


def next_step(now: datetime, last_step: int) -> int:
    """Return the half minute of the code to type now, the present one unless that was taken already."""
    return max(step_of(now), last_step + 1)


def is_confirmed(confirmed_at: datetime | None, now: datetime) -> bool:
    """Tell whether somebody proved who they are lately; a proof from the future is none."""
    return confirmed_at is not None and timedelta() <= now - confirmed_at < CONFIRMED_FOR


def in_groups(text: str, size: int = 4, between: str = " ") -> str:
    """Return the text in groups, to be read and typed: JBSW Y3DP …"""
    return between.join(text[start : start + size] for start in range(0, len(text), size))
