"""What is asked of a passkey, and whether its answer is genuine: the library's part of passkeys (WebAuthn).

Imported on first use: the library takes a quarter of a second.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.models import Account, Passkey
from portal.rules.passkeys import CHALLENGE_LASTS, LONGEST_ANSWER, Site

WAIT = int(CHALLENGE_LASTS.total_seconds() * 1000)  # milliseconds
TRANSPORTS = {str(one.value) for one in AuthenticatorTransport}
BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1400}")
T = TypeVar("T")


class NotGenuine(ValueError):
    """What came back is no answer to what was asked."""


@dataclass(frozen=True)
class NewKey:
    """The public half of a passkey as its device gave it."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: list[str] = field(default_factory=list)


def creation_options(
    site: Site, account: Account, handle: str, challenge: str, known: list[Passkey]
) -> dict[str, Any]:
    """Return what a browser needs to make a passkey; none where one is already, its owner must be checked."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.brand,
        user_id=base64url_to_bytes(handle),
        user_name=account.email,
        user_display_name=account.name,
        challenge=base64url_to_bytes(challenge),
        timeout=WAIT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[_descriptor(key) for key in known],
    )
    return options_to_json_dict(options)


def request_options(site: Site, challenge: str, known: list[Passkey]) -> dict[str, Any]:
    """Return what a browser needs to ask for a passkey: one of these, or whichever its owner chooses."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=base64url_to_bytes(challenge),
        timeout=WAIT,
        allow_credentials=[_descriptor(key) for key in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def _descriptor(key: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(one) for one in key.transports if one in TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id), transports=transports)


def read_new(site: Site, answer: str, challenge: str) -> NewKey:
    """Return the new passkey's public half. Raises NotGenuine."""
    said = _parsed(answer)
    found = _or_not_genuine(
        lambda: verify_registration_response(
            credential=said,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    )
    told = said["response"].get("transports")
    transports = sorted(TRANSPORTS & {str(one) for one in told}) if isinstance(told, list) else []
    return NewKey(
        bytes_to_base64url(found.credential_id),
        bytes_to_base64url(found.credential_public_key),
        found.sign_count,
        transports,
    )


def named_in(answer: str) -> tuple[str, str]:
    """Return which passkey the answer names, and whose it says it is; neither is proven yet.

    Raises NotGenuine.
    """
    said = _parsed(answer)
    response = said.get("response")
    whose = response.get("userHandle") if isinstance(response, dict) else None
    name = said.get("id")
    if not isinstance(name, str) or not BASE64URL.fullmatch(name):
        raise NotGenuine("no name of a key")
    return name, str(whose or "").rstrip("=")


def read_count(site: Site, answer: str, challenge: str, key: Passkey) -> int:
    """Return how often the passkey says it was used, if the answer was signed by it. Raises NotGenuine."""
    found = _or_not_genuine(
        lambda: verify_authentication_response(
            credential=_parsed(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=0,  # compared by ourselves, to tell a copy from a forgery
            require_user_verification=True,
        )
    )
    return found.new_sign_count


def _parsed(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise NotGenuine("too long")
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError) as problem:
        raise NotGenuine(str(problem)) from problem
    if not isinstance(said, dict):
        raise NotGenuine("no object")
    return said


def _or_not_genuine(read: Callable[[], T]) -> T:
    """Read what a stranger may have made up; the library meets some of it with errors of every kind."""
    try:
        return read()
    except Exception as problem:
        raise NotGenuine(f"{type(problem).__name__}: {problem}") from problem
