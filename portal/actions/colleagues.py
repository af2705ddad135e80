"""A business keeps its own people: invite colleagues, and take their access away again (rule P1)."""

from datetime import datetime
from typing import Any

from portal.actions import accounts, history, letters, people, throttle
from portal.actions.accounts import EmailTaken
from portal.models import Account, Customer, Registration
from portal.models.base import is_sqlite, transaction
from portal.models.registrations import Verdict
from portal.rules.signing_in import Counted

_IS_INVITATION = Registration.verdict == Verdict.INVITED


class AlreadyIn(ValueError):
    """Somebody of the business has this address already."""


class Followed(Exception):
    """Who was invited is in already: there is nothing left to take back."""


class LastOne(ValueError):
    """Without this person nobody of the business could sign in any more."""


def business_of(person: Account) -> Customer:
    """Return the business of one of its people; ValueError for staff."""
    if person.customer is None:
        raise ValueError("staff belong to no business")
    return person.customer


def invite(email: str, name: str, *, by: Account, now: datetime, language: str = "de") -> Registration:
    """Invite a colleague into one's own business by mail.

    Whether the address has an account elsewhere is told to its own mailbox alone: for who invites, the
    invitation just stays unanswered. Raises AlreadyIn for one of the own people, and TooManyTries.
    """
    email = accounts.normal(email)
    throttle.count(Counted.ADDRESS, f"invite:{by.customer_id}", now=now)
    throttle.count(Counted.LINK, f"invite:{email}", now=now)
    with transaction():
        if Registration.invited(business_of(by)).where(Registration.email == email).exists():
            raise AlreadyIn(email)
        asked = Registration.create(
            email=email,
            name=name,
            language=language,
            asked_at=now,
            decided_at=now,
            decided_by=by,
            customer=business_of(by),
            verdict=Verdict.INVITED,
        )
        account = _invited(asked, by, now)
        Registration.update(account=account).where(Registration.id == asked.id).execute()
        history.record(business_of(by), "invite_colleague", by=by, at=now, email=email)
    return Registration.get_by_id(asked.id)


def _invited(asked: Registration, by: Account, now: datetime) -> Account | None:
    """Make the account and send the link; None if the address has an account elsewhere."""
    told: dict[str, Any] = {
        "event": "colleague_invited", "who": by.name, "business": business_of(by).name,
    }  # fmt: skip
    try:
        return people.invite(
            asked.email, asked.name, customer=business_of(by), language=asked.language, by=by, now=now, **told
        )
    except EmailTaken:
        account = Account.get(Account.email == asked.email)
    if account.customer_id != by.customer_id or account.anonymised_at is not None:
        _tell_elsewhere(account, asked, by, now)
        return None
    if account.closed_at is None:
        raise AlreadyIn(asked.email)
    people.reopen(account, by=by, now=now)
    people.invite_again(Account.get_by_id(account.id), by=by, now=now, **told)
    return account


def _tell_elsewhere(account: Account, asked: Registration, by: Account, now: datetime) -> None:
    if account.closed_at is None:
        letters.tell(
            account,
            "colleague_known",
            now=now,
            key=f"colleague:{asked.id}:{now.isoformat()}",
            who=by.name,
            business=business_of(by).name,
        )


def withdraw(asked: Registration, *, by: Account, now: datetime) -> None:
    """Take back an invitation that nobody has followed; its address is free for others again (rule P1).

    Raises Followed if its reader has come in meanwhile (rule S3): from then on they are removed, or nothing.
    """
    with transaction():
        if not Registration.delete().where(Registration.id == asked.id, _IS_INVITATION).execute():
            return
        if asked.account is not None and not people.withdraw(asked.account, by=by, now=now):
            raise Followed(asked.email)
        history.record(business_of(by), "withdraw_invitation", by=by, at=now, email=asked.email)


def remove(account: Account, *, by: Account, now: datetime) -> None:
    """Take somebody's access away: all sessions end at once, and they are told by mail.

    Raises LastOne for the last one of the business; two who remove each other take turns (rule S3).
    """
    with transaction():
        held = _held(business_of(account))
        if account not in held:
            return
        if len(held) == 1:
            raise LastOne
        people.close(account, by=by, now=now)
        history.record(
            by.customer, "remove_colleague", by=by, at=now, account=account.id, email=account.email
        )
        told = {"who": by.name, "business": business_of(by).name}
        letters.tell(account, "person_removed", now=now, key=f"removed:{now.isoformat()}", **told)


def _held(customer: Customer) -> list[Account]:
    """Return who of the business can come in, held until the deed is done."""
    is_open = (Account.customer == customer) & Account.closed_at.is_null()
    found: Any = Account.select().where(is_open).order_by(Account.id)
    held = list(found if is_sqlite() else found.for_update("FOR NO KEY UPDATE"))
    return [account for account in Registration.people_in(customer) if account in held]
