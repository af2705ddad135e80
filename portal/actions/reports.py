"""Fill in a report, page by page, and send it: it becomes one case, however often it is sent.

Rules S1 (release at once or review), S3 (sent twice = one case), T1 and T9 (answers kept),
P4 and S7 (acceptances with wording, version, language and time).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any

from portal.actions import cases, emergencies, history, hooks, letters, link_steps, links, queue, reported
from portal.actions.links import BackupFacts
from portal.models import (
    Account,
    Attachment,
    Case,
    Consent,
    Counter,
    Device,
    Draft,
    Operator,
    SubstituteLink,
)
from portal.models.accounts import hash_of
from portal.models.attachments import MAX_PHOTOS
from portal.models.base import transaction
from portal.rules import berlin, numbers, report, triage, workflow
from portal.rules.links import LinkReason
from portal.rules.report import DeviceFacts, Page
from portal.rules.triage import Outcome
from portal.rules.workflow import Role, State


class ReportIncomplete(ValueError):
    """The report cannot be sent yet; `page` is the first one without a valid answer."""

    def __init__(self, page: Page) -> None:
        """Keep the page to go to."""
        super().__init__(f"not answered: {page}")
        self.page = page


class ReportSent(Exception):
    """The report has become a case already; `draft` leads to it."""


class TooManyPhotos(ValueError):
    """The report has as many photos as it may have."""


def begin(*, account: Account | None, now: datetime) -> tuple[Draft, str]:
    """Start a report and return it with the key that only this browser gets."""
    key = token_urlsafe(24)
    draft = Draft.create(key_hash=hash_of(key), account=account, started_at=now, changed_at=now)
    return draft, key


def find(key: str | None) -> Draft | None:
    """Return the report of the browser's key, or None."""
    return Draft.get_or_none(Draft.key_hash == hash_of(key)) if key else None


def take_along(draft: Draft, *, account: Account, now: datetime) -> tuple[Draft, str]:
    """Go on with the account's report in another browser: it gets a new key, the old one ends."""
    key = token_urlsafe(24)
    Draft.update(key_hash=hash_of(key)).where(Draft.id == draft.id, Draft.account == account).execute()
    return Draft.get_by_id(draft.id), key


def answer(
    draft: Draft, page: StrEnum, given: Mapping[str, Any], *, account: Account | None, now: datetime
) -> Draft:
    """Keep the answers of one page; what other pages hold stays as it is.

    Raises ReportSent once the report has been sent. Two tabs may answer two pages at once:
    the later one reads again before it writes.
    """
    while True:
        fresh = Draft.get_by_id(draft.id)
        if fresh.sent_at is not None:
            raise ReportSent(draft.id)
        changes = {
            "answers": {**fresh.answers, page: dict(given)},
            "account": account or fresh.account_id,
            "revision": Draft.revision + 1,
            "changed_at": now,
        }
        same = (Draft.id == draft.id) & (Draft.revision == fresh.revision) & Draft.sent_at.is_null()
        if Draft.update(changes).where(same).execute():
            return Draft.get_by_id(draft.id)


def add_photo(draft: Draft, *, name: str, width: int, height: int, size: int, now: datetime) -> Attachment:
    """Hang a stored photo on the report; TooManyPhotos beyond the limit, ReportSent after sending."""
    with transaction():
        # Touching the draft first makes two uploads at once take turns, on either engine.
        touched = Draft.update(changed_at=now).where(Draft.id == draft.id, Draft.sent_at.is_null())
        if not touched.execute():
            raise ReportSent(draft.id)
        if Attachment.select().where(Attachment.draft == draft).count() >= MAX_PHOTOS:
            raise TooManyPhotos
        return Attachment.create(draft=draft, name=name, width=width, height=height, size=size, at=now)


def discard(draft: Draft) -> list[str]:
    """Throw an unsent report away; return the names of its photos, whose files the caller removes.

    Raises ReportSent once it has become a case: that stays.
    """
    with transaction():
        # Touching the draft first makes an upload at the same moment wait, and then find it gone.
        Draft.update(changed_at=Draft.changed_at).where(Draft.id == draft.id).execute()
        names = [photo.name for photo in Attachment.select().where(Attachment.draft == draft)]
        Attachment.delete().where(Attachment.draft == draft, Attachment.case.is_null()).execute()
        gone = Draft.delete().where(Draft.id == draft.id, Draft.sent_at.is_null()).execute()
        if not gone:
            raise ReportSent(draft.id)
    return names


