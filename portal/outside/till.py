"""Have the till behind a substitute link made, locked, unlocked and deleted at the vendor's back end.

What is said to it and what it must answer is docs/link-provider.md. Without a back end there is
nothing to call: staff do it by hand, paste the till's address and tick what they have done.
Two errors tell the worker what to do: TillRefused — never ask this again; TillAway — ask again later,
with the same key.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from portal.outside import calls, signatures
from portal.outside.addresses import MAX_LENGTH, clean_address, clean_called_address
from portal.outside.calls import LIMITS, Answer, CallFailed, Limits, printable

__all__ = ["MAX_LENGTH", "Http", "Till", "TillAway", "TillRefused", "clean_address", "provider_for"]

LONGEST_ID = 100
STATES = {"full": "open", "view_only": "locked"}  # how a new till must stand (rules L4, L5)
OVERLOADED = {429, 502, 503, 504}  # the server's own trouble
LATER = {408, 425}  # this deed's, and it passes


class TillRefused(Exception):
    """The back end will not do this, however often it is asked."""

    permanent = True


class TillAway(Exception):
    """It is not known to be done: ask again, with the same key.

    `is_away`: the back end itself is the trouble, other deeds need not be tried now. `midway`: it
    broke off over this deed, so that it may be the deed after all.
    """

    permanent = False

    def __init__(self, problem: str, *, is_away: bool = False, midway: bool = False) -> None:
        super().__init__(problem)
        self.is_away = is_away
        self.midway = midway


@dataclass(frozen=True)
class Till:
    """A till that the back end made: its name there, and where a browser finds it."""

    id: str
    address: str


def provider_for(url: str, secret: str) -> "Http | None":
    """Return the back end at `url`; None without one: then it is done by hand. ValueError as for Http."""
    return Http(url, secret) if url else None


class Http:
    """The vendor's back end: one address, `<url>/deeds`, and a signed request for each deed.

    `link` is the portal's own name of the link, known before the till is; `key` that of the deed, the
    same for every try; `at` the instant of the try. Each call returns when the back end has confirmed
    the deed, and raises TillRefused or TillAway otherwise.
    """

    def __init__(self, url: str, secret: str, *, limits: Limits = LIMITS) -> None:
        """Check address and secret; ValueError for an address that cannot be called, or no whsec_ secret."""
        self.url = clean_called_address(url).rstrip("/") + "/deeds"
        if "?" in self.url:
            raise ValueError("the back end's address must not hold a ?query")
        signatures.key_of(secret)
        self._secret = secret
        self._limits = limits

    def create(
        self,
        link: str,
        *,
        mode: str,
        device_serial: str,
        backup_at: datetime | None,
        days: int,
        key: str,
        at: datetime,
    ) -> Till:
        """Have a till made from the device's backup: "full" → open, "view_only" → locked (rules L4, L5)."""
        asked = {
            "mode": str(mode),
            "device_serial": device_serial,
            "backup_at": _instant(backup_at) if backup_at else None,
            "days": days,
        }
        answer = self._ask("create", link, asked, key=key, at=at)
        said = _confirmed(answer, STATES[mode])
        return Till(_id(said), self._address(said))

    def lock(self, link: str, *, key: str, at: datetime) -> None:
        """Put the receipt lock on: no cashing, nothing saved (rule L5)."""
        _confirmed(self._ask("lock", link, {}, key=key, at=at), "locked")

    def unlock(self, link: str, *, key: str, at: datetime) -> None:
        """Take the receipt lock off (rule L6)."""
        _confirmed(self._ask("unlock", link, {}, key=key, at=at), "open")

    def delete(self, link: str, *, key: str, at: datetime) -> None:
        """Delete the till for good; one that is gone, or never was, is deleted (rules L3, L11)."""
        answer = self._ask("delete", link, {}, key=key, at=at)
        if (answer.status, _said(answer).get("code")) not in [(404, "unknown_link"), (410, "link_ended")]:
            _confirmed(answer, "gone")

    def _ask(self, deed: str, link: str, asked: dict[str, Any], *, key: str, at: datetime) -> Answer:
        body = json.dumps({"deed": deed, "link": str(link), **asked}).encode()
        headers = {**signatures.sign(self._secret, body, id=key, at=at), "idempotency-key": key}
        try:
            return calls.post(self.url, body, headers, limits=self._limits)
        except CallFailed as error:
            raise TillAway(str(error), is_away=True, midway=error.midway) from error

    def _address(self, said: dict[str, Any]) -> str:
        """Return the till's address, if a browser may be sent there: https, unless the back end is http."""
        try:
            address = clean_address(str(said.get("address", "")))
        except ValueError as error:
            raise TillAway(f"an unusable address of the till: {error}") from error
        if self.url.startswith("https:") and not address.startswith("https:"):
            raise TillAway("an unusable address of the till: it must begin with https://")
        return address


def _instant(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a naive instant")
    return moment.astimezone(UTC).isoformat()


def _confirmed(answer: Answer, state: str) -> dict[str, Any]:
    """Return what the back end said, if it says that the till is in this state now."""
    said = _said(answer)
    if not 200 <= answer.status < 300:
        _raise(answer.status, said)
    if said.get("state") != state:
        raise TillAway(printable(f"HTTP {answer.status}, but the till is not {state}: {_words(said)}"))
    return said


def _raise(status: int, said: dict[str, Any]) -> NoReturn:
    """Raise what an answer without success means: is it final, and whose trouble is it?"""
    problem = printable(f"HTTP {status} {_words(said)}")
    if status in OVERLOADED:
        raise TillAway(problem, is_away=True, midway=True)
    in_progress = status == 409 and said.get("code") == "in_progress"
    # A 404 without our contract's words is a wrong address or a proxy's page: no word of the back end.
    no_word = status in (404, 410) and not said.get("code")
    if 400 <= status < 500 and status not in LATER and not in_progress and not no_word:
        raise TillRefused(problem)
    raise TillAway(problem)


def _said(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of the answer; empty if it is none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _id(said: dict[str, Any]) -> str:
    found = said.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID or printable(found) != found:
        raise TillAway(f"no id of the till, or none of 1 to {LONGEST_ID} printable characters")
    return found


def _words(said: dict[str, Any]) -> str:
    """Return the back end's own words about what is wrong, for staff to read."""
    return " ".join(str(said[name]) for name in ("code", "problem") if said.get(name)) or "(no words)"
