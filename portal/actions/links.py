"""Request, grant and end a substitute link (section L of the rulebook)."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from portal.actions import history, letters, queue
from portal.actions.cases import role_of
from portal.models import Account, Case, Consent, Device, SubstituteLink
from portal.models.base import transaction
from portal.rules import links as rules
from portal.rules.links import Answer, Ending, Expectation, LinkReason, LinkState, Mode
from portal.rules.triage import Origin
from portal.rules.workflow import CLOSED


class LinkMoved(Exception):
    """Somebody else was faster: the link is no longer where this deed expected it (rule S3)."""


class LinkAlreadyOpen(Exception):
    """The device has a requested or active link already (rule L1)."""


class LinkWouldBeIncomplete(ValueError):
    """A full link was asked for although data is, or may be, missing (rule L5)."""


class RefusalNeedsReason(ValueError):
    """A refusal or a correction without a reason."""


@dataclass(frozen=True)
class BackupFacts:
    """What the owner told about backup and data; None = not known (rules B1a–B3)."""

    backup_booked: bool | None
    last_online_at: datetime | None
    uploaded_at: datetime | None
    entered_since: bool | None

    def expectation(self, origin: Origin) -> Expectation:
        """Return the answer to be expected (L4a); a third-party server is for staff to decide (L12)."""
        found = rules.expected(self.backup_booked, self.last_online_at, self.uploaded_at, self.entered_since)
        return rules.for_third_party(found) if origin is Origin.ELSEWHERE else found


@dataclass(frozen=True)
class Findings:
    """What staff found out about the backup, and how they know (rules B2, L5)."""

    real_backup_at: datetime | None
    complete: bool | None
    why: str


def request(
    device: Device,
    facts: BackupFacts,
    *,
    by: Account,
    now: datetime,
    reason: LinkReason,
    reason_text: str = "",
    case: Case | None = None,
    consents: Iterable[Mapping[str, Any]] = (),
) -> SubstituteLink:
    """Ask for a link; expected answer and reasons are stored with it (rules L1, L4a).

    `consents` are the acknowledged texts (kind, wording, version, language), stored with it (S7).
    Raises LinkAlreadyOpen if the device has a requested or active link.
    """
    found = facts.expectation(device.origin)
    with transaction():
        link = _insert(device, facts, found, by, now, reason, reason_text, case)
        history.record(link, "request_link", by=by, at=now, target=LinkState.REQUESTED, expected=found.answer)
        for consent in consents:
            Consent.create(account=by, case=case, link=link, **{**consent, "at": now})
        letters.tell_owners_of_link(link, "link_requested", now=now, expected=found.answer)
        _show_on_case(link)
        return queue.reassess_link(link, now=now)


def _insert(
    device: Device,
    facts: BackupFacts,
    found: Expectation,
    by: Account,
    now: datetime,
    reason: LinkReason,
    reason_text: str,
    case: Case | None,
) -> SubstituteLink:
    try:
        with transaction():  # on its own: the refused insert must not spoil the deed around it
            return SubstituteLink.create(
                customer=device.salon.customer_id,
                device=device,
                open_device=device.id,
                case=case,
                requester=by,
                reason=reason,
                reason_text=reason_text,
                requested_at=now,
                state=LinkState.REQUESTED,
                backup_booked=facts.backup_booked,
                last_online_at=facts.last_online_at,
                uploaded_at=facts.uploaded_at,
                entered_since=facts.entered_since,
                expected=found.answer,
                backup_at=found.backup_at,
                reasons=list(found.reasons),
            )
    except IntegrityError as error:
        raise LinkAlreadyOpen(device.id) from error


def join(link: SubstituteLink, case: Case, *, now: datetime) -> None:
    """Let a device's open link go with the device's new case (rule L1).

    A link that came with another case stays there, unless that case has ended.
    """
    earlier = link.case if link.case_id else None
    if earlier is not None and earlier.state not in CLOSED:
        return
    with transaction():
        SubstituteLink.update(
            case=case, revision=SubstituteLink.revision + 1, harm=None, harm_since=None, reassess_at=None
        ).where(SubstituteLink.id == link.id, SubstituteLink.open_device.is_null(False)).execute()
        if earlier is not None:
            queue.reassess_case(earlier, now=now)


def correct(
    link: SubstituteLink,
    *,
    real_backup_at: datetime | None,
    complete: bool | None,
    why: str,
    by: Account,
    now: datetime,
) -> SubstituteLink:
    """Write down the real facts: time of the backup, and whether all data is in it (rules B2, L5).

    Raises StepRefused once the link is decided, RefusalNeedsReason without a reason.
    """
    if not why.strip():
        raise RefusalNeedsReason
    return _change(
        link,
        "correct",
        by=by,
        now=now,
        why=why,
        columns={"real_backup_at": real_backup_at, "complete": complete, "corrected_why": why},
        facts={"real_backup_at": _text(real_backup_at), "complete": complete},
    )


def grant(
    link: SubstituteLink,
    mode: Mode,
    *,
    till_address: str,
    days: int,
    secret: str,
    by: Account,
    now: datetime,
    found: Findings | None = None,
) -> SubstituteLink:
    """Activate the link, full or view-only, for 1 to 30 days from now (rules L2, L4, L5).

    What staff have `found` out is recorded with it, or neither is. Full is refused (LinkWouldBeIncomplete)
    unless staff have recorded that all data is there, in a backup whose time is known. ValueError for
    other durations, StepRefused if decided already, LinkMoved if somebody else was faster.
    """
    with transaction():
        if found:
            link = correct(link, **vars(found), by=by, now=now)
        return _activate(link, mode, till_address, days, secret, by, now)


def _activate(
    link: SubstituteLink, mode: Mode, till_address: str, days: int, secret: str, by: Account, now: datetime
) -> SubstituteLink:
    without_backup = mode is Mode.FULL and link.facts_backup_at is None
    if without_backup or not rules.may_grant(mode, link.complete):
        raise LinkWouldBeIncomplete(link.id)
    generation = link.generation + 1
    token = rules.door_token(secret, link.id, generation)
    return _change(
        link,
        "grant",
        by=by,
        now=now,
        columns={
            "mode": mode,
            "till_address": till_address,
            "days": days,
            "generation": generation,
            "token_hash": rules.token_hash(token),
            "activated_at": now,
            "ends_at": rules.end_of(now, days),
            "decided_at": now,
            "decided_by": by,
        },
        facts={"mode": mode, "days": days},
        letter="link_granted",
    )


def refuse(link: SubstituteLink, why: str, *, by: Account, now: datetime) -> SubstituteLink:
    """Refuse the request, with the reason the owner will read; it stays refused (rule L3)."""
    if not why.strip():
        raise RefusalNeedsReason
    return _change(
        link,
        "refuse",
        by=by,
        now=now,
        why=why,
        columns={"open_device": None, "refusal": why, "decided_at": now, "decided_by": by},
        letter="link_refused",
    )


def withdraw(link: SubstituteLink, *, by: Account, now: datetime) -> SubstituteLink:
    """End the request or the link because the owner no longer needs it; for good (rule L3)."""
    return _end(link, "withdraw", Ending.WITHDRAWN, by=by, now=now)


def delete(link: SubstituteLink, why: str, *, by: Account, now: datetime) -> SubstituteLink:
    """End an active link early, by staff; for good (rule L3)."""
    if not why.strip():
        raise RefusalNeedsReason
    return _end(link, "delete", Ending.DELETED, by=by, now=now, why=why, letter="link_ended")


def expire(link: SubstituteLink, *, now: datetime) -> SubstituteLink:
    """Write down that the link has reached its end (rule L9); called by whoever notices first."""
    if rules.is_open(link.state, link.ends_at, now):
        raise ValueError(f"link {link.id} has not reached its end")
    return _end(link, "expire", Ending.EXPIRED, by=None, now=now, letter="link_ended")


def open_now(device: Device, *, now: datetime) -> SubstituteLink | None:
    """Return the device's open link; one past its end is ended first, worker or no worker (rules L1, L9)."""
    link = SubstituteLink.open_for(device)
    if link is None or not link.is_over(now):
        return link
    with suppress(LinkMoved):  # the worker or the door was faster
        expire(link, now=now)
    return None


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """End every link that is past its end; the worker calls it. Returns how many.

    One that cannot be ended holds up none of the others: its error is raised after them.
    """
    over = (SubstituteLink.state == LinkState.ACTIVE) & (SubstituteLink.ends_at <= now)
    done = 0
    problem: Exception | None = None
    for link in list(SubstituteLink.select().where(over).order_by(SubstituteLink.ends_at).limit(limit)):
        try:
            expire(link, now=now)
        except LinkMoved:
            continue  # the door was faster
        except Exception as error:
            problem = problem or error
            continue
        done += 1
    if problem:
        raise problem
    return done


