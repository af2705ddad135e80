"""The desk's questions: the queue by harm, lists by state, counts with a cap, search (rules S5, S6).

All of them cost the same with a thousand cases and with a hundred thousand: each walks one
index and stops after a page, or at the cap.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import Select, Tuple, Value, fn

from portal.models.accounts import Account
from portal.models.base import db
from portal.models.cases import Case
from portal.models.hooks import Hook
from portal.models.letters import Channel, Letter
from portal.models.links import SubstituteLink
from portal.models.messages import Message
from portal.models.registrations import Registration
from portal.rules.links import LinkReason, LinkState, Mode, TillState
from portal.rules.urgency import Harm
from portal.rules.workflow import CLOSED, State

PAGE = 25
COUNT_UP_TO = 99
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NO_HARM = 99  # behind every harm of rules.urgency
_LARGEST_ID = 2**31 - 1
_UNDECIDED = (LinkState.REQUESTED, LinkState.GRANTED)
_OPEN_LINKS = (*_UNDECIDED, LinkState.ACTIVE)


@dataclass(frozen=True)
class Place:
    """A row's place in the queue: harm, since when, cases before links, id (rule S5)."""

    harm: int
    since: datetime
    is_link: bool
    id: int

    @property
    def key(self) -> tuple[int, datetime, bool, int]:
        """Return what the queue is ordered by."""
        return (self.harm, self.since, self.is_link, self.id)


def place_of(row: Case | SubstituteLink) -> Place:
    """Return where the row stands in the queue; ValueError for one that is not in it."""
    if row.harm is None or row.harm_since is None:
        raise ValueError("not in the queue")
    return Place(row.harm, row.harm_since, isinstance(row, SubstituteLink), row.id)


def queue(
    staff: Account, after: Place | None = None, limit: int = PAGE
) -> tuple[list[Case | SubstituteLink], bool]:
    """Return one page of the queue behind `after`, and whether there is more (rule S5).

    Cases, and links without a case, are read along the same key and merged.
    """
    rows = [
        *_by_harm(Case, staff, after, limit),
        *_by_harm(SubstituteLink, staff, after, limit),
    ]
    rows.sort(key=lambda row: place_of(row).key)
    return rows[:limit], len(rows) > limit


def _by_harm(table: Any, staff: Account, after: Place | None, limit: int):
    found = table.visible_to(staff).where(table.harm > 0)
    if after is not None:
        # A case with the same harm and moment comes before any link.
        is_link = table is SubstituteLink
        if after.is_link == is_link:
            last = after.id
        else:
            last = 0 if is_link else _LARGEST_ID
        since = table.harm_since.db_value(after.since)
        found = found.where(Tuple(table.harm, table.harm_since, table.id) > Tuple(after.harm, since, last))
    return found.order_by(table.harm, table.harm_since, table.id).limit(limit + 1)


def cases_in(
    staff: Account, states: Sequence[State], before: int | None = None, limit: int = PAGE
) -> tuple[list[Case], bool]:
    """Return the newest cases in these states below the id `before`, and whether there is more.

    Without states: all cases. Each state is read along its own index and stops after a page.
    """
    found = Case.visible_to(staff)
    if states:
        found = found.where(Case.id.in_(_newest_ids(states, before, limit + 1)))
    elif before is not None:
        found = found.where(Case.id < before)
    rows = list(found.order_by(Case.id.desc()).limit(limit + 1))
    return rows[:limit], len(rows) > limit


def _newest_ids(states: Sequence[State], before: int | None, limit: int):
    parts = []
    for number, state in enumerate(states):
        ids = Case.select(Case.id).where(Case.state == state)
        if before is not None:
            ids = ids.where(Case.id < before)
        part = ids.order_by(Case.id.desc()).limit(limit).alias(f"part{number}")
        parts.append(Select([part], [part.c.id]))
    together: Any = parts[0]
    for further in parts[1:]:
        together = together.union_all(further)
    return together


