"""Under which names does the portal answer?  A forged Host header reaches no page, no redirect, no cache."""

from urllib.parse import urlsplit

import structlog
from flask import Flask, request
from werkzeug.exceptions import BadRequest

PROBES = frozenset({"machines.alive", "machines.ready", "machines.metrics"})
"""What machines ask by the address of the machine, whatever it is called."""

log = structlog.get_logger()


class UnknownHost(BadRequest):
    """The request names a host that is not ours; PORTAL_URL and PORTAL_HOSTS say which are."""


def init_app(app: Flask) -> None:
    """Refuse every request for another host before anything else looks at it."""
    known = app.config["PORTAL"].known_hosts

    @app.before_request
    def check_host() -> None:
        if request.endpoint not in PROBES and name_of(request.host) not in known:
            log.warning("unknown host", host=request.host[:200], known=sorted(known))
            raise UnknownHost


def name_of(host: str) -> str:
    """Return the name without its port, in small letters; nothing for what is no host at all."""
    try:
        return urlsplit(f"//{host}").hostname or "" if host == host.strip() and "@" not in host else ""
    except ValueError:
        return ""
