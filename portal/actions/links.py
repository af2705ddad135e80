"""Request, decide and end a substitute link (section L of the rulebook).

What happens to a link between its two ends is in `readouts` (the receipt lock), `warnings` and
`tills` (the back end); its address in `doors`. All of them change it by `link_steps.change`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from portal.actions import history, hooks, letters, queue, tills
from portal.actions.link_steps import change, end, judged, show_on_case
from portal.models import Account, Case, CommissioningTick, Consent, Device, SubstituteLink
from portal.models.base import transaction
from portal.rules import links as rules
from portal.rules.links import (
    Answer,
    Ending,
    Expectation,
    LinkReason,
    LinkState,
    Mode,
    Provider,
    TillDeed,
)
from portal.rules.triage import Origin
from portal.rules.workflow import CLOSED


class LinkAlreadyOpen(Exception):
    """The device has a requested or active link already (rule L1)."""


class LinkWouldBeIncomplete(ValueError):
    """A full link was asked for although data is, or may be, missing (rule L5)."""


class ServerRestored(ValueError):
    """The device's server has just taken over: no substitute till beside it (rule L11a)."""


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
    by: Account | None,
    now: datetime,
    reason: LinkReason,
    reason_text: str = "",
    case: Case | None = None,
    consents: Iterable[Mapping[str, Any]] = (),
) -> SubstituteLink:
    """Ask for a link; expected answer and reasons are stored with it (rules L1, L4a).

    `consents` are the acknowledged texts (kind, wording, version, language), stored with it (S7). `by`
    None is a wish of somebody who has no account (P1a). Raises LinkAlreadyOpen if the device has a
    requested or active link.
    """
    found = facts.expectation(device.origin)
    with transaction():
        link = _insert(device, facts, found, by, now, reason, reason_text, case)
        history.record(link, "request_link", by=by, at=now, target=LinkState.REQUESTED, expected=found.answer)
        for consent in consents:
            Consent.create(account=by, case=case, link=link, **{**consent, "at": now})
        letters.tell_owners_of_link(link, "link_requested", now=now, expected=found.answer)
        hooks.announce(link, "requested", at=now)
        if device.last_backup_at is not None:
            link = correct_from_report(link, device.last_backup_at, now=now)
        show_on_case(link)
        return queue.reassess_link(link, now=now)


