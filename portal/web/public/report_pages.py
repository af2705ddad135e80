"""Where a report stands: its pages, what is known for them, and which one comes next."""

from datetime import datetime
from functools import cached_property
from typing import Any

from flask import url_for

from portal.actions import reported
from portal.models import Account, Case, Device, Draft, Salon
from portal.outside import clock
from portal.rules import berlin, report, triage, warranty
from portal.rules.links import Expectation
from portal.rules.report import ConsentKind, DeviceFacts, Page
from portal.rules.triage import Hold, Outcome, Topic
from portal.rules.warranty import Estimate
from portal.web import context, wordings
from portal.web.public import report_forms as forms
from portal.web.public import report_reporter_forms as reporter_forms
from portal.web.public import report_server_forms as server_forms

CHECK = "check"
FIXED_FORMS: dict[Page, type[forms.PageForm]] = {
    Page.DEVICE: forms.DeviceForm,
    Page.DEVICE_DETAILS: forms.DeviceDetailsForm,
    Page.TOPIC: forms.TopicForm,
    Page.CHECKS: forms.ChecksForm,
    Page.FAULT: forms.FaultForm,
    Page.RUNNING: server_forms.RunningForm,
    Page.DATA_FIRST: server_forms.DataFirstForm,
    Page.ONLINE: server_forms.OnlineForm,
    Page.BACKUP: server_forms.BackupForm,
    Page.ENTERED: server_forms.EnteredForm,
    Page.LINK: server_forms.LinkForm,
    Page.ADDRESS: forms.AddressForm,
    Page.CONTACT: forms.ContactForm,
}

REPORTER_FORMS: dict[Page, type[forms.PageForm]] = {
    Page.ADDRESS: reporter_forms.ReporterAddressForm,
    Page.CONTACT: reporter_forms.ReporterContactForm,
}
"""What is asked of somebody without an account instead (rule P1a)."""


