"""Take in what the tills' back end reports: backups, read-outs, loading (rules B2, L6, L9).

A report may come twice, because its sender heard no answer: the second one changes nothing and is
answered like the first. What it did is history, with the name of the key that it came with.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from portal.actions import link_steps, links, readouts
from portal.actions.link_steps import LinkMoved
from portal.actions.readouts import NotReadOut, ServerNotHere
from portal.models import Device, SubstituteLink, interfaces
from portal.models.base import transaction
from portal.rules.links import LinkState
from portal.rules.workflow import StepRefused

SKEW = timedelta(minutes=1)
"""How far the other side's clock may be ahead of ours."""

TRIES = 5  # how often to look again when somebody else was faster

Deed = Callable[[SubstituteLink], SubstituteLink]


class Implausible(ValueError):
    """The report names an instant at which this cannot have happened; `why` says which rule it breaks."""

    def __init__(self, why: str) -> None:
        """Keep what is wrong with it."""
        super().__init__(why)
        self.why = why


class DoesNotFit(Exception):
    """The report does not fit the link as it stands, `link`; `why` says what is in its way."""

    def __init__(self, link: SubstituteLink, why: str) -> None:
        """Keep the link's present state."""
        super().__init__(why)
        self.link = link
        self.why = why


def link_now(link_id: int, *, now: datetime) -> SubstituteLink | None:
    """Return the link as it stands at `now`; its end is written down first if nobody has (rule L9)."""
    found = interfaces.link(link_id)
    return link_steps.judged(found, now=now) if found else None


def links_now(
    *, after: int, state: LinkState | None, limit: int, now: datetime
) -> list[SubstituteLink]:  # fmt: skip
    """Return the links behind `after` as they stand at `now`, ends written down like above (rule L9)."""
    # A list: on SQLite nobody can write while still reading, once another has written meanwhile.
    found = list(interfaces.links_after(after, state=state, limit=limit, now=now))
    return [link_steps.judged(link, now=now) for link in found]


def report_backup(
    device: Device, taken_at: datetime, *, now: datetime, api_key: str
) -> tuple[Device, SubstituteLink | None]:
    """Write down the device's newest backup; the answer to its open request follows by rule (B2, L4a).

    The last report again, or an older one, changes nothing: not even what staff have found out since.
    Returns the device, and its requested link if there is one. Raises Implausible for an instant in
    the future.
    """
    _check_past(taken_at, now)
    for _try in range(TRIES):
        with suppress(LinkMoved), transaction():
            older = Device.last_backup_at.is_null() | (Device.last_backup_at < taken_at)
            is_news = Device.update(last_backup_at=taken_at).where(Device.id == device.id, older).execute()
            device, link = Device.get_by_id(device.id), SubstituteLink.open_for(device)
            if link is None or link.state is not LinkState.REQUESTED:
                return device, None
            return device, _follow(link, taken_at, now, api_key) if is_news else link
    raise LinkMoved(device.id)


def _follow(link: SubstituteLink, newest: datetime, now: datetime, api_key: str) -> SubstituteLink:
    if link.real_backup_at is not None and link.real_backup_at >= newest:
        return link
    return links.correct_from_report(link, newest, now=now, api_key=api_key)


def report_read_out(link_id: int, at: datetime, *, now: datetime, api_key: str) -> SubstituteLink:
    """Write down that the server's database was read out at `at` (rule L6).

    Raises Implausible for an instant before the link's activation or in the future, DoesNotFit.
    """

    def deed(link: SubstituteLink) -> SubstituteLink:
        _check_since_activation(link, at)
        return readouts.read_out(link, by=None, now=now, at=at, api_key=api_key)

    _check_past(at, now)
    return _reported(link_id, lambda link: link.read_out_at == at, deed, now)


def report_failed_read_out(link_id: int, why: str, *, now: datetime, api_key: str) -> SubstituteLink:
    """Write down that the database cannot be read out; the link stays view-only (rule L6).

    Raises RefusalNeedsReason, DoesNotFit.
    """

    def is_done(link: SubstituteLink) -> bool:
        return link.read_out_failed_at is not None and link.read_out_problem == why

    def deed(link: SubstituteLink) -> SubstituteLink:
        return readouts.fail_read_out(link, why, by=None, now=now, api_key=api_key)

    return _reported(link_id, is_done, deed, now)


def report_loaded(link_id: int, at: datetime, *, now: datetime, api_key: str) -> SubstituteLink:
    """Write down that the database is on the link since `at`: the till is then to be unlocked (rule L6).

    Raises Implausible for an instant before the read-out or in the future, DoesNotFit.
    """

    def deed(link: SubstituteLink) -> SubstituteLink:
        _check_since_activation(link, at)
        if link.state is LinkState.ACTIVE and link.read_out_at and at < link.read_out_at:
            raise Implausible("before_read_out")
        return readouts.load(link, by=None, now=now, at=at, api_key=api_key)

    _check_past(at, now)
    return _reported(link_id, lambda link: link.loaded_at == at, deed, now)


def _reported(
    link_id: int, is_done: Callable[[SubstituteLink], bool], deed: Deed, now: datetime
) -> SubstituteLink:
    """Do the deed unless it is done already; look again if somebody else was faster."""
    for _try in range(TRIES):
        link = link_steps.judged(SubstituteLink.get_by_id(link_id), now=now)
        if is_done(link):
            return link
        try:
            return deed(link)
        except LinkMoved:
            continue
        except (StepRefused, ServerNotHere, NotReadOut) as refusal:
            raise DoesNotFit(link, _in_the_way(link, refusal)) from refusal
    raise DoesNotFit(SubstituteLink.get_by_id(link_id), "link_moved")


def _in_the_way(link: SubstituteLink, refusal: Exception) -> str:
    if isinstance(refusal, ServerNotHere):
        return "server_not_here"
    if isinstance(refusal, NotReadOut):
        return "not_read_out"
    if link.state is not LinkState.ACTIVE:
        is_open = link.open_device is not None
        return "link_not_active" if is_open else "link_ended"
    if link.loaded_at is not None:
        return "already_loaded"
    return "already_read_out" if link.read_out_at is not None else "no_receipt_lock"


def _check_past(at: datetime, now: datetime) -> None:
    if at > now + SKEW:
        raise Implausible("in_the_future")


def _check_since_activation(link: SubstituteLink, at: datetime) -> None:
    if link.state is LinkState.ACTIVE and link.activated_at and at < link.activated_at:
        raise Implausible("before_activation")
