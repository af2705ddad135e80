"""What makes the portal unsafe though it runs: settings and files that `flask check` refuses.

What it must not even start with is refused by config. In a demo only its own dangers count.
"""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from portal.config import LOOPBACK, Settings

STATIC = Path(__file__).resolve().parent.parent / "static"
FEWEST_CHARACTERS = 10  # different ones in a secret: "aaaa…" is none
ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})
DEMO_ADDRESSES = (
    "inhaberin@salon.example",
    "zweite@salon.example",
    "support@portal.example",
    "leitung@portal.example",
)
"""Whose password everybody can read in the source; only ever made by `flask demo`."""


def problems_of(settings: Settings) -> Iterator[str]:
    """Say what is unsafe in the settings and in who may read the portal's files."""
    if settings.demo:
        yield from _of_a_demo(settings)
        return
    yield from _of_addresses(settings)
    yield from _of_letters(settings)
    yield from _of_the_database(settings)
    yield from _of_folders(settings)
    if len(set(settings.secret)) < FEWEST_CHARACTERS:
        yield "PORTAL_SECRET is easy to guess. Make one with: openssl rand -hex 32"


def _of_a_demo(settings: Settings) -> Iterator[str]:
    if urlsplit(settings.url).hostname not in LOOPBACK:
        yield "PORTAL_DEMO is on, but PORTAL_URL is another machine: everybody knows the demo's passwords."


def _of_addresses(settings: Settings) -> Iterator[str]:
    if not settings.is_https:
        yield "PORTAL_URL is not https: cookies would travel in the clear."
    elif settings.proxies == 0:
        yield (
            "PORTAL_PROXIES is 0, but PORTAL_URL is https: the proxy that ends TLS would count as the only"
            " visitor, and one who guesses passwords would slow down everybody."
        )


def _of_letters(settings: Settings) -> Iterator[str]:
    if not settings.smtp:
        yield f"PORTAL_SMTP is not set: letters go to {settings.mail_folder} only."
    if settings.mail_from.rpartition("@")[2].rstrip(">").strip() in ("", "localhost"):
        yield "PORTAL_MAIL_FROM is no address that anybody can answer."


def _of_the_database(settings: Settings) -> Iterator[str]:
    address = urlsplit(settings.database)
    if address.scheme == "sqlite":
        yield from _of_a_file(Path(address.path[1:]), "PORTAL_DATABASE")
        return
    is_here = not address.hostname or address.hostname in LOOPBACK
    if not is_here and parse_qs(address.query).get("sslmode", [""])[-1] not in ENCRYPTED:
        yield "PORTAL_DATABASE is far away without sslmode=verify-full: all of it travels in the clear."


def _of_folders(settings: Settings) -> Iterator[str]:
    folders = {"PORTAL_PHOTOS": settings.photos, "PORTAL_TAKEOUTS": settings.takeouts}
    if not settings.smtp:
        folders["PORTAL_MAIL_FOLDER"] = settings.mail_folder
    for name, folder in folders.items():
        if folder.resolve().is_relative_to(STATIC):
            yield f"{name} lies in the folder that is served to everybody: {folder}"
        yield from _of_a_file(folder, name)


def _of_a_file(path: Path, name: str) -> Iterator[str]:
    """Say if others on the machine may read it; what does not exist yet is made for its user only."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH) and not _is_shut_off(path):
        yield f"{name}: others on this machine may read {path} (chmod -R o-rwx {path})."


def _is_shut_off(path: Path) -> bool:
    """Tell whether a folder above lets nobody else through."""
    return any(not above.stat().st_mode & stat.S_IXOTH for above in path.resolve().parents)
