"""The fields of customers, salons, devices and people, as staff fill them in."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from portal.models import Customer, Device, Salon
from portal.outside import clock
from portal.rules import berlin
from portal.rules.register import possible_days
from portal.rules.triage import Origin
from portal.rules.workflow import Role
from portal.web.forms import Choice, Day, Email, Form, Line, Phone, PostalCode, Required

TOLD = {"yes": True, "no": False, "unknown": None}
YES_NO = [("yes", _l("ja")), ("no", _l("nein")), ("unknown", _l("weiß nicht"))]
LANGUAGES = [("de", "Deutsch"), ("en", "English")]


def said(value: bool | None) -> str:
    """Return a stored answer as the choice that stands for it."""
    return next(name for name, meaning in TOLD.items() if meaning is value)


class CustomerForm(Form):
    """A business."""

    number = Line(longest=20, validators=[Required(_l("Bitte geben Sie die Kundennummer ein."))])
    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen des Betriebs ein."))])

    @property
    def values(self) -> dict[str, Any]:
        """Return what is kept."""
        return {"number": self.number.data, "name": self.name.data}


class SalonForm(Form):
    """A place of the business."""

    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen des Salons an."))])
    street = Line(longest=100, validators=[Required(_l("Bitte geben Sie Straße und Hausnummer an."))])
    postal_code = PostalCode(longest=10, validators=[Required(_l("Bitte geben Sie die Postleitzahl an."))])
    city = Line(longest=80, validators=[Required(_l("Bitte geben Sie den Ort an."))])
    country = Line(longest=2)
    phone = Phone(longest=40)

    def validate_country(self, field: Line) -> None:
        """Take a country's two letters; nothing is Germany."""
        code = (field.data or "DE").upper()
        if len(code) != 2 or not code.isascii() or not code.isalpha():
            raise StopValidation(_l("Bitte geben Sie die zwei Buchstaben des Landes ein, zum Beispiel DE."))
        field.data = code

    @property
    def values(self) -> dict[str, Any]:
        """Return what is kept."""
        names = ("name", "street", "postal_code", "city", "country", "phone")
        return {name: self[name].data or "" for name in names}


class DeviceForm(Form):
    """A Kassenserver; what is left empty is not known."""

    name = Line(longest=80)
    serial = Line(longest=60)
    purchased_on = Day()
    delivered_on = Day()
    origin = Choice(options=list(Origin))
    tse_in_server = Choice(options=list(TOLD))
    backup_booked = Choice(options=list(TOLD))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the days' bounds."""
        super().__init__(*args, **kwargs)
        for field in (self.purchased_on, self.delivered_on):
            field.earliest, field.latest = possible_days(berlin.day_of(clock.now()))

    @property
    def values(self) -> dict[str, Any]:
        """Return what is kept."""
        return {
            "name": self.name.data or "Kassenserver",
            "serial": self.serial.data or None,
            "purchased_on": self.purchased_on.data,
            "delivered_on": self.delivered_on.data,
            "origin": Origin(self.origin.data),
            "tse_in_server": TOLD[self.tse_in_server.data],
            "backup_booked": TOLD[self.backup_booked.data],
        }


class PersonForm(Form):
    """Somebody who is invited."""

    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen ein."))])
    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie die E-Mail-Adresse ein."))])
    language = Choice(options=[code for code, _name in LANGUAGES])


class TeamForm(PersonForm):
    """Somebody of the staff."""

    role = Choice(options=[Role.STAFF, Role.ADMIN])


def customer_form(customer: Customer | None, typed: dict[str, str] | None = None) -> CustomerForm:
    """Return the form of a customer, filled in with what is known; of a new one with what somebody typed."""
    return CustomerForm(data={"number": customer.number, "name": customer.name} if customer else typed)


def salon_form(salon: Salon | None) -> SalonForm:
    """Return the form of a salon, filled in with what is known."""
    names = ("name", "street", "postal_code", "city", "country", "phone")
    return SalonForm(data={name: getattr(salon, name) for name in names} if salon else {"country": "DE"})


def device_form(device: Device | None) -> DeviceForm:
    """Return the form of a device, filled in with what is known."""
    if device is None:
        unknown = {"origin": Origin.VENDOR, "tse_in_server": "unknown", "backup_booked": "unknown"}
        return DeviceForm(data={"name": "Kassenserver", **unknown})
    days = {name: _day(getattr(device, name)) for name in ("purchased_on", "delivered_on")}
    return DeviceForm(
        data={
            "name": device.name,
            "serial": device.serial or "",
            **days,
            "origin": device.origin,
            "tse_in_server": said(device.tse_in_server),
            "backup_booked": said(device.backup_booked),
        }
    )


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""
