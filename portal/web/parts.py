"""What parts of a parcel are called, wherever they are named (rules C1, C4)."""

from collections.abc import Mapping
from typing import Any

from portal.models import Letter, ParcelItem
from portal.rules.carriers import Carrier, tracking_url
from portal.rules.parcel import Part
from portal.web import labels


def name_of(facts: Mapping[str, Any]) -> str:
    """Return what a part is called that was written down; an other part by the name it was given."""
    part, given = Part(facts["part"]), facts.get("name", "")
    if part is Part.OTHER:
        return given or labels.label(part)
    return f"{labels.label(part)} ({given})" if given else labels.label(part)


def name(item: ParcelItem) -> str:
    """Return what a part of a parcel is called."""
    return name_of({"part": item.part, "name": item.name})


def of_letter(letter: Letter) -> dict[str, Any]:
    """Return what a letter about a parcel names: its parts, and the carrier of the way back (C4, C5)."""
    facts, case = letter.context, letter.case if letter.case_id else None
    carrier = Carrier(facts["carrier"]) if facts.get("carrier") else (case.return_carrier if case else None)
    tracking = facts.get("tracking", case.return_tracking if case else "")
    return {
        "missing": [labels.label(Part(part)) for part in facts.get("missing", ())],
        "lacks_tse": Part.TSE_USB in facts.get("missing", ()),
        "parts": [name_of(one) for one in facts.get("parts", ())],
        "back_by": labels.label(carrier) if carrier else "",
        "back_number": tracking,
        "back_url": tracking_url(carrier, tracking) if carrier else None,
    }