def open_links(
    staff: Account, after: Place | None = None, limit: int = PAGE
) -> tuple[list[tuple[Place, SubstituteLink]], bool]:
    """Return one page of the open links behind `after`, worst harm first, and whether there is more (S5).

    Within one harm: what is asked for in the order of asking, what is active by its end. Two questions.
    """
    harms = dict(_link_places(staff, after, limit + 1).tuples().execute(db))
    links = SubstituteLink.visible_to(staff).where(SubstituteLink.id.in_(list(harms))) if harms else []
    placed = [(Place(harms[one.id], one.ends_at or LONG_AGO, True, one.id), one) for one in links]
    placed.sort(key=lambda row: row[0].key)
    return placed[:limit], len(placed) > limit


def _link_places(staff: Account, after: Place | None, limit: int):
    """Select id and harm of the first links behind `after`: each harm is read along the index and stops."""
    parts: list[Any] = []
    for harm, wanted in _links_by_harm():
        if after is not None and harm < after.harm:
            continue
        found = SubstituteLink.visible_to(staff).where(wanted)
        if after is not None and harm == after.harm:
            found = found.where(_behind(after))
        found = found.order_by(SubstituteLink.ends_at, SubstituteLink.id).limit(limit)
        columns = (SubstituteLink.id, Value(int(harm)).alias("harm"), SubstituteLink.ends_at)
        part = found.select(*columns).alias(f"part{len(parts)}")
        parts.append(Select([part], [part.c.id, part.c.harm, part.c.ends_at]))
    together: Any = parts[0]
    for further in parts[1:]:
        together = together.union_all(further)
    first = together.alias("some_links")
    return (
        Select([first], [first.c.id, first.c.harm])
        .order_by(first.c.harm, first.c.ends_at, first.c.id)
        .limit(limit)
    )


def _links_by_harm() -> tuple[tuple[int, Any], ...]:
    """Return the harms of open links, the worst first, and what has each; every open link has one (S5).

    It is the harm of the link alone: its case may stand in the queue for something else as well.
    """
    link, active = SubstituteLink, SubstituteLink.state == LinkState.ACTIVE
    asked = link.state.in_(_UNDECIDED) & link.ends_at.is_null()
    dead = (link.reason == LinkReason.DEFECT) & (Case.id.is_null() | Case.state.not_in(list(CLOSED)))
    locked = (link.mode == Mode.VIEW_ONLY) | (link.till_confirmed != TillState.OPEN)
    is_short = Case.id.is_null(False) & (fn.COALESCE(Case.harm, 0) == Harm.LINK_ENDS_FIRST)
    return (
        (Harm.CANNOT_CASH, asked & dead),
        (Harm.RECEIPT_LOCK, active & locked),
        (Harm.LINK_ENDS_FIRST, active & ~locked & is_short),
        (Harm.LINK_OTHER, asked & ~dead),
        (NO_HARM, active & ~locked & ~is_short),
    )


def _behind(place: Place) -> Any:
    if place.harm in (Harm.CANNOT_CASH, Harm.LINK_OTHER):  # not begun, so without an end
        return SubstituteLink.id > place.id
    since = SubstituteLink.ends_at.db_value(place.since)
    return Tuple(SubstituteLink.ends_at, SubstituteLink.id) > Tuple(since, place.id)


def counts(groups: dict[str, Sequence[State]], late_from: datetime | None = None) -> dict[str, int]:
    """Return how much there is in each list, at most one more than COUNT_UP_TO; one query.

    `groups` names the lists by state; "queue", "links", "letters" (given up) and "registrations" are
    added, and "late": the letters that should have left by `late_from`, if that is told.
    """
    subjects = {
        "queue": Case.select(Case.id).where(Case.harm > 0),
        "queue_links": SubstituteLink.select(SubstituteLink.id).where(SubstituteLink.harm > 0),
        "links": SubstituteLink.select(SubstituteLink.id).where(SubstituteLink.state.in_(_OPEN_LINKS)),
        "letters": Letter.select(Letter.id).where(Letter.gave_up_at > LONG_AGO),
        "registrations": Registration.waiting().select(Registration.id).order_by(),
    }
    if late_from:
        subjects["late"] = Letter.select(Letter.id).where(Letter.due_at <= late_from)
    for name, states in groups.items():
        subjects[name] = Case.select(Case.id).where(Case.state.in_(list(states)))
    columns = [_capped(query, name) for name, query in subjects.items()]
    found = dict(zip(subjects, next(iter(Select(columns=columns).tuples().execute(db))), strict=True))
    found["queue"] = min(found["queue"] + found.pop("queue_links"), COUNT_UP_TO + 1)
    return found


