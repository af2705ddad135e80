"""Where can a parcel be followed, and does its number look right?  Rule C2b.

Formats only suggest: carriers change them, so nothing is ever refused for its look.
"""

import re
from enum import StrEnum
from urllib.parse import quote

from portal.rules.numbers import compact


class Carrier(StrEnum):
    """Who carries the parcel."""

    DHL = "dhl"
    DPD = "dpd"
    GLS = "gls"
    HERMES = "hermes"
    UPS = "ups"
    FEDEX = "fedex"
    OTHER = "other"


_ADDRESSES = {
    Carrier.DHL: "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={}",
    Carrier.DPD: "https://tracking.dpd.de/status/de_DE/parcel/{}",
    Carrier.GLS: "https://gls-group.com/DE/de/paketverfolgung?match={}",
    Carrier.HERMES: "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{}",
    Carrier.UPS: "https://www.ups.com/track?loc=de_DE&tracknum={}",
    Carrier.FEDEX: "https://www.fedex.com/fedextrack/?trknbr={}",
}

_LOOKS = {
    Carrier.DHL: re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{16}|[0-9]{20}|JJ?D[0-9]{12,21}|[A-Z]{2}[0-9]{9}DE"),
    Carrier.DPD: re.compile(r"[0-9]{14}[0-9A-Z]?"),
    Carrier.GLS: re.compile(r"[0-9]{11,12}|[0-9]{14}|[0-9A-Z]{8}"),
    Carrier.HERMES: re.compile(r"[0-9]{14}|[0-9]{16}|H[0-9]{19}"),
    Carrier.UPS: re.compile(r"1Z[0-9A-Z]{16}|T[0-9]{10}"),
    Carrier.FEDEX: re.compile(r"[0-9]{12}|[0-9]{15}|[0-9]{20}|[0-9]{22}"),
    Carrier.OTHER: re.compile(r".+"),
}


def clean(number: str) -> str:
    """Return the tracking number without blanks and dashes, in capitals."""
    return compact(number).upper()


def tracking_url(carrier: Carrier, number: str) -> str | None:
    """Return the carrier's page for the parcel; None without a number or for an unknown carrier."""
    cleaned = clean(number)
    address = _ADDRESSES.get(carrier)
    if not cleaned or address is None:
        return None
    return address.format(quote(cleaned, safe=""))


def looks_right(carrier: Carrier, number: str) -> bool:
    """Tell whether the number looks like one of this carrier; a suggestion, never a reason to refuse."""
    return _LOOKS[carrier].fullmatch(clean(number)) is not None
