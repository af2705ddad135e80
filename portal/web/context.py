"""What every template may rely on: operator, language, addresses of static files."""

import re
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from flask_login import current_user
from markupsafe import Markup, escape

from portal.models import Operator
from portal.outside import clock
from portal.rules import numbers

LANGUAGES = ("de", "en")
_MAIL = re.compile(r"[^\s<>]*E-Mail[^\s<>]*")


def language() -> str:
    """Return the language of this request: the person's choice, else German (rule P5).

    The browser's wish is not followed: German is binding, and support must be able to say on
    the phone what stands on the screen. One tap changes it.
    """
    if not has_request_context():
        return "de"
    if g.get("language"):
        return g.language
    chosen = session.get("language")
    if chosen is None and current_user:
        chosen = getattr(g.get("half_signed_in") or current_user, "language", None)
    return chosen if chosen in LANGUAGES else "de"


def operator() -> Operator:
    """Return the operator record; one query per request at most."""
    if "operator" not in g:
        g.operator = Operator.current()
    return g.operator


def whole(text: str) -> Markup:
    """Keep "E-Mail-Adresse" on one line: browsers break it after the E."""
    return Markup(_MAIL.sub(r'<span class="keep">\g<0></span>', str(escape(text))))  # noqa: S704 (escaped)


def init_app(app: Flask) -> None:
    """Give templates their names."""

    @app.context_processor
    def names() -> dict[str, Any]:
        return {
            "operator": operator(),
            "locale": language(),
            "now": clock.now(),
            "is_demo": current_app.config["PORTAL"].demo,
        }

    app.jinja_env.filters["grouped"] = numbers.group
    app.jinja_env.filters["whole"] = whole
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["request"] = request
