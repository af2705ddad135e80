"""The slip that travels to us in the parcel (Begleitschein; rules C1–C3)."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from portal.models import Case
from portal.outside import clock
from portal.rules import numbers
from portal.rules.parcel import NOT_IN_PARCEL, components
from portal.rules.workflow import CLOSED
from portal.web import documents, labels
from portal.web.context import operator

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
    sender_town: str
    sender_phone: str
    device_name: str
    device_serial: str | None
    fault: str
    components: tuple[str, ...]
    conditional_tse: bool
    not_in_parcel: tuple[str, ...]
    language: str
    lapsed_on: str = ""  # the day on which the release lapsed (C2b)
    is_over: bool = False  # the case has ended: nothing is to be sent any more


def made(case: Case, address: str | None = None) -> bytes:
    """Return the slip as PDF in the owner's language; `address` is the case's, for the QR code (C2)."""
    with force_locale(case.language):
        return _printed(of(case, address or documents.address_of(case), now=clock.now()))


def as_released(case: Case, released_at: datetime) -> bytes:
    """Return the slip as it was on the day of its release, whatever the case became since (rules C2b, P3)."""
    with force_locale(case.language):
        then = of(case, documents.address_of(case), now=released_at)
        return _printed(replace(then, released=True, is_over=False))


def _printed(said: Slip) -> bytes:
    return documents.printed(
        "slip.html",
        css=documents.SLIP,
        slip=said,
        qr=documents.qr(said.case_url),
        code128=documents.bars(said.number),
    )


def of(case: Case, address: str, *, now: datetime) -> Slip:
    """Return what the slip of this case says (rules C1–C3, C2b).

    The one paper that knows the moment: "created on" is printed, and whether the release still holds.
    """
    device = case.device
    tse = device.tse_in_server if device else None
    return Slip(
        number=case.number,
        number_grouped=numbers.group(case.number),
        case_url=address,
        released=case.released_at is not None and case.state not in CLOSED and not case.is_lapsed(now),
        created_on=labels.day(now, weekday=False),
        valid_until=labels.day(case.valid_until, weekday=False),
        recipient=documents.recipient_lines(operator()),
        sender_lines=documents.sender_lines(case),
        sender_town=documents.town_of(case),
        sender_phone=documents.phone(case.contact_phone),
        device_name=device.name if device else _("Kassenserver"),
        device_serial=device.serial if device else None,
        fault=one_sentence(case.fault or case.on_screen or labels.label(case.topic)),
        components=tuple(labels.label(one) for one in components(tse)),
        conditional_tse=tse is None,
        not_in_parcel=tuple(labels.label(one) for one in NOT_IN_PARCEL),
        language=documents.language(),
        lapsed_on=labels.day(case.valid_until, weekday=False) if case.is_lapsed(now) else "",
        is_over=case.state in CLOSED,
    )


def one_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line and cut where it would not end (rule C2)."""
    line = " ".join(text.split())
    first = re.split(r"(?<=[^\d\s]{2}[.!?])\s+", line, maxsplit=1)[0]
    if len(first) <= LONGEST_SENTENCE:
        return first
    return first[:LONGEST_SENTENCE].rsplit(" ", 1)[0] + " …"
