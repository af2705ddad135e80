"""Tell those who asked for webhooks what has changed; written in the deed's own transaction."""

from datetime import datetime
from typing import Any

from portal.actions import letters
from portal.models import Case, Hook, SubstituteLink
from portal.models.letters import Channel

TOPICS = ("link", "case")
"""What can be asked for; an event is named `<topic>.<what happened>`."""


def announce(subject: Case | SubstituteLink, event: str, *, at: datetime) -> None:
    """Write a webhook about the change to everybody who asked for its topic (issue: API and webhooks).

    It carries the state as of this change; `sequence` counts the subject's changes, so that a
    receiver can tell which of two is the newer.
    """
    topic = "link" if isinstance(subject, SubstituteLink) else "case"
    wanted = [hook for hook in Hook.active() if topic in hook.topics]
    if not wanted:
        return
    data = _link_data(subject) if isinstance(subject, SubstituteLink) else _case_data(subject)
    name = f"{topic}.{event}"
    body = {"type": name, "timestamp": at.isoformat(), "data": data}
    for hook in wanted:
        letters.write_to_machine(
            Channel.HOOK,
            name,
            f"hook:{hook.id}:{topic}:{subject.id}:{event}:{subject.revision}",
            lane=f"hook:{hook.id}",
            recipient=_shortened(hook.url),
            now=at,
            hook=hook.id,
            body=body,
        )


def _link_data(link: SubstituteLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "sequence": link.revision,
        "state": link.state,
        "mode": link.mode,
        "ending": link.ending,
        "case": link.case.number if link.case else None,
        "device_serial": link.device.serial,
        "till_id": link.till_id or None,
        "till_wanted": link.till_wanted,
        "till_confirmed": link.till_confirmed,
        "activated_at": _text(link.activated_at),
        "ends_at": _text(link.ends_at),
        "ended_at": _text(link.ended_at),
        "lock_lifted_at": _text(link.lock_lifted_at),
    }


def _case_data(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "sequence": case.revision,
        "state": case.state,
        "state_since": _text(case.state_since),
        "device_serial": case.device.serial if case.device else None,
    }


def _shortened(url: str) -> str:
    return url[:254]


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
