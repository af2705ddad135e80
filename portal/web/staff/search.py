"""Find a case, a device or a customer by what people say on the phone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import phonenumbers
from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.models import Case, Device, Salon
from portal.models import search as look_up
from portal.rules import numbers
from portal.rules.workflow import CLOSED
from portal.web.forms import clean
from portal.web.fragments import go_to, page
from portal.web.staff import bp
from portal.web.staff.desk import rows_of

LONGEST = 100
SHORTEST_NAME = 2
_LOOKS_LIKE_A_NUMBER = re.compile(r"[Rr]?[0-9]{9}")


@dataclass
class Found:
    """What a search has found."""

    cases: list[Case] = field(default_factory=list)
    salons: list[Salon] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    exact: Case | None = None


@bp.get("/search")
def search() -> Response:
    """Show what was found; an exact hit opens the case at once."""
    text = " ".join(clean(request.args.get("q", "")).split())[:LONGEST]
    found = find(text) if text else Found()
    if found.exact is not None:
        return go_to(url_for("staff.case", number=found.exact.number))
    rows, _links = rows_of(found.cases, "")
    return page(
        "staff/search.html",
        query=text,
        rows=rows,
        salons=found.salons,
        devices=found.devices,
        hint="" if rows or found.salons else hint_for(text),
    )


def find(text: str) -> Found:
    """Return what the text may mean: case number, serial, customer number, phone or a name."""
    number = case_number(text)
    exact = look_up.case_numbered(_me(), number) if number else None
    if exact is not None:
        return Found(exact=exact)
    return _by_device(text) or _by_customer(text) or _by_phone(text) or _by_name(text)


def case_number(text: str) -> str | None:
    """Return the canonical number if the text is one, also without its letter."""
    for spelling in (text, numbers.LETTER + text):
        try:
            return numbers.parse(spelling)
        except ValueError:
            continue
    return None


def hint_for(text: str) -> str:
    """Return what may be wrong with a text that nothing was found for."""
    if not text:
        return _("Geben Sie eine Nummer, eine Seriennummer, einen Salon oder ein Telefon ein.")
    if case_number(text):
        return _("Diese Nummer stimmt, aber es gibt keinen Vorgang dazu.")
    if _LOOKS_LIKE_A_NUMBER.fullmatch(numbers.compact(text)):
        return _("Diese Vorgangsnummer ist vertippt. Bitte vergleichen Sie jede Ziffer.")
    return _("Nichts gefunden. Namen werden vom Anfang an gesucht, Seriennummern auch mit ihrem Anfang.")


def _by_device(text: str) -> Found | None:
    devices = look_up.devices_with_serial(text) if len(text) >= SHORTEST_NAME else []
    if not devices:
        return None
    cases = look_up.cases_of_devices(_me(), devices)
    exact = len(devices) == 1 and (devices[0].serial or "").casefold() == text.casefold()
    return Found(
        cases=cases, devices=devices, salons=_salons_of(devices), exact=_only(cases) if exact else None
    )


def _by_customer(text: str) -> Found | None:
    return _of_salons(look_up.salons_of_customer(text))


def _by_phone(text: str) -> Found | None:
    number = _phone(text)
    if number is None:
        return None
    found = _of_salons(look_up.salons_with_phone(number)) or Found()
    known = {case.id for case in found.cases}
    found.cases += [case for case in look_up.cases_with_phone(_me(), number) if case.id not in known]
    found.cases = found.cases[: look_up.AT_MOST]
    return found if found.cases or found.salons else None


def _by_name(text: str) -> Found:
    if len(text) < SHORTEST_NAME:
        return Found()
    return _of_salons(look_up.salons_named(text)) or Found()


def _of_salons(salons: Sequence[Salon]) -> Found | None:
    if not salons:
        return None
    cases = look_up.cases_of_salons(_me(), salons)
    return Found(cases=cases, salons=list(salons), devices=look_up.devices_in(salons))


def _salons_of(devices: Sequence[Device]) -> list[Salon]:
    return list({device.salon_id: device.salon for device in devices}.values())


def _only(cases: Sequence[Case]) -> Case | None:
    """Return the one case that must be meant: the only open one, or the only one."""
    still_open = [case for case in cases if case.state not in CLOSED]
    if len(still_open) == 1:
        return still_open[0]
    return cases[0] if len(cases) == 1 else None


def _phone(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, "DE")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _me():
    return current_user._get_current_object()
