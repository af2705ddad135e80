"""Search the whole history, the newest first: a page at a time, by an index whatever is asked (rule S)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import Select, Tuple, Value, fn

from portal.models.accounts import Account
from portal.models.base import db
from portal.models.cases import Case
from portal.models.customers import Customer
from portal.models.history import History
from portal.models.links import SubstituteLink

PAGE = 50
WINDOW = 50_000  # rows a search for words looks through at once
MOST_CASES = 500  # of one customer

Key = tuple[datetime, int]


@dataclass(frozen=True)
class Sought:
    """What is searched for; empty is everything. `hidden` is never shown to who asks."""

    people: tuple[int, ...] | None = None  # who did it, or who it is about
    by_portal: bool = False
    cases: tuple[int, ...] | None = None
    links: tuple[int, ...] = ()
    about: tuple[str, ...] = ()
    whats: tuple[str, ...] | None = None
    hidden: tuple[str, ...] = ()
    words: str = ""
    since: datetime | None = None
    before: datetime | None = None
    address: str = ""


@dataclass(frozen=True)
class Found:
    """A page, and from where the next one goes on; `looked_until` if the words were not sought further."""

    rows: list[History]
    next: Key | None = None
    looked_until: datetime | None = None


def search(sought: Sought, after: Key | None = None, size: int = PAGE) -> Found:
    """Return the newest rows that fit, beyond `after`.

    Each part of the question walks one index from its end; where they meet, what is beyond the nearest end
    of a part is left to the next page.
    """
    keys: set[Key] = set()
    ends: list[Key] = []
    for part, at in _parts(sought):
        wanted = _within(sought, part, at, after)
        found = _keys(_with_words(wanted, sought.words), size + 1)
        keys.update(found)
        if sought.words and len(found) <= size:
            end = _key_at(wanted, WINDOW - 1)
            ends += [end] if end else []
    end = max(ends, default=None)
    chosen = sorted((key for key in keys if end is None or key >= end), reverse=True)
    rows = _rows([number for _at, number in chosen[:size]])
    if len(chosen) > size:
        return Found(rows, chosen[size - 1])
    return Found(rows, end, end[0] if end else None)


def _parts(sought: Sought) -> Iterator[tuple[Any, Any]]:
    """Yield conditions of which each is answered by one index; together they are what is asked for.

    Beside each stands what its rows are ordered by. What is about few rows has them sorted: by the column
    itself, both engines may read the history from its end until they have met all of them.
    """
    if sought.cases is not None:
        columns = ((History.case, sought.cases), (History.link, sought.links), (History.about, sought.about))
        yield from ((column.in_(chosen), _FEW) for column, chosen in columns if chosen)
    elif sought.people is not None or sought.by_portal:
        yield from ((History.account == one, History.at) for one in sought.people or ())
        yield History.about.in_([f"account:{one}" for one in sought.people or ()]), _FEW
        yield from [(History.account.is_null(), History.at)] if sought.by_portal else []
    elif sought.address:
        yield History.address == sought.address, History.at
    elif sought.whats is not None:
        yield from ((History.what == one, History.at) for one in sought.whats)
    else:
        yield None, History.at


_FEW = fn.COALESCE(History.at, None).coerce(False)


def _within(sought: Sought, part: Any, at: Any, after: Key | None) -> Any:
    """Select the keys of a part, with everything else that is asked for, the newest first."""
    rows = History.select(at.alias("at"), History.id)
    conditions = [part, *_narrowed(sought, at)]
    if after is not None:
        conditions.append(Tuple(at, History.id) < Tuple(_instant(after[0]), after[1]))
    for condition in conditions:
        rows = rows if condition is None else rows.where(condition)
    return rows.order_by(at.desc(), History.id.desc())


def _instant(moment: datetime) -> Any:
    return Value(moment, converter=History.at.db_value)


def _narrowed(sought: Sought, at: Any) -> Iterator[Any]:
    if sought.since:
        yield at >= _instant(sought.since)
    if sought.before:
        yield at < _instant(sought.before)
    if sought.hidden:
        yield History.what.not_in(sought.hidden)
    if sought.whats is not None:
        yield History.what.in_(sought.whats)
    if sought.address:
        yield History.address == sought.address
    if sought.cases is not None and (sought.people is not None or sought.by_portal):
        mine = History.account.in_(sought.people or ()) | History.about.in_(
            [f"account:{one}" for one in sought.people or ()]
        )
        yield mine | History.account.is_null() if sought.by_portal else mine


def _with_words(wanted: Any, words: str) -> Any:
    if not words:
        return wanted
    window = wanted.select_extend(History.why).limit(WINDOW).alias("w")
    rows = History.select(window.c.at, window.c.id).from_(window).where(window.c.why.contains(words))
    return rows.order_by(window.c.at.desc(), window.c.id.desc())


def _keys(wanted: Any, limit: int) -> list[Key]:
    return [(_moment(at), number) for at, number in wanted.limit(limit).tuples()]


def _key_at(wanted: Any, place: int) -> Key | None:
    found = _keys(wanted.offset(place), 1)
    return found[0] if found else None


def _moment(at: Any) -> datetime:
    return History.at.python_value(at)  # type: ignore[return-value]


def _rows(numbers: Sequence[int]) -> list[History]:
    rows = History.select(History, Account).left_outer_join(Account).where(History.id.in_(numbers))
    return list(rows.order_by(History.at.desc(), History.id.desc())) if numbers else []


def everything(sought: Sought, piece: int = 1_000) -> Iterator[list[History]]:
    """Yield all rows that fit, in pieces, the newest first."""
    found = search(sought, size=piece)
    while True:
        if found.rows:
            yield found.rows
        if found.next is None:
            return
        found = search(sought, found.next, piece)


def count(sought: Sought) -> int:
    """Count all rows that fit; it looks at every one that could, so only an export asks."""
    together: Any = None
    for part, at in _parts(sought):
        rows = _within(sought, part, at, None).order_by()
        rows = rows.where(History.why.contains(sought.words)) if sought.words else rows
        together = rows if together is None else together.union(rows)
    if together is None:
        return 0
    found = together.alias("found")
    return Select([found], [fn.COUNT(found.c.id)]).scalar(db)


def people_called(text: str, limit: int = 20) -> tuple[int, ...]:
    """Return the accounts with this e-mail address, or with this in their name."""
    exact = [one.id for one in Account.select(Account.id).where(Account.email == text.casefold())]
    named = Account.select(Account.id).where(Account.name.contains(text)).order_by(Account.id).limit(limit)
    return tuple(exact or [one.id for one in named])


def of_customer(customer: Customer) -> dict[str, tuple[Any, ...]]:
    """Return what of the history belongs to a customer: cases, links and what is about it or its people."""
    cases = Case.select(Case.id).where(Case.customer == customer).order_by(Case.id.desc()).limit(MOST_CASES)
    links = SubstituteLink.select(SubstituteLink.id).where(SubstituteLink.customer == customer)
    people = Account.select(Account.id).where(Account.customer == customer)
    numbers, doors = [one.id for one in cases], [one.id for one in links.limit(MOST_CASES)]
    about = [f"customer:{customer.id}", *(f"account:{one.id}" for one in people)]
    about += [f"case:{one}" for one in numbers] + [f"link:{one}" for one in doors]
    return {"cases": tuple(numbers), "links": tuple(doors), "about": tuple(about)}


def of_case(case: Case) -> dict[str, tuple[Any, ...]]:
    """Return what of the history belongs to a case: what was done with it, and who looked at it."""
    return {"cases": (case.id,), "about": (f"case:{case.id}",)}


KINDS: dict[str, Any] = {"case": Case, "link": SubstituteLink, "customer": Customer, "account": Account}


def subjects(rows: Iterable[History]) -> dict[str, Any]:
    """Return what rows are about, by the name the history gives it; a question for each kind."""
    wanted: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for row in rows:
        kind, _, number = name_of(row).partition(":")
        if kind in KINDS and number.isdigit():
            wanted[kind].add(int(number))
    return {
        f"{kind}:{one.id}": one
        for kind, numbers in wanted.items()
        if numbers
        for one in KINDS[kind].select().where(KINDS[kind].id.in_(numbers))
    }


def name_of(row: History) -> str:
    """Return what a row is about, as the history names it; empty for the portal itself."""
    if row.case_id:
        return f"case:{row.case_id}"
    return f"link:{row.link_id}" if row.link_id else row.about or ""
