"""Photos at the desk: as they came, on the way to being blackened, blackened and removed."""

import io
from collections.abc import Iterator
from datetime import datetime

from flask import current_app
from PIL import Image

from portal.actions import photos
from portal.models import Account, Attachment, Case
from portal.outside import files
from tests import builders


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the rows, and return each page's name, its address and who looks at it."""
    case, staff = builders.a_case(now=now), builders.a_staff_member()
    one, two = (_a_photo(case, now) for _ in range(2))
    photos.remove(two, "Eine Kundin ist im Bild.", by=staff, now=now)
    page = f"/staff/cases/{case.number}/photos/{one.id}"
    yield "staff-photo", page, staff
    yield "staff-photo-corner", f"{page}?box=100,100,300,200&corner=400,300", staff
    yield "staff-photo-numbers", f"{page}?left=10&top=10&width=20&height=20", staff
    yield "staff-photo-removed", f"/staff/cases/{case.number}/photos/{two.id}", staff
    yield "staff-case-with-photos", f"/staff/cases/{case.number}", staff
    yield "owner-case-with-photos", f"/cases/{case.number}", case.reporter


def _a_photo(case: Case, now: datetime) -> Attachment:
    picture = io.BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(picture, "JPEG")
    picture.seek(0)
    stored = files.store_photo(picture, current_app.config["PORTAL"].photos)
    size = {"width": stored.width, "height": stored.height, "size": stored.size}
    return Attachment.create(case=case, name=stored.name, at=now, **size)
