"""What does the picture of backup and data show: which moments, where, what between?  Rules B1–B3, L4a.

Places run from 0 to 1. The order is that of time; distances are drawn out where two moments lie so close
that nobody could tell them apart. A backup that nobody has looked at is the latest possible one (rule B2a).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.backups import slots_between
from portal.rules.berlin import aware, day_of

NAMED_GAP = 0.28
"""Least distance of backup and end: both carry three short lines of text, on a phone of 320 px too."""
SMALL_GAP = 0.07
EDGE = 0.11
NAMED_EDGE = 0.14
LABEL_WIDTH = 0.21
LONG = timedelta(days=6)
MOST_BETWEEN = 2
_NEAR = timedelta(hours=36)  # more than the longest way from one slot to the next


class Kind(StrEnum):
    """What happened, or did not, at a moment of the picture."""

    SLOT = "slot"  # the backup was due, the server was online
    UNSURE = "unsure"  # due only if it is booked, which nobody knows (B1a)
    MISSED = "missed"  # there was no backup: the server was off, or staff have looked (B2, B2a)
    UPLOAD = "upload"  # an upload by hand that is not the newest backup
    ESTIMATE = "estimate"  # what was thought before staff looked
    BACKUP = "backup"  # the backup the answer rests on
    OFF = "off"  # last seen on and online


class Certainty(StrEnum):
    """How it is known when the backup was (rules B2, B2a)."""

    PROBABLE = "probable"
    UPLOADED = "uploaded"
    CHECKED = "checked"


class Since(StrEnum):
    """What was entered between the backup and the end (rule B3)."""

    NOTHING = "nothing"
    ENTERED = "entered"
    MAYBE = "maybe"
    OPEN = "open"  # not asked yet


@dataclass(frozen=True)
class Known:
    """What is known of backup and data; None = not known."""

    backup_booked: bool | None = None
    last_online_at: datetime | None = None
    uploaded_at: datetime | None = None
    entered_since: bool | None = None
    backup_at: datetime | None = None  # as estimated
    real_backup_at: datetime | None = None  # as staff found it
    complete: bool | None = None  # as staff found it
    is_entered_open: bool = False

    @property
    def shown_backup_at(self) -> datetime | None:
        """Return the backup the answer rests on: the real one, else the estimate (B2)."""
        return self.real_backup_at or self.backup_at

    @property
    def certainty(self) -> Certainty:
        """Tell how the time of the backup is known."""
        if self.real_backup_at is not None:
            return Certainty.CHECKED
        is_upload = self.uploaded_at is not None and self.uploaded_at == self.backup_at
        return Certainty.UPLOADED if is_upload else Certainty.PROBABLE

    @property
    def since(self) -> Since:
        """Tell what was entered since the backup; staff's findings go before what was said (B3, L5)."""
        if self.complete is not None:
            return Since.NOTHING if self.complete else Since.ENTERED
        if self.is_entered_open:
            return Since.OPEN
        if self.entered_since is False:
            return Since.MAYBE if self._is_older_than_thought else Since.NOTHING
        return Since.ENTERED if self.entered_since else Since.MAYBE

    @property
    def _is_older_than_thought(self) -> bool:
        """Tell whether "nothing entered" was said of another backup than there is (as rules.links has it)."""
        if self.real_backup_at is None:
            return False
        return self.backup_at is None or self.real_backup_at < self.backup_at


@dataclass(frozen=True)
class Mark:
    """One moment of the picture; `is_labelled` only where its text touches no other."""

    kind: Kind
    at: datetime
    place: float = 0.0
    is_labelled: bool = False
    shows_day: bool = False

    @property
    def is_named(self) -> bool:
        """Tell whether the moment carries its name, not only its time."""
        return self.kind in (Kind.BACKUP, Kind.OFF)


@dataclass(frozen=True)
class Timeline:
    """The marks, oldest first; `is_long`: days tell more than times of day."""

    marks: tuple[Mark, ...]
    since: Since
    is_long: bool

    @property
    def backup(self) -> Mark | None:
        """Return the backup's mark, if there is a backup."""
        return next((mark for mark in self.marks if mark.kind is Kind.BACKUP), None)

    @property
    def off(self) -> Mark:
        """Return the mark of the last moment online."""
        return next(mark for mark in self.marks if mark.kind is Kind.OFF)

    @property
    def stretch(self) -> tuple[float, float] | None:
        """Return from where to where data may be on the server only, if the backup is the older (B3)."""
        if self.backup is None or self.backup.at > self.off.at:
            return None
        return self.backup.place, self.off.place


