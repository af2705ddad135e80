"""Serials of server and TSE as papers say them, swaps included (rules C4a, O1, O2)."""

from collections.abc import Iterable

from flask_babel import gettext as _

from portal.models import Device, ParcelItem, Swap
from portal.rules.parcel import Part
from portal.rules.workshop import SwapPart
from portal.web import documents


def server(device: Device | None, swaps: Iterable[Swap]) -> str:
    """Return the server's name and serial; a swapped one with both serials."""
    name = device.name if device else _("Kassenserver")
    swapped = [swap for swap in swaps if swap.part is SwapPart.SERVER]
    if swapped:
        return "\n".join((name, *(_change(swap.old_serial, swap.new_serial) for swap in swapped)))
    serial = device.serial if device else None
    return "\n".join((name, _("Seriennummer %(serial)s", serial=serial or _("nicht bekannt"))))


def tse(device: Device | None, items: Iterable[ParcelItem], swaps: Iterable[Swap]) -> str:
    """Return serial and certificate of the TSE, as far as anybody has written them down."""
    swapped = [swap for swap in swaps if swap.part is SwapPart.TSE]
    if swapped:
        return "\n".join(_change(grouped(swap.old_serial), grouped(swap.new_serial)) for swap in swapped)
    sticks = [item for item in items if item.part is Part.TSE_USB and item.tse_serial]
    if sticks:
        return "\n".join(documents.filled(grouped(sticks[-1].tse_serial), sticks[-1].bsi_number))
    serial = device.tse_serial if device else None
    return grouped(serial) if serial else _("Seriennummer nicht bekannt")


def _change(old: str, new: str) -> str:
    unknown = _("nicht bekannt")
    both = (_("Bisher: %(serial)s", serial=old or unknown), _("Neu: %(serial)s", serial=new or unknown))
    return "\n".join(both)


def grouped(serial: str) -> str:
    """Return a TSE's 64 hex digits in two lines of groups; anything shorter stays as it is."""
    if len(serial) != 64:
        return serial
    return documents.grouped(serial[:32]) + "\n" + documents.grouped(serial[32:])
