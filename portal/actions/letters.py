"""Write letters into the outbox, and work it off (rule S4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from portal.models import Account, Case, Letter, Operator, SubstituteLink
from portal.models.letters import Channel
from portal.rules.workflow import Role

LEASE = timedelta(minutes=5)  # longer than one letter may take: ten answers of the server, 20 seconds each
MAX_TRIES = 36
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)
GLANCE = 50  # how many due letters are looked at to find one that nobody else has


class LetterRefused(Exception):
    """The letter can never be sent as it is: the server said so for good, or its address is none."""


class PostAway(Exception):
    """The other side cannot be reached: no letter's fault, and none can be sent there now."""


@dataclass(frozen=True)
class Claim:
    """A letter that one worker alone may send until its lease runs out."""

    letter: Letter
    until: datetime


def tell_owners(
    case: Case, event: str, *, now: datetime, key: str | None = None, **context: Any
) -> list[Letter]:
    """Write a letter about the case to each of its customer's people, once per event.

    `key` tells apart two events of the same kind (a second question, say); without it
    coming back to a state sends no second letter (rule S6).
    """
    context = {"number": case.number, **context}
    return [
        letter
        for owner in _owners(case.customer_id)
        if (letter := _write_to(owner, event, f"case:{case.id}:{key or event}", now, context, case))
    ]


def tell_owners_of_link(
    link: SubstituteLink, event: str, *, now: datetime, key: str | None = None, **context: Any
) -> list[Letter]:
    """Write a letter about the link to each of its customer's people, once per event; `key` as above."""
    case = link.case if link.case_id else None
    context = _about(link, case, context)
    return [
        letter
        for owner in _owners(link.customer_id)
        if (letter := _write_to(owner, event, f"link:{link.id}:{key or event}", now, context, case))
    ]


def tell_staff_of_link(
    link: SubstituteLink, event: str, *, now: datetime, key: str | None = None, **context: Any
) -> list[Letter]:
    """Write a letter about the link to the team's own address, or to each of the team if there is none."""
    case = link.case if link.case_id else None
    context = _about(link, case, context)
    about = f"link:{link.id}:{key or event}"
    team = Operator.current().email
    if team:
        found = [_write(event, f"{about}:team", now, context, recipient=team, lane=_lane(case, link, "team"))]
    else:
        found = [_write_to(one, event, about, now, context, case) for one in _team()]
    return [letter for letter in found if letter]


def write_to_machine(
    channel: Channel, event: str, key: str, *, lane: str, recipient: str, now: datetime, **context: Any
) -> Letter | None:
    """Write a letter to a machine, once per `key`; those of one lane leave strictly in order.

    Its `message_id` is the key by which the other side knows a second try of the same letter.
    """
    return _write(event, key, now, context, recipient=recipient, lane=lane, channel=channel)


def _about(link: SubstituteLink, case: Case | None, context: dict[str, Any]) -> dict[str, Any]:
    return {"number": case.number if case else None, "link_id": link.id, **context}


def _lane(case: Case | None, link_id: int | SubstituteLink | None, reader: int | str) -> str | None:
    """Return what keeps a reader's letters about one case, or one link without a case, in order."""
    if case is not None:
        return f"case:{case.id}:{reader}"
    return f"link:{link_id}:{reader}" if link_id else None


def _team():
    """Select the staff, should the operator have no address for all of them."""
    return (
        Account.select()
        .where(Account.role.in_([Role.STAFF, Role.ADMIN]), Account.closed_at.is_null())
        .order_by(Account.id)
    )


def _owners(customer_id: int | None):
    """Select the customer's people; a case that belongs to nobody yet has none, and staff are not told."""
    if customer_id is None:
        return Account.noop()
    return (
        Account.select()
        .where(Account.customer == customer_id, Account.closed_at.is_null())
        .order_by(Account.id)
    )


def _write_to(
    reader: Account, event: str, about: str, now: datetime, context: dict[str, Any], case: Case | None
) -> Letter | None:
    """Write one letter to one person."""
    return _write(
        event,
        f"{about}:{reader.id}",
        now,
        context,
        recipient=reader.email,
        lane=_lane(case, context.get("link_id"), reader.id),
        account=reader,
        case=case,
        language=reader.language,
    )


