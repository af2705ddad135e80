"""When can support and salon meet?  Rules R4, T7, T8.

Hours are times on a wall clock in Berlin; a slot is an instant. Time is cut into cells of `GRID`, which
begin on full quarters of an hour: the clock changes by whole hours, so no cell is ever cut in two.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from portal.rules.berlin import aware, day_of, to_berlin, to_utc
from portal.rules.triage import Outcome
from portal.rules.workflow import CLOSED, State

GRID = timedelta(minutes=15)
REMINDED_BEFORE = timedelta(days=1)
LAST_ALARM = timedelta(hours=1)
"""How long before an appointment the calendar rings for the second and last time."""

FARTHEST = timedelta(days=366)
"""How far ahead anybody may book: the most that owners can be given; beyond it a year was mistyped."""

HOURS_STEP = 5
"""To how many minutes hours are told."""

LONGEST = 8 * 60
"""How many minutes an appointment may last at most."""

_DAY = 24 * 60
_CELL = GRID // timedelta(minutes=1)

WeekHours = Mapping[int, Sequence[tuple[int, int]]]
"""Weekday (0 is Monday) → from when to when, in minutes after midnight on the wall clock."""


class Kind(StrEnum):
    """What an appointment is for."""

    COMMISSIONING = "commissioning"
    REMOTE = "remote"
    CALL = "call"


class AppointmentState(StrEnum):
    """How an appointment stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"
    MISSED = "missed"


class Fault(StrEnum):
    """What is wrong with hours or with the terms of a kind."""

    WEEKDAY = "weekday"
    RANGE = "range"
    ORDER = "order"
    STEP = "step"
    OVERLAP = "overlap"
    MINUTES = "minutes"
    CAPACITY = "capacity"
    NOTICE_HOURS = "notice_hours"
    CHANGE_HOURS = "change_hours"
    AHEAD_DAYS = "ahead_days"


class HoursInvalid(ValueError):
    """Hours or terms that nobody can keep; `fault` tells what, `weekday` on which day, if it is hours."""

    def __init__(self, fault: Fault, weekday: int | None = None) -> None:
        """Keep what is wrong and where."""
        super().__init__(f"{fault} on weekday {weekday}" if weekday is not None else str(fault))
        self.fault = fault
        self.weekday = weekday


@dataclass(frozen=True)
class Terms:
    """How appointments of one kind are given; ValueError from `check_terms` for what makes no sense."""

    minutes: int
    capacity: int
    notice_hours: int
    change_hours: int
    ahead_days: int

    @property
    def length(self) -> timedelta:
        """Return how long one takes."""
        return timedelta(minutes=self.minutes)


_LIMITS = {
    Fault.MINUTES: (_CELL, LONGEST),
    Fault.CAPACITY: (0, 100),
    Fault.NOTICE_HOURS: (0, 24 * 14),
    Fault.CHANGE_HOURS: (0, 24 * 14),
    Fault.AHEAD_DAYS: (1, FARTHEST.days),
}

_REMOTE_STATES = frozenset({State.SUBMITTED, State.AWAITING_INFORMATION})
_LIVE = frozenset({Outcome.REMOTE_SESSION, Outcome.CHARGEABLE_SERVICE})


def kinds_for(state: State, outcome: Outcome) -> tuple[Kind, ...]:
    """Return for what an appointment may be booked or moved now, the likeliest first (rules R4, T7).

    Commissioning once the server is back in the salon, a remote session while a case that is no send-in
    waits for support, a call in every open case that was sent.
    """
    found = []
    if state in (State.DELIVERED, State.COMMISSIONING_BOOKED):
        found.append(Kind.COMMISSIONING)
    if state in _REMOTE_STATES and outcome in _LIVE:
        found.append(Kind.REMOTE)
    if state not in CLOSED and state is not State.DRAFT:
        found.append(Kind.CALL)
    return tuple(found)


def check_terms(terms: Terms) -> None:
    """Raise HoursInvalid for terms out of bounds, or a length that does not fit the grid."""
    for fault, (least, most) in _LIMITS.items():
        if not least <= getattr(terms, fault.value) <= most:
            raise HoursInvalid(fault)
    if terms.minutes % _CELL:
        raise HoursInvalid(Fault.MINUTES)


def check_hours(hours: WeekHours) -> None:
    """Raise HoursInvalid for hours that end before they begin, overlap or are not told to five minutes."""
    for weekday, spans in hours.items():
        if weekday not in range(7):
            raise HoursInvalid(Fault.WEEKDAY, weekday)
        before = 0
        for opens, closes in sorted(spans):
            _check_span(opens, closes, weekday)
            if opens < before:
                raise HoursInvalid(Fault.OVERLAP, weekday)
            before = closes


