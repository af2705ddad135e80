"""The settings, read once at start from PORTAL_* variables and checked."""

import os
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DEMO_SECRET = "demo only: everybody can read this in the source"  # noqa: S105
SHORTEST_SECRET = 32
SHORTEST_KEY = 24  # bytes, of what signs the calls to other machines
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*")


class BadSettings(ValueError):
    """The portal must not start with these settings; the text says which and why."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs from machine to machine."""

    demo: bool = False
    database: str = "sqlite:///var/portal.sqlite3"
    secret: str = ""
    url: str = "http://127.0.0.1:8000"
    hosts: str = ""  # more names under which the portal answers, separated by commas
    smtp: str = ""  # empty: letters go to the mail folder
    mail_folder: Path = Path("var/mail")
    mail_from: str = "reparatur@localhost"
    photos: Path = Path("var/photos")
    takeouts: Path = Path("var/takeouts")  # copies of people's own data, for seven days
    till: str = ""  # the address of the tills' back end; empty: staff make tills by hand
    till_secret: str = ""  # signs what the portal asks of it
    proxies: int = 0  # how many reverse proxies stand in front and may say who the client is
    threads: int = 12
    testing: bool = False

    @property
    def is_https(self) -> bool:
        """Tell whether people reach the portal over TLS."""
        return self.url.startswith("https://")

    @property
    def known_hosts(self) -> frozenset[str]:
        """Return the names under which the portal answers: its address's, those listed, at home in a demo.

        They are as browsers send them: müller.example is xn--mller-kva.example.
        """
        names = {urlsplit(self.url).hostname or "", *(name.strip().lower() for name in self.hosts.split(","))}
        return frozenset(_as_sent(name) for name in names if name) | (LOOPBACK if self.demo else set())


def _as_sent(name: str) -> str:
    try:
        return name if ":" in name else name.encode("idna").decode()
    except UnicodeError:
        return name


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of PORTAL_* variables, or raise BadSettings."""
    found: dict[str, Any] = {}
    for name, kind in Settings.__annotations__.items():
        text = environment.get(f"PORTAL_{name.upper()}", "")
        if not text or name == "testing":
            continue
        try:
            found[name] = _value(kind, text)
        except ValueError as error:
            raise BadSettings(f"PORTAL_{name.upper()}: {error}") from error
    return found_good(replace(Settings(), **found))


def _value(kind: Any, text: str) -> Any:
    if kind is bool:
        return text.lower() in ("1", "true", "yes", "on")
    return kind(text)


def found_good(settings: Settings) -> Settings:
    """Return the settings, complete and checked, or raise BadSettings."""
    if not settings.secret and settings.demo:
        settings = replace(settings, secret=DEMO_SECRET)
    if not settings.secret:
        raise BadSettings(
            "PORTAL_SECRET is missing: it signs cookies and links. Make one with: openssl rand -hex 32"
        )
    if len(settings.secret) < SHORTEST_SECRET or (settings.secret == DEMO_SECRET and not settings.demo):
        raise BadSettings(f"PORTAL_SECRET must be your own and at least {SHORTEST_SECRET} characters long")
    address = urlsplit(settings.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadSettings(f"PORTAL_URL is no web address: {settings.url!r}")
    if not all(_HOST.fullmatch(name) for name in settings.known_hosts):
        raise BadSettings(
            "PORTAL_HOSTS and the host of PORTAL_URL must be names without port, as browsers send them"
        )
    if urlsplit(settings.database).scheme not in ("sqlite", "postgresql"):
        raise BadSettings("PORTAL_DATABASE must begin with sqlite:/// or postgresql://")
    if settings.smtp and urlsplit(settings.smtp).scheme not in ("smtp", "smtps"):
        raise BadSettings("PORTAL_SMTP must begin with smtp:// or smtps://")
    _check_till(settings)
    if not 0 <= settings.proxies <= 5 or not 1 <= settings.threads <= 64:
        raise BadSettings("PORTAL_PROXIES must be 0 to 5, PORTAL_THREADS 1 to 64")
    return settings


def _check_till(settings: Settings) -> None:
    if not settings.till:
        return
    address = urlsplit(settings.till)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadSettings(f"PORTAL_TILL is no web address: {settings.till!r}")
    if address.scheme == "http" and not settings.demo:
        raise BadSettings("PORTAL_TILL must be https: what is asked of the tills decides about money")
    kind, _, key = settings.till_secret.rpartition("_")
    if kind != "whsec" or not _is_long_enough(key):
        raise BadSettings(
            f"PORTAL_TILL_SECRET must be whsec_ and the Base64 of at least {SHORTEST_KEY} bytes."
            ' Make one with: echo "whsec_$(openssl rand -base64 32)"'
        )


def _is_long_enough(key: str) -> bool:
    try:
        return len(b64decode(key, validate=True)) >= SHORTEST_KEY
    except ValueError:
        return False
