"""Papers made from a case: the slip in its parcel (rules C1–C3), and its photos; for owner and staff.

A paper is made from frozen plain data, so that what is printed depends on nothing else. Its codes
hold the number or the case's address, which leads nobody in: the page behind it asks for a sign-in.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import phonenumbers
from flask import Response, abort, current_app, render_template
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from portal.models import Attachment, Case, Operator
from portal.outside import clock, codes, files, pdf
from portal.rules import numbers
from portal.rules.parcel import NOT_IN_PARCEL, components
from portal.rules.workflow import CLOSED
from portal.web import labels
from portal.web.context import operator

CSS = ("documents.css",)
BASE = Path(__file__).resolve().parents[2] / "static"
LONGEST_SENTENCE = 240


@dataclass(frozen=True)
class Slip:
    """What the slip says, in the words that it says it in."""

    number: str
    number_grouped: str
    case_url: str
    released: bool
    created_on: str
    valid_until: str
    recipient: tuple[str, ...]
    sender_lines: tuple[str, ...]
    sender_phone: str
    device_name: str
    device_serial: str | None
    fault: str
    components: tuple[str, ...]
    conditional_tse: bool
    not_in_parcel: tuple[str, ...]
    language: str


def answer(case: Case) -> Response:
    """Answer with the slip as PDF, shown in the browser; 404 for a case without a parcel."""
    if not case.is_send_in:
        abort(404)
    paper = Response(slip(case), mimetype="application/pdf")
    paper.headers["Content-Disposition"] = f'inline; filename="Begleitschein-{case.number}.pdf"'
    return paper


def slip(case: Case, address: str | None = None) -> bytes:
    """Return the slip as PDF in the owner's language; `address` is the case's, for the QR code (C2)."""
    with force_locale(case.language):
        said = slip_of(case, address or address_of(case), now=clock.now())
        html = render_template(
            "documents/slip.html",
            slip=said,
            qr=codes.data_uri(codes.qr_png(said.case_url)),
            code128=codes.data_uri(codes.code128_png(said.number)),
        )
    return pdf.render(html, css=CSS, base=BASE)


def address_of(case: Case) -> str:
    """Return the case's address as the whole world writes it."""
    return f"{current_app.config['PORTAL'].url.rstrip('/')}/cases/{case.number}"


def slip_of(case: Case, address: str, *, now: datetime) -> Slip:
    """Return what the slip of this case says (rules C1–C3, C2b)."""
    device = case.device
    tse = device.tse_in_server if device else None
    return Slip(
        number=case.number,
        number_grouped=numbers.group(case.number),
        case_url=address,
        released=case.released_at is not None and case.state not in CLOSED and not case.is_lapsed(now),
        created_on=labels.day(now, weekday=False),
        valid_until=labels.day(case.valid_until, weekday=False),
        recipient=recipient_lines(operator()),
        sender_lines=sender_lines(case),
        sender_phone=phone(case.contact_phone),
        device_name=device.name if device else _("Kassenserver"),
        device_serial=device.serial if device else None,
        fault=one_sentence(case.fault or case.on_screen or labels.label(case.topic)),
        components=tuple(labels.label(one) for one in components(tse)),
        conditional_tse=tse is None,
        not_in_parcel=tuple(labels.label(one) for one in NOT_IN_PARCEL),
        language=str(get_locale() or "de"),
    )


def recipient_lines(vendor: Operator) -> tuple[str, ...]:
    """Return whom parcels go to, line by line (rule C3)."""
    place = f"{vendor.postal_code} {vendor.city}"
    return _lines(vendor.company, vendor.person, vendor.street, place, country(vendor.country))


def sender_lines(case: Case) -> tuple[str, ...]:
    """Return where the parcel comes from and goes back to; the country only if it is another one."""
    person = case.contact_name if case.contact_name != case.return_name else ""
    abroad = country(case.return_country) if case.return_country != operator().country else ""
    place = f"{case.return_postal_code} {case.return_city}"
    return _lines(case.return_name, person, case.return_street, place, abroad)


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text.strip())


def country(code: str) -> str:
    """Return the name of a country in the language of the request: DE → Deutschland."""
    locale: Any = get_locale()
    return (locale.territories.get(code) if locale else None) or code


def phone(number: str) -> str:
    """Return a phone number as one reads it: +49 2202 12345; one that is none stays as it is."""
    try:
        found = phonenumbers.parse(number, "DE")
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def one_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line and cut where it would not end (rule C2)."""
    line = " ".join(text.split())
    first = re.split(r"(?<=[^\d\s]{2}[.!?])\s+", line, maxsplit=1)[0]
    if len(first) <= LONGEST_SENTENCE:
        return first
    return first[:LONGEST_SENTENCE].rsplit(" ", 1)[0] + " …"


def photo(found: Attachment) -> Response:
    """Answer with a photo, or 404 if its file is gone; it never changes, but only its people may keep it."""
    try:
        with files.open_photo(current_app.config["PORTAL"].photos, found.name) as file:
            picture = Response(file.read(), mimetype="image/jpeg")  # at most a few hundred kilobytes
    except FileNotFoundError:
        abort(404)
    picture.headers["Cache-Control"] = "private, max-age=86400"
    return picture
