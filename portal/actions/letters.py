"""Write letters into the outbox, and work it off (rule S4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex
from typing import Any

from portal.models import Account, Case, Emergency, Letter, Operator, SubstituteLink
from portal.models.accounts import hash_of
from portal.models.base import transaction
from portal.models.letters import Channel
from portal.rules.workflow import Role

LEASE = timedelta(minutes=5)  # longer than one letter may take: ten answers of the server, 20 seconds each
MAX_TRIES = 36
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)
GLANCE = 50  # how many due letters are looked at to find one that nobody else has

ONLY_WITH_ACCOUNT = ("quote_", "appointment_", "arrival_", "booking_", "tse_disposal_")
"""How the events begin that ask for what only an account can decide."""

Deed = Callable[[], object]
"""What is to be written down with a letter's success."""


class LetterRefused(Exception):
    """The letter can never be sent as it is: the server said so for good, or its address is none."""


class PostAway(Exception):
    """The other side cannot be reached: no letter's fault, and none can be sent there now."""


@dataclass(frozen=True)
class Claim:
    """A letter that one worker alone may send until its lease runs out."""

    letter: Letter
    until: datetime


@dataclass(frozen=True)
class Failure:
    """A try that came to nothing, in the other side's words; `for_good`: it was the last one."""

    letter: Letter
    problem: str
    for_good: bool


def tell_owners(
    case: Case, event: str, *, now: datetime, key: str | None = None, **context: Any
) -> list[Letter]:
    """Write a letter about the case to each of its customer's people, once per event.

    `key` tells apart two events of the same kind (a second question, say); without it
    coming back to a state sends no second letter (rule S6). Who reported without an account is told
    as well (rule P1a, ADR 017).
    """
    context = {"number": case.number, **context}
    owners = list(_owners(case.customer_id))
    written = [
        _write_to(owner, event, f"case:{case.id}:{key or event}", now, context, case) for owner in owners
    ]
    if reporter := _reporter_of(case, event, owners):
        about = f"case:{case.id}:{key or event}"
        written.append(
            tell_address(
                reporter.email, event, now=now, key=about, language=case.language, case=case, **context
            )
        )
    return [letter for letter in written if letter]


def _reporter_of(case: Case, event: str, owners: Iterable[Account]) -> Emergency | None:
    """Return who reported without an account, if this is for them too.

    Only once the address is known to be theirs, not twice, and nothing that asks for what only an
    account can decide: money, appointments, a TSE's end (rule P1a, ADR 017).
    """
    if event.startswith(ONLY_WITH_ACCOUNT):
        return None
    reporter = Emergency.of_case(case)
    if reporter is None or reporter.confirmed_at is None or reporter.ended_at is not None:
        return None
    return None if reporter.email in {owner.email for owner in owners} else reporter


def tell(reader: Account, event: str, *, now: datetime, key: str, **context: Any) -> Letter | None:
    """Write a letter to one person about their own account, once per `key`."""
    return _write_to(reader, event, f"account:{key}", now, context, None)


def tell_address(
    email: str,
    event: str,
    *,
    now: datetime,
    key: str,
    language: str,
    case: Case | None = None,
    **context: Any,
) -> Letter | None:
    """Write a letter to an address that has no account here, once per `key` (rule P1a).

    What may be said depends on whether it is known to be theirs: the caller decides.
    """
    reader = hash_of(email)[:16]  # two people's letters about one case wait for no other's
    about = {"number": case.number} if case else {}
    return _write(
        event,
        f"address:{key}",
        now,
        {**about, **context},
        recipient=email,
        lane=Letter.lane_of_reader(case.id if case else None, None, reader),
        case=case,
        language=language,
    )


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
        lane = Letter.lane_of_reader(link.case_id, link.id, "team")
        found = [_write(event, f"{about}:team", now, context, recipient=team, lane=lane)]
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
        lane=Letter.lane_of_reader(case.id if case else None, context.get("link_id"), reader.id),
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
    # A list: on SQLite nobody can write while still reading, once another has written meanwhile.
    for letter in list(Letter.due(now, channel).limit(GLANCE)):
        unclaimed = (Letter.id == letter.id) & (Letter.tries == letter.tries) & Letter.is_free(now)
        lease = {Letter.leased_until: until, Letter.tries: letter.tries + 1}
        if Letter.update(lease).where(unclaimed, ~letter.has_earlier()).execute():
            return Claim(Letter.get_by_id(letter.id), until)
    return None


