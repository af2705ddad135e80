"""What people see when something goes wrong: calm pages in their language, never a bare 500."""

from collections.abc import Mapping
from math import ceil

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from flask_wtf.csrf import CSRFError
from peewee import DatabaseError, InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.rules.workflow import StepRefused
from portal.web import context, kept, sizes
from portal.web.access import SessionOver, please_sign_in
from portal.web.api import problems
from portal.web.fragments import is_htmx, over_the_page
from portal.web.hosts import UnknownHost

PAGES = frozenset({400, 403, 404, 409, 410, 413, 422, 429, 500, 503})
BARE = frozenset({500, 503})
BUSY = (OperationalError, InterfaceError, MaxConnectionsExceeded)
SECRETS = frozenset({"token", "proof"})
"""What secrets are called in addresses."""
AGAIN_IN = 10  # seconds, when the database is busy or away
log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Answer every error with its page."""
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(UnknownHost, elsewhere)
    app.register_error_handler(SessionOver, signed_out)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(StepRefused, moved)
    for busy in BUSY:
        app.register_error_handler(busy, unavailable)
    app.register_error_handler(Exception, broken)


def refused(error: HTTPException) -> Response:
    """Show the page of an HTTP error; redirects and the like pass as they are."""
    code = error.code or 500
    if code < 400:
        return error.get_response()
    wait = dict(error.get_headers()).get("Retry-After", "")
    minutes = ceil(int(wait) / 60) if wait.isdigit() else 0
    shown = code if code in PAGES else (400 if code < 500 else 500)
    response = answer(shown, code, limit=sizes.in_words(), wait=minutes)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.allow.update(error.valid_methods)
    if wait:
        response.headers["Retry-After"] = wait
    return response


def elsewhere(_error: UnknownHost) -> Response:
    """Refuse a request for another host: nothing of whoever sent it is looked up."""
    return problems.problem(400) if problems.is_wanted() else make_response(_bare(400, {}), 400)


def form_expired(_error: CSRFError) -> Response:
    """Say that the form is too old, and show what was typed, ready to be sent again.

    Where no signing in is needed, htmx only asks while somebody is answering: that is told nothing.
    """
    typed = kept.of_request()
    shown = answer(400, 400, kept=typed)
    return over_the_page(shown) if typed and is_htmx() and request.blueprint not in kept.OPEN else shown


def signed_out(_error: SessionOver) -> Response:
    """Keep what was typed by somebody whose session has ended meanwhile; without any, ask to sign in."""
    typed = kept.of_request()
    if not typed or not typed.texts:
        return please_sign_in()
    shown = answer(400, 400, kept=typed)
    return over_the_page(shown) if is_htmx() else shown


def moved(error: StepRefused) -> Response:
    """Say that the case has moved on meanwhile (rule S3)."""
    log.info("step refused", step=error.step, state=error.state, role=error.role)
    return answer(409, 409)


def unavailable(error: DatabaseError) -> Response:
    """Say that the database is busy or away: 503, and when to come again."""
    log.error("database unavailable", problem=str(error), path=_path())
    response = answer(503, 503)
    response.headers["Retry-After"] = str(AGAIN_IN)
    return response


def broken(error: Exception) -> Response:
    """Log what nobody foresaw and show a calm page."""
    log.exception("unforeseen", path=_path(), exc_info=error)
    return answer(500, 500)


def answer(page: int, status: int, **values: object) -> Response:
    """Render the page of an error; it needs the database no more than it must."""
    if problems.is_wanted():
        return problems.problem(status)
    if page in BARE:
        return make_response(_bare(page, values), status)
    try:
        return make_response(render_template(f"errors/{page}.html", **values), status)
    except BUSY as error:  # the page itself is still to be had: it says what is wrong without asking anybody
        log.error("database unavailable", problem=str(error), path=_path())
        return make_response(_bare(page, values), status)


def _path() -> str:
    """Return the address for the log, without what opens a case, a till or an account (rule P1)."""
    path = request.path
    for name, value in (request.view_args or {}).items():
        if name in SECRETS:
            path = path.replace(value, "…")
    return path


def _bare(page: int, values: Mapping[str, object]) -> str:
    """Render without context processors: they ask the database who is signed in and who runs this."""
    chosen = session.get("language")
    g.language = chosen if chosen in context.LANGUAGES else context.LANGUAGES[0]
    template = current_app.jinja_env.get_template(f"errors/{page}.html")
    return template.render(values, locale=g.language, is_bare=True)
