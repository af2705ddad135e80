"""Write letters into the outbox, and work it off (rule S4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from portal.models import Account, Case, Letter, SubstituteLink

LEASE = timedelta(minutes=2)  # longer than any attempt to send may take
MAX_TRIES = 12
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)


class LetterRefused(Exception):
    """The letter can never be sent as it is: an address that is none, a broken text."""


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
        if (letter := _write(owner, event, f"case:{case.id}:{key or event}", now, context, case))
    ]


def tell_owners_of_link(link: SubstituteLink, event: str, *, now: datetime, **context: Any) -> list[Letter]:
    """Write a letter about the link to each of its customer's people, once per event."""
    number = link.case.number if link.case_id else None
    context = {"number": number, "link_id": link.id, **context}
    case = link.case if link.case_id else None
    return [
        letter
        for owner in _owners(link.customer_id)
        if (letter := _write(owner, event, f"link:{link.id}:{event}", now, context, case))
    ]


def _owners(customer_id: int):
    return Account.select().where(Account.customer == customer_id, Account.closed_at.is_null()).order_by(Account.id)


def _write(
    owner: Account, event: str, key: str, now: datetime, context: dict[str, Any], case: Case | None
) -> Letter | None:
    event_key = f"{key}:{owner.id}"
    if Letter.select(Letter.id).where(Letter.event_key == event_key).exists():
        return None
    return Letter.create(
        event=event,
        event_key=event_key,
        message_id=f"{token_hex(16)}@portal",
        account=owner,
        case=case,
        recipient=owner.email,
        language=owner.language,
        context=context,
        written_at=now,
        due_at=now,
    )


def claim(now: datetime) -> Letter | None:
    """Take the next letter that is due, so that no other worker sends it meanwhile.

    The lease is a conditional update: whoever changes the row first has it. A worker that
    dies leaves the letter due again when the lease runs out.
    """
    for letter in Letter.due(now).limit(5):
        unclaimed = (Letter.id == letter.id) & (Letter.due_at == letter.due_at)
        lease = {Letter.due_at: now + LEASE, Letter.leased_until: now + LEASE, Letter.tries: letter.tries + 1}
        if Letter.update(lease).where(unclaimed).execute():
            return Letter.get_by_id(letter.id)
    return None


def deliver_one(send: Callable[[Letter], None], *, now: Callable[[], datetime]) -> bool:
    """Claim one letter and send it; return False when none is due.

    Whatever goes wrong with one letter stays with that letter: it is tried again later, or
    given up, and the next one is not held up.
    """
    letter = claim(now())
    if letter is None:
        return False
    try:
        send(letter)
    except LetterRefused as problem:
        _give_up(letter, problem, now())
    except Exception as problem:  # a worker must outlive any letter; the error is kept on it
        _try_later(letter, problem, now())
    else:
        sent = {Letter.sent_at: now(), Letter.due_at: None, Letter.leased_until: None, Letter.last_error: ""}
        Letter.update(sent).where(Letter.id == letter.id).execute()
    return True


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: doubling, at most two hours."""
    return min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)


def _try_later(letter: Letter, problem: Exception, now: datetime) -> None:
    if letter.tries >= MAX_TRIES:
        _give_up(letter, problem, now)
        return
    later = {
        Letter.due_at: now + pause_after(letter.tries),
        Letter.leased_until: None,
        Letter.last_error: _short(problem),
    }
    Letter.update(later).where(Letter.id == letter.id).execute()


def _give_up(letter: Letter, problem: Exception, now: datetime) -> None:
    given_up = {
        Letter.due_at: None,
        Letter.leased_until: None,
        Letter.gave_up_at: now,
        Letter.last_error: _short(problem),
    }
    Letter.update(given_up).where(Letter.id == letter.id).execute()


def try_again(letter: Letter, *, now: datetime) -> None:
    """Put a letter that was given up back into the outbox."""
    fresh = {Letter.due_at: now, Letter.gave_up_at: None, Letter.tries: 0}
    Letter.update(fresh).where(Letter.id == letter.id, Letter.gave_up_at.is_null(False)).execute()


def _short(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:500]
