"""Where a link request without a report stands: its pages, what was said, and which one comes next."""

from datetime import date, datetime
from functools import cached_property
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from portal.models import Device, Draft
from portal.outside import clock
from portal.rules import berlin, report
from portal.rules import link_request as rules
from portal.rules.link_request import Answers, Page
from portal.rules.links import LinkReason
from portal.rules.outlook import Told, outlook
from portal.rules.report import ConsentKind, DeviceFacts
from portal.rules.triage import Origin
from portal.web import labels
from portal.web.owner.link_request_forms import FORMS, LONGEST_REASON
from portal.web.timeline import SoFar, so_far

CHECK = "check"
LOOKS_AHEAD = frozenset({Page.ONLINE, Page.DATA_FIRST, Page.UPLOADED, Page.BOOKED, Page.ENTERED})


def address_of(page: Page, *, back: str | None = None) -> str:
    """Return the address of a page."""
    fixed = {Page.DEVICE: "owner.link_new", Page.CHECK: "owner.link_check", Page.SEND: "owner.link_send"}
    if page in fixed:
        return url_for(fixed[page], back=back)
    return url_for("owner.link_question", page=page, back=back)


def device_choices(devices: list[Device]) -> list[tuple[str, str, str, str]]:
    """Return devices as choices: salon and name, and what tells each from the others."""
    return [
        (
            str(device.id),
            f"{device.salon.name} · {device.name}",
            "",
            _("Seriennummer %(serial)s", serial=device.serial) if device.serial else device.salon.street,
        )
        for device in devices
    ]


class Walk:
    """One look at a request: what it holds, and the way through its pages."""

    longest_reason = LONGEST_REASON

    def __init__(self, draft: Draft | None, devices: list[Device]) -> None:
        """Keep the answers; the device counts only if it is one of the account's own (rule P1)."""
        self.draft = draft
        self.devices = devices
        self.answers: Answers = draft.answers if draft else {}
        self.now: datetime = clock.now()
        chosen = str(self.answers.get(Page.DEVICE, {}).get("device", ""))
        self.device = next((device for device in devices if str(device.id) == chosen), None)

    @property
    def today(self) -> date:
        """Return the day in Berlin."""
        return berlin.day_of(self.now)

    @property
    def reasons(self) -> list[tuple[LinkReason, str]]:
        """Return the reasons to choose from."""
        return [(reason, labels.label(reason)) for reason in LinkReason]

    @property
    def booked(self) -> bool | None:
        """Return what the register knows of the external backup (rule B1a)."""
        return self.device.backup_booked if self.device else None

    @cached_property
    def path(self) -> list[Page]:
        """Return the pages of this request."""
        return rules.path(self.answers, self.booked)

    @cached_property
    def told(self) -> Told:
        """Return what was said about backup and data."""
        return rules.told(self.answers, self.booked)

    @property
    def backup_at(self) -> datetime | None:
        """Return the last backup there can be (rule B2)."""
        return rules.backup_at(self.answers, self.booked)

    @property
    def is_running(self) -> bool:
        """Tell whether the server still ran when it was asked for (rule C0)."""
        return rules.is_running(self.answers)

    @property
    def reason(self) -> LinkReason:
        """Return why the server is away."""
        return LinkReason(self.answers[Page.REASON]["reason"])

    @property
    def terms(self) -> tuple[ConsentKind, ...]:
        """Return what must be acknowledged before sending (rules L2, L7, L8)."""
        return report.link_terms(
            DeviceFacts(tse_in_server=self.device.tse_in_server if self.device else None)
        )

    @property
    def so_far(self) -> SoFar | None:
        """Return what may be expected by the answers so far (rule L4a)."""
        return self.so_far_with(self.answers)

    def so_far_with(self, answers: Answers) -> SoFar | None:
        """Return what other answers would lead to; None before anything can be said."""
        is_asked = Page.DATA_FIRST if rules.is_running(answers) else Page.ONLINE
        if is_asked not in answers:
            return None
        return so_far(rules.told(answers, self.booked), is_third_party=self._is_third_party, now=self.now)

    @property
    def _is_third_party(self) -> bool:
        return self.device is not None and self.device.origin is Origin.ELSEWHERE

    def so_far_address(self, page: Page) -> str:
        """Return where a page asks what its answer would lead to, while one chooses."""
        return url_for("owner.link_so_far", page=page) if page in LOOKS_AHEAD else ""

    def answer_if(self, entered: str):
        """Return the answer to be expected if the question about the data were answered so (B3, L4a)."""
        said = Told(
            self.told.backup_booked,
            self.told.last_online_at,
            self.told.uploaded_at,
            {"yes": True, "no": False}.get(entered),
        )
        return outlook(said, is_third_party=self._is_third_party).answer

    @property
    def is_from_upload(self) -> bool:
        """Tell whether the last backup was uploaded by hand."""
        return self.told.uploaded_at is not None and self.told.uploaded_at == self.backup_at

    @cached_property
    def first_open(self) -> Page | None:
        """Return the first page without a valid answer."""
        return rules.first_open(self.answers, self.booked)

    def may_show(self, page: Page) -> bool:
        """Tell whether a page's turn has come: on the path, and everything before it answered."""
        if page not in self.path:
            return False
        return self.first_open is None or self.path.index(page) <= self.path.index(self.first_open)

    @property
    def resume_address(self) -> str:
        """Return where to go on: the first open page, or the check of all answers."""
        return address_of(self.first_open or Page.CHECK)

    def address_after(self, page: Page, *, back_to_check: bool) -> str:
        """Return where an answered page leads."""
        if back_to_check:
            return address_of(self.first_open, back=CHECK) if self.first_open else address_of(Page.CHECK)
        return address_of(self.path[self.path.index(page) + 1])

    def address_before(self, page: Page) -> str:
        """Return where the way back leads."""
        return address_of(self.path[self.path.index(page) - 1])

    def place_of(self, page: Page) -> tuple[int, int]:
        """Return which step of how many a page is."""
        return self.path.index(page) + 1, len(self.path)

    def stored(self, page: Page) -> dict[str, Any]:
        """Return what the page shows: the answers given."""
        return FORMS[page].shown(self.answers[page]) if page in self.answers else {}

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Return all answers as question, answer, and the address where it is changed."""
        given, told = self.answers, self.told
        reason = given[Page.REASON]
        rows = [
            (Page.DEVICE, _("Kassenserver"), f"{self.device.salon.name} · {self.device.name}"),
            (
                Page.REASON,
                _("Grund"),
                "\n".join(filter(None, (labels.label(self.reason), reason["reason_text"]))),
            ),
            (Page.ONLINE, _("Zuletzt online"), _online(self.is_running, told)),
            (self.path[3], _("Selbst hochgeladen"), _uploaded(given[self.path[3]], told)),
            (Page.ENTERED, _("Danach eingegeben"), _word(given[Page.ENTERED]["entered"])),
        ]
        if Page.BOOKED in self.path:
            rows.insert(4, (Page.BOOKED, _("Externe Sicherung gebucht"), _word(given[Page.BOOKED]["booked"])))
        return [(question, answer, address_of(page, back=CHECK)) for page, question, answer in rows]


def _word(answer: str) -> str:
    return {"yes": _("Ja"), "no": _("Nein")}.get(answer, _("Weiß ich nicht"))


def _online(is_running: bool, told: Told) -> str:
    if is_running:
        return _("Er lief noch")
    return labels.moment(told.last_online_at) or _("Weiß ich nicht")


def _uploaded(given: dict[str, str], told: Told) -> str:
    return labels.moment(told.uploaded_at) or _word(given.get("upload", ""))
