"""The app for codes in a test's hand: whoever has it is past the second factor."""

from datetime import datetime

import pyotp

from portal.actions import accounts, history, vault
from portal.models import Account, Authenticator, SignIn
from portal.rules.signing_in import By
from tests.builders import NOW, SECRET

PLAIN = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def an_app(account: Account, *, secret: str = SECRET, now: datetime = NOW) -> pyotp.TOTP:
    """Set the app up for the account without a page; ask it `code(app, now)`."""
    sealed = vault.seal(history.about(account), PLAIN, secret=secret, now=now)
    Authenticator.create(account=account, secret=sealed, created_at=now, confirmed_at=now)
    return pyotp.TOTP(PLAIN)


def code(app: pyotp.TOTP, now: datetime) -> str:
    """Return what the app shows at this moment."""
    return app.at(int(now.timestamp()))


def a_session(account: Account, now: datetime = NOW) -> SignIn:
    """Sign the account in with the first factor."""
    token = accounts.begin(account, By.PASSWORD, device="", address="", now=now)
    found = SignIn.account_of(token, now)
    assert found
    assert found.signed_in
    return found.signed_in
