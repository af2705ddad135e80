"""The report's forms about server, backup and link (rules C0, B1a–B3, L1)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.rules import berlin, report
from portal.rules.report import Page
from portal.web.forms import Choice, Moment, ValidationError
from portal.web.public.report_forms import YES_NO, YES_NO_UNKNOWN, PageForm

OLDEST_UPLOAD = timedelta(days=31)
OLDEST_ONLINE = timedelta(days=5 * 365)


class RunningForm(PageForm):
    """Is the server still running (rule C0)?"""

    running = Choice(options=YES_NO_UNKNOWN)


class DataFirstForm(PageForm):
    """Was the backup uploaded by hand, and when (rules C0, B2)?"""

    upload = Choice(options=("now", "at", "no"))
    uploaded_at = Moment(required=_l("Bitte geben Sie an, wann Sie hochgeladen haben."))

    def prepare(self, walk) -> None:
        """An upload made long ago was not made for this report."""
        self.uploaded_at.latest = walk.now
        self.uploaded_at.earliest = walk.now - OLDEST_UPLOAD

    def validate(self, extra_validators=None) -> bool:
        """Ask for the moment only where one is meant."""
        only_if(self.upload.data == "at", self.uploaded_at)
        return super().validate(extra_validators)

    def given(self, walk) -> dict[str, Any]:
        """Store the moment; "just now" is the moment of answering."""
        return {
            "upload": self.upload.data,
            "uploaded_at": _moment(self.upload.data, self.uploaded_at, walk.now),
        }

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Show "just now" as the moment it was: saving the page again does not move it."""
        return {
            "upload": _as_moment(stored.get("upload")),
            "uploaded_at": report.instant({Page.DATA_FIRST: stored}, Page.DATA_FIRST, "uploaded_at"),
        }


class OnlineForm(PageForm):
    """When was the server last on and online (rule B2)?"""

    when = Choice(options=("now", "at", "unknown"))
    at = Moment(required=_l("Bitte geben Sie Tag und Uhrzeit an, oder wählen Sie „Weiß ich nicht“."))

    def prepare(self, walk) -> None:
        """A server that was online later than now has not been."""
        self.at.latest = walk.now
        self.at.earliest = walk.now - OLDEST_ONLINE
        self.uploaded_at = walk.uploaded_at

    def validate(self, extra_validators=None) -> bool:
        """Ask for the moment only where one is meant."""
        only_if(self.when.data == "at", self.at)
        return super().validate(extra_validators)

    def validate_at(self, field) -> None:
        """Refuse a moment before the upload: for that the server had to be online."""
        uploaded_at = self.uploaded_at and self.uploaded_at.replace(second=0, microsecond=0)
        if field.data and uploaded_at and field.data < uploaded_at:
            clock = f"{berlin.to_berlin(uploaded_at):%H:%M}"
            raise ValidationError(
                _l("Um %(clock)s Uhr haben Sie hochgeladen. Da war der Server noch online.", clock=clock)
            )

    def given(self, walk) -> dict[str, Any]:
        """Store the moment; "now" is the moment of answering."""
        return {"when": self.when.data, "at": _moment(self.when.data, self.at, walk.now)}

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Show "now" as the moment it was: saving the page again does not move it."""
        return {
            "when": _as_moment(stored.get("when")),
            "at": report.instant({Page.ONLINE: stored}, Page.ONLINE, "at"),
        }


def only_if(meant: bool, field: Moment) -> None:
    """Leave out a moment that the chosen answer does not ask for; what was typed there is no mistake."""
    if not meant:
        field.day = field.clock = ""
        field.required = None


def _moment(choice: str, field: Moment, now: datetime) -> str:
    if choice == "now":
        return now.isoformat()
    return field.data.isoformat() if choice == "at" and field.data else ""


def _as_moment(choice: str | None) -> str:
    return "at" if choice == "now" else choice or ""


class BackupForm(PageForm):
    """Is the external backup booked (rule B1a)?"""

    booked = Choice(options=YES_NO_UNKNOWN)


class EnteredForm(PageForm):
    """Was anything entered since the last backup (rule B3)?"""

    entered = Choice(options=YES_NO_UNKNOWN)

    def given(self, walk) -> dict[str, Any]:
        """Keep which backup the answer is about."""
        backup_at = walk.asked_about
        return {"entered": self.entered.data, "since": backup_at.isoformat() if backup_at else ""}


class LinkForm(PageForm):
    """Does the salon want a substitute link (rule L1)?"""

    wanted = Choice(options=YES_NO)
