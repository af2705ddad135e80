"""The questions of a link request without a report: what each page asks and what it stores (C0, B1a–B3, L1).

As the report's forms, `given` returns the answers as rules.link_request reads them, and `shown` turns stored
answers back into what the fields show, so that coming back loses nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from portal.rules import berlin
from portal.rules import link_request as rules
from portal.rules.link_request import Page
from portal.rules.links import LinkReason
from portal.web.forms import Choice, Moment, Paragraphs, ValidationError
from portal.web.public.report_forms import YES_NO_UNKNOWN, PageForm
from portal.web.public.report_server_forms import OLDEST_ONLINE, OLDEST_UPLOAD, only_if

LONGEST_REASON = 300


class DeviceForm(PageForm):
    """For which device?"""

    device = Choice(message=_l("Bitte wählen Sie den Kassenserver."))


class ReasonForm(PageForm):
    """Why is the server away (rule L1)?"""

    reason = Choice(options=tuple(LinkReason), message=_l("Bitte wählen Sie einen Grund."))
    reason_text = Paragraphs(longest=LONGEST_REASON)

    def validate_reason_text(self, field: Paragraphs) -> None:
        """Ask for words where no reason of the list fits."""
        if self.reason.data == LinkReason.OTHER and not field.data:
            raise StopValidation(_("Bitte schreiben Sie kurz, warum."))


class OnlineForm(PageForm):
    """When was the server last on and online (rule B2)? If it still runs, its data comes first (C0)."""

    when = Choice(
        options=("running", "at", "unknown"), message=_l("Bitte sagen Sie, wann der Server zuletzt lief.")
    )
    at = Moment(required=_l("Bitte geben Sie Tag und Uhrzeit an, oder wählen Sie „Weiß ich nicht“."))

    def prepare(self, walk) -> None:
        """A server that was online later than now has not been."""
        self.at.latest, self.at.earliest = walk.now, walk.now - OLDEST_ONLINE

    def validate(self, extra_validators=None) -> bool:
        """Ask for the moment only where one is meant."""
        only_if(self.when.data == "at", self.at)
        return super().validate(extra_validators)

    def given(self, walk) -> dict[str, Any]:
        """Store the moment; a server that runs goes off later."""
        at = self.at.data.isoformat() if self.when.data == "at" and self.at.data else ""
        return {"when": self.when.data, "at": at}

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Show the stored moment."""
        return {"when": stored.get("when", ""), "at": rules.moment_of(stored, "at")}


class UploadedForm(PageForm):
    """Was a backup uploaded by hand, and when (rule B2)?"""

    upload = Choice(
        options=("at", "no", "unknown"), message=_l("Bitte sagen Sie, ob Sie selbst hochgeladen haben.")
    )
    uploaded_at = Moment(required=_l("Bitte sagen Sie, wann Sie die Sicherung hochgeladen haben."))

    def prepare(self, walk) -> None:
        """A server that was off could upload nothing."""
        self.uploaded_at.latest, self.uploaded_at.earliest = walk.now, walk.now - OLDEST_ONLINE
        self.last_online_at: datetime | None = walk.told.last_online_at

    def validate(self, extra_validators=None) -> bool:
        """Ask for the moment only where one is meant."""
        only_if(self.upload.data == "at", self.uploaded_at)
        return super().validate(extra_validators)

    def validate_uploaded_at(self, field: Moment) -> None:
        """Refuse a moment after the last one online."""
        last = self.last_online_at
        if self.upload.data == "at" and field.data and last and field.data > last:
            wall = berlin.to_berlin(last)
            raise ValidationError(
                _(
                    "Der Server war zuletzt am %(day)s um %(clock)s Uhr online. Danach ging kein Hochladen.",
                    day=f"{wall:%d.%m.}", clock=f"{wall:%H:%M}",
                )
            )  # fmt: skip

    def given(self, walk) -> dict[str, Any]:
        """Store the moment."""
        at = self.uploaded_at.data if self.upload.data == "at" else None
        return {"upload": self.upload.data, "uploaded_at": at.isoformat() if at else ""}

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Show the stored moment."""
        return {"upload": stored.get("upload", ""), "uploaded_at": rules.moment_of(stored, "uploaded_at")}


class DataFirstForm(PageForm):
    """Was the backup uploaded before the server went off, and when (rules C0, B2)?"""

    upload = Choice(options=("now", "at", "no", "unknown"))
    uploaded_at = Moment(required=_l("Bitte geben Sie an, wann Sie hochgeladen haben."))

    def prepare(self, walk) -> None:
        """An upload made long ago was not made for this request."""
        self.uploaded_at.latest, self.uploaded_at.earliest = walk.now, walk.now - OLDEST_UPLOAD

    def validate(self, extra_validators=None) -> bool:
        """Ask for the moment only where one is meant."""
        only_if(self.upload.data == "at", self.uploaded_at)
        return super().validate(extra_validators)

    def given(self, walk) -> dict[str, Any]:
        """Store the upload, and when the server went off: when this was answered first (C0).

        An upload since then moves that moment on: for it the server was online.
        """
        uploaded_at = {"now": walk.now, "at": self.uploaded_at.data}.get(self.upload.data)
        before = rules.moment_of(walk.answers.get(Page.DATA_FIRST, {}), "at")
        at = max(filter(None, (before or walk.now, uploaded_at)))
        return {
            "upload": self.upload.data,
            "uploaded_at": uploaded_at.isoformat() if uploaded_at else "",
            "at": at.isoformat(),
        }

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Show "just now" as the moment it was: saving the page again does not move it."""
        upload = stored.get("upload", "")
        return {
            "upload": "at" if upload == "now" else upload,
            "uploaded_at": rules.moment_of(stored, "uploaded_at"),
        }


class BookedForm(PageForm):
    """Is the external backup booked (rule B1a)?"""

    booked = Choice(options=YES_NO_UNKNOWN, message=_l("Bitte sagen Sie, ob die Sicherung gebucht ist."))


class EnteredForm(PageForm):
    """Was anything entered since the last backup (rule B3)?"""

    entered = Choice(options=YES_NO_UNKNOWN, message=_l("Bitte sagen Sie, ob danach etwas eingegeben wurde."))

    def given(self, walk) -> dict[str, Any]:
        """Keep which backup the answer is about."""
        backup_at = walk.backup_at
        return {"entered": self.entered.data, "since": backup_at.isoformat() if backup_at else ""}


FORMS: Mapping[Page, type[PageForm]] = {
    Page.DEVICE: DeviceForm,
    Page.REASON: ReasonForm,
    Page.ONLINE: OnlineForm,
    Page.DATA_FIRST: DataFirstForm,
    Page.UPLOADED: UploadedForm,
    Page.BOOKED: BookedForm,
    Page.ENTERED: EnteredForm,
}
