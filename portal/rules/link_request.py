"""Which questions does a request of a link without a report ask, in which order?  Rules L1, C0, B1a–B3, L4a.

As in rules.report the answers are a plain mapping, page → what was given there, and the path follows from
them alone: answers to pages that are no longer on it stay where they are, so going back never loses anything.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from portal.rules.links import expected
from portal.rules.outlook import Question, Told

Answers = Mapping[str, Mapping[str, Any]]


class Page(StrEnum):
    """One page of the request; the value is the last part of its address."""

    DEVICE = "device"
    REASON = "reason"
    ONLINE = "online"
    DATA_FIRST = "data-first"
    UPLOADED = "uploaded"
    BOOKED = "booked"
    ENTERED = "entered"
    CHECK = "check"
    SEND = "send"


WITHOUT_QUESTION = frozenset({Page.CHECK, Page.SEND})
_AS_BOOL = {"yes": True, "no": False}


def is_running(answers: Answers) -> bool:
    """Tell whether the server still runs: then its data is saved first (rule C0)."""
    return answers.get(Page.ONLINE, {}).get("when") == "running"


def told(answers: Answers, booked: bool | None) -> Told:
    """Return what was said; `booked` is what the register knows of the device, which goes first (B1a).

    An answer that no longer counts is a question still open.
    """
    said = _said(answers, booked)
    pages = path(answers, booked)
    asked_on = {
        Question.UPLOADED: _upload_page(answers),
        Question.BOOKED: Page.BOOKED,
        Question.ENTERED: Page.ENTERED,
    }
    still_open = frozenset(
        question for question, page in asked_on.items() if page in pages and not _counts(answers, page, said)
    )
    return replace(
        said,
        uploaded_at=None if Question.UPLOADED in still_open else said.uploaded_at,
        entered_since=None if Question.ENTERED in still_open else said.entered_since,
        open=still_open,
    )


def _said(answers: Answers, booked: bool | None) -> Told:
    """Return the answers as they stand; a running server went off when its data had been saved (C0)."""
    last_page = Page.DATA_FIRST if is_running(answers) else Page.ONLINE
    if booked is None:
        booked = _AS_BOOL.get(str(answers.get(Page.BOOKED, {}).get("booked", "")))
    return Told(
        backup_booked=booked,
        last_online_at=moment_of(answers.get(last_page, {}), "at"),
        uploaded_at=moment_of(answers.get(_upload_page(answers), {}), "uploaded_at"),
        entered_since=_AS_BOOL.get(str(answers.get(Page.ENTERED, {}).get("entered", ""))),
    )


def _upload_page(answers: Answers) -> Page:
    return Page.DATA_FIRST if is_running(answers) else Page.UPLOADED


def moment_of(given: Mapping[str, Any], name: str) -> datetime | None:
    """Return a moment that was given on a page, in UTC, or None where none was."""
    text = given.get(name)
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def backup_at(answers: Answers, booked: bool | None) -> datetime | None:
    """Return the last backup there can be, from the answers so far (rules B2, C0)."""
    return _backup_at(_said(answers, booked))


def _backup_at(said: Told) -> datetime | None:
    return expected(said.backup_booked, said.last_online_at, said.uploaded_at, None).backup_at


def path(answers: Answers, booked: bool | None) -> list[Page]:
    """Return the pages of this request in order, as far as the answers tell."""
    pages = [Page.DEVICE, Page.REASON, Page.ONLINE]
    pages.append(_upload_page(answers))
    if booked is None:
        pages.append(Page.BOOKED)
    return [*pages, Page.ENTERED, Page.CHECK, Page.SEND]


def first_open(answers: Answers, booked: bool | None) -> Page | None:
    """Return the first page on the path whose question has no answer that still counts, or None."""
    asking = (page for page in path(answers, booked) if page not in WITHOUT_QUESTION)
    return next((page for page in asking if not is_answered(answers, page, booked)), None)


def is_answered(answers: Answers, page: Page, booked: bool | None) -> bool:
    """Tell whether a page needs no further answer.

    What was entered since the backup is asked again when it is another backup: a full link would rest on
    something nobody said (L4a). So is an upload after the last moment online: it cannot have been (B2).
    """
    return _counts(answers, page, _said(answers, booked))


def _counts(answers: Answers, page: Page, said: Told) -> bool:
    given = answers.get(page)
    if given is None:
        return False
    if page is Page.UPLOADED and said.uploaded_at and said.last_online_at:
        return said.uploaded_at <= said.last_online_at
    if page is Page.ENTERED:
        found = _backup_at(said)
        return given.get("since") == (found.isoformat() if found else "")
    return True