def timeline(known: Known, until: datetime) -> Timeline | None:
    """Return what the picture shows, as seen at `until`; None where there is no axis to draw.

    Without the last moment online there is none (L4a: not known is said in words), nor where nothing lies
    beside it. Later slots than `until` are left out: nobody knows yet. ValueError for naive moments.
    """
    if known.last_online_at is None:
        return None
    keys = _keys(known)
    first, last = keys[0].at, keys[-1].at
    is_long = last - first > LONG
    slots = [] if is_long else _slots(known, [key.at for key in keys], max(aware(until), last))
    marks = sorted([*keys, *slots], key=_order)
    if len(marks) < 2:
        return None
    return Timeline(tuple(_labelled(_placed(marks))), known.since, is_long)


def _keys(known: Known) -> list[Mark]:
    """Return the moments that people told of, oldest first."""
    found = {
        Kind.OFF: known.last_online_at,
        Kind.BACKUP: known.shown_backup_at,
        Kind.ESTIMATE: known.backup_at if known.backup_at != known.shown_backup_at else None,
        Kind.UPLOAD: known.uploaded_at if _is_worth_a_mark(known) else None,
    }
    return sorted((Mark(kind, aware(at)) for kind, at in found.items() if at is not None), key=_order)


def _is_worth_a_mark(known: Known) -> bool:
    """Tell whether an upload is drawn beside the backup: one of long before would press all together."""
    if known.uploaded_at is None or known.uploaded_at in (known.shown_backup_at, known.backup_at):
        return False
    return known.shown_backup_at is None or known.shown_backup_at - known.uploaded_at < _NEAR


def _order(mark: Mark) -> tuple[datetime, int]:
    return mark.at, list(Kind).index(mark.kind)


def _slots(known: Known, told: Sequence[datetime], until: datetime) -> list[Mark]:
    """Return the slots around the told moments: one before, one after, and a few between (B1)."""
    if known.backup_booked is False:
        return []
    first, last = told[0], told[-1]
    around = [slot for slot in slots_between(first - _NEAR, min(last + _NEAR, until)) if slot not in told]
    between = [slot for slot in around if first < slot < last]
    chosen = [
        *[slot for slot in around if slot < first][-1:],
        *(between if len(between) <= MOST_BETWEEN else []),
        *[slot for slot in around if slot > last][:1],
    ]
    return [Mark(_kind_of_slot(slot, known), slot) for slot in chosen]


def _kind_of_slot(slot: datetime, known: Known) -> Kind:
    if known.last_online_at is not None and slot > known.last_online_at:
        return Kind.MISSED
    if known.real_backup_at is not None and slot > known.real_backup_at:
        return Kind.MISSED
    return Kind.SLOT if known.backup_booked else Kind.UNSURE


def _placed(marks: Sequence[Mark]) -> list[Mark]:
    """Give each mark its place: its least distance, and its share of the rest by time."""
    low = NAMED_EDGE if marks[0].is_named else EDGE
    high = 1 - (NAMED_EDGE if marks[-1].is_named else EDGE)
    gaps = _least_gaps(marks)
    whole = marks[-1].at - marks[0].at
    rest = high - low - sum(gaps)
    place, placed = low, [replace(marks[0], place=low)]
    for before, mark, gap in zip(marks, marks[1:], gaps, strict=False):
        share = (mark.at - before.at) / whole if whole else 1 / len(gaps)
        place += gap + rest * share
        placed.append(replace(mark, place=min(place, high)))
    return placed


def _least_gaps(marks: Sequence[Mark]) -> list[float]:
    gaps = [SMALL_GAP] * (len(marks) - 1)
    named = [number for number, mark in enumerate(marks) if mark.is_named]
    if len(named) == 2:
        first, last = named
        gaps[first:last] = [max(SMALL_GAP, NAMED_GAP / (last - first))] * (last - first)
    return gaps


def _labelled(marks: Sequence[Mark]) -> list[Mark]:
    """Choose which marks carry text: backup and end always, the others where there is room.

    The day stands with the first text, and with each that is on another day than the one before it.
    """
    taken = [mark.place for mark in marks if mark.is_named]
    found: list[Mark] = []
    day = None
    for mark in marks:
        if mark.is_named or all(abs(mark.place - place) >= LABEL_WIDTH for place in taken):
            taken.append(mark.place)
            found.append(replace(mark, is_labelled=True, shows_day=day_of(mark.at) != day))
            day = day_of(mark.at)
        else:
            found.append(mark)
    return found
