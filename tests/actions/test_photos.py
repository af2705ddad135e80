"""Two of the staff at one photo at the same moment: one is first, the other is told (rules C4a, S3)."""

from functools import partial

import pytest

from portal.actions import photos
from portal.models import Attachment, History
from portal.rules.workflow import StepRefused
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_case, a_staff_member

NEW = {"width": 9, "height": 9, "size": 9, "now": NOW}


@pytest.fixture
def photo(database):
    return Attachment.create(case=a_case(), name="a.jpg", width=1, height=1, size=1, at=NOW)


def test_of_many_who_change_a_photo_at_once_one_does(photo):  # rule S3
    staff = a_staff_member()
    deeds = [partial(photos.blacken, photo, name=f"{n}.jpg", by=staff, **NEW) for n in range(3)]
    results = at_once(*deeds, partial(photos.remove, photo, "Kundin im Bild", by=staff, now=NOW))
    assert kinds(results) == ["Attachment", "PhotoMoved", "PhotoMoved", "PhotoMoved"]
    assert History.select().where(History.what.in_(photos.DEEDS)).count() == 1


def test_owners_change_no_photo(photo):  # rule P1
    with pytest.raises(StepRefused):
        photos.remove(photo, "Mag ich nicht", by=photo.case.reporter, now=NOW)
    assert Attachment.get().removed_at is None


def test_a_failing_record_undoes_the_change(photo, monkeypatch):  # rule C4a
    def fails(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(photos.history, "record", fails)
    with pytest.raises(RuntimeError):
        photos.blacken(photo, name="b.jpg", by=a_staff_member(), **NEW)
    assert Attachment.get().name == "a.jpg"
