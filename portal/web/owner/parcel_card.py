"""What the owner's page says of the parcel: what is missing, and what is asked about a TSE (C4, C4a)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from portal.models import Case, ParcelItem
from portal.rules import workshop
from portal.rules.parcel import Arrival, Part
from portal.rules.workflow import CLOSED, State
from portal.web import parts


@dataclass(frozen=True)
class ParcelCard:
    """The card: names of missing parts, those no longer awaited with the reason, a question about a TSE.

    `missing` are those that the owner is asked for; the `unneeded` were missing too, but come too late.
    """

    missing: tuple[str, ...]
    unneeded: tuple[str, ...]
    lacks_tse: bool
    waived: tuple[tuple[str, str], ...]
    asks_disposal: bool

    @property
    def asks(self) -> Any:
        """Say what the owner is asked, in one sentence; nothing is asked: nothing is said."""
        if self.asks_disposal:
            return _("Dürfen wir Ihre TSE entsorgen?")
        if self.missing:
            return _("Im Paket fehlte: %(parts)s", parts=", ".join(self.missing)) + "."
        return ""


def of_case(case: Case) -> ParcelCard | None:
    """Return the card of an open case, or None if there is nothing to say; one question at most."""
    if case.received_at is None or case.state in CLOSED:
        return None
    return of_items(ParcelItem.of_case(case), State(case.state))


def of_items(items: Iterable[ParcelItem], state: State) -> ParcelCard | None:
    """Return the card of these parts of a case in this state, or None if there is nothing to say."""
    found = list(items)
    awaited = [item for item in found if item.standing.is_awaited]
    asked = [item for item in awaited if workshop.is_asked_for(state, item.part)]
    card = ParcelCard(
        missing=tuple(parts.name(item) for item in asked),
        unneeded=tuple(parts.name(item) for item in awaited if item not in asked),
        lacks_tse=any(item.part is Part.TSE_USB for item in asked),
        waived=tuple((parts.name(item), item.waived_why) for item in found if item.arrival is Arrival.WAIVED),
        asks_disposal=any(item.is_disposal_open for item in found),
    )
    return card if awaited or card.waived or card.asks_disposal else None
