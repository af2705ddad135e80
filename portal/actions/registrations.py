"""Let owners register: who is known comes in at once, everybody else waits for staff (rule P1; ADR 020)."""

from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_urlsafe

from portal.actions import accounts, history, letters, people, rounds, sign_in_links, throttle
from portal.actions.accounts import EmailTaken
from portal.actions.throttle import TooManyTries
from portal.models import Account, Customer, Registration, SignInLink, matches
from portal.models.base import transaction
from portal.models.registrations import Verdict
from portal.rules.signing_in import LINK_LASTS, Counted

KEPT = timedelta(days=90)  # after the decision; the history keeps what was decided


class Decided(Exception):
    """Somebody else has decided about this registration already (rule S3)."""


def ask(
    email: str,
    name: str,
    *,
    customer_number: str,
    business: str,
    phone: str,
    language: str,
    address: str,
    now: datetime,
    target: str = "",
) -> None:
    """Note down who wants to come in; whom we know is neither looked up nor told here (rule P1).

    `target` is the page that the link leads to once they are let in.
    Asked too often for one e-mail address, nothing more is noted, in the same way for known and unknown
    ones. Raises TooManyTries for too many from one `address`.
    """
    email = accounts.normal(email)
    if address:
        throttle.count(Counted.ADDRESS, f"register:{address}", now=now)
    with suppress(TooManyTries):
        throttle.count(Counted.LINK, email, now=now)
        Registration.create(
            email=email,
            name=name,
            customer_number=customer_number,
            business=business,
            phone=phone,
            language=language,
            address=address[:45],
            asked_at=now,
            looks_up_since=now,
            target=sign_in_links.short(target),
        )


def look_up_asked(*, now: datetime, limit: int = 200) -> int:
    """Let in whom we know, and leave the others to staff; the worker calls it. Returns how many."""
    since = Registration.looks_up_since
    asked = Registration.select().where(since <= now).order_by(since).limit(limit)
    return rounds.for_each(asked, lambda one: _look_up(one, now))


def _look_up(asked: Registration, now: datetime) -> None:
    fresh = (Registration.id == asked.id) & Registration.looks_up_since.is_null(False)
    with transaction():
        if not Registration.update(looks_up_since=None).where(fresh).execute():
            return
        if _has_come_in(asked, now):
            return
        if Registration.same_waiting(asked).exists():
            Registration.delete().where(Registration.id == asked.id).execute()
            return
        letters.tell_address(
            asked.email, "registration_open", now=now, key=_key("open", asked), language=asked.language
        )


def _has_come_in(asked: Registration, now: datetime) -> bool:
    """Send the link to whom we know; what counts as known is written down in ADR 020."""
    account = Account.get_or_none(Account.email == asked.email)
    if account is None and (customer := _fitting(asked)):
        try:
            account = _invited(asked, customer, by=None, now=now)
        except EmailTaken:  # registered twice at the same moment: the other one was faster
            account = Account.get(Account.email == asked.email)
        else:
            _decide(asked, Verdict.MATCHED, account, by=None, now=now)
            _note_arrival(asked, account, "match_registration", by=None, now=now)
            return True
    if account is None or account.closed_at is not None:
        return False
    _decide(asked, Verdict.MATCHED, account, by=None, now=now)
    _send_link(account, asked, now)
    return True


def _fitting(asked: Registration) -> Customer | None:
    """Return the customer if the number is right *and* the address is known for that very customer."""
    proven = matches.proven(asked.email)
    return next((one for one in matches.numbered(asked.customer_number) if one in proven), None)


def _invited(asked: Registration, customer: Customer, *, by: Account | None, now: datetime) -> Account:
    return people.invite(
        asked.email,
        asked.name,
        customer=customer,
        language=asked.language,
        by=by,
        now=now,
        event="registration_approved",
        target=asked.target,
    )


def _send_link(account: Account, asked: Registration, now: datetime) -> None:
    link = SignInLink.create(
        email=account.email,
        mark=token_urlsafe(24),
        account=account,
        asked_at=now,
        expires_at=now + LINK_LASTS,
        target=asked.target,
    )
    letters.tell(account, "registration_known", now=now, key=_key("known", asked), mark=link.mark)


def _key(event: str, asked: Registration) -> str:
    """Return what tells a letter from others: rows go in time, and SQLite gives their numbers anew."""
    return f"registration:{event}:{asked.id}:{asked.asked_at.isoformat()}"


def _decide(
    asked: Registration, verdict: Verdict, account: Account | None, *, by: Account | None, now: datetime
) -> None:
    customer = account.customer_id if account else None
    Registration.update(
        verdict=verdict, decided_at=now, decided_by=by, account=account, customer=customer
    ).where(Registration.id == asked.id).execute()


def _note_arrival(
    asked: Registration, account: Account, what: str, *, by: Account | None, now: datetime
) -> None:
    """Write it down with the customer, and tell those who are in already: they know who belongs to them."""
    history.record(account.customer, what, by=by, at=now, account=account.id, email=account.email)
    key, about = _key("added", asked), {"who": account.name, "email": account.email}
    for one in Account.open_of(account.customer):
        if one != account:
            letters.tell(one, "colleague_added", now=now, key=key, **about)


def approve(asked: Registration, customer: Customer, *, by: Account, now: datetime) -> Account:
    """Give access to a customer, and send the link; the customer's other people are told.

    Raises Decided if somebody was faster, and EmailTaken if the address has an account elsewhere.
    """
    with transaction():
        _claim(asked, Verdict.APPROVED, by=by, now=now)
        account = _let_in(asked, customer, by=by, now=now)
        _decide(asked, Verdict.APPROVED, account, by=by, now=now)
        for other in list(Registration.waiting().where(Registration.email == asked.email)):
            _decide(other, Verdict.APPROVED, account, by=by, now=now)  # the same person, and now in
        _note_arrival(asked, account, "approve_registration", by=by, now=now)
    return account


def _let_in(asked: Registration, customer: Customer, *, by: Account, now: datetime) -> Account:
    try:
        return _invited(asked, customer, by=by, now=now)
    except EmailTaken:
        account = Account.get(Account.email == asked.email)
        if account.customer_id != customer.id or account.anonymised_at is not None:
            raise
        people.reopen(account, by=by, now=now)
        people.invite_again(Account.get_by_id(account.id), by=by, now=now, target=asked.target)
        return account


def refuse(asked: Registration, why: str, *, by: Account, now: datetime) -> None:
    """Say no, with the reason; it is told by mail. Raises Decided if somebody was faster."""
    with transaction():
        _claim(asked, Verdict.REFUSED, by=by, now=now, why=why)
        history.record(None, "refuse_registration", by=by, at=now, why=why, email=asked.email)
        letters.tell_address(
            asked.email,
            "registration_refused",
            now=now,
            key=_key("refused", asked),
            language=asked.language,
            why=why,
        )


def _claim(asked: Registration, verdict: Verdict, *, by: Account, now: datetime, why: str = "") -> None:
    """Decide it if nobody has: of two at once the first wins (rule S3)."""
    undecided = (
        (Registration.id == asked.id) & Registration.verdict.is_null() & Registration.looks_up_since.is_null()
    )
    changes = {"verdict": verdict, "decided_at": now, "decided_by": by, "why": why}
    if not Registration.update(changes).where(undecided).execute():
        raise Decided(asked.id)


def tidy_up(*, now: datetime) -> int:
    """Throw away what was decided long ago; the worker calls it. Returns how many."""
    is_over = (Registration.decided_at < now - KEPT) & (Registration.verdict != Verdict.INVITED)
    return Registration.delete().where(is_over).execute()
