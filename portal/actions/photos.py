"""Blacken a part of a photo that was sent, or take it away: for good, on the record (rules C4a, P1).

What a photo shows that nobody should see must be gone, not hidden. The order makes a crash harmless: the
new file is written first, the row is changed with its history, and then the old file is removed. From the
moment of the change no address leads to the old one; the worker removes what a crash left behind.
"""

from datetime import datetime, timedelta

from portal.actions import history
from portal.models import Account, Attachment, History, Round
from portal.models.base import transaction
from portal.rules.workflow import StepRefused

DEEDS = ("blacken_photo", "remove_photo")
ROUND = "photos"
EVERY = timedelta(hours=1)
LOOKED_BACK = timedelta(days=2)


class PhotoMoved(Exception):
    """Somebody else has blackened or removed the photo meanwhile (rule S3)."""


def blacken(
    photo: Attachment, *, name: str, width: int, height: int, size: int, by: Account, now: datetime
) -> Attachment:
    """Put the stored file `name` in the place of the photo's own, which the caller removes afterwards.

    Raises PhotoMoved, and StepRefused for owners.
    """
    columns = {"name": name, "width": width, "height": height, "size": size, "blackened_at": now}
    return _change(photo, "blacken_photo", columns, by=by, now=now)


def remove(photo: Attachment, why: str, *, by: Account, now: datetime) -> Attachment:
    """Take the photo away; its row stays, its file is removed by the caller afterwards.

    Raises PhotoMoved, and StepRefused for owners.
    """
    return _change(photo, "remove_photo", {"removed_at": now}, by=by, now=now, why=why)


def _change(
    photo: Attachment, deed: str, columns: dict[str, object], *, by: Account, now: datetime, why: str = ""
) -> Attachment:
    if not by.is_staff:
        raise StepRefused(deed, photo.case.state if photo.case else "", by.role)
    unmoved = (Attachment.id == photo.id) & (Attachment.name == photo.name) & Attachment.removed_at.is_null()
    with transaction():
        if not Attachment.update(columns).where(unmoved).execute():
            raise PhotoMoved(photo.id)
        history.record(photo.case, deed, by=by, at=now, why=why, photo=photo.id, file=photo.name)
    return Attachment.get_by_id(photo.id)


def left_behind(*, now: datetime) -> list[str]:
    """Return the files that must be gone by now, once an hour; the worker removes those a crash left."""
    if not _take_turn(now):
        return []
    since = now - LOOKED_BACK
    touched = Attachment.select(Attachment.case).where(
        (Attachment.blackened_at > since) | (Attachment.removed_at > since)
    )
    rows = History.select(History.facts).where(History.case.in_(touched), History.what.in_(DEEDS))
    return [row.facts["file"] for row in rows if row.facts.get("file")]


def _take_turn(now: datetime) -> bool:
    """Claim the turn by a conditional update; a clock that was far off holds nobody up."""
    Round.insert(name=ROUND, at=now - 2 * EVERY).on_conflict_ignore().execute()
    is_due = (Round.at <= now - EVERY) | (Round.at >= now + EVERY)
    return bool(Round.update(at=now).where(Round.name == ROUND, is_due).execute())
