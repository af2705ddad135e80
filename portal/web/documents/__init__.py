"""Papers made from a case or a link, one module each; here is what all of them share (rules C2, C3).

A paper is made from frozen plain data, so that what is printed depends on nothing else, least of all on
the moment it is asked for: the same paper made twice has the same bytes. Its codes hold the number or an
address, which lead nobody in: the page behind the address asks for a sign-in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib import parse

import phonenumbers
from flask import Response, abort, current_app
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from portal.models import Attachment, Case, Operator
from portal.outside import codes, files, pdf
from portal.rules import numbers
from portal.web.context import operator

BASE = Path(__file__).resolve().parents[3] / "static"
SLIP = ("documents.css", "slip.css")
PAPERS = ("documents.css", "papers.css")
PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


@dataclass(frozen=True)
class Vendor:
    """Whom to call and write to, as a paper names them; empty is not told."""

    brand: str
    origin: tuple[str, ...]  # where letters come from, without the country
    phone: str = ""
    hours: str = ""
    email: str = ""

    @classmethod
    def of(cls, who: Operator) -> "Vendor":
        """Return what papers say of the operator."""
        place = f"{who.postal_code} {who.city}"
        origin = filled(who.company or who.person, who.street, place)
        return cls(who.brand, origin, who.phone, who.support_hours, who.email)


def printed(template: str, *, css: tuple[str, ...] = PAPERS, **values: Any) -> bytes:
    """Return the template as PDF; it may read nothing but these style sheets, our fonts and line art.

    It knows these values only, not what pages know besides: the moment, the operator of today, who asks.
    """
    html = current_app.jinja_env.get_template(f"documents/{template}").render(values)
    return pdf.render(html, css=css, base=BASE)


def answer(paper: bytes, name: str) -> Response:
    """Answer with a paper, shown in the browser; `name` is what its file is called, without the ending."""
    shown = Response(paper, mimetype="application/pdf")
    plain = name.translate(PLAIN)
    telling = f'inline; filename="{plain}.pdf"'
    if plain != name:
        telling += f"; filename*=UTF-8''{parse.quote(name)}.pdf"
    shown.headers["Content-Disposition"] = telling
    return shown


def address_of(case: Case) -> str:
    """Return the case's address as the whole world writes it."""
    return address(f"/cases/{case.number}")


def address(path: str = "/") -> str:
    """Return an address of the portal as the whole world writes it."""
    return current_app.config["PORTAL"].url.rstrip("/") + path


def qr(text: str) -> str:
    """Return the QR code of a text as an address that holds the picture."""
    return codes.data_uri(codes.qr_png(text))


def bars(number: str) -> str:
    """Return the Code 128 of a case number as an address that holds the picture."""
    return codes.data_uri(codes.code128_png(numbers.parse(number)))


def language() -> str:
    """Return the language that a paper says it is written in."""
    return str(get_locale() or "de")


def stamp(moment: datetime | None) -> str:
    """Return "21.11.2026, 9:58 Uhr": the same whenever it is read, unlike what pages say."""
    if moment is None:
        return ""
    pattern = "d MMM y, H:mm" if language().startswith("en") else "dd.MM.y, H:mm"
    return _("%(clock)s Uhr", clock=format_datetime(moment, pattern))


def recipient_lines(vendor: Operator) -> tuple[str, ...]:
    """Return whom parcels go to, line by line (rule C3)."""
    place = f"{vendor.postal_code} {vendor.city}"
    return filled(vendor.company, vendor.person, vendor.street, place, country(vendor.country))


def sender_lines(case: Case) -> tuple[str, ...]:
    """Return where the parcel comes from and goes back to; the country only if it is another one."""
    person = case.contact_name if case.contact_name != case.return_name else ""
    return filled(case.return_name, person, case.return_street, *_town(case))


def town_of(case: Case) -> str:
    """Return the town the parcel goes back to; with the country only if it is another one."""
    return ", ".join(_town(case))


def _town(case: Case) -> tuple[str, ...]:
    abroad = country(case.return_country) if case.return_country != operator().country else ""
    return filled(f"{case.return_postal_code} {case.return_city}", abroad)


def filled(*texts: str) -> tuple[str, ...]:
    """Return the texts that say something."""
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


def grouped(serial: str, size: int = 8) -> str:
    """Return a long serial in groups, as one reads it out and compares it (rule C4a)."""
    return " ".join(serial[at : at + size] for at in range(0, len(serial), size))


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the last of the moments there are: a paper's "Stand" is the last change it tells of."""
    return max((moment for moment in moments if moment is not None), default=None)


def photo(found: Attachment) -> Response:
    """Answer with a photo, or 404 if it was removed or its file is gone."""
    if found.removed_at:
        abort(404)
    try:
        with files.open_photo(current_app.config["PORTAL"].photos, found.name) as file:
            return picture(file.read(), f"Foto-{found.id}")  # at most a few hundred kilobytes
    except FileNotFoundError:
        abort(404)


def picture(jpeg: bytes, name: str) -> Response:
    """Answer with a picture that is nothing but one, and that nobody keeps: it may yet be blackened."""
    answered = Response(jpeg, mimetype="image/jpeg")
    answered.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answered.headers.set("Content-Disposition", "inline", filename=f"{name}.jpg")
    return answered
