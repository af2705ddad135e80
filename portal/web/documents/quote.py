"""The quote (Kostenvoranschlag) on paper, from nothing but what was frozen when it was sent (W3, P4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import force_locale

from portal.models import Quote
from portal.rules import numbers
from portal.web import documents, labels
from portal.web.documents import Vendor


@dataclass(frozen=True)
class Position:
    """One line of the quote; money as it is printed."""

    text: str
    quantity: int
    net: str
    sum: str


@dataclass(frozen=True)
class QuotePaper:
    """What the quote says, in the words that it says it in."""

    language: str
    number: str
    number_grouped: str
    quote_number: int
    replaces: int | None
    is_draft: bool
    sent_on: str
    valid_until: str
    case_url: str
    vendor: Vendor
    company: str
    recipient: tuple[str, ...]
    device: str
    serial: str
    bought_on: str
    fault: str
    diagnosis: str
    introduction: str
    positions: tuple[Position, ...]
    net: str
    vat_percent: int
    vat: str
    total: str
    inspection_fee: str
    terms: tuple[str, ...]
    terms_on: str


def made(quote: Quote) -> bytes:
    """Return a quote that was sent as PDF, in the language it was sent in."""
    return quote_preview(quote.frozen or {})


def quote_preview(frozen: Mapping[str, Any]) -> bytes:
    """Return the PDF of what is, or will be, frozen; without a day of sending it is marked as a draft."""
    with force_locale(frozen["language"]):
        return printed(of(frozen))


def printed(paper: QuotePaper) -> bytes:
    """Return what the quote says as PDF."""
    return documents.printed(
        "quote.html", paper=paper, qr=documents.qr(paper.case_url), bars=documents.bars(paper.number)
    )


def of(frozen: Mapping[str, Any]) -> QuotePaper:
    """Return what the quote says (rules W3, P4); amounts in cents become money."""
    number, operator, device = frozen["case_number"], frozen["operator"], frozen["device"]
    return QuotePaper(
        language=documents.language(),
        number=number,
        number_grouped=numbers.group(number),
        quote_number=frozen["quote_number"],
        replaces=frozen.get("replaces"),
        is_draft=not frozen.get("sent_on"),
        sent_on=_day(frozen.get("sent_on")),
        valid_until=_last_day(frozen.get("valid_until")),
        case_url=documents.address(f"/cases/{number}"),
        vendor=_vendor(operator),
        company=operator["company"],
        recipient=_recipient(frozen["address"], operator["country"]),
        device=device.get("name") or "",
        serial=device.get("serial") or "",
        bought_on=_day(device.get("bought_on")),
        fault=frozen.get("fault") or "",
        diagnosis=frozen.get("diagnosis") or "",
        introduction=frozen.get("introduction") or "",
        positions=tuple(_position(one) for one in frozen["positions"]),
        net=labels.money(frozen["net_cents"]),
        vat_percent=frozen["vat_percent"],
        vat=labels.money(frozen["vat_cents"]),
        total=labels.money(frozen["total_cents"]),
        inspection_fee=labels.money(frozen.get("inspection_fee_cents")),
        terms=documents.filled(*(frozen.get("terms") or "").replace("\r\n", "\n").split("\n\n")),
        terms_on=_day(frozen.get("terms_on")),
    )


def _position(stored: Mapping[str, Any]) -> Position:
    return Position(
        stored["text"],
        stored["quantity"],
        _money(stored["net_cents"]),
        _money(stored["sum_cents"]),
    )


def _money(cents: int) -> str:
    """Return an amount; a discount with a minus sign, not with a hyphen."""
    return labels.money(cents).replace("-", "\u2212")


def _vendor(operator: Mapping[str, Any]) -> Vendor:
    place = f"{operator['postal_code']} {operator['city']}"
    origin = documents.filled(operator["company"] or operator.get("person") or "", operator["street"], place)
    return Vendor(
        brand=operator["brand"],
        origin=origin,
        phone=operator.get("phone") or "",
        email=operator.get("email") or "",
    )


def _recipient(address: Mapping[str, Any], home: str) -> tuple[str, ...]:
    contact = address.get("contact") or ""
    place = f"{address['postal_code']} {address['city']}"
    abroad = "" if address["country"] == home else documents.country(address["country"])
    person = contact if contact != address["name"] else ""
    return documents.filled(address["name"], person, address["street"], place, abroad)


def _day(text: str | None) -> str:
    """Return a stored day as it is read: 2026-11-22 → 22. November 2026."""
    return labels.day(date.fromisoformat(text[:10]), weekday=False) if text else ""


def _last_day(text: str | None) -> str:
    """Return the day at whose end the offer ends, in Berlin; the stored instant is the last that counts."""
    return labels.day(datetime.fromisoformat(text), weekday=False) if text else ""
