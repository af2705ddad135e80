"""How long cases usually stand in a state: what the forecast of rule L10 rests on."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from peewee import BigIntegerField, IntegerField
from playhouse.fields import EnumField

from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.history import History
from portal.models.links import SubstituteLink
from portal.rules.forecast import Times, Usual
from portal.rules.links import LinkState
from portal.rules.workflow import State

SINCE = timedelta(days=365)
MOST = 500


class StepTime(BaseModel):
    """The median time past cases stood in one state, and how many cases that rests on."""

    state = EnumField(State, max_length=30, unique=True)
    median_seconds = BigIntegerField()
    cases = IntegerField()
    measured_at = InstantField()

    @classmethod
    def measured(cls) -> dict[State, Usual]:
        """Return what is known of each state; one small query."""
        rows: Any = cls.select(cls.state, cls.median_seconds, cls.cases).tuples()
        return {state: Usual(timedelta(seconds=seconds), cases) for state, seconds, cases in rows}

    @property
    def usual(self) -> Usual:
        """Return the row as the rules know it."""
        return Usual(timedelta(seconds=self.median_seconds), self.cases)


def links_and_times(device_id: int) -> tuple[list[SubstituteLink], Times]:
    """Return the device's links, newest first, and what was measured if one of them is active.

    One question for both, as a case's page must do with ten: the few rows stand beside the active link.
    """
    beside: Any = (
        SubstituteLink.select(SubstituteLink, StepTime)
        .left_outer_join(StepTime, on=(SubstituteLink.state == LinkState.ACTIVE), attr="step_time")
        .where(SubstituteLink.device == device_id)
        .order_by(SubstituteLink.id.desc())
    )
    links: dict[int, SubstituteLink] = {}
    times: dict[State, Usual] = {}
    for link in beside:
        links.setdefault(link.id, link)
        found = getattr(link, "step_time", None)
        if found is not None:
            times[found.state] = found.usual
    return list(links.values()), times


def ways_of_commissioned(
    now: datetime, *, most: int = MOST
) -> Iterator[tuple[int, list[tuple[datetime, State]]]]:
    """Yield the changes of state of each of the newest cases that came to their good end within a year.

    Two questions, each along an index, however many cases there are: the newest commissioned ones by
    their id, then their history.
    """
    newest: Any = (
        Case.select(Case.id, Case.state_since)
        .where(Case.state == State.COMMISSIONED)
        .order_by(Case.id.desc())
        .limit(most)
        .tuples()
    )
    ids = [case for case, ended_at in newest if ended_at >= now - SINCE]
    if not ids:
        return
    moves: Any = (
        History.select(History.case, History.at, History.target)
        .where(History.case.in_(ids), History.link.is_null(), History.target != "")
        .order_by(History.case, History.id)
        .tuples()
    )
    for case, rows in groupby(moves, key=lambda row: row[0]):
        yield case, [(at, State(target)) for _case, at, target in rows]