def _check_span(opens: int, closes: int, weekday: int) -> None:
    if not (0 <= opens <= _DAY and 0 <= closes <= _DAY):
        raise HoursInvalid(Fault.RANGE, weekday)
    if opens >= closes:
        raise HoursInvalid(Fault.ORDER, weekday)
    if opens % HOURS_STEP or closes % HOURS_STEP:
        raise HoursInvalid(Fault.STEP, weekday)


def week_hours(stored: Mapping[str, Sequence[Sequence[int]]] | None) -> WeekHours | None:
    """Return hours as they were kept in JSON, {"0": [[540, 1080]]}; None where none were told."""
    if not stored:
        return None
    return {int(day): [(opens, closes) for opens, closes in spans] for day, spans in stored.items()}


def slots(
    hours: WeekHours,
    length: timedelta,
    *,
    first_day: date,
    days: int,
    earliest: datetime,
    latest_day: date,
    holidays: Collection[date] = (),
    salon_hours: WeekHours | None = None,
) -> Iterator[datetime]:
    """Yield the beginnings of all slots in these days, in UTC and in order, free or not (rule R4).

    A slot lies within one span of our hours, one following the other from its beginning, and wholly
    within the salon's own hours; `salon_hours` None: they were not told. None begins before `earliest`
    or on a day after `latest_day`. An hour that the clock skips has no slot; the hour that it shows
    twice counts the first time only.
    """
    first = max(first_day, day_of(earliest)).toordinal()
    last = min(first_day.toordinal() + days - 1, latest_day.toordinal())
    for day in map(date.fromordinal, range(first, last + 1)):
        if day in holidays:
            continue
        open_cells = None if salon_hours is None else _cells_of_day(day, salon_hours)
        for opens, closes in sorted(hours.get(day.weekday(), ())):
            for start in _packed(_cells(day, opens, closes), length):
                if start >= earliest and (open_cells is None or cells(start, length) <= open_cells):
                    yield start


def cells(start: datetime, length: timedelta) -> frozenset[datetime]:
    """Return the beginnings of the cells that an appointment takes up."""
    return frozenset(cells_in_order(start, length))


def cells_in_order(start: datetime, length: timedelta) -> list[datetime]:
    """Return the beginnings of the cells that an appointment takes up, the first one first.

    ValueError unless it begins on the grid and lasts some whole cells.
    """
    moment, count = aware(start), length // GRID
    if not is_on_grid(moment) or length % GRID or count < 1:
        raise ValueError("appointments begin on full quarters of an hour and last some of them")
    return [moment + number * GRID for number in range(count)]


def is_on_grid(moment: datetime) -> bool:
    """Tell whether a cell begins at this instant; ValueError when naive."""
    shown = aware(moment)
    return shown.minute % _CELL == 0 and shown.second == 0 and shown.microsecond == 0


def may_change(starts_at: datetime, change_hours: int, now: datetime) -> bool:
    """Tell whether the owner may still move or cancel the appointment (rule R4)."""
    return aware(now) <= last_change_at(starts_at, change_hours)


def last_change_at(starts_at: datetime, change_hours: int) -> datetime:
    """Return until when the owner may move or cancel; the moment itself still counts (rule R4)."""
    return aware(starts_at) - timedelta(hours=change_hours)


def remind_at(starts_at: datetime, now: datetime) -> datetime | None:
    """Return when to remind of the appointment; None for one that begins within a day anyway (rule R4)."""
    moment = aware(starts_at) - REMINDED_BEFORE
    return moment if moment > aware(now) else None


def latest_day(now: datetime, ahead_days: int) -> date:
    """Return the last day in Berlin on which one may be booked now."""
    return day_of(now) + timedelta(days=ahead_days)


def _cells_of_day(day: date, hours: WeekHours) -> set[datetime]:
    spans = _joined(hours.get(day.weekday(), ()))
    return {cell for opens, closes in spans for cell in _cells(day, opens, closes)}


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans with those that touch made one: 9:00–12:10 and 12:10–18:00 are open at 12:00."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _cells(day: date, opens: int, closes: int) -> list[datetime]:
    """Return the cells wholly within these minutes of the day, in UTC; none that the clock skips."""
    first = -(-opens // _CELL) * _CELL
    found = []
    for minute in range(first, closes - _CELL + 1, _CELL):
        clock = time(minute // 60, minute % 60)
        cell = to_utc(day, clock)
        if to_berlin(cell).time() == clock:
            found.append(cell)
    return found


def _packed(open_cells: Sequence[datetime], length: timedelta) -> Iterator[datetime]:
    """Yield one beginning after the other, each with room for its length before a gap or the end."""
    number, count = 0, length // GRID
    while number + count <= len(open_cells):
        start = open_cells[number]
        if open_cells[number + count - 1] - start == (count - 1) * GRID:
            yield start
            number += count
        else:  # the clock jumps within: begin anew behind the jump
            number = next(
                n + 1 for n in range(number, number + count - 1) if open_cells[n + 1] - open_cells[n] != GRID
            )
