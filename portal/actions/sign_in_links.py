"""Let people in by a link in their mail: one use, fifteen minutes (rule P1)."""

from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_urlsafe

from portal.actions import accounts, letters, rounds, throttle
from portal.actions.throttle import TooManyTries
from portal.models import Account, SignInLink
from portal.models.base import transaction
from portal.models.signing_in import LONGEST_TARGET
from portal.rules.signing_in import LINK_LASTS, By, Counted

KEPT = timedelta(days=1)


class LinkUsed(Exception):
    """The link was used before, is too old, or never was one."""


def ask(email: str, *, address: str, now: datetime, target: str = "") -> None:
    """Ask for a link; whether there is such an account is neither looked up nor told here.

    `target` is the page it leads to, in whatever browser it is opened; one that is too long is left out.

    Asked too often for one e-mail address, nothing more is sent, in the same way for known and unknown
    ones. Raises TooManyTries for too many from one `address`.
    """
    email = accounts.normal(email)
    if address:
        throttle.count(Counted.ADDRESS, f"link:{address}", now=now)
    with suppress(TooManyTries):
        throttle.count(Counted.LINK, email, now=now)
        SignInLink.create(
            email=email,
            mark=token_urlsafe(24),
            asked_at=now,
            expires_at=now + LINK_LASTS,
            waits_since=now,
            target=short(target),
        )


def short(target: str) -> str:
    """Return a target that can be kept with a link; a part of an address would lead to another page."""
    return target if len(target) <= LONGEST_TARGET else ""


def send_asked(*, now: datetime, limit: int = 200) -> int:
    """Write the letters of the links that were asked for; the worker calls it. Returns how many."""
    asked = SignInLink.select().where(SignInLink.waits_since <= now).order_by(SignInLink.waits_since)
    return rounds.for_each(asked.limit(limit), lambda link: _send(link, now))


def _send(link: SignInLink, now: datetime) -> None:
    account = Account.get_or_none(Account.email == link.email, Account.closed_at.is_null())
    with transaction():
        waits = (SignInLink.id == link.id) & SignInLink.waits_since.is_null(False)
        if account is None or link.expires_at <= now:
            SignInLink.delete().where(waits).execute()
            return
        if SignInLink.update(waits_since=None, account=account).where(waits).execute():
            letters.tell(account, "sign_in_link", now=now, key=f"link:{link.mark}", mark=link.mark)


def use(mark: str, *, device: str, address: str, now: datetime) -> tuple[Account, str]:
    """Return the account and a fresh session token; the link is used up. Raises LinkUsed."""
    with transaction():
        found = SignInLink.usable(mark, now)
        account = found.account if found else None
        unused = (SignInLink.mark == mark) & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)
        if account is None or not SignInLink.update(used_at=now).where(unused).execute():
            raise LinkUsed
        throttle.forget(Counted.LINK, account.email)
        throttle.forget(Counted.ACCOUNT, account.email)
        return account, accounts.begin(account, By.LINK, device=device, address=address, now=now)


def tidy_up(*, now: datetime) -> int:
    """Throw away links that are long over; the worker calls it. Returns how many."""
    return SignInLink.delete().where(SignInLink.expires_at < now - KEPT).execute()
