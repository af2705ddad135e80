"""The facts sheet (Datenblatt zum Tausch): which server, board or TSE went, which came, and when (O2, O3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import force_locale
from flask_babel import gettext as _

from portal.models import Case, Swap
from portal.rules import berlin, numbers
from portal.rules.workflow import State
from portal.rules.workshop import ON_FACTS_SHEET, SwapPart
from portal.web import documents, labels
from portal.web.context import operator
from portal.web.documents import outage, serials


@dataclass(frozen=True)
class Side:
    """The old or the new part of a swap."""

    serial: str
    bsi_number: str
    day: str  # out of, or into service


@dataclass(frozen=True)
class Exchange:
    """One part that was swapped; `is_tse` says that its serial is the TSE's, in hex."""

    name: str
    is_tse: bool
    old: Side
    new: Side


@dataclass(frozen=True)
class FactsSheet:
    """What the facts sheet says, in the words that it says it in."""

    language: str
    number_grouped: str
    stand: str
    brand: str
    company: str
    site: str
    device: str
    exchanges: tuple[Exchange, ...]


def swaps_of(case: Case, found: Iterable[Swap] | None = None) -> list[Swap]:
    """Return the swaps that the sheet tells of, among those `found`: server, main board, TSE (rule O2)."""
    swaps = Swap.of_case(case) if found is None else found
    return [swap for swap in swaps if swap.part in ON_FACTS_SHEET]


def made(case: Case, swaps: Iterable[Swap]) -> bytes:
    """Return the facts sheet as PDF in the owner's language."""
    with force_locale(case.language):
        return printed(of(case, swaps))


def printed(sheet: FactsSheet) -> bytes:
    """Return what the sheet says as PDF."""
    return documents.printed("facts_sheet.html", paper=sheet)


def of(case: Case, swaps: Iterable[Swap]) -> FactsSheet:
    """Return what the sheet of this case says (rules O2, O3)."""
    swaps = list(swaps)
    began = berlin.day_of(case.state_since) if case.state is State.COMMISSIONED else None
    last = documents.latest([*(swap.at for swap in swaps), case.state_since if began else None])
    return FactsSheet(
        language=documents.language(),
        number_grouped=numbers.group(case.number),
        stand=labels.day(last, weekday=False),
        brand=operator().brand,
        company=outage.company_of(case),
        site=outage.site_of(case),
        device=case.device.name if case.device_id else _("Kassenserver"),
        exchanges=tuple(_exchange(swap, began) for swap in swaps),
    )


def _exchange(swap: Swap, began: date | None) -> Exchange:
    """Return one swap; what has no day of its own went into service with the server (rule R1)."""
    is_tse = swap.part is SwapPart.TSE
    in_service = swap.in_service_on or began
    return Exchange(
        labels.label(swap.part),
        is_tse,
        Side(serials.grouped(swap.old_serial), swap.old_bsi_number, _day(swap.out_of_service_on)),
        Side(serials.grouped(swap.new_serial), swap.new_bsi_number, _day(in_service)),
    )


def _day(day: date | None) -> str:
    return labels.day(day, weekday=False)
