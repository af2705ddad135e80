"""Which web addresses may a browser be sent to, and which may the portal itself call?"""

import unicodedata
from urllib.parse import urlsplit

MAX_LENGTH = 500


def clean_address(text: str) -> str:
    """Return an http(s) address for a browser without blanks around it (rule L9).

    Raises ValueError for another scheme, a missing host, a user name or password in it, a port
    out of range, blanks, backslashes or control characters, or more than 500 characters.
    """
    address = text.strip()
    if not address or len(address) > MAX_LENGTH:
        raise ValueError("address is empty or too long")
    if any(_is_unprintable(character) for character in address):
        raise ValueError("address holds a blank, a backslash or a control character")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        raise ValueError("address must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("address must not hold a user name or password")
    if not _has_host(parts.hostname):
        raise ValueError("address names no host")
    if parts.port == 0:  # reading the port raises ValueError beyond 65535
        raise ValueError("port 0 is no port")
    return address


def clean_called_address(text: str) -> str:
    """Return an http(s) address that the portal may call: as above, in ASCII and without a #part.

    A host name with umlauts is written in its xn-- form.
    """
    address = clean_address(text)
    if not address.isascii() or "#" in address:
        raise ValueError("address must be ASCII (xn--… for umlauts) and must not hold a #part")
    return address


def _is_unprintable(character: str) -> bool:
    """Say whether browsers and servers would read this character in different ways."""
    return character in ' \\"<>' or unicodedata.category(character)[0] in "CZ"


def _has_host(host: str | None) -> bool:
    """Say whether there is a host with at least one letter or digit, and no empty label."""
    if not host:
        return False
    return ":" in host or all(label.strip("-") for label in host.removesuffix(".").split("."))