def remove_photo(photo: Attachment) -> None:
    """Take a photo off the report again; the caller removes the file.

    Raises ReportSent once the photo belongs to a case: that stays.
    """
    off = Attachment.delete().where(Attachment.id == photo.id, Attachment.case.is_null())
    if not off.execute() and Attachment.get_or_none(Attachment.id == photo.id):
        raise ReportSent(photo.draft_id)


def backup_facts(draft: Draft, known: DeviceFacts) -> BackupFacts:
    """Return what the report says about backup and data (rules B1a–B3)."""
    answers = draft.answers
    booked = known.backup_booked
    if booked is None:
        booked = report.yes_no(answers, Page.BACKUP, "booked")
    running = report.yes_no(answers, Page.RUNNING, "running")
    return BackupFacts(
        backup_booked=booked,
        last_online_at=report.instant(answers, Page.ONLINE, "at"),
        uploaded_at=report.instant(answers, Page.DATA_FIRST, "uploaded_at") if running else None,
        entered_since=report.yes_no(answers, Page.ENTERED, "entered"),
    )


@dataclass(frozen=True)
class _Sending:
    """All that sending needs to know, looked up once."""

    draft: Draft
    by: Account | None  # None: somebody without an account (P1a)
    now: datetime
    device: Device | None
    facts: DeviceFacts
    outcome: Outcome

    @property
    def today(self) -> date:
        return berlin.day_of(self.now)

    @property
    def contact_page(self) -> Page:
        return Page.ADDRESS if self.outcome is Outcome.SEND_IN else Page.CONTACT


def send(draft: Draft, *, by: Account | None, now: datetime, secret: str = "", language: str = "de") -> Case:
    """Make the report a case, release it at once if the rules allow, and ask for the link.

    Without an account (`by` None) it waits for staff to find out whose it is, its link is asked for
    then, and whoever sent it follows it by a secret made of `secret` (rule P1a). Sending again returns
    the same case (S3). Of two reports of one device at once the first is released, the second waits for
    staff (S1); what staff release themselves in the same moment stands beside it, and they see both.
    Raises ReportIncomplete with the page that still needs an answer, and StepRefused
    for anybody but an owner.
    """
    with transaction():
        claimed = Draft.update(sent_at=now).where(Draft.id == draft.id, Draft.sent_at.is_null())
        if not claimed.execute():
            return _sent_before(draft)
        draft = Draft.get_by_id(draft.id)
        sending = _checked(draft, by, now)
        case = _file(sending, by.language if by else language)
        if by is None:
            who = draft.answers[sending.contact_page]
            number = who.get("customer_number", "")
            emergencies.begin(case, email=who["email"], customer_number=number, secret=secret, now=now)
    return case


def _sent_before(draft: Draft) -> Case:
    """Return the report's case; a report thrown away meanwhile has to be begun anew."""
    case = Case.get_or_none(Case.draft == draft.id)
    if case is None:
        raise ReportIncomplete(Page.DEVICE)
    return case


def _checked(draft: Draft, by: Account | None, now: datetime) -> _Sending:
    workflow.take_step("submit", State.DRAFT, by.role if by else Role.OWNER)
    device = reported.device_of(draft, by)
    listed = draft.answers.get(Page.DEVICE, {}).get("device") != report.UNLISTED
    if device is None and listed:
        raise ReportIncomplete(Page.DEVICE)
    if device is not None:
        queue.held(device)  # before any case, as in every deed: two reports of one device take turns (S1)
    facts = reported.facts_of(draft, device, now)
    fee = Operator.current().inspection_fee_cents is not None
    if page := report.first_open(draft.answers, facts, inspection_fee=fee, identified=by is not None):
        raise ReportIncomplete(page)
    outcome = report.outcome(draft.answers)
    if outcome is None or not triage.opens_case(outcome):
        raise ReportIncomplete(Page.TOPIC)
    if device is None and by is not None:
        assert by.customer is not None  # an owner always has one; accounts.create sees to it
        device = reported.register(draft.answers, by.customer, now=now)
        facts = replace(facts, is_sent_in=reported.is_sent_in(queue.held(device), now))
    return _Sending(draft, by, now, device, facts, outcome)


