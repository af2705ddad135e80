"""What staff fill in at the workshop: purchase, decision, diagnosis, swapped parts (W0, W4, O2, C4a)."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.actions.swaps import SwapRecord
from portal.models import Case, Device
from portal.outside import clock
from portal.rules import berlin, tse
from portal.rules.warranty import Decision
from portal.rules.workshop import SwapPart
from portal.web.forms import Choice, Day, Form, Line, Paragraphs, Required
from portal.web.staff.forms import LONGEST_TEXT, Box

LONGEST_SERIAL = 60
NOT_A_TSE = _l("Das ist keine Seriennummer einer TSE. Sie hat 64 Zeichen (0–9, a–f) oder 44 (Base64).")
NOT_A_BSI_NUMBER = _l("Das ist keine Nummer des BSI. Sie sieht so aus: BSI-K-TR-0490-2021")


class PurchaseForm(Form):
    """When the device was bought (rule W4)."""

    bought_on = Day(validators=[Required(_l("Bitte geben Sie das Kaufdatum an."))])


class DecisionForm(Form):
    """Who pays, and why (rule W0)."""

    decision = Choice(options=Decision, message=_l("Bitte wählen Sie eine Entscheidung."))
    decision_reason = Line(validators=[Required(_l("Bitte begründen Sie die Entscheidung."))], longest=300)


class DiagnosisForm(Form):
    """What was found; the owner reads it."""

    diagnosis = Paragraphs(
        validators=[Required(_l("Bitte schreiben Sie, was Sie gefunden haben."))], longest=LONGEST_TEXT
    )


class SwapForm(Form):
    """One part that was swapped (rules O2, C4a)."""

    part = Choice(options=SwapPart, message=_l("Bitte wählen Sie das Teil."))
    part_name = Line(longest=80)
    old_serial = Line(longest=80)
    new_serial = Line(longest=80)
    old_bsi_number = Line(longest=40)
    new_bsi_number = Line(longest=40)
    out_of_service_on = Day()
    in_service_on = Day()
    old_goes_back = Box()

    def fits(self) -> bool:
        """Check the fields and what belongs together; messages stand at their fields."""
        today = berlin.day_of(clock.now())
        self.out_of_service_on.latest = today
        if self.validate():
            self._check_part()
            self._check_days()
        return not any(field.errors for field in self)

    def record(self, device: Device | None) -> SwapRecord:
        """Return what was told; an old serial left empty is the one the device is registered with."""
        part = SwapPart(self.part.data)
        known = {SwapPart.SERVER: device and device.serial, SwapPart.TSE: device and device.tse_serial}
        return SwapRecord(
            part=part,
            name=self.part_name.data if part is SwapPart.OTHER else "",
            old_serial=self.old_serial.data or known.get(part) or "",
            new_serial=self.new_serial.data,
            old_bsi_number=self.old_bsi_number.data if part is SwapPart.TSE else "",
            new_bsi_number=self.new_bsi_number.data if part is SwapPart.TSE else "",
            out_of_service_on=self.out_of_service_on.data,
            in_service_on=self.in_service_on.data,
            old_goes_back=bool(self.old_goes_back.data),
        )

    def _check_part(self) -> None:
        part = SwapPart(self.part.data)
        if part is SwapPart.OTHER and not self.part_name.data:
            self.part_name.errors = [_l("Bitte schreiben Sie, welches Teil es ist.")]
        if part in (SwapPart.SERVER, SwapPart.TSE) and not self.new_serial.data:
            self.new_serial.errors = [_l("Bitte geben Sie die neue Seriennummer an.")]
        if part is SwapPart.SERVER and len(self.new_serial.data) > LONGEST_SERIAL:
            self.new_serial.errors = [_l("Das ist zu lang. Bitte höchstens %(longest)s Zeichen.", longest=60)]
        if part is SwapPart.TSE:
            self._check_tse()

    def _check_tse(self) -> None:
        if not self.new_bsi_number.data:
            self.new_bsi_number.errors = [_l("Bitte geben Sie die BSI-Nummer der neuen TSE an.")]
        for field in (self.old_serial, self.new_serial):
            _parsed(field, tse.parse_serial, NOT_A_TSE)
        for field in (self.old_bsi_number, self.new_bsi_number):
            _parsed(field, tse.parse_bsi_number, NOT_A_BSI_NUMBER)

    def _check_days(self) -> None:
        out, back = self.out_of_service_on.data, self.in_service_on.data
        if out and back and back < out:
            self.in_service_on.errors = [_l("Das neue Teil kann nicht vor dem alten in Betrieb sein.")]


def _parsed(field: Line, parse: Callable[[str], str], message: Any) -> None:
    """Bring what was typed into its one spelling, or leave the message at its field."""
    if not field.data:
        return
    try:
        field.data = parse(field.data)
    except ValueError:
        field.errors = [message]


def withdraw_name(swap_id: int) -> str:
    """Return the name of the field for the reason: each entry of the page has its own."""
    return f"withdraw_reason_{swap_id}"


def purchase_form(_case: Case) -> PurchaseForm:
    """Return the form as it came back; no device was bought in the future."""
    form = PurchaseForm()
    form.bought_on.latest = berlin.day_of(clock.now())
    return form
