"""The forms of the report: what each page asks, what it stores, and how it shows what was stored.

Those about server, backup and link are in report_server_forms.

`given` returns the answers as rules.report reads them; `shown` turns stored answers back into
what the fields show, so that coming back loses nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.rules import report
from portal.rules.report import ConsentKind
from portal.rules.triage import CheckAnswer, Origin, QuickCheck, Topic
from portal.web import labels
from portal.web.forms import (
    Accept,
    Choice,
    Day,
    Form,
    Line,
    Paragraphs,
    Phone,
    PostalCode,
    Required,
    ValidationError,
)
from portal.web.wordings import WORDINGS

YES_NO = ("yes", "no")
YES_NO_UNKNOWN = ("yes", "no", "unknown")
COUNTRIES = ("DE", "AT", "BE", "CH", "FR", "LI", "LU", "NL")
OLDEST_FAULT = timedelta(days=3650)


class PageForm(Form):
    """One page of the report."""

    def prepare(self, walk) -> None:
        """Set what depends on the report: options and bounds."""

    def given(self, walk) -> dict[str, Any]:
        """Return the answers as they are stored."""
        return {name: field.data for name, field in self._fields.items()}

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the fields show of stored answers."""
        return dict(stored)


class DeviceForm(PageForm):
    """Which Kassenserver it is: one of the own ones, or one that is not listed."""

    device = Choice(message=_l("Bitte wählen Sie Ihren Kassenserver."))

    def prepare(self, walk) -> None:
        """Offer the own devices only (rule P1)."""
        self.device.options = (*(str(device.id) for device in walk.devices), report.UNLISTED)


class DeviceDetailsForm(PageForm):
    """What the owner knows of a device that is not in our register (rules W4, C1, L12)."""

    purchase = Choice(
        options=("known", "unknown"), message=_l("Bitte sagen Sie uns, ob Sie das Kaufdatum wissen.")
    )
    month = Line(longest=2)
    year = Line(longest=4)
    tse = Choice(options=YES_NO_UNKNOWN)
    origin = Choice(options=Origin)
    salon = Choice(message=_l("Bitte wählen Sie einen Salon."))

    def prepare(self, walk) -> None:
        """Ask for the salon only where there are several."""
        self.today = walk.today
        self.salon.options = tuple(str(salon.id) for salon in walk.salons)
        if len(walk.salons) < 2:
            del self.salon

    def validate_year(self, field) -> None:
        """Refuse months that do not exist or have not come yet."""
        if self.purchase.data != "known":
            return
        month, year = _whole(self.month.data), _whole(field.data)
        if year is None or not report.EARLIEST_YEAR <= year <= self.today.year:
            raise ValidationError(
                _l(
                    "Bitte geben Sie ein Jahr von %(first)s bis %(last)s an.",
                    first=report.EARLIEST_YEAR,
                    last=self.today.year,
                )
            )
        if month is None or not 1 <= month <= 12:
            raise ValidationError(_l("Bitte wählen Sie den Monat."))
        if (year, month) > (self.today.year, self.today.month):
            raise ValidationError(_l("Dieser Monat liegt in der Zukunft."))

    def given(self, walk) -> dict[str, Any]:
        """Keep month and year only where they are known."""
        found = super().given(walk)
        if found["purchase"] != "known":
            found["month"] = found["year"] = ""
        return found


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


class TopicForm(PageForm):
    """What is affected (rules T2–T6)."""

    topic = Choice(options=Topic, message=_l("Bitte wählen Sie, was betroffen ist."))


class DetailForm(PageForm):
    """One more question about the topic; the topic is kept with the answer."""

    def given(self, walk) -> dict[str, Any]:
        """Keep which topic the answer is about."""
        return {"topic": str(walk.topic), **super().given(walk)}


class ServerAffectedForm(DetailForm):
    """Is the Kassenserver affected too (rule T2)?"""

    server_affected = Choice(options=YES_NO_UNKNOWN)


class BoughtFromForm(DetailForm):
    """Who sold the peripheral (rule T3)?"""

    bought_from = Choice(options=Origin)


class TechnicalFaultForm(DetailForm):
    """Did a technical fault cause the problem with the books (rule T5)?"""

    technical_fault = Choice(options=YES_NO_UNKNOWN)


class FirstTrainingForm(DetailForm):
    """Is it the first training (rule T6)?"""

    first_training = Choice(options=YES_NO_UNKNOWN)


