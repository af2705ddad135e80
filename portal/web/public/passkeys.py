"""Signing in with a passkey: no e-mail address, no password (rule P1)."""

from flask import Response, redirect, request, url_for
from flask_login import current_user

from portal.actions import passkeys
from portal.actions.passkeys import PasskeyRefused
from portal.actions.throttle import TooManyTries
from portal.models import Account
from portal.outside import clock
from portal.rules.passkeys import Purpose
from portal.web import browser_mark
from portal.web import passkey_asking as asking
from portal.web.access import home_of, safe_next
from portal.web.forms import clean
from portal.web.public import signing
from portal.web.public.pages import bp


@bp.post("/sign-in/passkey/ask")
def passkey_ask() -> Response:
    """Ask for any passkey of the portal; who its owner is the answer says."""
    try:
        address = request.remote_addr or ""
        question = passkeys.ask_anybody(asking.site(), address=address, now=clock.now())
    except TooManyTries as problem:
        return asking.too_many(problem)
    except PasskeyRefused as problem:
        return asking.unasked(asking.SAID[problem.doubt], 409)
    return asking.give(question, Purpose.SIGN_IN)


@bp.post("/sign-in/passkey")
def passkey_sign_in() -> Response:
    """Let in who answered with their passkey; staff have shown both factors by it."""
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(target or home_of(current_user), code=303)
    try:
        account, token = _try()
    except PasskeyRefused as problem:
        asking.say_why(problem)
        return redirect(url_for("public.sign_in", next=target), code=303)
    signing.start_session(account, token)
    return browser_mark.remember(redirect(target or home_of(account), code=303), account.email)


def _try() -> tuple[Account, str]:
    return passkeys.sign_in(
        asking.site(),
        asking.answer(),
        challenge=asking.asked(Purpose.SIGN_IN),
        device=clean(request.user_agent.string),
        address=request.remote_addr or "",
        now=clock.now(),
    )
