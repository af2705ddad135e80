"""What goes in and out as JSON; field names and enumerations are the contract of /api/v1 and stay."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    TypeAdapter,
    WithJsonSchema,
)

from portal.rules.keys import Scope
from portal.rules.links import Answer, Ending, LinkState, Mode, TillState
from portal.rules.workflow import State
from portal.web.addresses import LARGEST_ID
from portal.web.forms import clean

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
EARLIEST_YEAR = 2000
LONGEST_REASON = 500


def _instant(value: Any) -> datetime:
    """Return the instant in UTC; only RFC 3339 with a zone will do, never a number."""
    spelled = value.upper() if isinstance(value, str) else ""
    if not RFC_3339.fullmatch(spelled):
        raise ValueError("must be an instant with a time zone as in RFC 3339, like 2026-11-21T07:00:00+01:00")
    found = datetime.fromisoformat(spelled)
    if not EARLIEST_YEAR <= found.year < 9999:
        raise ValueError("is out of range")
    return found.astimezone(UTC)


def _whole(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,10}", value):
        raise ValueError("must be a whole number in digits")
    return int(value)


Instant = Annotated[
    datetime, PlainValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
Whole = Annotated[int, BeforeValidator(_whole)]
Reason = Annotated[
    str,
    # A letter or digit that every engine of regular expressions takes for one: so it is never blank.
    StringConstraints(min_length=1, max_length=LONGEST_REASON, pattern="[A-Za-z0-9]"),
    Field(description="One or two sentences. The salon reads them."),
]


class Given(BaseModel):
    """What comes in: nothing is guessed, and a field that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LinksQuery(BaseModel):
    """Which links are asked for."""

    model_config = ConfigDict(extra="forbid")

    state: LinkState | None = Field(default=None, description="Only links that stand there now.")
    after: Whole = Field(default=0, ge=0, le=LARGEST_ID, description="Only links behind this id: `next`.")
    limit: Whole = Field(default=50, ge=1, le=100, description="How many at most.")


class BackupTaken(Given):
    """A backup of the device, at the time it was taken."""

    taken_at: Instant = Field(description="Not in the future; a minute of difference between clocks is fine.")


class ReadOutDone(Given):
    """The sent-in server's database was read out."""

    read_out_at: Instant = Field(description="Not before the link's activation, not in the future.")


class ReadOutFailed(Given):
    """The sent-in server's database cannot be read out."""

    failed: Reason


class Loaded(Given):
    """The database that was read out is on the link's till."""

    loaded_at: Instant = Field(description="Not before the read-out, not in the future.")


def _which_read_out(value: Any) -> str:
    return "failed" if isinstance(value, dict) and "failed" in value else "done"


BACKUP = TypeAdapter(BackupTaken)
READ_OUT = TypeAdapter(
    Annotated[
        Annotated[ReadOutDone, Tag("done")] | Annotated[ReadOutFailed, Tag("failed")],
        Discriminator(_which_read_out),
    ]
)
LOADED = TypeAdapter(Loaded)


def tidy(reason: str) -> str:
    """Return the reason as if somebody had typed it here: without control characters, trimmed."""
    return clean(reason)


class Link(BaseModel):
    """A substitute link as it stands now; also what a webhook `link.…` tells of it."""

    id: int
    sequence: int = Field(description="Counts the link's changes: of two states the larger one is newer.")
    state: LinkState
    mode: Mode | None = Field(description="What holds now; view_only becomes full when the lock is lifted.")
    can_cash: bool = Field(description="Active, full, and its till confirmed to be open.")
    ending: Ending | None
    case: str | None = Field(description="Number of the case that the link belongs to.")
    device_serial: str | None
    till_id: str | None = Field(description="As the back end named the till when it made it.")
    till_wanted: TillState = Field(description="What the till is to be.")
    till_confirmed: TillState = Field(description="What it is known to be.")
    requested_at: datetime
    activated_at: datetime | None
    ends_at: datetime | None = Field(description="Fixed at activation. From this instant on it is ended.")
    read_out_at: datetime | None
    loaded_at: datetime | None
    lock_lifted_at: datetime | None
    ended_at: datetime | None


class Links(BaseModel):
    """Some of the links, in the order of their ids."""

    links: list[Link]
    next: int | None = Field(description="Ask again with this as `after`; null: there are no more.")


class Backup(BaseModel):
    """The newest backup that the portal knows of, and what follows from it."""

    device_serial: str
    last_backup_at: datetime
    requested_link: int | None = Field(description="The device's open request, which has been corrected.")
    expected: Answer | None = Field(description="The answer that this request may expect now, by rule.")


class CaseChange(BaseModel):
    """A case as it stands now: what a webhook `case.…` tells of it."""

    number: str
    sequence: int = Field(description="Counts the case's changes: of two states the larger one is newer.")
    state: State
    state_since: datetime
    device_serial: str | None


class LinkEvent(BaseModel):
    """A link has changed."""

    type: Annotated[str, StringConstraints(pattern=r"^link\.[a-z_]+$")]
    timestamp: datetime
    data: Link


class CaseEvent(BaseModel):
    """A case has changed."""

    type: Annotated[str, StringConstraints(pattern=r"^case\.[a-z_]+$")]
    timestamp: datetime
    data: CaseChange


class Mistake(BaseModel):
    """One value that is not as it must be."""

    where: str
    problem: str


class ProblemDetails(BaseModel):
    """What is wrong, as RFC 9457 has it."""

    type: str = Field(description="Always about:blank; `code` tells problems apart.")
    title: str
    status: int
    code: str = Field(description="For programs; see docs/api.md.")
    detail: str | None = Field(default=None, description="For people; may change.")
    errors: list[Mistake] | None = Field(default=None, description="With 422: what is wrong, and where.")
    link: Link | None = Field(default=None, description="With 409: the link as it stands now.")


SCOPES = {
    Scope.LINKS_READ: "Read links.",
    Scope.BACKUPS_WRITE: "Report backups of devices.",
    Scope.READ_OUTS_WRITE: "Report read-outs and loading.",
}
