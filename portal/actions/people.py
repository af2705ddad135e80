"""Let people in for good: invite owners and staff, close accounts and open them again (rule P1)."""

from datetime import datetime
from secrets import token_hex, token_urlsafe
from typing import Any

from peewee import IntegrityError

from portal.actions import accounts, emergencies, erasing, history, letters
from portal.actions.accounts import EmailTaken
from portal.models import Account, Customer, History, Letter, Registration, SignInLink
from portal.models.base import is_sqlite, transaction
from portal.models.registrations import Verdict, has_come_in
from portal.rules.signing_in import INVITATION_LASTS
from portal.rules.workflow import Role


class LastAdmin(ValueError):
    """Without this account nobody could manage the staff any more."""


def invite(
    email: str,
    name: str,
    *,
    by: Account | None,
    now: datetime,
    customer: Customer | None = None,
    role: Role = Role.OWNER,
    language: str = "de",
    event: str = "invitation",
    target: str = "",
    **context: Any,
) -> Account:
    """Make an account without a password, and send the link by which its person comes in.

    With a customer it is one of the business's people, otherwise one of the staff. The link is good for
    two weeks and once; afterwards a link by mail does the same. `event` is the letter that carries it,
    with `context`; `target` is the page it leads to.

    Raises EmailTaken, and ValueError for an owner without a customer.
    """
    if (role is Role.OWNER) != (customer is not None):
        raise ValueError("owners belong to a customer, staff to none")
    try:
        with transaction():
            account = Account.create(
                email=accounts.normal(email),
                name=name,
                role=role,
                customer=customer,
                password_hash=None,
                language=language,
                created_at=now,
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error
    _send(account, event, by=by, now=now, target=target, **context)
    return account


def invite_again(
    account: Account,
    *,
    by: Account,
    now: datetime,
    event: str = "invitation",
    target: str = "",
    **context: Any,
) -> None:
    """Send a fresh link to somebody who has an account already; nothing if it is closed."""
    if account.closed_at is None:
        _send(account, event, by=by, now=now, target=target, **context)


def _send(
    account: Account, event: str, *, by: Account | None, now: datetime, target: str = "", **context: Any
) -> None:
    with transaction():
        link = SignInLink.create(
            email=account.email,
            mark=token_urlsafe(24),
            account=account,
            asked_at=now,
            expires_at=now + INVITATION_LASTS,
            target=target,
        )
        key = f"invitation:{link.mark}"  # rows go, and SQLite gives their numbers anew
        letters.tell(account, event, now=now, key=key, mark=link.mark, **context)
        history.record(account, "invite", by=by, at=now, account=account.id, email=account.email)


def close(account: Account, *, by: Account, now: datetime) -> None:
    """Close an account: nobody comes in with it any more, from this moment on; it can be opened again.

    Its links and its invitation are over for good: opened again, its person asks for a new link.
    Raises LastAdmin for the last one who manages staff.
    """
    with transaction():
        if account.role is Role.ADMIN and not any(one != account for one in _held_admins()):
            raise LastAdmin
        is_open = (Account.id == account.id) & Account.closed_at.is_null()
        if not Account.update(closed_at=now).where(is_open).execute():
            return
        accounts.sign_out_everywhere(account, now=now)
        _end_invitations(account)
        emergencies.end_for(account, now=now)
        history.record(account, "close_account", by=by, at=now, account=account.id, email=account.email)


def _end_invitations(account: Account) -> None:
    SignInLink.delete().where(SignInLink.account == account, SignInLink.used_at.is_null()).execute()
    is_invitation = Registration.verdict == Verdict.INVITED
    Registration.delete().where(Registration.account == account, is_invitation).execute()


def withdraw(account: Account, *, by: Account, now: datetime) -> bool:
    """Take back the invitation of somebody who never came in; False if they have come in meanwhile (S3).

    The account stays, for the history names it, and is nobody's any more: its address is free to be invited
    or to register elsewhere (rules P1, P3). Only the business's history still says who was meant, for a year.
    """
    with transaction():
        _end_invitations(account)  # first: whoever follows one at this moment is in, or finds it gone
        if Account.select().where(Account.id == account.id, has_come_in()).exists():
            return False
        close(account, by=by, now=now)
        let_go = {"name": f"#{account.id}", "email": f"{token_hex(8)}@{erasing.NOBODY}", "anonymised_at": now}
        Account.update(let_go).where(Account.id == account.id).execute()
        Letter.delete().where(Letter.account == account).execute()
        erasing.erase_words(History.about == history.about(account), now=now)
    return True


def reopen(account: Account, *, by: Account, now: datetime) -> None:
    """Open a closed account again; its person signs in as before."""
    is_closed = (Account.id == account.id) & Account.closed_at.is_null(False)
    is_closed &= Account.anonymised_at.is_null()  # there is nobody any more to open it for (P3)
    with transaction():
        if Account.update(closed_at=None).where(is_closed).execute():
            history.record(account, "reopen_account", by=by, at=now, account=account.id, email=account.email)


def _held_admins() -> list[Account]:
    """Return who manages staff, held until the deed is done: two who close each other take turns (S3)."""
    is_admin = (Account.role == Role.ADMIN) & Account.closed_at.is_null()
    admins: Any = Account.select().where(is_admin).order_by(Account.id)
    return list(admins if is_sqlite() else admins.for_update("FOR NO KEY UPDATE"))
