"""The demo has no phone: there alone the page itself shows the code of the app and fills it in."""

import pyotp
from flask import current_app

from portal.actions import second_factor
from portal.models import Account
from portal.outside import clock
from portal.rules import second_factor as rules

DEMO_AHEAD = 2880  # codes: many people try the demo at once, and no code is taken twice


def ahead() -> int:
    """Return how many codes ahead of time are taken: as RFC 6238 advises, more in the demo only."""
    return DEMO_AHEAD if _settings().demo else rules.WINDOW


def code_shown(account: Account) -> str:
    """Return the code to fill in; nothing outside the demo."""
    if not _settings().demo:
        return ""
    return second_factor.code_to_type(account, secret=_settings().secret, now=clock.now()) or ""


def first_code_shown(plain: str) -> str:
    """Return the first code of an app that is being set up; nothing outside the demo."""
    return pyotp.TOTP(plain).generate_otp(rules.step_of(clock.now())) if _settings().demo else ""


def _settings():
    return current_app.config["PORTAL"]
