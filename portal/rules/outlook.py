"""What may a salon expect of a link while it is still answering?  Rule L4a.

A question not asked yet is not the same as "I do not know": as long as one is open, several answers are
possible, and none of them is promised.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import product

from portal.rules.links import Answer, Expectation, Reason, expected, for_third_party


class Question(StrEnum):
    """What the answer depends on besides the last moment online."""

    BOOKED = "booked"
    UPLOADED = "uploaded"
    ENTERED = "entered"


@dataclass(frozen=True)
class Told:
    """What was said so far; `open` names the questions that are still to come."""

    backup_booked: bool | None
    last_online_at: datetime | None
    uploaded_at: datetime | None
    entered_since: bool | None
    open: frozenset[Question] = frozenset()


@dataclass(frozen=True)
class Outlook:
    """The answers that are still possible, and the reasons that stand already."""

    answers: tuple[Answer, ...]
    backup_at: datetime | None
    reasons: tuple[Reason, ...]

    @property
    def answer(self) -> Answer | None:
        """Return the answer to be expected, or None while it depends on questions still open."""
        return self.answers[0] if len(self.answers) == 1 else None


_ASKED_BY = {
    Reason.BACKUP_NOT_BOOKED: Question.BOOKED,
    Reason.BACKUP_BOOKING_UNKNOWN: Question.BOOKED,
    Reason.NOTHING_ENTERED: Question.ENTERED,
    Reason.DATA_ENTERED: Question.ENTERED,
    Reason.ENTERED_UNKNOWN: Question.ENTERED,
}


_SOME_UPLOAD = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for an upload still to be asked for where nobody knows how long the server was online."""


def outlook(told: Told, *, is_third_party: bool = False) -> Outlook:
    """Return what may still come of it (rules L4a, L12): every open question answered in every way."""
    found = _expected(told, is_third_party, told.backup_booked, told.uploaded_at, told.entered_since)
    possible = {
        _expected(told, is_third_party, booked, uploaded_at, entered).answer
        for booked, uploaded_at, entered in product(
            _choices(told, Question.BOOKED, told.backup_booked),
            [None, told.last_online_at or _SOME_UPLOAD]
            if Question.UPLOADED in told.open
            else [told.uploaded_at],
            _choices(told, Question.ENTERED, told.entered_since),
        )
    }
    reasons = tuple(reason for reason in found.reasons if _ASKED_BY.get(reason) not in told.open)
    return Outlook(tuple(answer for answer in Answer if answer in possible), found.backup_at, reasons)


def _choices(told: Told, question: Question, said: bool | None) -> tuple[bool | None, ...]:
    return (True, False, None) if question in told.open else (said,)


def _expected(
    told: Told, is_third_party: bool, booked: bool | None, uploaded_at: datetime | None, entered: bool | None
) -> Expectation:
    found = expected(booked, told.last_online_at, uploaded_at, entered)
    return for_third_party(found) if is_third_party else found