def _end(
    link: SubstituteLink,
    step: str,
    ending: Ending,
    *,
    by: Account | None,
    now: datetime,
    why: str = "",
    letter: str | None = None,
) -> SubstituteLink:
    columns = {"open_device": None, "ending": ending, "ended_at": now}
    return _change(link, step, by=by, now=now, why=why, columns=columns, letter=letter)


def _change(
    link: SubstituteLink,
    step: str,
    *,
    by: Account | None,
    now: datetime,
    columns: dict[str, Any],
    why: str = "",
    facts: dict[str, Any] | None = None,
    letter: str | None = None,
) -> SubstituteLink:
    """Take one step of the link's table: link, history, letter and queue, all or nothing (S3)."""
    source = link.state
    target = rules.take_link_step(step, source, role_of(by))
    with transaction():
        unmoved = (
            (SubstituteLink.id == link.id)
            & (SubstituteLink.state == source)
            & (SubstituteLink.revision == link.revision)
        )
        changes = {"state": target, "revision": SubstituteLink.revision + 1, **columns}
        if not SubstituteLink.update(changes).where(unmoved).execute():
            raise LinkMoved(link.id)
        changed = SubstituteLink.get_by_id(link.id)
        history.record(changed, step, by=by, at=now, source=source, target=target, why=why, **(facts or {}))
        if letter:
            letters.tell_owners_of_link(
                changed, letter, now=now, why=why, mode=changed.mode, ends_at=_text(changed.ends_at)
            )
        _show_on_case(changed)
        return queue.reassess_link(changed, now=now)