def _write(
    event: str, event_key: str, now: datetime, context: dict[str, Any], *, recipient: str, **columns: Any
) -> Letter | None:
    """Write one letter, unless this event wrote it already; two at once write one."""
    mark = token_hex(16)
    Letter.insert(
        event=event,
        event_key=event_key,
        message_id=mark,
        recipient=recipient,
        context=context,
        written_at=now,
        due_at=now,
        **{"language": "de", **columns},
    ).on_conflict_ignore().execute()
    written = Letter.get(Letter.event_key == event_key)
    return written if written.message_id == mark else None


def claim(now: datetime, channel: Channel = Channel.MAIL) -> Claim | None:
    """Take the channel's next letter that is due, so that no other worker sends it meanwhile.

    The lease is a conditional update: whoever changes the row first has it. A worker that
    dies leaves the letter to others when the lease runs out. A letter waits for an earlier one
    of its lane, so that they arrive in order; a mail that failed and pauses has lost its place
    and holds nobody up, what machines must hear keeps its place until it is given up.
    """
    until = now + LEASE
    for letter in Letter.due(now, channel).limit(GLANCE):
        unclaimed = (Letter.id == letter.id) & (Letter.tries == letter.tries) & Letter.is_free(now)
        lease = {Letter.leased_until: until, Letter.tries: letter.tries + 1}
        if Letter.update(lease).where(unclaimed, ~letter.has_earlier()).execute():
            return Claim(Letter.get_by_id(letter.id), until)
    return None


def deliver_one(
    send: Callable[[Letter], None], *, now: Callable[[], datetime], channel: Channel = Channel.MAIL
) -> bool:
    """Claim one letter of the channel and send it; return False when none is due.

    Whatever goes wrong with one letter stays with that letter: it is tried again later, or
    given up, and the next one is not held up. PostAway alone goes on to the caller: the letter
    keeps its place, and trying others would be in vain.
    """
    claimed = claim(now(), channel)
    if claimed is None:
        return False
    try:
        send(claimed.letter)
    except PostAway as problem:
        _put_back(claimed, problem)
        raise
    except LetterRefused as problem:
        _give_up(claimed, problem, now())
    except Exception as problem:  # a worker must outlive any letter; the error is kept on it
        _try_later(claimed, problem, now())
    else:
        _write_result(claimed, {Letter.sent_at: now(), Letter.due_at: None, Letter.last_error: ""})
    return True


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: doubling, at most two hours."""
    return min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)


def _write_result(claimed: Claim, result: dict[Any, Any]) -> bool:
    """Write what became of the letter, if it is still ours: a lease that ran out writes nothing."""
    letter = claimed.letter
    ours = (Letter.id == letter.id) & (Letter.leased_until == claimed.until) & (Letter.tries == letter.tries)
    return bool(Letter.update({Letter.leased_until: None, **result}).where(ours).execute())


def _put_back(claimed: Claim, problem: Exception) -> None:
    """Leave the letter in its place; the try does not count."""
    _write_result(claimed, {Letter.tries: claimed.letter.tries - 1, Letter.last_error: _short(problem)})


def _try_later(claimed: Claim, problem: Exception, now: datetime) -> None:
    if claimed.letter.tries >= MAX_TRIES:
        _give_up(claimed, problem, now)
        return
    later = now + pause_after(claimed.letter.tries)
    _write_result(claimed, {Letter.due_at: later, Letter.last_error: _short(problem)})


def _give_up(claimed: Claim, problem: Exception, now: datetime) -> None:
    given_up = {Letter.due_at: None, Letter.gave_up_at: now, Letter.last_error: _short(problem)}
    _write_result(claimed, given_up)


def try_again(letter: Letter, *, now: datetime) -> None:
    """Put a letter that was given up back into the outbox."""
    fresh = {Letter.due_at: now, Letter.gave_up_at: None, Letter.tries: 0}
    Letter.update(fresh).where(Letter.id == letter.id, Letter.gave_up_at.is_null(False)).execute()


def call_off(lane: str, *, now: datetime) -> int:
    """Give up what still waits in a lane, because it is no longer wanted; return how many letters."""
    ended = {Letter.due_at: None, Letter.gave_up_at: now, Letter.last_error: "called off"}
    return Letter.update(ended).where(Letter.lane == lane, Letter.due_at.is_null(False)).execute()


def _short(problem: Exception) -> str:
    text = f"{type(problem).__name__}: {problem}".replace("\x00", "")  # PostgreSQL keeps no NUL
    return text[:500]
