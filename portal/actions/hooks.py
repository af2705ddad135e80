"""Webhooks: who hears of changes, and what they hear; written in the deed's own transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.actions import history, letters
from portal.actions.keys import only_admins
from portal.models import Account, Case, Hook, Letter, SubstituteLink
from portal.models.base import transaction
from portal.models.letters import Channel
from portal.rules.links import LinkState
from portal.rules.workflow import StepRefused

TOPICS = ("link", "case")
"""What can be asked for; an event is named `<topic>.<what happened>`."""

TEST_EVENT = "portal.test"


class HookUnfit(ValueError):
    """A webhook without an address or without a topic."""


def make(url: str, topics: Iterable[str], *, by: Account, now: datetime) -> Hook:
    """Tell an address of changes from now on. It has been cleaned, and is no password's hiding place.

    Raises HookUnfit, and StepRefused for anybody but an admin.
    """
    only_admins("make_hook", by)
    chosen = [topic for topic in TOPICS if topic in set(topics)]
    if not url or len(url) > Hook.url.max_length or not chosen:
        raise HookUnfit(url)
    with transaction():
        hook = Hook.create(url=url, topics=chosen, created_at=now, created_by=by)
        history.record(None, "make_hook", by=by, at=now, hook=hook.id, url=url, topics=chosen)
    return hook


def renew_secret(hook: Hook, *, by: Account, now: datetime) -> Hook:
    """Sign with a new secret from now on, what already waits included; the old one is worthless.

    StepRefused for anybody but an admin.
    """
    only_admins("renew_hook", by)
    with transaction():
        Hook.update(generation=Hook.generation + 1).where(Hook.id == hook.id).execute()
        history.record(None, "renew_hook", by=by, at=now, hook=hook.id, url=hook.url)
    return Hook.get_by_id(hook.id)


def note_secret_shown(hook: Hook, *, by: Account, now: datetime) -> None:
    """Write down who looked at the secret. StepRefused for anybody but an admin."""
    only_admins("show_hook_secret", by)
    history.record(None, "show_hook_secret", by=by, at=now, hook=hook.id, url=hook.url)


def end(hook: Hook, why: str = "", *, by: Account | None, now: datetime) -> Hook:
    """Send nothing there any more; what waits is called off. Doing it twice changes nothing.

    `by` None is the portal itself, when the receiver said that it wants no more. StepRefused for
    people who are no admins.
    """
    if by is not None:
        only_admins("end_hook", by)
    why = why[: Hook.ended_why.max_length]
    with transaction():
        still = (Hook.id == hook.id) & Hook.ended_at.is_null()
        if Hook.update(ended_at=now, ended_why=why).where(still).execute():
            letters.call_off(lane_of(hook), now=now)
            history.record(None, "end_hook", by=by, at=now, why=why, hook=hook.id, url=hook.url)
    return Hook.get_by_id(hook.id)


def send_test(hook: Hook, *, by: Account, now: datetime) -> None:
    """Write a webhook that says nothing but that they arrive. StepRefused for anybody but an admin."""
    only_admins("test_hook", by)
    _write(hook, TEST_EVENT, f"test:{now.timestamp()}", {"hook": hook.id}, at=now)


def try_again(hook: Hook, letter: Letter, *, by: Account, now: datetime) -> bool:
    """Put a webhook that was given up back into the outbox; return False if that cannot be.

    The address is sent to again from now on, if giving up was what ended it; what was called off
    meanwhile stays so, and the receiver asks the API for it. Not where an admin has ended it, and not
    once a later one has arrived. StepRefused for anybody but staff.
    """
    if not by.is_staff:
        raise StepRefused("try_hook_again", "", by.role)
    with transaction():
        present = Hook.get_by_id(hook.id)
        if present.was_ended_by_people or letter.lane != lane_of(hook):
            return False
        if not letters.try_again(letter, now=now):
            return False
        if present.ended_at is not None:
            Hook.update(ended_at=None, ended_why="").where(Hook.id == hook.id).execute()
            history.record(None, "resume_hook", by=by, at=now, hook=hook.id, url=hook.url)
        return True


def lane_of(hook: Hook) -> str:
    """Return the lane that keeps what one address hears in order."""
    return f"hook:{hook.id}"


def announce(subject: Case | SubstituteLink, event: str, *, at: datetime) -> None:
    """Write a webhook about the change to everybody who asked for its topic.

    It carries the state as of this change; `sequence` counts the subject's changes, so that a
    receiver can tell which of two is the newer.
    """
    topic = "link" if isinstance(subject, SubstituteLink) else "case"
    wanted = [hook for hook in Hook.active() if topic in hook.topics]
    if not wanted:
        return
    data = link_data(subject) if isinstance(subject, SubstituteLink) else case_data(subject)
    for hook in wanted:
        _write(hook, f"{topic}.{event}", f"{topic}:{subject.id}:{event}:{subject.revision}", data, at=at)


def _write(hook: Hook, event: str, key: str, data: dict[str, Any], *, at: datetime) -> None:
    letters.write_to_machine(
        Channel.HOOK,
        event,
        f"{lane_of(hook)}:{key}",
        lane=lane_of(hook),
        recipient=hook.url[: Letter.recipient.max_length],
        now=at,
        hook=hook.id,
        body={"type": event, "timestamp": _text(at), "data": data},
    )


def link_data(link: SubstituteLink) -> dict[str, Any]:
    """Return what other machines are told of a link, by webhook and API alike.

    Never the token of its door (L9), the till's address, or who asked for it.
    """
    return {
        "id": link.id,
        "sequence": link.revision,
        "state": link.state,
        "mode": link.mode,
        "can_cash": link.state is LinkState.ACTIVE and link.can_cash,
        "ending": link.ending,
        "case": link.case.number if link.case else None,
        "device_serial": link.device.serial,
        "till_id": link.till_id or None,
        "till_wanted": link.till_wanted,
        "till_confirmed": link.till_confirmed,
        "requested_at": _text(link.requested_at),
        "activated_at": _text(link.activated_at),
        "ends_at": _text(link.ends_at),
        "read_out_at": _text(link.read_out_at),
        "loaded_at": _text(link.loaded_at),
        "lock_lifted_at": _text(link.lock_lifted_at),
        "ended_at": _text(link.ended_at),
    }


def case_data(case: Case) -> dict[str, Any]:
    """Return what other machines are told of a case: no person, no text anybody typed."""
    return {
        "number": case.number,
        "sequence": case.revision,
        "state": case.state,
        "state_since": _text(case.state_since),
        "device_serial": case.device.serial if case.device else None,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
