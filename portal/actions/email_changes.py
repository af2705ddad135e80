"""Change one's e-mail address: both mailboxes confirm it, in any order, within a day (rule P1)."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

from peewee import IntegrityError

from portal.actions import accounts, history, letters, people, throttle
from portal.actions.accounts import EmailTaken
from portal.models import Account, EmailChange, SignInLink
from portal.models.base import transaction
from portal.rules.signing_in import EMAIL_CHANGE_LASTS, Counted

KEPT = timedelta(days=30)


class SameEmail(ValueError):
    """The account has this e-mail address already."""


class ChangeOver(Exception):
    """The change was done, called off or has run out, or there never was one."""


def ask(account: Account, email: str, *, now: datetime) -> EmailChange:
    """Ask both mailboxes; an earlier change that still waits is called off.

    Whether the new address is taken is told to its own mailbox alone. Raises SameEmail and TooManyTries.
    """
    email = accounts.normal(email)
    if email == account.email:
        raise SameEmail(email)
    throttle.count(Counted.LINK, f"email-change:{account.id}", now=now)
    with transaction():
        _end(EmailChange.account == account, now)
        change = EmailChange.create(
            account=account,
            email=email,
            old_mark=token_urlsafe(24),
            new_mark=token_urlsafe(24),
            asked_at=now,
            expires_at=now + EMAIL_CHANGE_LASTS,
        )
        history.record(account, "ask_email_change", by=account, at=now, email=email)
        _ask_both(change, account, now)
    return change


def _ask_both(change: EmailChange, account: Account, now: datetime) -> None:
    key = f"email-change:{change.new_mark}"  # rows go, and SQLite gives their numbers anew
    letters.tell(
        account, "email_change_old", now=now, key=key, new_email=change.email, change_mark=change.old_mark
    )
    if Account.select().where(Account.email == change.email).exists():
        event, mark = "email_change_taken", ""
    else:
        event, mark = "email_change_new", change.new_mark
    letters.tell_address(change.email, event, now=now, key=key, language=account.language, change_mark=mark)


def confirm(mark: str, *, now: datetime) -> EmailChange:
    """Confirm a change for the mailbox whose mark this is; with the second of both it is done.

    Returns the change as it stands then. Two at once take turns, so that one of them finds both there.
    Raises ChangeOver, also if somebody else has got the address meanwhile: its mailbox alone is told why.
    """
    try:
        with transaction():
            change = _confirmed(mark, now)
            if change.old_confirmed_at and change.new_confirmed_at:
                _carry_out(change, now)
    except EmailTaken as problem:
        _give_up(EmailChange.get(_is_of(mark)), now)
        raise ChangeOver from problem
    return EmailChange.get_by_id(change.id)


def _give_up(change: EmailChange, now: datetime) -> None:
    with transaction():
        if _end(EmailChange.id == change.id, now):
            key, language = f"email-taken:{change.new_mark}", change.account.language
            letters.tell_address(change.email, "email_change_taken", now=now, key=key, language=language)


def _confirmed(mark: str, now: datetime) -> EmailChange:
    is_open = EmailChange.ended_at.is_null() & (EmailChange.expires_at > now)
    of_old = EmailChange.update(old_confirmed_at=now).where(EmailChange.old_mark == mark, is_open).execute()
    of_new = EmailChange.update(new_confirmed_at=now).where(EmailChange.new_mark == mark, is_open).execute()
    if not (of_old or of_new):
        raise ChangeOver
    return EmailChange.get(_is_of(mark))


def _is_of(mark: str):
    return (EmailChange.old_mark == mark) | (EmailChange.new_mark == mark)


def _carry_out(change: EmailChange, now: datetime) -> None:
    account = Account.get_by_id(change.account_id)
    if account.closed_at is not None:
        raise ChangeOver
    _put(account, change.email, now)
    history.record(account, "change_email", by=account, at=now, old=account.email, new=change.email)
    _tell_old(account, change.email, key=f"email-changed:{change.new_mark}", now=now)


def _put(account: Account, email: str, now: datetime) -> None:
    """Set the new address; all sessions, open links and open changes end. Raises EmailTaken."""
    try:
        with transaction():
            Account.update(email=email).where(Account.id == account.id).execute()
    except IntegrityError as error:
        raise EmailTaken(email) from error
    accounts.sign_out_everywhere(account, now=now)
    SignInLink.delete().where(SignInLink.account == account, SignInLink.used_at.is_null()).execute()
    _end(EmailChange.account == account, now)


def _tell_old(account: Account, email: str, *, key: str, now: datetime, is_by_staff: bool = False) -> None:
    """Tell the mailbox that was the account's until now."""
    letters.tell_address(
        account.email,
        "email_changed",
        now=now,
        key=key,
        language=account.language,
        new_email=email,
        is_by_staff=is_by_staff,
    )


def call_off(mark: str, *, now: datetime) -> None:
    """Call a change off, from either of the mailboxes. Raises ChangeOver."""
    change = EmailChange.get_or_none(_is_of(mark))
    if change is None or not _call_off(change.account, EmailChange.id == change.id, by=None, now=now):
        raise ChangeOver


def call_off_own(account: Account, *, now: datetime) -> None:
    """Call off what still waits, from the account's own page."""
    _call_off(account, EmailChange.account == account, by=account, now=now)


def _call_off(account: Account, which, *, by: Account | None, now: datetime) -> int:
    with transaction():
        ended = _end(which, now)
        if ended:
            history.record(account, "call_off_email_change", by=by, at=now)
    return ended


def _end(which, now: datetime) -> int:
    return EmailChange.update(ended_at=now).where(which, EmailChange.ended_at.is_null()).execute()


def set_for(account: Account, email: str, why: str, *, by: Account, now: datetime) -> None:
    """Set the address of somebody who has lost the mailbox, with a reason; staff do it.

    The old address is told, the new one gets the link by which its reader comes in. Raises SameEmail
    and EmailTaken.
    """
    email = accounts.normal(email)
    if email == account.email:
        raise SameEmail(email)
    with transaction():
        _put(account, email, now)
        row = history.record(account, "set_email", by=by, at=now, why=why, old=account.email, new=email)
        _tell_old(account, email, key=f"email-set:{row.id}", now=now, is_by_staff=True)
        people.invite_again(Account.get_by_id(account.id), by=by, now=now)


def tidy_up(*, now: datetime) -> int:
    """Throw away changes that are long over; the worker calls it. Returns how many."""
    return EmailChange.delete().where(EmailChange.expires_at < now - KEPT).execute()