class Walk:
    """One look at a report: what it holds, and the way through its pages."""

    def __init__(self, draft: Draft, account: Account | None) -> None:
        """Look up the report's device once; the rest follows from the answers."""
        self.draft = draft
        self.account = account
        self.now: datetime = clock.now()
        self.today = berlin.day_of(self.now)
        self.answers = draft.answers
        self.device: Device | None = reported.device_of(draft, account)

    @cached_property
    def facts(self) -> DeviceFacts:
        """Return what is known of the device."""
        customer = self.account.customer if self.account else None
        return reported.facts_of(self.draft, self.device, self.now, customer)

    @property
    def is_identified(self) -> bool:
        """Tell whether somebody with an account reports; without one the way is shorter (rule P1a)."""
        return self.account is not None

    @cached_property
    def path(self) -> list[Page]:
        """Return the pages of this report, as far as the answers tell."""
        return report.path(self.answers, self.facts, identified=self.is_identified)

    @cached_property
    def first_open(self) -> Page | None:
        """Return the first page without a valid answer."""
        if self.is_device_lost:
            return Page.DEVICE
        fee = self.inspection_fee
        return report.first_open(self.answers, self.facts, inspection_fee=fee, identified=self.is_identified)

    @property
    def is_device_lost(self) -> bool:
        """Tell whether a device was chosen that is not, or no longer, the account's own (rule P1)."""
        chosen = self.answers.get(Page.DEVICE, {}).get("device")
        return bool(chosen) and chosen != report.UNLISTED and self.device is None

    @property
    def inspection_fee(self) -> bool:
        """Tell whether the operator has set a fee for the inspection (rule P4)."""
        return context.operator().inspection_fee_cents is not None

    @cached_property
    def topic(self) -> Topic | None:
        """Return what is affected, once it is answered."""
        name = self.answers.get(Page.TOPIC, {}).get("topic")
        return Topic(name) if name else None

    @cached_property
    def outcome(self) -> Outcome | None:
        """Return where triage leads (rule T9)."""
        return report.outcome(self.answers)

    @property
    def has_ended(self) -> bool:
        """Tell whether the answers lead to help without a case (rules T1, T2, T4, T5)."""
        return self.first_open is None and self.outcome is not None and not triage.opens_case(self.outcome)

    @property
    def has_helped(self) -> bool:
        """Tell whether a quick check brought the till back (rule T1)."""
        return Page.CHECKS in self.path and report.yes_no(self.answers, Page.CHECKS, "helped") is True

    @cached_property
    def holds(self) -> tuple[Hold, ...]:
        """Return why the report would wait for staff (rule S1)."""
        return report.holds(self.answers, self.facts, identified=self.is_identified)

    @cached_property
    def other_send_in(self) -> Case | None:
        """Return the own case by which the device is being sent in, if the report waits for that (S1)."""
        if self.device is None or Hold.ALREADY_SENT_IN not in self.holds:
            return None
        return Case.own_send_in_of(self.device, self.device.salon.customer_id, self.now).first()

    @cached_property
    def expectation(self) -> Expectation:
        """Return the link to be expected (rule L4a)."""
        return report.expectation(self.answers, self.facts)

    @cached_property
    def asked_about(self) -> datetime | None:
        """Return the backup since which we ask for anything entered (rule B3)."""
        return report.backup_asked_about(self.answers, self.facts, identified=self.is_identified)

    def expected_if(self, entered: str) -> Expectation:
        """Return the link to be expected if the data question were answered so (rules B3, L4a)."""
        return report.expectation(self.answers, self.facts, entered)

    @property
    def uploaded_at(self) -> datetime | None:
        """Return when the backup was uploaded by hand, if it was (rule C0)."""
        if not report.yes_no(self.answers, Page.RUNNING, "running"):
            return None
        return report.instant(self.answers, Page.DATA_FIRST, "uploaded_at")

    @cached_property
    def devices(self) -> list[Device]:
        """Return the own devices (rule P1)."""
        customer = self.account.customer if self.account else None
        return list(Device.of(customer)) if customer else []

    @cached_property
    def salons(self) -> list[Salon]:
        """Return the own salons."""
        customer = self.account.customer if self.account else None
        return list(Salon.of(customer)) if customer else []

    @cached_property
    def open_cases(self) -> dict[int, Case]:
        """Return the newest open case of each own device."""
        customer = self.account.customer if self.account else None
        found = Case.open_of_customer(customer) if customer else ()
        return {case.device_id: case for case in reversed(list(found))}

    def estimate_of(self, device: Device) -> Estimate:
        """Return the warranty estimate of today (rule W0)."""
        return device.estimate(self.today)

    def warranty_end_of(self, device: Device):
        """Return the last day of the device's warranty, where the day it began is known (rule W1)."""
        start = device.delivered_on or device.purchased_on
        return warranty.warranty_end(start) if start else None

    def consents_of(self, page: Page) -> tuple[ConsentKind, ...]:
        """Return the texts to accept on a page."""
        known = {"inspection_fee": self.inspection_fee, "identified": self.is_identified}
        return report.consents_asked(self.answers, page, self.facts, **known)

    def wording(self, kind: ConsentKind) -> str:
        """Return the text to accept."""
        return wordings.text_of(kind, context.operator())

    def accept(self, kinds) -> list[dict[str, Any]]:
        """Return the acceptances as they are stored (rule S7)."""
        return wordings.accept(kinds, context.operator(), self.now)

    def form_of(self, page: Page) -> type[forms.PageForm]:
        """Return the form that asks this page's question."""
        if page is Page.TOPIC_DETAILS:
            return forms.DETAIL_FORMS[self.topic]
        if not self.is_identified and page is Page.LINK:
            return reporter_forms.link_form(self.consents_of(page))
        if not self.is_identified and page in REPORTER_FORMS:
            return REPORTER_FORMS[page]
        if page in FIXED_FORMS:
            return FIXED_FORMS[page]
        base = forms.RemoteForm if page is Page.REMOTE else forms.PageForm
        return forms.accepting(self.consents_of(page), base)

    def stored(self, page: Page) -> dict[str, Any]:
        """Return what the page shows: the answers given, or what we know already."""
        if page in self.answers:
            return self.form_of(page).shown(self.answers[page])
        if page in (Page.ADDRESS, Page.CONTACT):
            return forms.ContactForm.shown(self._known_address())
        return {}

    def _known_address(self) -> dict[str, Any]:
        salon = self.device.salon if self.device else self._salon_named
        found = {"contact_name": self.account.name if self.account else "", "country": "DE"}
        if salon:
            found |= {
                name: getattr(salon, name) for name in ("name", "street", "postal_code", "city", "country")
            }
            found["phone"] = salon.phone
        return found

    @property
    def _salon_named(self) -> Salon | None:
        """Return the own salon in which an unlisted device stands: the named one, or the only one."""
        named = str(self.answers.get(Page.DEVICE_DETAILS, {}).get("salon", ""))
        fitting = [salon for salon in self.salons if len(self.salons) == 1 or str(salon.id) == named]
        return fitting[0] if fitting else None

    def may_show(self, page: Page) -> bool:
        """Tell whether a page's turn has come: on the path, and everything before it answered."""
        if page not in self.path:
            return False
        return self.first_open is None or self.path.index(page) <= self.path.index(self.first_open)

    @property
    def resume_address(self) -> str:
        """Return where to go on: the first open page, the result, or the check of all answers."""
        if self.first_open:
            return url_for("report.question", page=self.first_open)
        return url_for("report.result") if self.has_ended else url_for("report.check")

    def address_after(self, page: Page, *, back_to_check: bool) -> str:
        """Return where an answered page leads; a changed answer leads back to the check of all."""
        if self.has_ended:
            return url_for("report.result")
        if back_to_check:
            if self.first_open is None:
                return url_for("report.check")
            return url_for("report.question", page=self.first_open, back=CHECK)
        rest = self.path[self.path.index(page) + 1 :] if page in self.path else []
        return url_for("report.question", page=rest[0]) if rest else self.resume_address

    def address_before(self, page: Page) -> str:
        """Return where the way back leads."""
        before = self.path[: self.path.index(page)]
        return url_for("report.question", page=before[-1]) if before else url_for("report.begin")

    @property
    def address_before_result(self) -> str:
        """Return the page whose answer led to the result."""
        return url_for("report.question", page=self.path[-1])

    def place_of(self, page: Page | None) -> tuple[int, int]:
        """Return which step of how many a page is; the check of all answers is the last one (None).

        Until it is known what is affected, the way is as long as that of a send-in. Without an account
        there are no devices to choose from, and that page is none of the way.
        """
        own, path = self.path, self.path
        if self.outcome is None:
            as_send_in = {**self.answers, Page.TOPIC: {"topic": Topic.SERVER}}
            path = report.path(as_send_in, self.facts, identified=self.is_identified)
        if not self.is_identified and page is not Page.DEVICE:
            own, path = own[1:], path[1:]
        step = len(own) + 1 if page is None else own.index(page) + 1
        return step, max(len(path), step) + (0 if page is None else 1)