def _file(sending: _Sending, language: str) -> Case:
    case = _create_case(sending, language)
    now, by = sending.now, sending.by
    told = {"holds": case.holds, **({} if by else {"reporter": True})}
    history.record(case, "submit", by=by, at=now, source=State.DRAFT, target=case.state, **told)
    hooks.announce(case, case.state, at=now)
    Attachment.update(case=case).where(Attachment.draft == sending.draft).execute()
    link = _ask_for_link(case, sending)
    _keep_consents(case, link, sending)
    if case.holds:
        letters.tell_owners(case, "submitted", now=now, holds=case.holds)
        return queue.reassess_case(case, now=now)
    return cases.release(case, by=None, now=now)


def _create_case(sending: _Sending, language: str) -> Case:
    answers = sending.draft.answers
    state = workflow.take_step("submit", State.DRAFT, Role.OWNER)
    backup = backup_facts(sending.draft, sending.facts)
    return Case.create(
        number=next_number(sending.today.year),
        customer=sending.by.customer_id if sending.by else None,
        salon=sending.device.salon_id if sending.device else None,
        device=sending.device,
        reporter=sending.by,
        draft=sending.draft,
        language=language,
        state=state,
        state_since=sending.now,
        topic=answers[Page.TOPIC]["topic"],
        outcome=sending.outcome,
        holds=list(report.holds(answers, sending.facts, identified=sending.by is not None)),
        estimate=sending.facts.estimate,
        estimated_on=sending.today,
        answers=answers,
        fault=answers[Page.FAULT].get("text", ""),
        on_screen=answers[Page.FAULT].get("on_screen", ""),
        fault_since=_day(answers[Page.FAULT].get("since")),
        last_online_at=backup.last_online_at,
        uploaded_at=backup.uploaded_at,
        entered_since=backup.entered_since,
        reported_at=sending.now,
        **_return_address(sending),
    )


def _return_address(sending: _Sending) -> dict[str, Any]:
    """Return where the parcel goes back to and whom to call; a remote case has only the person."""
    given = sending.draft.answers[sending.contact_page]
    salon = sending.device.salon if sending.device else None
    place = {
        f"return_{name}": given.get(name) or (getattr(salon, name) if salon else "")
        for name in ("name", "street", "postal_code", "city", "country")
    }
    place["return_country"] = place["return_country"] or "DE"
    return {"contact_name": given["contact_name"], "contact_phone": given["phone"], **place}


def _ask_for_link(case: Case, sending: _Sending) -> SubstituteLink | None:
    """Ask for the link if the owner wants one; a link that is open already joins the case (L1)."""
    answers = sending.draft.answers
    if sending.outcome is not Outcome.SEND_IN or sending.device is None:
        return None
    existing = link_steps.open_now(sending.device, now=sending.now)
    if existing is not None:
        links.join(existing, case, now=sending.now)
        return None
    if not report.yes_no(answers, Page.LINK, "wanted"):
        return None
    try:
        return links.request(
            sending.device,
            backup_facts(sending.draft, sending.facts),
            by=sending.by,
            now=sending.now,
            reason=LinkReason.DEFECT,
            case=case,
        )
    except links.LinkAlreadyOpen:
        return None


def _keep_consents(case: Case, link: SubstituteLink | None, sending: _Sending) -> None:
    """Write the acceptances of the pages on the path into the register of consents (S7)."""
    identified = sending.by is not None
    for page in report.path(sending.draft.answers, sending.facts, identified=identified):
        for consent in report.accepted(sending.draft.answers, page):
            Consent.create(
                account=sending.by,
                case=case,
                link=link if page in (Page.LINK, Page.LINK_TERMS) else None,
                kind=consent["kind"],
                wording=consent["wording"],
                version=consent["version"],
                language=consent["language"],
                amount_cents=consent.get("amount_cents"),
                at=datetime.fromisoformat(consent["at"]),
            )


def next_number(year: int) -> str:
    """Return the next case number of the year; two at once get two numbers."""
    Counter.insert(year=year, last=0).on_conflict_ignore().execute()
    Counter.update(last=Counter.last + 1).where(Counter.year == year).execute()
    return numbers.make(year, Counter.get(Counter.year == year).last)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