DETAIL_FORMS = {
    Topic.PERIPHERAL: BoughtFromForm,
    Topic.PC_OR_TABLET: ServerAffectedForm,
    Topic.INTERNET: ServerAffectedForm,
    Topic.CARD_TERMINAL: ServerAffectedForm,
    Topic.BOOKKEEPING: TechnicalFaultForm,
    Topic.TRAINING: FirstTrainingForm,
}


class ChecksForm(PageForm):
    """The four quick checks, and whether they helped (rule T1)."""

    power = Choice(options=CheckAnswer, message=_l("Strom: Bitte wählen Sie eine Antwort."))
    cable = Choice(options=CheckAnswer, message=_l("LAN-Kabel: Bitte wählen Sie eine Antwort."))
    router = Choice(options=CheckAnswer, message=_l("Router: Bitte wählen Sie eine Antwort."))
    restart = Choice(options=CheckAnswer, message=_l("Neustart: Bitte wählen Sie eine Antwort."))
    helped = Choice(options=YES_NO, message=_l("Bitte sagen Sie uns, ob es geholfen hat."))

    def validate(self, extra_validators=None) -> bool:
        """Ask for all four checks, unless one of them has helped already."""
        if self.helped.data == "yes":
            for check in QuickCheck:
                if not self[check].data:
                    del self[check]
        return super().validate(extra_validators)


class FaultForm(PageForm):
    """What is wrong; the photos are handled in report_photos."""

    since = Day(longest=30)
    on_screen = Line(longest=200)
    text = Paragraphs(longest=2000, validators=[Required(_l("Bitte beschreiben Sie kurz, was los ist."))])

    def prepare(self, walk) -> None:
        """Faults lie in the past."""
        self.since.latest = walk.today
        self.since.earliest = walk.today - OLDEST_FAULT

    def given(self, walk) -> dict[str, Any]:
        """Store the day as text."""
        since = self.since.data
        return {**super().given(walk), "since": since.isoformat() if since else ""}


class ContactForm(PageForm):
    """Whom to call."""

    contact_name = Line(longest=120, validators=[Required(_l("Bitte geben Sie einen Namen an."))])
    phone = Phone(longest=40, validators=[Required(_l("Bitte geben Sie eine Telefonnummer an."))])

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Show the phone number as people write it."""
        return {**stored, "phone": labels.phone(stored.get("phone", ""))}


class AddressForm(ContactForm):
    """Where the parcel goes back to."""

    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen des Salons an."))])
    street = Line(longest=100, validators=[Required(_l("Bitte geben Sie Straße und Hausnummer an."))])
    postal_code = PostalCode(longest=10, validators=[Required(_l("Bitte geben Sie die Postleitzahl an."))])
    city = Line(longest=80, validators=[Required(_l("Bitte geben Sie den Ort an."))])
    country = Choice(options=COUNTRIES, message=_l("Bitte wählen Sie ein Land."))

    def prepare(self, walk) -> None:
        """Put the fields into the order of the page, for the list of mistakes."""
        order = ("name", "street", "postal_code", "city", "country", "contact_name", "phone")
        rest = [name for name in self._fields if name not in order]
        self._fields = {name: self._fields[name] for name in (*order, *rest)}


def accepting(kinds: Iterable[ConsentKind], base: type[PageForm] = PageForm) -> type[PageForm]:
    """Return a form with a box to tick for each of the texts (rules P4, S7)."""
    asked = tuple(kinds)
    boxes = {str(kind): Accept(message=WORDINGS[kind].reminder) for kind in asked}
    return type("AcceptingForm", (_Accepting, base), {"kinds": asked, **boxes})


class _Accepting(PageForm):
    kinds: tuple[ConsentKind, ...] = ()

    def given(self, walk) -> dict[str, Any]:
        """Store the texts as they were shown, instead of ticks."""
        rest = {name: field.data for name, field in self._fields.items() if name not in self.kinds}
        return {**rest, "consents": walk.accept(self.kinds)}

    @classmethod
    def shown(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Tick what was accepted before."""
        accepted = {consent["kind"]: True for consent in stored.get("consents", ())}
        return {**stored, **accepted}


class RemoteForm(PageForm):
    """Is RustDesk ready (rule T7)?"""

    rustdesk = Choice(options=YES_NO_UNKNOWN)
