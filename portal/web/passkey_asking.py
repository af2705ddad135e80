"""What the pages with passkeys share: under which name, the question in the session, what to say (rule P1).

The name and the address from which answers are taken come from PORTAL_URL. What the browser calls the
portal decides only whether it is offered a button or a way to the right name.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, flash, jsonify, request, session
from flask_babel import lazy_gettext as _l

from portal.actions.passkeys import PasskeyRefused, Question
from portal.actions.throttle import TooManyTries
from portal.models import Account, Passkey
from portal.rules.passkeys import Doubt, Purpose, Site, site_of
from portal.web import account, context
from portal.web.public import signing

KEPT = "passkey"  # in the session: what this browser was asked, by purpose

SAID: dict[Doubt, Any] = {
    Doubt.TOO_LATE: _l("Das hat zu lange gedauert. Bitte versuchen Sie es noch einmal."),
    Doubt.UNKNOWN: _l(
        "Diesen Passkey kennen wir nicht. Vielleicht wurde er entfernt. Bitte melden Sie sich anders an."
    ),
    Doubt.UNPROVEN: _l("Das hat nicht geklappt. Bitte versuchen Sie es noch einmal."),
    Doubt.COPIED: _l(
        "Diesen Passkey nehmen wir nicht mehr an: Es sieht so aus, als gäbe es ihn zweimal."
        " Bitte melden Sie sich anders an und entfernen Sie ihn."
    ),
    Doubt.KNOWN: _l("Diesen Passkey gibt es schon."),
    Doubt.TOO_MANY: _l("Sie haben schon sehr viele Passkeys. Bitte entfernen Sie erst einen."),
}


@dataclass(frozen=True)
class Place:
    """Do passkeys work where this page is shown? If not, `address` is where they do, if anywhere."""

    is_here: bool
    address: str


@account.bp.app_template_global("passkey_place")
def place() -> Place:
    """Return whether the browser sees the portal under the name that passkeys belong to."""
    found = site_of(_url())
    if found is None:
        return Place(False, "")
    return Place(request.host.lower() == urlsplit(found.origin).netloc, found.origin)


@account.bp.app_template_global("has_passkeys")
def has_passkeys(person: Account) -> bool:
    """Tell whether somebody has any passkey."""
    return Passkey.of(person).exists()


def site() -> Site:
    """Return the portal as passkeys know it. Raises PasskeyRefused where there are none."""
    found = site_of(_url(), context.operator().brand)
    if found is None:
        raise PasskeyRefused(Doubt.UNPROVEN)
    return found


def _url() -> str:
    return current_app.config["PORTAL"].url


def give(question: Question, purpose: Purpose) -> Response:
    """Give the browser the question, and keep in its session what it was asked."""
    session[KEPT] = {**session.get(KEPT, {}), str(purpose): question.challenge}
    return jsonify(question.options)


def asked(purpose: Purpose) -> str:
    """Return what this browser was asked last; it is forgotten with the answer."""
    kept = dict(session.get(KEPT, {}))
    challenge = kept.pop(str(purpose), "")
    session[KEPT] = kept
    return challenge


def answer() -> str:
    """Return what the browser's passkey answered."""
    return request.form.get("credential", "")


def unasked(words: object, status: int) -> Response:
    """Tell the browser's script in words why there is no question."""
    said = jsonify(said=str(words))
    said.status_code = status
    return said


def too_many(problem: TooManyTries) -> Response:
    """Tell it until when to wait."""
    return signing.too_many(unasked(signing.wait_until(problem), 429), problem)


def say_why(problem: PasskeyRefused) -> None:
    """Say on the next page why the passkey was not taken."""
    flash(SAID[problem.doubt], "stop")
