"""Erase people's data and keep what only counts: a case's number, states and days, a person's deeds (P3).

Each deed is one transaction and done once, whoever else does it at the same time. Files are not touched
here: the names of photos that may go are returned.
"""

from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from peewee import fn

from portal.actions import emergencies, history, queue, throttle
from portal.models import (
    Account,
    Appointment,
    Attachment,
    Authenticator,
    Case,
    Challenge,
    Consent,
    Customer,
    Draft,
    EmailChange,
    Emergency,
    Feedback,
    History,
    Letter,
    Message,
    OutageLine,
    ParcelItem,
    Passkey,
    Quote,
    RecoveryCode,
    Registration,
    Salon,
    SignIn,
    SignInLink,
    SubstituteLink,
    Takeout,
)
from portal.models.base import transaction
from portal.rules.signing_in import Counted
from portal.rules.workflow import Role

NOBODY = "deleted.invalid"  # no mail ever goes there (RFC 2606)
OF_ACCOUNTS = (
    "invite", "close_account", "reopen_account", "match_registration", "approve_registration",
    "refuse_registration", "invite_colleague", "withdraw_invitation", "remove_colleague",
)  # fmt: skip
"""What names a person, by number or by e-mail address, without being about one."""
SIGNING_IN = ("sign_in", "sign_out", "end_session", "end_sessions", "shut_out", "not_confirmed")
"""What the history tells of who came, from where: a brief kind, unlike what they did."""


@dataclass
class Files:
    """Names of the files that may go once the deed is done."""

    photos: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)

    def add(self, more: "Files") -> None:
        """Take others in."""
        self.photos += more.photos
        self.copies += more.copies


class NotErasable(ValueError):
    """Without this person nobody could manage the staff any more."""


def erase_case(case: Case, *, now: datetime) -> list[str]:
    """Erase who and what a closed case was about; number, states and days stay. Returns its photos' names.

    Nothing happens if it was done already.
    """
    with transaction():
        unmoved = (Case.id == case.id) & Case.erased_at.is_null()
        if not Case.update(erased_at=now, **_EMPTY_CASE).where(unmoved).execute():
            return []
        links = list(SubstituteLink.select().where(SubstituteLink.case == case))
        photos = _forget_photos(Attachment.case == case)
        for table in (Message, Letter):
            table.delete().where(table.case == case).execute()
        OutageLine.delete().where(OutageLine.case == case).execute()
        Feedback.update(text="", account=None).where(Feedback.case == case).execute()
        Consent.update(account=None).where(Consent.case == case).execute()
        Appointment.update(note="", ended_why="", account=None).where(Appointment.case == case).execute()
        ParcelItem.update(waived_why="", departure_why="").where(ParcelItem.case == case).execute()
        Quote.update(introduction="", frozen=None).where(Quote.case == case).execute()
        for link in links:
            erase_link(link, now=now)
        Emergency.update(_EMPTY_EMERGENCY, ended_at=now).where(Emergency.case == case).execute()
        Draft.delete().where(Draft.id == case.draft_id).execute()
        erase_words(History.case == case, now=now)
    return photos


_EMPTY_CASE: dict[str, Any] = {
    **dict.fromkeys(
        (
            "contact_name", "contact_phone", "return_name", "return_street", "return_postal_code",
            "return_city", "fault", "on_screen", "diagnosis", "tracking_number", "return_tracking",
            "storage_place",
        ),
        "",
    ),
    "answers": {},
    "reporter": None,
}  # fmt: skip
_EMPTY_LINK: dict[str, Any] = {
    **dict.fromkeys(
        ("reason_text", "corrected_why", "refusal", "till_address", "till_problem", "read_out_problem"), ""
    ),
    "requester": None,
}
_EMPTY_EMERGENCY: dict[str, Any] = {"email": "", "customer_number": "", "code_hash": ""}


def erase_link(link: SubstituteLink, *, now: datetime) -> None:
    """Erase the words of a closed link, its case's or its own; device, states and days stay."""
    with transaction():
        SubstituteLink.update(_EMPTY_LINK).where(SubstituteLink.id == link.id).execute()
        OutageLine.delete().where(OutageLine.link == link).execute()
        Consent.update(account=None).where(Consent.link == link).execute()
        erase_words(History.link == link, now=now)


def is_erased_link() -> Any:
    """Return the condition that nothing of a link is left that could be erased."""
    is_empty = SubstituteLink.requester.is_null()
    for name in _EMPTY_LINK.keys() - {"requester"}:
        is_empty &= getattr(SubstituteLink, name) == ""
    return is_empty


def exists(query: Any) -> Any:
    """Return the condition that the query finds something."""
    return fn.EXISTS(query)


def erase_words(which: Any, *, now: datetime) -> int:
    """Erase the words of rows of history, once each: who, what and when stay (rules S, P3).

    `which` must be one that an index answers: with "or" in it every row would be looked at.
    """
    left = which & History.erased_at.is_null()
    return History.update(why="", facts={}, address="", erased_at=now).where(left).execute()


