"""Let somebody without an account follow the one case they reported (rule P1a).

What they do with the case itself, they do as its owner would: `cases.mark_sent(…, role=Role.OWNER)`.
"""

import hmac
from contextlib import suppress
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from portal.actions import accounts, history, letters, throttle
from portal.actions.throttle import TooManyTries
from portal.models import Account, Case, Customer, Emergency
from portal.models.base import transaction
from portal.rules import emergencies as rules
from portal.rules.signing_in import Counted
from portal.rules.workflow import CLOSED


class CodeWrong(ValueError):
    """It is not the code of the last mail."""


class CodeOver(ValueError):
    """The code has been tried too often or is too old; a new one is needed."""


class EmergencyMoved(Exception):
    """Somebody else was faster: the address is confirmed or the link renewed by now (rule S3)."""


def count_report(address: str, *, now: datetime) -> None:
    """Count a report that is sent without an account, or raise TooManyTries: nobody floods the queue."""
    if address:
        throttle.count(Counted.REPORT, address, now=now)


def begin(case: Case, *, email: str, customer_number: str, secret: str, now: datetime) -> Emergency:
    """Keep who reported the case, as they say, and send the code; inside the report's transaction.

    An address that was written to too often lately gets no further code until it is asked for.
    """
    emergency = Emergency.create(
        case=case,
        email=accounts.normal(email),
        customer_number=customer_number,
        created_at=now,
        token_hash=rules.token_hash(rules.case_token(secret, case.id, 1)),
    )
    with suppress(TooManyTries):
        throttle.count(Counted.LINK, _mailbox(emergency.email), now=now)
        _send_code(emergency, secret=secret, now=now)
    return Emergency.get_by_id(emergency.id)


def token_of(emergency: Emergency, secret: str) -> str:
    """Return the secret of the case's address as it is now."""
    return rules.case_token(secret, emergency.case_id, emergency.generation)


def find(token: str) -> Emergency | None:
    """Return what a secret belongs to, with its case, also if it is over; None for an unknown one."""
    if len(token) > rules.LONGEST_TOKEN or not token.isascii():
        return None
    return Emergency.by_hash(rules.token_hash(token))


def is_over(emergency: Emergency, *, now: datetime) -> bool:
    """Tell whether the secret opens nothing any more: its case has ended long ago, or is erased."""
    case = emergency.case
    if case.erased_at is not None or (emergency.ended_at is not None and emergency.ended_at <= now):
        return True
    return case.state in CLOSED and rules.opens_until(case.state_since) <= now


def send_code(emergency: Emergency, *, secret: str, now: datetime) -> Emergency:
    """Send a fresh code; the earlier one ends. Nothing once the address is confirmed.

    Raises TooManyTries for too many, to one mailbox or about one case.
    """
    if emergency.confirmed_at is not None:
        return emergency
    _count_letter(emergency, emergency.email, now)
    with transaction():
        _send_code(emergency, secret=secret, now=now)
    return Emergency.get_by_id(emergency.id)


def change_email(emergency: Emergency, email: str, *, secret: str, now: datetime) -> Emergency:
    """Put a mistyped address right, as long as it is not confirmed, and send the code there.

    Raises EmergencyMoved once it is confirmed, TooManyTries as in `send_code`.
    """
    email = accounts.normal(email)
    if emergency.confirmed_at is not None:
        raise EmergencyMoved(emergency.id)
    _count_letter(emergency, email, now)
    with transaction():
        _change(emergency, Emergency.confirmed_at.is_null(), {"email": email})
        history.record(emergency.case, "change_reporter_email", by=None, at=now, reporter=True)
        changed = Emergency.get_by_id(emergency.id)
        _send_code(changed, secret=secret, now=now)
    return Emergency.get_by_id(emergency.id)


def confirm(emergency: Emergency, typed: str, *, secret: str, now: datetime) -> Emergency:
    """Take the six digits as proof that the address is theirs.

    Each try is counted before it is looked at, so that many at once get no more than five. Raises
    CodeWrong, and CodeOver where a new code is needed.
    """
    if emergency.confirmed_at is not None:
        return emergency
    tried = {"code_tries": Emergency.code_tries + 1}
    is_open = (Emergency.code_expires_at > now) & (Emergency.code_tries < rules.CODE_TRIES)
    same = (Emergency.id == emergency.id) & (Emergency.code_hash == emergency.code_hash) & is_open
    if not emergency.code_hash or not Emergency.update(tried).where(same).execute():
        raise CodeOver
    given = rules.code_hash(secret, emergency.case_id, rules.tidy_code(typed))
    if not hmac.compare_digest(given, emergency.code_hash):
        raise CodeWrong
    return _confirm(emergency, now)


