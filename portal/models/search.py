"""Find salons and cases by what people say on the phone; every look-up uses an index and is bounded."""

from collections.abc import Iterable

from portal.models.accounts import Account
from portal.models.base import searchable, starts_with
from portal.models.cases import Case
from portal.models.customers import Customer, Salon
from portal.models.devices import Device

AT_MOST = 20


def devices_with_serial(text: str) -> list[Device]:
    """Return the device of this serial number, or those whose number begins so."""
    spellings = sorted({text, text.upper(), text.lower()})
    found = list(_devices().where(Device.serial.in_(spellings)).limit(AT_MOST))
    for spelling in spellings:
        if not found:
            found = list(
                _devices().where(starts_with(Device.serial, spelling)).order_by(Device.serial).limit(AT_MOST)
            )
    return found


def _devices():
    found = Device.select(Device, Salon, Customer).join(Salon).join(Customer)
    return found.where(Customer.locked_at.is_null())  # rule P3


def devices_in(salons: Iterable[Salon]) -> list[Device]:
    """Return the devices that stand in these salons."""
    ids = [salon.id for salon in salons]
    return list(_devices().where(Device.salon.in_(ids)).order_by(Device.id).limit(3 * AT_MOST)) if ids else []


def salons_of_customer(number: str) -> list[Salon]:
    """Return the salons of the customer with this customer number."""
    spellings = sorted({number, number.upper(), number.lower()})
    return list(_salons().where(Customer.number.in_(spellings)).order_by(Salon.id).limit(AT_MOST))


def salons_with_phone(number: str) -> list[Salon]:
    """Return the salons with this phone number (E.164)."""
    return list(_salons().where(Salon.phone == number).order_by(Salon.id).limit(AT_MOST))


def salons_named(text: str) -> list[Salon]:
    """Return the salons whose name, or whose customer's name, begins so."""
    prefix = searchable(text)
    by_salon = list(
        _salons().where(starts_with(Salon.search_name, prefix)).order_by(Salon.search_name).limit(AT_MOST)
    )
    by_customer = _salons().where(starts_with(Customer.search_name, prefix)).order_by(Customer.search_name)
    known = {salon.id for salon in by_salon}
    return (by_salon + [salon for salon in by_customer.limit(AT_MOST) if salon.id not in known])[:AT_MOST]


def _salons():
    return Salon.select(Salon, Customer).join(Customer).where(Customer.locked_at.is_null())  # rule P3


def case_numbered(staff: Account, number: str) -> Case | None:
    """Return the case of this canonical number, or None."""
    return Case.visible_to(staff).where(Case.number == number).first()


def cases_of_devices(staff: Account, devices: Iterable[Device]) -> list[Case]:
    """Return the newest cases of these devices."""
    return _newest(staff, Case.device.in_([device.id for device in devices]))


def cases_of_salons(staff: Account, salons: Iterable[Salon]) -> list[Case]:
    """Return the newest cases of these salons."""
    return _newest(staff, Case.salon.in_([salon.id for salon in salons]))


def cases_with_phone(staff: Account, number: str) -> list[Case]:
    """Return the newest cases whose contact has this phone number (E.164)."""
    return _newest(staff, Case.contact_phone == number)


def _newest(staff: Account, which) -> list[Case]:
    return list(Case.visible_to(staff).where(which).order_by(Case.id.desc()).limit(AT_MOST))
