"""What happened to the parts of a parcel, in words for the history (rules C4, C4a, C5)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from portal.models import History
from portal.rules.parcel import Arrival
from portal.web import labels, parts

OF_ONE_PART = frozenset(
    {
        "part_arrived", "part_waived", "part_added", "part_identified", "part_packed", "part_unpacked",
        "part_kept", "disposal_asked", "disposal_agreed", "disposal_declined",
    }
)  # fmt: skip


def details(row: History) -> list[str]:
    """Return what was written down about parts with this deed; nothing for any other deed."""
    facts = row.facts
    found = []
    if row.what == "check_in":
        found += [_checked_in(one) for one in facts.get("parts", ())]
    elif row.what in OF_ONE_PART:
        found.append(parts.name_of(facts))
    if row.what == "part_identified":
        found += _changed(facts["old"], facts["new"])
    if row.what in ("check_in", "store_at") and facts.get("place"):
        found.append(_("Lagerplatz %(place)s", place=facts["place"]))
    return found


def _checked_in(facts: Mapping[str, Any]) -> str:
    arrival = Arrival(facts["arrival"])
    name = parts.name_of(facts)
    return name if arrival is Arrival.ARRIVED else f"{name} {labels.label(arrival)}"


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return each serial that changed, the old one first."""
    return [f"{old[name] or '–'} → {text or '–'}" for name, text in new.items() if text != old.get(name, "")]
