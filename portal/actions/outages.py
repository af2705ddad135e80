"""Let an owner add lines to the outage record (Ausfallprotokoll), and take them back (rule O1).

The vendor's own times are history, which nobody edits: a line of the owner's stands beside them, marked as
such. It is never changed, only withdrawn, so that what a paper said can be told later.
"""

from datetime import datetime

from portal.actions import history, queue
from portal.models import Account, Case, OutageLine, SubstituteLink
from portal.models.base import transaction

LONGEST = 500
MOST = 60


class NotYourRecord(ValueError):
    """Only the owner's side adds lines of its own; support's words are history (rule O1)."""


class LineUnfit(ValueError):
    """A line needs a text of at most LONGEST characters, and tells of something that has happened."""


class TooManyLines(ValueError):
    """A record has room for MOST lines of the owner's own."""


class LineMoved(Exception):
    """Somebody else was faster: the line is withdrawn already (rule S3)."""


def add_line(
    subject: Case | SubstituteLink, text: str, happened_at: datetime, *, by: Account, now: datetime
) -> OutageLine:
    """Add a line to the record of a case, or of a link without one; the same sent twice is one line (S3).

    Raises NotYourRecord for staff, LineUnfit and TooManyLines.
    """
    if by.is_staff:
        raise NotYourRecord(by.id)
    text = text.strip()
    if not text or len(text) > LONGEST or happened_at > now:
        raise LineUnfit(text)
    with transaction():
        held = queue.held(subject)  # so that two at once are one after the other
        written = OutageLine.same_as(held, happened_at, text).first()
        return written or _write(held, text, happened_at, by=by, now=now)


def _write(
    subject: Case | SubstituteLink, text: str, happened_at: datetime, *, by: Account, now: datetime
) -> OutageLine:
    if OutageLine.standing_of(subject).count() >= MOST:
        raise TooManyLines(subject.id)
    owner = {"case": subject} if isinstance(subject, Case) else {"link": subject}
    line = OutageLine.create(happened_at=happened_at, text=text, at=now, account=by, **owner)
    history.record(subject, "add_outage_line", by=by, at=now, why=text, line=line.id)
    return line


def withdraw_line(line: OutageLine, *, by: Account, now: datetime) -> None:
    """Take a line of the owner's own back; it stays stored, and no paper tells of it any more (rule O1).

    Raises NotYourRecord for staff, LineMoved if it is withdrawn already.
    """
    if by.is_staff:
        raise NotYourRecord(by.id)
    with transaction():
        standing = (OutageLine.id == line.id) & OutageLine.withdrawn_at.is_null()
        if not OutageLine.update(withdrawn_at=now).where(standing).execute():
            raise LineMoved(line.id)
        subject = line.case if line.case_id else line.link
        history.record(subject, "withdraw_outage_line", by=by, at=now, why=line.text, line=line.id)