def confirmable(token: str, *, secret: str, now: datetime) -> Emergency | None:
    """Return what the link in a letter confirms, or None if it is not, or no longer, good."""
    found = rules.confirmed_by(secret, token)
    emergency = Emergency.get_or_none(Emergency.case == found[0]) if found else None
    if found is None or emergency is None or emergency.ended_at or emergency.code_expires_at is None:
        return None
    code = rules.code_of(secret, *found)
    is_newest = hmac.compare_digest(rules.code_hash(secret, found[0], code), emergency.code_hash)
    return emergency if is_newest and emergency.code_expires_at > now else None


def confirm_by_link(token: str, *, secret: str, now: datetime) -> Emergency:
    """Take the link in the letter as proof that the address is theirs; raises CodeOver."""
    emergency = confirmable(token, secret=secret, now=now)
    if emergency is None:
        raise CodeOver
    return _confirm(emergency, now)


def renew(emergency: Emergency, *, secret: str, now: datetime) -> Emergency:
    """Give the case a new secret address; the old one opens nothing from now on.

    It is mailed too, if the address is confirmed. Raises EmergencyMoved if somebody else was faster,
    TooManyTries.
    """
    throttle.count(Counted.LINK, f"renew:{emergency.id}", now=now)
    generation = emergency.generation + 1
    token = rules.case_token(secret, emergency.case_id, generation)
    columns = {"generation": generation, "token_hash": rules.token_hash(token), "renewed_at": now}
    with transaction():
        _change(emergency, Emergency.generation == emergency.generation, columns)
        history.record(emergency.case, "renew_secret", by=None, at=now, reporter=True)
        renewed = Emergency.get_by_id(emergency.id)
        if renewed.confirmed_at is not None:
            _tell(renewed, "emergency_link", f"link:{generation}", now)
    return renewed


def end_for(account: Account, *, now: datetime) -> None:
    """End the secret links to what somebody reported of the business: its door is shut for them (rule P1).

    No letters about it go to their address any more; a part of deeds that write down why.
    """
    if account.customer_id is not None:
        _end(Case.customer == account.customer_id, now, Emergency.email == account.email)


def forget_reporter(account: Account, *, now: datetime) -> None:
    """End these links and erase the address: it proves nothing any more either (rules P1, P3)."""
    if account.customer_id is None:
        return
    end_for(account, now=now)
    theirs = Case.select(Case.id).where(Case.customer == account.customer_id)
    gone = {"email": "", "customer_number": "", "code_hash": ""}
    Emergency.update(gone).where(Emergency.email == account.email, Emergency.case.in_(theirs)).execute()


def end_all_of(customer: Customer, *, now: datetime) -> None:
    """End all secret links to cases of a business that is locked (rule P3)."""
    _end(Case.customer == customer, now)


def _end(which_cases: Any, now: datetime, *which: Any) -> None:
    cases = Case.select(Case.id).where(which_cases)
    Emergency.update(ended_at=now).where(
        Emergency.case.in_(cases), Emergency.ended_at.is_null(), *which
    ).execute()


def _confirm(emergency: Emergency, now: datetime) -> Emergency:
    with transaction():
        same = (Emergency.code_hash == emergency.code_hash) & Emergency.confirmed_at.is_null()
        _change(emergency, same, {"confirmed_at": now, "code_hash": "", "code_expires_at": None})
        history.record(emergency.case, "confirm_reporter_email", by=None, at=now, reporter=True)
        _tell(emergency, "emergency_link", "confirmed", now)
    return Emergency.get_by_id(emergency.id)


def _send_code(emergency: Emergency, *, secret: str, now: datetime) -> None:
    mark = token_urlsafe(12)
    case_id = emergency.case_id
    code_hash = rules.code_hash(secret, case_id, rules.code_of(secret, case_id, mark))
    columns = {"code_hash": code_hash, "code_expires_at": now + rules.CODE_LASTS, "code_tries": 0}
    _change(emergency, Emergency.confirmed_at.is_null(), columns)
    _tell(emergency, "emergency_code", f"code:{mark}", now, code_mark=mark)


def _tell(emergency: Emergency, event: str, key: str, now: datetime, **context: Any) -> None:
    case = emergency.case
    letters.tell_address(
        emergency.email,
        event,
        now=now,
        key=f"emergency:{emergency.id}:{key}",
        language=case.language,
        case=case,
        **context,
    )


def _change(emergency: Emergency, unmoved: Any, columns: dict[str, Any]) -> None:
    if not Emergency.update(columns).where(Emergency.id == emergency.id, unmoved).execute():
        raise EmergencyMoved(emergency.id)


def _count_letter(emergency: Emergency, email: str, now: datetime) -> None:
    throttle.count(Counted.LINK, f"emergency:{emergency.id}", now=now)
    throttle.count(Counted.LINK, _mailbox(email), now=now)


def _mailbox(email: str) -> str:
    return f"code:{email}"
