"""Which key is it, and may it do this?  A session's cookie means nothing here (rule P1)."""

from math import ceil

from flask import Response, g, request

from portal.actions import keys, quotas
from portal.models import ApiKey
from portal.outside import clock
from portal.rules.keys import Scope
from portal.rules.quotas import Kind, UsedUp
from portal.web.api import bp
from portal.web.api.problems import Problem

OPEN = frozenset({"api.contract"})
LARGEST_BODY = 16 * 1024
REALM = 'Bearer realm="portal"'


@bp.before_request
def check_key() -> None:
    """Let nobody in without a key; and nothing large, whatever the rest of the portal takes."""
    request.max_content_length = LARGEST_BODY
    if request.endpoint not in OPEN:
        g.api_key = _key()
        _count(g.api_key)


def _key() -> ApiKey:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise Problem(
            401,
            "Send the header Authorization: Bearer <key>.",
            code="key_missing",
            headers={"WWW-Authenticate": REALM},
        )
    key = keys.open_with(given.token, now=clock.now())
    if key is None:
        raise Problem(
            401,
            "This is no key of this portal, or it was revoked.",
            code="key_unknown",
            headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
        )
    return key


def _count(key: ApiKey) -> None:
    """Refuse a key that asks more often than any till needs."""
    now = clock.now()
    try:
        quotas.spend(Kind.API, str(key.id), now=now)
    except UsedUp as problem:
        wait = max(1, ceil((problem.free_at - now).total_seconds()))
        raise Problem(
            429,
            "This key asks too often. Retry-After says in how many seconds there is room again.",
            headers={"Retry-After": str(wait)},
        ) from problem


def require(scope: Scope) -> None:
    """Refuse a key that may not do this."""
    if scope not in g.api_key.scopes:
        raise Problem(
            403,
            f"This key may not do that: it lacks the scope {scope}.",
            code="scope_missing",
            headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'},
        )


@bp.errorhandler(Problem)
def told(found: Problem) -> Response:
    """Answer with the problem."""
    return found.answer()
