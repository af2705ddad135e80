"""Which browsers has somebody signed in with before?  A signed cookie tells them from strangers (rule P1).

It lets nobody in. It only lets a known browser be counted apart, so that strangers who guess passwords make
nobody wait who has been here before.
"""

from hashlib import sha256
from secrets import token_urlsafe

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

LASTS = 365 * 24 * 3600  # seconds
MOST = 20  # people of one browser


def mark_for(email: str) -> str:
    """Return the browser's mark if this e-mail address has signed in with it before, else nothing."""
    mark, known = _read()
    return mark if _short(email) in known else ""


def remember(response: Response, email: str) -> Response:
    """Let the browser be known from now on as one of this e-mail address."""
    mark, known = _read()
    name = _short(email)
    people = [name, *(one for one in known if one != name)][:MOST]
    response.set_cookie(
        _cookie(),
        _signer().dumps([mark or token_urlsafe(12), people]),
        max_age=LASTS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/sign-in",
    )
    return response


def _cookie() -> str:
    """Return the cookie's name; over TLS one that no page without TLS can set."""
    return "__Secure-browser" if current_app.config["SESSION_COOKIE_SECURE"] else "browser"


def _read() -> tuple[str, list[str]]:
    try:
        mark, known = _signer().loads(request.cookies.get(_cookie(), ""))
        return str(mark), [str(one) for one in known]
    except (BadSignature, TypeError, ValueError):
        return "", []


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="browser-mark")


def _short(email: str) -> str:
    return sha256(email.strip().casefold().encode()).hexdigest()[:16]
