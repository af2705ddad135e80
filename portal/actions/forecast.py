"""Measure how long each step usually takes: the medians behind the forecast (rule L10)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from portal.models import Case, Round, SubstituteLink
from portal.models.base import transaction
from portal.models.durations import StepTime, ways_of_commissioned
from portal.rules import forecast
from portal.rules.forecast import Usual
from portal.rules.links import LinkState
from portal.rules.workflow import State

EVERY = timedelta(hours=1)
ROUND = "forecast"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def measure_if_due(*, now: datetime) -> bool:
    """Measure anew if that was not done within the hour; the worker calls it. Returns whether it was.

    Of several workers at once one stores what it found, in the transaction in which it takes the turn.
    """
    turn = Round.get_or_none(Round.name == ROUND)
    if turn is not None and abs(now - turn.at) < EVERY:
        return False
    found = _medians(now)  # read before the transaction: nobody has to wait for it
    with transaction():
        if not _take_turn(now):
            return False
        _store(found, now)
    return True


def measure(*, now: datetime) -> dict[State, Usual]:
    """Measure the median stay in each state, store it, and have the cases with a link looked at anew."""
    found = _medians(now)
    with transaction():
        _store(found, now)
    return found


def _medians(now: datetime) -> dict[State, Usual]:
    return forecast.medians(forecast.stays(moves) for _case, moves in ways_of_commissioned(now))


def _take_turn(now: datetime) -> bool:
    """Claim the turn by a conditional update; a clock that was far off holds nobody up."""
    Round.insert(name=ROUND, at=LONG_AGO).on_conflict_ignore().execute()
    is_due = (Round.at <= now - EVERY) | (Round.at >= now + EVERY)
    return bool(Round.update(at=now).where(Round.name == ROUND, is_due).execute())


def _store(found: Mapping[State, Usual], now: datetime) -> None:
    StepTime.delete().where(StepTime.state.not_in(list(found))).execute()
    for state in sorted(found):
        usual = found[state]
        columns = {
            "median_seconds": int(usual.length.total_seconds()),
            "cases": usual.cases,
            "measured_at": now,
        }
        StepTime.insert(state=state, **columns).on_conflict(
            conflict_target=[StepTime.state], update=columns
        ).execute()
    _ask_again(now)


def _ask_again(now: datetime) -> None:
    """Have the place of every case with an active link worked out anew, in the worker's next round."""
    active = SubstituteLink.select(SubstituteLink.case).where(
        SubstituteLink.state == LinkState.ACTIVE, SubstituteLink.case.is_null(False)
    )
    Case.update(reassess_at=now).where(Case.id.in_(active)).execute()