def _forget_photos(which: Any) -> list[str]:
    names = [photo.name for photo in Attachment.select(Attachment.name).where(which)]
    Attachment.delete().where(which).execute()
    return names


def erase_pictures_and_opinions(customer: Customer, *, now: datetime) -> list[str]:
    """Erase of a business's cases what no law wants kept: photos, feedback in words, e-mails, ways in."""
    cases = Case.select(Case.id).where(Case.customer == customer)
    with transaction():
        photos = _forget_photos(Attachment.case.in_(cases))
        Feedback.update(text="", account=None).where(Feedback.case.in_(cases)).execute()
        Letter.delete().where(Letter.case.in_(cases)).execute()
        emergencies.end_all_of(customer, now=now)
    return photos


def erase_customer(customer: Customer, *, now: datetime) -> None:
    """Erase who a locked business was: name, number and places. Its erased cases still hang on it."""
    with transaction():
        empty = {"name": "", "search_name": "", "number": f"#{customer.id}"}
        Customer.update(empty).where(Customer.id == customer.id).execute()
        place = dict.fromkeys(("name", "search_name", "street", "postal_code", "city", "phone"), "")
        Salon.update(place, hours=None).where(Salon.customer == customer).execute()
        erase_words(History.about == history.about(customer), now=now)


def anonymise(account: Account, *, by: Account | None, now: datetime, why: str = "") -> Files:
    """Let a person go and keep what they did: name, address and every way in are gone at once (rule P3).

    Their cases stay with the business. Returns the files that may go. Raises NotErasable for the last one who
    manages staff. Nothing happens if it was done already.
    """
    with transaction():
        if account.role is Role.ADMIN and not _other_admins(account):
            raise NotErasable
        known = Account.get_by_id(account.id)
        unmoved = (Account.id == account.id) & Account.anonymised_at.is_null()
        if not Account.update(_nobody(known, now)).where(unmoved).execute():
            return Files()
        files = _forget_ways_in(known)
        _forget_address(known.email)
        emergencies.forget_reporter(known, now=now)
        for which in _about_person(known):
            erase_words(which, now=now)
        history.record(account, "anonymise", by=by, at=now, why=why)
    return files


def _other_admins(account: Account) -> bool:
    """Tell whether others manage staff; they are held: two who anonymise each other take turns (S3)."""
    admins = Account.select().where(Account.role == Role.ADMIN, Account.closed_at.is_null())
    held = [queue.held(one) for one in list(admins.order_by(Account.id))]
    return any(one.closed_at is None and one.id != account.id for one in held)


def _nobody(account: Account, now: datetime) -> dict[str, Any]:
    return {
        "name": f"#{account.id}",
        "email": f"{token_hex(8)}@{NOBODY}",
        "password_hash": None,
        "closed_at": account.closed_at or now,
        "anonymised_at": now,
    }


def _forget_ways_in(account: Account) -> Files:
    """Erase sessions, keys, codes, links and unsent reports; return the files that may go."""
    copies = [row.file_name for row in Takeout.select().where(Takeout.account == account) if row.file_name]
    drafts = Draft.select(Draft.id).where(Draft.account == account, Draft.sent_at.is_null())
    photos = _forget_photos(Attachment.draft.in_(drafts) & Attachment.case.is_null())
    Draft.delete().where(Draft.account == account).execute()
    for table in (SignIn, Passkey, Authenticator, RecoveryCode, Challenge, SignInLink, EmailChange, Takeout):
        table.delete().where(table.account == account).execute()
    Letter.delete().where(Letter.account == account).execute()
    return Files(photos, copies)


def _forget_address(email: str) -> None:
    """Erase an e-mail address wherever it stands without an account."""
    SignInLink.delete().where(SignInLink.email == email).execute()
    Registration.delete().where(Registration.email == email).execute()
    Letter.delete().where(Letter.recipient == email, Letter.due_at.is_null()).execute()
    for counted in (Counted.ACCOUNT, Counted.LINK):
        throttle.forget(counted, email)


def _names(row: History, email: str) -> bool:
    return row.facts.get("email") == email


def _about_person(account: Account) -> list[Any]:
    """Return which rows of history tell of the person: about them, by them outside cases, naming them."""
    naming = History.select(History.id, History.facts).where(
        History.case.is_null(), History.what.in_(OF_ACCOUNTS), History.erased_at.is_null()
    )
    ids = [row.id for row in naming if row.facts.get("account") == account.id or _names(row, account.email)]
    own = (History.account == account) & History.case.is_null() & History.link.is_null()
    if account.is_staff:  # what the team did to the portal stays told; who it was is a number now
        own &= History.what.in_(SIGNING_IN)
    return [History.about == history.about(account), own, History.id.in_(ids)]