def _insert(
    device: Device,
    facts: BackupFacts,
    found: Expectation,
    by: Account | None,
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
    """Write down the real facts; the expected answer then follows by rule (rules B2, L4a, L5).

    `complete` says whether all data is in the backup, None = not known. Raises StepRefused once the
    link is decided, RefusalNeedsReason without a reason.
    """
    if not why.strip():
        raise RefusalNeedsReason
    return _correct(link, real_backup_at, complete, by=by, now=now, why=why)


def correct_from_report(
    link: SubstituteLink, real_backup_at: datetime, *, now: datetime, **via: Any
) -> SubstituteLink:
    """Write down the backup's real time as the back end reported it; what staff found out stays (rule B2)."""
    return _correct(link, real_backup_at, link.complete, by=None, now=now, why=link.corrected_why, **via)


def _correct(
    link: SubstituteLink,
    real_backup_at: datetime | None,
    complete: bool | None,
    *,
    by: Account | None,
    now: datetime,
    why: str,
    **via: Any,
) -> SubstituteLink:
    found = rules.corrected(_as_told(link), link.entered_since, real_backup_at, complete)
    return change(
        link,
        "correct",
        by=by,
        now=now,
        why=why,
        columns={
            "real_backup_at": real_backup_at,
            "complete": complete,
            "corrected_why": why,
            "expected": found.answer,
            "reasons": list(found.reasons),
        },
        facts={
            "real_backup_at": _text(real_backup_at),
            "complete": complete,
            "expected": found.answer,
            "expected_before": link.expected,
            **via,
        },
    )


def _as_told(link: SubstituteLink) -> Expectation:
    """Return what was to be expected from the owner's own words, before anybody looked."""
    told = BackupFacts(link.backup_booked, link.last_online_at, link.uploaded_at, link.entered_since)
    return told.expectation(link.device.origin)


def grant(
    link: SubstituteLink,
    mode: Mode,
    *,
    days: int,
    secret: str,
    by: Account,
    now: datetime,
    till_address: str = "",
    found: Findings | None = None,
) -> SubstituteLink:
    """Grant the link, full or view-only, for 1 to 30 days (rules L2, L4, L5).

    With the address of a till that staff have made by hand it is active from now on; without, the
    back end is asked to make one, and the days begin when it has. What staff have `found` out is
    recorded with it, or neither is. Full is refused (LinkWouldBeIncomplete) unless staff have
    recorded that all data is there, in a backup whose time is known. ValueError for other
    durations, StepRefused if decided already, LinkMoved if somebody else was faster, ServerRestored
    while the device's own server is being put into service.
    """
    rules.end_of(now, days)  # refuses other durations before anything is written
    with transaction():
        queue.held(link.device)  # no server is put into service meanwhile (rule L11a)
        if found:
            link = correct(link, **vars(found), by=by, now=now)
        granted = _decide(link, mode, days, Provider.BY_HAND if till_address else Provider.HTTP, by, now)
        if till_address:
            return activate(granted, till_address, secret=secret, by=by, now=now)
        tills.order(granted, TillDeed.CREATE, now=now)
        return granted


def _decide(
    link: SubstituteLink, mode: Mode, days: int, provider: Provider, by: Account, now: datetime
) -> SubstituteLink:
    if CommissioningTick.holds_back(link.device_id):
        raise ServerRestored(link.id)
    without_backup = mode is Mode.FULL and link.facts_backup_at is None
    if without_backup or not rules.may_grant(mode, link.complete):
        raise LinkWouldBeIncomplete(link.id)
    return change(
        link,
        "grant",
        by=by,
        now=now,
        columns={
            "mode": mode,
            "days": days,
            "provider": provider,
            "till_wanted": rules.till_for(mode),
            "decided_at": now,
            "decided_by": by,
        },
        facts={"mode": mode, "days": days, "provider": provider},
    )


def activate(
    link: SubstituteLink,
    till_address: str,
    *,
    secret: str,
    by: Account | None,
    now: datetime,
    till_id: str = "",
) -> SubstituteLink:
    """Begin a granted link: its till exists. Start and end are fixed from here on (rules L2, L6).

    `by` None is the portal itself, when the back end has confirmed. Staff may do it by hand while
    the back end is silent: what it cannot have heard of is then called off, and a till that it has
    made, or will say that it made, is deleted again.
    """
    provider = link.provider if by is None else Provider.BY_HAND
    generation = link.generation + 1
    ends_at = rules.end_of(now, link.days or rules.MAX_DAYS)
    with transaction():
        if provider is not link.provider:
            letters.call_off(tills.lane_of(link), now=now, only_untried=True)
        return change(
            link,
            "activate",
            by=by,
            now=now,
            columns={
                "provider": provider,
                "till_id": till_id,
                "till_address": till_address,
                "till_confirmed": link.till_wanted,
                "till_confirmed_at": now,
                "till_problem": "",
                "generation": generation,
                "token_hash": rules.token_hash(rules.door_token(secret, link.id, generation)),
                "activated_at": now,
                "ends_at": ends_at,
                "warn_at": rules.next_warning_at(now, ends_at, now),
            },
            facts={"ends_at": _text(ends_at)},
            letter="link_granted",
        )


def refuse(link: SubstituteLink, why: str, *, by: Account, now: datetime) -> SubstituteLink:
    """Refuse the request, with the reason the owner will read; it stays refused (rule L3)."""
    if not why.strip():
        raise RefusalNeedsReason
    return change(
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
    return end(link, "withdraw", Ending.WITHDRAWN, by=by, now=now)


def delete(
    link: SubstituteLink, why: str, *, by: Account, now: datetime, till_deleted: bool = False
) -> SubstituteLink:
    """End a granted or active link early, by staff; for good (rule L3).

    `till_deleted`: staff have deleted the till at the vendor's already.
    """
    if not why.strip():
        raise RefusalNeedsReason
    return end(
        link, "delete", Ending.DELETED, by=by, now=now, why=why, letter="link_ended", gone=till_deleted
    )


def hand_back(
    link: SubstituteLink, *, by: Account, now: datetime, till_deleted: bool = False
) -> SubstituteLink:
    """End the link because the repaired server takes over: never two tills side by side (rules L11, L11a).

    Called inside the commissioning's own transaction, so that "server restored" and "link ended"
    are one step. A request that was never granted ends too: it is no longer needed. One past its
    end has expired; it stays what it was.
    """
    if link.is_over(now):
        return judged(link, now=now)
    return end(link, "hand_back", Ending.COMMISSIONED, by=by, now=now, gone=till_deleted)


def suggested_mode(link: SubstituteLink) -> Mode | None:
    """Return the decision the facts lead to, as staff have them now; None = refuse or find out more."""
    if link.complete is not None:  # also where the answer is left to staff (L12)
        return Mode.FULL if link.complete else Mode.VIEW_ONLY
    return {Answer.FULL: Mode.FULL, Answer.VIEW_ONLY: Mode.VIEW_ONLY}.get(link.expected)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
