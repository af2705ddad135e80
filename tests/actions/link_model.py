"""A substitute link as the rulebook tells of it, and nothing of how the portal does it (section L).

Written from the rulebook alone: the state machine holds the portal's deeds against it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

WARNINGS = (7, 3, 1)  # rule L10


@dataclass
class Link:
    """One link from its request to its end; `unlocked` is whether anybody has seen the till unlocked."""

    id: int
    device: int
    entered_since: bool | None
    backup_at: datetime | None
    complete: bool | None = None
    state: str = "requested"
    mode: str = ""
    ending: str = ""
    days: int = 0
    was_asked: bool = False  # whether a back end was to make the till
    activated_at: datetime | None = None
    ends_at: datetime | None = None
    read_out: bool = False
    lifted: bool = False
    till: str = "none"
    warned: set[int] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Tell whether the device is taken by it (rule L1)."""
        return self.state in ("requested", "granted", "active")

    def is_over(self, now: datetime) -> bool:
        """Tell whether an active link has reached its end, worker or no worker (rule L9)."""
        return self.state == "active" and self.ends_at is not None and now >= self.ends_at

    def leads_on(self, now: datetime) -> bool:
        """Tell whether the door is open (rule L9)."""
        return self.state == "active" and not self.is_over(now)

    def may_grant(self, mode: str) -> bool:
        """Tell whether staff may grant this kind: full only with all data in a known backup (L4, L5)."""
        if self.state != "requested":
            return False
        return mode == "view_only" or (self.complete is True and self.backup_at is not None)

    def may_read_out(self, server_is_here: bool, now: datetime) -> bool:
        """Tell whether a read-out may be recorded: a locked link, a server that was sent in (rule L6)."""
        return self.leads_on(now) and self.mode == "view_only" and server_is_here and not self.read_out

    def may_load(self, server_is_here: bool, now: datetime) -> bool:
        """Tell whether loading may be recorded, which lifts the lock: only what was read out (rule L6)."""
        return self.leads_on(now) and self.mode == "view_only" and server_is_here and self.read_out

    def may_lock(self, now: datetime) -> bool:
        """Tell whether a lock may be put on: full, and not because the server was read out (L5, L6)."""
        return self.leads_on(now) and self.mode == "full" and not self.lifted

    def warning_due(self, now: datetime) -> int | None:
        """Return the one warning to be sent now: the nearest to the end, once, none after it (rule L10)."""
        if not self.leads_on(now) or self.ends_at is None or self.activated_at is None:
            return None
        due = [days for days in WARNINGS if self.activated_at < self.ends_at - timedelta(days=days) <= now]
        nearest = min(due, default=None)
        return None if nearest is None or any(sent <= nearest for sent in self.warned) else nearest

    def activate(self, now: datetime) -> None:
        """Begin: start and end are fixed from now on (rules L2, L6)."""
        self.state, self.activated_at = "active", now
        self.ends_at = now + timedelta(hours=24 * self.days)
        self.till = "open" if self.mode == "full" else "locked"

    def end(self, ending: str) -> None:
        """End for good (rule L3)."""
        self.state, self.ending = "ended", ending
