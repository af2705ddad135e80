"""Tell another system of a change: post one webhook, signed as Standard Webhooks are.

Admins type the address, so by itself it leads nowhere into the portal's own network. Two errors tell
the worker what to do: HookRefused — never again; HookAway — try again later, with the same id.
"""

import json
from datetime import datetime
from typing import Any

from portal.outside import calls, signatures
from portal.outside.addresses import clean_called_address
from portal.outside.calls import LIMITS, CallFailed, Limits, OwnNetwork

GONE = 410


class HookRefused(Exception):
    """This will never arrive. `is_gone`: the receiver wants nothing any more, its hook is to be ended."""

    permanent = True

    def __init__(self, problem: str, *, is_gone: bool = False) -> None:
        super().__init__(problem)
        self.is_gone = is_gone


class HookAway(Exception):
    """The receiver has not taken it: try again later."""

    permanent = False


def clean_url(text: str) -> str:
    """Return an address that webhooks can go to; ValueError for one that is none, or holds a password."""
    return clean_called_address(text)


def post(
    url: str,
    secret: str,
    *,
    id: str,
    at: datetime,
    body: dict[str, Any],
    allow_private: bool = False,
    limits: Limits = LIMITS,
) -> None:
    """Post one webhook; it has arrived when the receiver says 2xx, whatever else it says.

    `id` is the same for every try, `at` the instant of this one. Only with `allow_private` may the
    address lead to this machine or into a private network.
    """
    try:
        content = json.dumps(body, allow_nan=False).encode()
        headers = signatures.sign(secret, content, id=id, at=at)
        answer = calls.post(
            clean_url(url),
            content,
            headers,
            limits=limits,
            only_public=not allow_private,
            wants_body=False,
        )
    except (OwnNetwork, ValueError) as error:
        raise HookRefused(str(error)) from error
    except CallFailed as error:
        raise HookAway(str(error)) from error
    if answer.status == GONE:
        raise HookRefused(f"HTTP {GONE}: the receiver wants no more", is_gone=True)
    if not 200 <= answer.status < 300:
        raise HookAway(f"HTTP {answer.status}")
