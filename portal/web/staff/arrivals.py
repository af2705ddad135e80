"""What staff tick and type when a parcel is opened: its parts, their serials, where they lie (C4, C4a)."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import StopValidation

from portal.actions.parcels import PartRecord
from portal.models import Device
from portal.rules import tse
from portal.rules.parcel import Arrival, Part, expected_parts, unexpected_parts
from portal.web import labels
from portal.web.forms import Choice, Form, Line

NOT_THERE = "none"  # the TSE of a server of which nobody knew whether it has one
LONGEST_SERIAL = 80
LONGEST_PLACE = 40


class TseSerial(Line):
    """The serial of a TSE, as it stands there; `data` is the 64 hex digits (rule C4a)."""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no serial."""
        if not self.data:
            return
        try:
            self.data = tse.parse_serial(self.data)
        except ValueError as error:
            raise StopValidation(
                _l("Das ist keine TSE-Seriennummer. Sie hat 64 Zeichen (0–9, a–f) oder 44 Zeichen mit „=“.")
            ) from error


class BsiNumber(Line):
    """The number of a TSE's certificate; `data` is its one spelling (rule C4a)."""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no such number."""
        if not self.data:
            return
        try:
            self.data = tse.parse_bsi_number(self.data)
        except ValueError as error:
            raise StopValidation(_l("Die BSI-Nummer sieht so aus: BSI-K-TR-0490-2021")) from error


class Several(Field):
    """Any number of fixed values, by boxes to tick."""

    def __init__(self, label: str = "", validators: Any = None, *, options: Any = (), **kwargs: Any) -> None:
        """Keep the allowed values."""
        super().__init__(label, validators, **kwargs)
        self.options = tuple(str(option) for option in options)
        self.data = []

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the ticked ones; a value that was never offered is none."""
        self.data = [option for option in self.options if option in valuelist]


class ArrivalForm(Form):
    """All that is asked of a parcel; a subclass has one field `part_…` for each part that is awaited."""

    expected: tuple[Part, ...] = ()
    extra = Several(options=Part)
    other_name = Line(longest=LONGEST_SERIAL)
    serial = Line(longest=LONGEST_SERIAL)
    tse_serial = TseSerial(longest=200)
    bsi_number = BsiNumber(longest=60)
    place = Line(longest=LONGEST_PLACE)

    def validate_other_name(self, field: Line) -> None:
        """Ask what it is, of what is on no list."""
        if Part.OTHER in self.extra.data and not field.data:
            raise StopValidation(_("Bitte schreiben Sie, was es ist."))

    def validate_tse_serial(self, field: Line) -> None:
        """Let no numbers be typed of a TSE that is said not to be there."""
        if (field.data or self.bsi_number.data) and not self._has_tse():
            raise StopValidation(
                _("Hier steht eine TSE-Nummer, aber keine TSE ist angekommen. Bitte prüfen Sie beides.")
            )

    def _has_tse(self) -> bool:
        return self._said(Part.TSE_USB) == Arrival.ARRIVED or Part.TSE_USB in self.extra.data

    def _said(self, part: Part) -> str:
        name = field_of(part)
        return str(self[name].data or "") if name in self else ""

    def records(self) -> list[PartRecord]:
        """Return what was seen, part by part."""
        extras = [Part(name) for name in self.extra.data]
        if self.other_name.data and Part.OTHER not in extras:
            extras.append(Part.OTHER)
        said = [(part, self._said(part)) for part in self.expected]
        seen = [(part, Arrival(arrival)) for part, arrival in said if arrival in list(Arrival)]
        return [self._record(part, arrival) for part, arrival in seen] + [
            self._record(part, Arrival.UNEXPECTED) for part in extras
        ]

    def _record(self, part: Part, arrival: Arrival) -> PartRecord:
        if arrival is Arrival.MISSING:
            return PartRecord(part, arrival)
        if part is Part.TSE_USB:
            return PartRecord(
                part, arrival, tse_serial=self.tse_serial.data or "", bsi_number=self.bsi_number.data or ""
            )
        return PartRecord(
            part,
            arrival,
            name=self.other_name.data if part is Part.OTHER else "",
            serial=self.serial.data if part is Part.SERVER else "",
        )

    @property
    def typed(self) -> list[str]:
        """Return the texts that were typed, for who came too late and has to take them along."""
        named = ("serial", "tse_serial", "bsi_number", "other_name", "place")
        return [self.value(name) for name in named if self.value(name)]


def field_of(part: Part) -> str:
    """Return the name of the field of an awaited part."""
    return f"part_{part}"


def arrival_form(device: Device | None, *, base: type[ArrivalForm] = ArrivalForm, **given: Any) -> Any:
    """Return the form of a parcel of this device: what belongs into it is already ticked as arrived (C1).

    Whether a TSE is there has to be said where nobody knew: it is never lost by a slip (rule C4a).
    """
    in_server = device.tse_in_server if device else None
    parts = expected_parts(in_server)
    fields: dict[str, Any] = {
        field_of(part): Choice(options=(Arrival.ARRIVED, Arrival.MISSING), default=Arrival.ARRIVED)
        for part in parts
    }
    if in_server is None:
        message = _l("Bitte sehen Sie nach, ob eine TSE im Server steckt.")
        fields[field_of(Part.TSE_USB)] = Choice(options=(Arrival.ARRIVED, NOT_THERE), message=message)
        parts = (*parts, Part.TSE_USB)
    return type("ArrivalForm", (base,), {"expected": parts, **fields})(**given)


def choices_of(form: ArrivalForm) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """Return what the page asks of each awaited part: field, question, answers and what is chosen."""
    found = []
    for part in form.expected:
        field = form[field_of(part)]
        no = _("keine TSE dabei") if NOT_THERE in field.options else _("fehlt")
        answers = [(field.options[0], _("ist da")), (field.options[1], no)]
        found.append((field.name, labels.label(part), answers, field.data or ""))
    return found


def extras_of(device: Device | None) -> list[tuple[str, str]]:
    """Return what may lie in the parcel besides."""
    return [(part, labels.label(part)) for part in unexpected_parts(device.tse_in_server if device else None)]


def differing(form: ArrivalForm, device: Device | None) -> list[str]:
    """Return which serials are others than the ones we know; told, never a reason to refuse (rule C4)."""
    if device is None:
        return []
    found = []
    if form.serial.data and device.serial and form.serial.data.casefold() != device.serial.casefold():
        found.append(_("Seriennummer: bekannt ist %(old)s, am Gerät steht %(new)s.",
                       old=device.serial, new=form.serial.data))  # fmt: skip
    if form.tse_serial.data and device.tse_serial and form.tse_serial.data != device.tse_serial.lower():
        found.append(_("Die TSE ist eine andere als die, die wir kennen. Bekannt ist %(old)s.",
                       old=device.tse_serial))  # fmt: skip
    return found