def _show_on_case(link: SubstituteLink) -> None:
    """Count the change on the link's case as well: its page shows the link."""
    if link.case_id:
        Case.update(revision=Case.revision + 1).where(Case.id == link.case_id).execute()


@dataclass(frozen=True)
class Door:
    """What the door says: where it leads, or that the link has ended (rule L9)."""

    link: SubstituteLink
    is_open: bool


def open_door(token: str, *, now: datetime) -> Door | None:
    """Judge the link of `token` by `now`; None if there is no such link (rule L9).

    The first refusal past the end is written down, so that a clock that goes back opens
    nothing; an opening is counted.
    """
    link = SubstituteLink.get_or_none(SubstituteLink.token_hash == rules.token_hash(token))
    if link is None:
        return None
    if rules.is_open(link.state, link.ends_at, now):
        return Door(link, True)
    if link.state is LinkState.ACTIVE:
        try:
            link = expire(link, now=now)
        except LinkMoved:
            link = SubstituteLink.get_by_id(link.id)
    return Door(link, False)


def count_opening(link: SubstituteLink, *, now: datetime) -> None:
    """Count that the door was passed; both sides see when it last was."""
    passed = {
        SubstituteLink.opened_count: SubstituteLink.opened_count + 1,
        SubstituteLink.last_opened_at: now,
    }
    SubstituteLink.update(passed).where(SubstituteLink.id == link.id).execute()


def suggested_mode(link: SubstituteLink) -> Mode | None:
    """Return the decision the facts lead to, as staff have them now; None = refuse or find out more."""
    if link.complete is not None:
        return Mode.FULL if link.complete else Mode.VIEW_ONLY
    return {Answer.FULL: Mode.FULL, Answer.VIEW_ONLY: Mode.VIEW_ONLY}.get(link.expected)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