def deliver_one(
    send: Callable[[Letter], Deed | None],
    *,
    now: Callable[[], datetime],
    channel: Channel = Channel.MAIL,
    failed: Callable[[Failure], object] | None = None,
) -> bool:
    """Claim one letter of the channel and send it; return False when none is due.

    What `send` returns is done in the transaction that writes the success down, and only if the letter
    is still ours: what came of it is known once or not at all. `failed` is told of every failure in the
    same way. Whatever goes wrong with one letter stays with that letter: it is tried again later, or
    given up, and the next one is not held up. PostAway alone goes on to the caller: the letter keeps
    its place, and trying others would be in vain.
    """
    claimed = claim(now(), channel)
    if claimed is None:
        return False
    try:
        deed = send(claimed.letter)
        if deed:
            _write_result(claimed, _sent(now()), deed)
    except PostAway as problem:
        back = {Letter.tries: claimed.letter.tries - 1}
        _write_failure(claimed, problem, back, failed)
        raise
    except Exception as problem:  # a worker must outlive any letter; the error is kept on it
        given_up = isinstance(problem, LetterRefused) or claimed.letter.tries >= MAX_TRIES
        _write_failure(claimed, problem, _verdict(claimed, given_up, now()), failed, for_good=given_up)
    else:
        if not deed:  # should the database be away now, that is not the letter's fault
            _write_result(claimed, _sent(now()))
    return True


def _sent(now: datetime) -> dict[Any, Any]:
    return {Letter.sent_at: now, Letter.due_at: None, Letter.last_error: ""}


def _verdict(claimed: Claim, given_up: bool, now: datetime) -> dict[Any, Any]:
    if given_up:
        return {Letter.due_at: None, Letter.gave_up_at: now}
    return {Letter.due_at: now + pause_after(claimed.letter.tries)}


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: doubling, at most two hours."""
    return min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)


def _write_result(claimed: Claim, result: dict[Any, Any], deed: Deed | None = None) -> bool:
    """Write what became of the letter, and do what follows from it, in one transaction.

    Not if it is no longer ours: a lease that ran out writes nothing, and what was called off stays so.
    """
    letter = claimed.letter
    ours = (Letter.id == letter.id) & (Letter.leased_until == claimed.until) & (Letter.tries == letter.tries)
    with transaction():
        columns = {Letter.leased_until: None, **result}
        is_ours = bool(Letter.update(columns).where(ours, Letter.due_at.is_null(False)).execute())
        if is_ours and deed:
            deed()
    return is_ours


def _write_failure(
    claimed: Claim,
    problem: Exception,
    result: dict[Any, Any],
    failed: Callable[[Failure], object] | None,
    *,
    for_good: bool = False,
) -> None:
    failure = Failure(claimed.letter, str(problem) or type(problem).__name__, for_good)
    told = partial(failed, failure) if failed else None
    columns = {Letter.last_error: _short(problem), **result}
    try:
        _write_result(claimed, columns, told)
    except Exception:
        _write_result(claimed, columns)  # or this letter would stand in the others' way
        raise


def try_again(letter: Letter, *, now: datetime) -> bool:
    """Put a letter that was given up back into the outbox; return False if there is nothing to try.

    What a machine must hear in order is not said once something later has been: it would undo that.
    """
    fresh = {Letter.due_at: now, Letter.gave_up_at: None, Letter.leased_until: None, Letter.tries: 0}
    given_up = (Letter.id == letter.id) & Letter.gave_up_at.is_null(False)
    if letter.channel is not Channel.MAIL:
        given_up &= ~letter.is_overtaken()
    return bool(Letter.update(fresh).where(given_up).execute())


def call_off(lane: str, *, now: datetime, only_untried: bool = False) -> int:
    """Take what still waits in a lane out of the outbox, because nobody wants it; return how many letters.

    With `only_untried` what the other side may have heard already stays, until it is known what came of it.
    """
    waiting = (Letter.lane == lane) & Letter.due_at.is_null(False)
    if only_untried:
        waiting &= (Letter.tries == 0) & (Letter.last_error == "")
    return _call_off(waiting, now)


def call_off_about(case: Case, events: Iterable[str], *, now: datetime, key: str = "") -> int:
    """Take the letters of these events about the case out of the outbox: what they say is no longer so.

    `key` is how their own keys begin, should only some of them be meant. Returns how many letters.
    """
    waiting = (Letter.case == case) & Letter.event.in_(list(events)) & Letter.due_at.is_null(False)
    if key:
        waiting &= Letter.event_key.startswith(f"case:{case.id}:{key}")
    return _call_off(waiting, now)


def _call_off(waiting: Any, now: datetime) -> int:
    called_off = {Letter.due_at: None, Letter.last_error: f"called off at {now.isoformat()}"}
    return Letter.update(called_off).where(waiting).execute()


def _short(problem: Exception) -> str:
    in_words = isinstance(problem, LetterRefused | PostAway)
    text = str(problem) if in_words else f"{type(problem).__name__}: {problem}"
    return text.replace("\x00", "")[:500]  # PostgreSQL keeps no NUL
