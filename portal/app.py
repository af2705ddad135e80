"""Put the portal together: the only place that knows all parts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, g, request
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import cli, config
from portal.config import Settings
from portal.models import base
from portal.web import (
    access,
    account,
    account_email,  # noqa: F401 (adds to account's blueprint)
    addresses,
    confirm,
    context,
    errors,
    hosts,
    labels,
    locked,
    looking,
    machines,
    origin,
    papers,
    passkeys,  # noqa: F401 (adds to the blueprints of account, second_factor and confirm)
    privacy,
    second_factor,
    security,
    sizes,
    timeline,
)
from portal.web.api import bp as api
from portal.web.owner import bp as owner
from portal.web.public import (  # noqa: F401 (these add to pages' blueprint)
    door,
    email_change,
    emergency,
    pages,
    register,
    report,
    signing,
)
from portal.web.public import passkeys as _passkeys  # noqa: F401 (adds to pages' blueprint)
from portal.web.staff import bp as staff

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: dict[str, Any] | Settings | None = None) -> Flask:
    """Return the portal as a WSGI application.

    `settings` overrides what the environment says (tests); raises config.BadSettings.
    """
    chosen = _settings(settings)
    _speak_plainly(chosen)
    app = Flask(
        "portal", root_path=str(ROOT / "portal"), static_folder=None, template_folder=str(ROOT / "templates")
    )
    app.config.update(_for_libraries(chosen))
    base.connect(chosen.database, pool=chosen.threads * 2 + 4)
    hosts.init_app(app)
    sizes.init_app(app)
    _open_database_first(app)
    origin.init_app(app)
    addresses.init_app(app)
    Babel(app, locale_selector=context.language, timezone_selector=lambda: "Europe/Berlin")
    CSRFProtect(app).exempt(api)  # no cookie counts there
    access.init_app(app)
    locked.init_app(app)
    context.init_app(app)
    labels.init_app(app)
    timeline.init_app(app)
    looking.init_app(app)
    errors.init_app(app)
    for blueprint in (
        privacy.bp,
        pages.bp, report.bp, door.bp, emergency.bp, owner, staff, papers.bp, account.bp, second_factor.bp,
        confirm.bp, api, machines.bp,
    ):  # fmt: skip
        app.register_blueprint(blueprint)
    cli.init_app(app)
    security.init_app(app, ROOT / "static")
    if chosen.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=chosen.proxies, x_proto=chosen.proxies, x_host=chosen.proxies
        )
    return app


def _for_libraries(chosen: Settings) -> dict[str, Any]:
    """Return what Flask, its extensions and our own parts read from `app.config`."""
    return {
        "SECRET_KEY": chosen.secret,
        "TESTING": chosen.testing,
        "PORTAL": chosen,
        "MAX_CONTENT_LENGTH": sizes.FORM,  # some addresses take more
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-portal" if chosen.is_https else "portal",  # no other host can set it
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": chosen.is_https,
        "WTF_CSRF_TIME_LIMIT": None,  # a page may stay open over night; the token ends with the session
        "WTF_CSRF_SSL_STRICT": False,  # the token decides: the door and careful browsers send no referrer
        "BABEL_DEFAULT_LOCALE": "de",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
    }


def _settings(given: dict[str, Any] | Settings | None) -> Settings:
    if isinstance(given, Settings):
        return config.found_good(given)
    if given is None:
        return config.from_environment()
    return config.found_good(replace(Settings(testing=True, demo=True), **given))


def _speak_plainly(settings: Settings) -> None:
    """Log one line per event: JSON for machines, plain text in the demo; never local variables."""
    shown = (
        structlog.dev.plain_traceback
        if settings.demo
        else structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    last = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=shown)
        if settings.demo
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    trace = [] if settings.demo else [structlog.processors.ExceptionRenderer(shown)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *trace,
            last,
        ]
    )


def _open_database_first(app: Flask) -> None:
    """Connect before anything else asks: before CSRF, before who is signed in."""

    @app.before_request
    def connect() -> None:
        if request.endpoint not in WITHOUT_DATABASE:
            base.db.connect(reuse_if_open=True)

    @app.teardown_request
    def disconnect(_error: BaseException | None) -> None:
        if not base.db.is_closed() and not g.get("keep_connection"):
            base.db.close()


WITHOUT_DATABASE = frozenset({"machines.alive", "machines.ready"})
