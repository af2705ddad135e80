"""When can the server be back in use, and does the link last until then?  Rules L10, R1, R2, S5.

The steps that are still to come, each with the time it usually takes: the median of past cases, or a
guideline while there are too few. Back is a server only when it is commissioned: until then it must not
be used (R1), and the salon lives on its link (R2). An appointment for that is no guess: the server is back
when it ends (R4). Instants are compared in UTC, a day is 24 hours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from portal.rules.berlin import aware
from portal.rules.warranty import Estimate
from portal.rules.workflow import State

ENOUGH = 5
"""From how many past cases on their median counts; below it the guideline does."""

GUIDELINE: dict[State, timedelta] = {
    State.SUBMITTED: timedelta(days=1),
    State.AWAITING_INFORMATION: timedelta(days=1),
    State.AWAITING_SHIPMENT: timedelta(days=1),
    State.ON_ITS_WAY_TO_US: timedelta(days=2),
    State.RECEIVED: timedelta(days=1),
    State.IN_DIAGNOSIS: timedelta(days=3),
    State.AWAITING_QUOTE_DECISION: timedelta(days=3),
    State.QUOTE_ACCEPTED: timedelta(days=2),
    State.QUOTE_DECLINED: timedelta(days=1),
    State.IN_REPAIR: timedelta(days=5),
    State.NO_FAULT_FOUND: timedelta(days=1),
    State.NOT_REPAIRABLE: timedelta(days=2),
    State.READY_TO_RETURN: timedelta(days=1),
    State.ON_ITS_WAY_BACK: timedelta(days=2),
    State.DELIVERED: timedelta(days=1),
    State.COMMISSIONING_BOOKED: timedelta(days=2),
}
"""How long a step takes by experience, weekends included, where no past cases say it."""

NEXT: dict[State, State] = {
    State.AWAITING_INFORMATION: State.SUBMITTED,
    State.SUBMITTED: State.AWAITING_SHIPMENT,
    State.AWAITING_SHIPMENT: State.ON_ITS_WAY_TO_US,
    State.ON_ITS_WAY_TO_US: State.RECEIVED,
    State.RECEIVED: State.IN_DIAGNOSIS,
    State.IN_DIAGNOSIS: State.IN_REPAIR,
    State.AWAITING_QUOTE_DECISION: State.QUOTE_ACCEPTED,
    State.QUOTE_ACCEPTED: State.IN_REPAIR,
    State.QUOTE_DECLINED: State.READY_TO_RETURN,
    State.IN_REPAIR: State.READY_TO_RETURN,
    State.NO_FAULT_FOUND: State.READY_TO_RETURN,
    State.NOT_REPAIRABLE: State.READY_TO_RETURN,
    State.READY_TO_RETURN: State.ON_ITS_WAY_BACK,
    State.ON_ITS_WAY_BACK: State.DELIVERED,
    State.DELIVERED: State.COMMISSIONING_BOOKED,
    State.COMMISSIONING_BOOKED: State.COMMISSIONED,
}
"""The usual way: each state with the one that mostly follows; a test compares it with the workflow."""

AFTER_DIAGNOSIS: dict[Estimate, State] = {
    Estimate.CHARGEABLE: State.AWAITING_QUOTE_DECISION,
    Estimate.UNKNOWN: State.AWAITING_QUOTE_DECISION,
    Estimate.NO_SPARE_PARTS: State.NOT_REPAIRABLE,
}
"""Where the estimate leads elsewhere: to a quote (W3; not known counts as chargeable), or to none (W2)."""


@dataclass(frozen=True)
class Usual:
    """How long cases usually stand in a state, and how many past ones say so; 0 is the guideline."""

    length: timedelta
    cases: int = 0


Times = Mapping[State, Usual]
"""What was measured; a state may be missing, or rest on too few cases."""


@dataclass(frozen=True)
class Leg:
    """One step of the reckoning: its usual time, on how many past cases it rests, what is left of it."""

    state: State
    usual: timedelta
    from_cases: int
    left: timedelta


@dataclass(frozen=True)
class Reckoning:
    """The steps to come, the present one first, and when the server can be back in use."""

    legs: tuple[Leg, ...]
    back_at: datetime

    def gap(self, ends_at: datetime) -> timedelta:
        """Return how long the salon stands without a till; zero if the link lasts (rule L10)."""
        return max(self.back_at - aware(ends_at), timedelta())


def way_from(state: State, estimate: Estimate) -> tuple[State, ...]:
    """Return the states a case still usually goes through, the present one first.

    Nothing for a case that has ended or was never sent.
    """
    way: list[State] = []
    here: State | None = state
    while here in NEXT:
        way.append(here)
        quoted = here is State.IN_DIAGNOSIS and AFTER_DIAGNOSIS.get(estimate)
        here = quoted or NEXT[here]
    return tuple(way)


def usual_time(state: State, measured: Times) -> Usual:
    """Return the median of past cases if they are enough, else the guideline."""
    found = measured.get(state)
    return found if found is not None and found.cases >= ENOUGH else Usual(GUIDELINE[state])


def reckon(
    state: State,
    since: datetime,
    estimate: Estimate,
    measured: Times,
    now: datetime,
    *,
    booked_until: datetime | None = None,
) -> Reckoning | None:
    """Return when the server can be back, step by step; None where nothing is to come (rule L10).

    The time already spent in the present state counts; what was overstayed is not made up for later.
    `booked_until` is when the appointment ends in which the server is put into service (rule R4).
    """
    moment, spent = aware(now), max(aware(now) - aware(since), timedelta())
    if state is State.COMMISSIONING_BOOKED and booked_until is not None:
        return _booked(aware(booked_until), moment, usual_time(state, measured))
    legs = []
    for number, step in enumerate(way_from(state, estimate)):
        usual = usual_time(step, measured)
        left = usual.length if number else max(usual.length - spent, timedelta())
        legs.append(Leg(step, usual.length, usual.cases, left))
    if not legs:
        return None
    return Reckoning(tuple(legs), moment + sum((leg.left for leg in legs), timedelta()))


def _booked(until: datetime, now: datetime, usual: Usual) -> Reckoning:
    """Return the reckoning with an appointment; one that is over without its end known ends now at best."""
    back_at = max(until, now)
    return Reckoning((Leg(State.COMMISSIONING_BOOKED, usual.length, usual.cases, back_at - now),), back_at)


def short_from(
    state: State,
    since: datetime,
    estimate: Estimate,
    measured: Times,
    ends_at: datetime,
    *,
    booked_until: datetime | None = None,
) -> datetime | None:
    """Return from when on the server is not back before the link ends; None without a forecast (rule L10).

    That is `since`, if the usual time is too long already; or the moment at which the case has stood
    here for so long that the steps behind it no longer fit. So nobody needs to ask again in between.
    """
    if state is State.COMMISSIONING_BOOKED and booked_until is not None:
        return aware(since) if aware(booked_until) >= aware(ends_at) else aware(ends_at)
    way = way_from(state, estimate)
    if not way:
        return None
    here, *further = (usual_time(step, measured).length for step in way)
    latest = aware(ends_at) - sum(further, timedelta())
    return aware(since) if aware(since) + here >= latest else latest


def stays(moves: Iterable[tuple[datetime, State]]) -> dict[State, timedelta]:
    """Return how long one case stood in each state, from its changes in their order.

    Several visits to a state add up. Left in the same second it came (released at once, rule S1), a
    state was no stay: it would make the others look slower than they are.
    """
    found: dict[State, timedelta] = {}
    before: tuple[datetime, State] | None = None
    for at, state in moves:
        if before is not None:
            stayed = max(at - before[0], timedelta())  # a clock that was set back made no time
            found[before[1]] = found.get(before[1], timedelta()) + stayed
        before = (at, state)
    return {state: length for state, length in found.items() if length >= timedelta(seconds=1)}


def medians(cases: Iterable[Mapping[State, timedelta]]) -> dict[State, Usual]:
    """Return the median stay in each state, in whole seconds, and how many cases stood there."""
    seconds: dict[State, list[float]] = {}
    for stayed in cases:
        for state, length in stayed.items():
            seconds.setdefault(state, []).append(length.total_seconds())
    return {
        state: Usual(timedelta(seconds=round(median(lengths))), len(lengths))
        for state, lengths in seconds.items()
    }