def _capped(query, name: str):
    bounded = query.limit(COUNT_UP_TO + 1).alias(f"some_{name}")
    return Select([bounded], [fn.COUNT(bounded.c.id)])


def open_links_of(cases: Iterable[Case]) -> dict[int, SubstituteLink]:
    """Return the open link of each of these cases, by the case's id; one query."""
    ids = [case.id for case in cases]
    if not ids:
        return {}
    found = SubstituteLink.select().where(
        SubstituteLink.case.in_(ids), SubstituteLink.open_device.is_null(False)
    )
    return {link.case_id: link for link in found}


def last_words(cases: Iterable[Case]) -> dict[int, Message]:
    """Return the last message that is not internal of each of these cases, by the case's id; one query."""
    ids = [case.id for case in cases]
    if not ids:
        return {}
    newest = (
        Message.select(fn.MAX(Message.id))
        .where(Message.case.in_(ids), Message.internal == False)  # noqa: E712
        .group_by(Message.case)
    )
    return {message.case_id: message for message in Message.select().where(Message.id.in_(newest))}


def links_of(device_id: int):
    """Select the device's links, newest first (rule L3: staff see the earlier ones beside the new one)."""
    return (
        SubstituteLink.select().where(SubstituteLink.device == device_id).order_by(SubstituteLink.id.desc())
    )


def other_open_cases(case: Case):
    """Select what else is open for the case's device, newest first."""
    return (
        Case.select(Case.id, Case.number, Case.state, Case.state_since)
        .where(Case.device == case.device_id, Case.id != case.id, Case.state.not_in(list(CLOSED)))
        .order_by(Case.id.desc())
        .limit(10)
    )


def given_up_letters(limit: int = 50):
    """Select the letters that were given up, the latest first, with their cases (rule S4)."""
    return (
        Letter.select(Letter, Case)
        .left_outer_join(Case)
        .where(Letter.gave_up_at > LONG_AGO)
        .order_by(Letter.gave_up_at.desc())
        .limit(limit)
    )


def ended_hooks(letters: Iterable[Letter]) -> set[int]:
    """Return which of the webhooks of these letters an admin has ended; one query, or none."""
    ids = {letter.context["hook"] for letter in letters if letter.channel is Channel.HOOK}
    if not ids:
        return set()
    return {hook.id for hook in Hook.select().where(Hook.id.in_(ids)) if hook.was_ended_by_people}


def count_open_links() -> dict[LinkState, int]:
    """Count the links that are not over, by state."""
    states = SubstituteLink.select(SubstituteLink.state, fn.COUNT(SubstituteLink.id))
    found = states.where(SubstituteLink.state.in_(_OPEN_LINKS)).group_by(SubstituteLink.state)
    rows: Iterator[Any] = found.tuples().iterator()
    return {LinkState(state): count for state, count in rows}


def count_late(now: datetime) -> dict[str, int]:
    """Count the warnings and ends of links that fell due a quarter of an hour ago and were not seen to."""
    late = now - timedelta(minutes=15)
    active = SubstituteLink.select().where(SubstituteLink.state == LinkState.ACTIVE)
    return {
        "warning": active.where(SubstituteLink.warn_at <= late, SubstituteLink.ends_at > now).count(),
        "end": active.where(SubstituteLink.ends_at <= late).count(),
    }
