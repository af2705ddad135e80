"""Fill in a request of a link without a report, page by page, and send it once (rules L1, S3).

Its answers are kept as those of a report are, but belong to no account: they are the browser's alone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from portal.actions import links, reports
from portal.actions.links import BackupFacts
from portal.models import Account, Case, Device, Draft, SubstituteLink
from portal.models.base import transaction
from portal.rules import link_request as rules
from portal.rules.link_request import Page
from portal.rules.links import LinkReason


class RequestSent(Exception):
    """The request was sent before; `link` is what came of it."""

    def __init__(self, link: int) -> None:
        """Keep the link to go to."""
        super().__init__(f"sent already: link {link}")
        self.link = link


def begin(*, now: datetime) -> tuple[Draft, str]:
    """Start a request and return it with the key that only this browser gets."""
    return reports.begin(account=None, now=now)


def find(key: str | None) -> Draft | None:
    """Return the request of the browser's key, or None."""
    return reports.find(key)


def answer(draft: Draft, page: Page, given: Mapping[str, Any], *, now: datetime) -> Draft:
    """Keep the answers of one page; raises RequestSent once the request has been sent."""
    try:
        return reports.answer(draft, page, given, account=None, now=now)
    except reports.ReportSent as error:
        raise RequestSent(link_of(Draft.get_by_id(draft.id)) or 0) from error


def link_of(draft: Draft) -> int | None:
    """Return the id of the link that came of a request that was sent."""
    return draft.answers.get(Page.SEND, {}).get("link")


def facts_of(answers: rules.Answers, device: Device) -> BackupFacts:
    """Return what is known of backup and data: the register's answer first, then the owner's (B1a–B3)."""
    told = rules.told(answers, device.backup_booked)
    return BackupFacts(told.backup_booked, told.last_online_at, told.uploaded_at, told.entered_since)


def send(
    draft: Draft, device: Device, *, by: Account, now: datetime, consents: Iterable[Mapping[str, Any]]
) -> SubstituteLink:
    """Ask for the link, once, however often the form is sent (rules L1, S3).

    Raises RequestSent for the second time, links.LinkAlreadyOpen if the device has an open link by now,
    and ValueError if a question is open; nothing is changed then.
    """
    with transaction():
        first = (Draft.id == draft.id) & Draft.sent_at.is_null()
        taken = Draft.update(sent_at=now, changed_at=now).where(first).execute()
        fresh = Draft.get_by_id(draft.id)
        if not taken:
            raise RequestSent(link_of(fresh) or 0)
        if rules.first_open(fresh.answers, device.backup_booked):
            raise ValueError("a question is still open")
        link = _ask(fresh.answers, device, by, now, consents)
        Draft.update(answers={**fresh.answers, Page.SEND: {"link": link.id}}).where(
            Draft.id == draft.id
        ).execute()
        return link


def _ask(
    answers: rules.Answers,
    device: Device,
    by: Account,
    now: datetime,
    consents: Iterable[Mapping[str, Any]],
) -> SubstituteLink:
    given = answers[Page.REASON]
    reason = LinkReason(given["reason"])
    case = Case.open_of(device).first() if reason is LinkReason.DEFECT else None
    return links.request(
        device,
        facts_of(answers, device),
        by=by,
        now=now,
        reason=reason,
        reason_text=given.get("reason_text", ""),
        case=case if case and case.customer_id == by.customer_id else None,
        consents=consents,
    )
