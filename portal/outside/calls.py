"""Post something to another machine, and be held up, misled or flooded by none.

Neither a redirect nor a proxy of the environment is followed, no answer is unpacked, and a connection
serves one call. The time for the whole call runs whatever the other side does, one byte a second
included; only the name's look-up keeps the resolver's own time.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore

HEADERS = {"content-type": "application/json", "accept": "application/json", "user-agent": "repair-portal"}
LONGEST_WORDS = 300
# IPv6 addresses that a gateway turns into IPv4 ones, which may be anywhere: NAT64, Teredo, 6to4.
TUNNELS = [ip_network(name) for name in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")]


@dataclass(frozen=True)
class Limits:
    """How long to wait for a connection and for everything, in seconds, and how much to read, in bytes."""

    connect: float = 3.0
    whole: float = 10.0
    size: int = 64 * 1024


LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """What the other side said."""

    status: int
    body: bytes


class CallFailed(Exception):
    """There is no answer. `midway`: the other side was reached, so it may have done what it was asked."""

    def __init__(self, problem: str, *, midway: bool) -> None:
        super().__init__(problem)
        self.midway = midway


class OwnNetwork(Exception):
    """The name leads to this machine or into a private network, where the call must not go."""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    limits: Limits = LIMITS,
    only_public: bool = False,
    wants_body: bool = True,
) -> Answer:
    """Post a JSON body and return the answer, whatever its status; raises CallFailed.

    With `only_public` every address that the name stands for must be a public one, and the call goes
    to one of those looked at: otherwise OwnNetwork. Without `wants_body` the status line is enough.
    """
    wire = _Wire(limits, only_public)
    sent = [*HEADERS.items(), *headers.items()]
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=wire) as pool,
            pool.stream("POST", url, headers=sent, content=body) as answer,
        ):
            return Answer(answer.status, _read(answer, limits.size) if wants_body else b"")
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise CallFailed(_words(error), midway=wire.has_spoken) from error


def _read(answer: httpcore.Response, size: int) -> bytes:
    """Return the answer's body, unless it is larger than it may be."""
    body = b""
    for part in answer.iter_stream():
        body += part
        if len(body) > size:
            raise CallFailed(f"HTTP {answer.status} with more than {size} bytes", midway=True)
    return body


def _words(error: Exception) -> str:
    kind = type(error).__name__
    return printable(f"{kind}: {error}") if str(error) else kind


def printable(text: str) -> str:
    """Return the beginning of what another machine said, fit for a page and a log: 300 characters."""
    return "".join(one if one.isprintable() else " " for one in text).strip()[:LONGEST_WORDS]


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return how to encrypt, with the authorities this machine trusts."""
    return ssl.create_default_context()


class _Wire(httpcore.NetworkBackend):
    """The connections of one call: to looked-at addresses only, and all in one span of time."""

    def __init__(self, limits: Limits, only_public: bool) -> None:
        self.limits = limits
        self.only_public = only_public
        self.has_spoken = False
        self._until = time.monotonic() + limits.whole
        self._tcp = httpcore.SyncBackend()

    def left(self) -> float:
        """Return how many seconds the call still has."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"not done within {self.limits.whole:g} seconds")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the name's addresses that answers."""
        found = addresses(host, port)
        if self.only_public and not all(is_public(address) for address in found):
            raise OwnNetwork(f"{host} leads into a private network")
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found:
            try:
                span = min(self.limits.connect, self.left())
                return _Stream(self._tcp.connect_tcp(address, port, span), self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class _Stream(httpcore.NetworkStream):
    """A connection on which everything together ends in time."""

    def __init__(self, stream: httpcore.NetworkStream, wire: _Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._wire.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._wire.has_spoken = True
        self._stream.write(buffer, self._wire.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        span = min(self._wire.limits.connect, self._wire.left())
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, span), self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def addresses(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host, each once; raises httpcore.ConnectError if there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: str) -> bool:
    """Tell whether a numeric address is one of the internet: not ours, private, link-local or for many."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif any(found in tunnel for tunnel in TUNNELS):
            return False
    return found.is_global and not found.is_multicast
