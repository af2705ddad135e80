"""Take over the customers' list: see first what would change, then change it piece by piece.

The same list twice changes nothing the second time: a customer is known by the customer number, a salon by
its name within the customer, a device by its serial, however it is spelled. What a line leaves empty is left
as it is; a customer who is locked is left alone (rule P3).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from peewee import chunked, fn

from portal.actions import history, queue, rounds
from portal.actions.customers import search_name
from portal.actions.import_lines import agreed, salon_key
from portal.models import Account, Customer, Device, ImportRun, Salon, bulk
from portal.models.base import searchable, transaction
from portal.models.imports import ImportState
from portal.rules.register import ADDRESS, Column, Line, Problem, Wrong
from portal.rules.triage import Origin

PIECE = 1_000  # every piece reads the whole list again, so not too small
PIECES = 10  # how many one round does, before the others' turn
TOLD = 50  # changed rows that a preview shows
CHANGES = "changes"  # the key beside the counts under which a preview keeps them
DAYS = ("purchased_on", "delivered_on")


class ImportMoved(Exception):
    """The list is no longer where this deed expected it: somebody else was faster (rule S3)."""


def prepare(
    lines: Sequence[Line], problems: Sequence[Problem], *, file_name: str, by: Account | None, now: datetime
) -> ImportRun:
    """Keep a list and what taking it over would change; nothing of it is done yet."""
    good, unfit = agreed(lines)
    wrong = [*problems, *unfit]
    touched: set[Touched] = set()
    changes: Changes = {}
    kept: list[Line] = []
    for part in chunked(good, PIECE):
        piece = _Piece(part, now)
        touched |= piece.touched()
        piece.tell(changes)
        wrong.extend(piece.problems)
        kept.extend(piece.lines)
    return ImportRun.create(
        account=by,
        file_name=file_name[:120],
        state=ImportState.PREVIEW,
        lines=[_plain(line) for line in kept],
        problems=[asdict(problem) for problem in sorted(wrong, key=lambda one: one.line)],
        expected=_counted(touched) | ({CHANGES: list(changes.values())[:TOLD]} if changes else {}),
        total=len(kept),
        created_at=now,
    )


def expected(run: ImportRun) -> dict[str, int]:
    """Return how many rows of each kind would be new or changed."""
    return {name: count for name, count in run.expected.items() if name != CHANGES}


def changes(run: ImportRun) -> list[dict[str, Any]]:
    """Return the first rows that would change: kind, name, and column, old, new of each change."""
    return run.expected.get(CHANGES, [])


def start(run: ImportRun, *, by: Account | None, now: datetime) -> ImportRun:
    """Let the worker take the list over. Raises ImportMoved if it was started or dropped already."""
    with transaction():
        _move(run, ImportState.RUNNING, due_at=now, expected=expected(run))
        history.record(None, "import_register", by=by, at=now, run=run.id, lines=run.total)
    return ImportRun.get_by_id(run.id)


def drop(run: ImportRun) -> None:
    """Throw a list away that was only looked at. Raises ImportMoved."""
    _move(run, ImportState.DROPPED, lines=[], expected=expected(run))


def _move(run: ImportRun, target: ImportState, **columns: Any) -> None:
    unmoved = (ImportRun.id == run.id) & (ImportRun.state == ImportState.PREVIEW)
    if not ImportRun.update(state=target, **columns).where(unmoved).execute():
        raise ImportMoved(run.id)


def work_due(*, now: datetime, pieces: int = PIECES) -> int:
    """Work at the lists that are due, some pieces at a time; the worker calls it. Returns how many pieces."""
    left = pieces

    def go_on(run: ImportRun) -> None:
        nonlocal left
        while left > 0 and work(run, now=now):
            left -= 1

    rounds.for_each(ImportRun.due(now), go_on)  # one list in trouble holds up none of the others
    return pieces - left


def work(run: ImportRun, *, now: datetime) -> bool:
    """Take over the next piece in one transaction; False when nothing is left.

    Two workers at one list take turns, each with a piece of its own.
    """
    with transaction():
        run = queue.held(run)
        if run.due_at is None:
            return False
        piece = _Piece([_line(plain) for plain in run.lines[run.done : run.done + PIECE]], now)
        counts = Counter(run.counts) + piece.apply()
        done = min(run.done + PIECE, run.total)
        columns: dict[str, Any] = {"done": done, "counts": dict(counts)}
        if piece.problems:
            columns["problems"] = [*run.problems, *map(asdict, piece.problems)]
        if done == run.total:
            columns |= {"state": ImportState.DONE, "due_at": None, "finished_at": now, "lines": []}
        ImportRun.update(columns).where(ImportRun.id == run.id).execute()
    return done < run.total


_SAID = tuple(field.name for field in fields(Line))


def _plain(line: Line) -> dict[str, Any]:
    """Return what a line says as plain data, without what it leaves open."""
    told = {name: value for name in _SAID if (value := getattr(line, name)) not in (None, "")}
    return {name: _plainly(value) for name, value in told.items()}


def _plainly(value: Any) -> Any:
    if isinstance(value, Salon):
        return value.name
    return value.isoformat() if isinstance(value, date) else value


def _line(plain: dict[str, Any]) -> Line:
    told = dict(plain)
    for name in DAYS:
        if name in told:
            told[name] = date.fromisoformat(told[name])
    if "origin" in told:
        told["origin"] = Origin(told["origin"])
    return Line(**told)


Touched = tuple[str, Any]
"""What would be counted, and a row by which it is counted once only."""


Changes = dict[Any, dict[str, Any]]
"""By row, what would change: as `changes` returns it."""


def _counted(touched: Iterable[Touched]) -> Counter[str]:
    return Counter(name for name, _row in touched)


def _spellings(serials: Iterable[str]) -> set[str]:
    """Return the serials as a database may write them small; one that knows only ASCII leaves the rest."""
    return {small for serial in serials for small in (serial.lower(), serial.translate(_SMALL))}


_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


class _Piece:
    """Some lines beside what is known of their customers, salons and devices; five questions in all."""

    def __init__(self, lines: Sequence[Line], now: datetime) -> None:
        self.now = now
        self.problems: list[Problem] = []
        numbers = {line.customer_number for line in lines}
        self.customers = {one.number: one for one in Customer.select().where(Customer.number.in_(numbers))}
        ids = [customer.id for customer in self.customers.values()]
        self.salons = {
            (salon.customer_id, searchable(salon.name)): salon
            for salon in Salon.select().where(Salon.customer.in_(ids))
        }
        serials = _spellings(line.serial for line in lines if line.serial)
        spelled = fn.LOWER(fn.TRIM(Device.serial))
        found = list(Device.select(Device, Salon).join(Salon).where(spelled.in_(serials)).order_by(Device.id))
        self.devices = {searchable(str(device.serial)): device for device in found}
        self.devices |= {str(device.serial): device for device in found}  # exactly so goes before nearly so
        self.lines = [line for line in lines if self._fits(line)]

    def _fits(self, line: Line) -> bool:
        """Tell whether a line can be taken over; what keeps it from that is noted."""
        customer, device = self.customers.get(line.customer_number), self._device(line)
        if customer is not None and customer.locked_at:  # rule P3
            number = line.customer_number
            self.problems.append(Problem(line.line, Column.CUSTOMER_NUMBER, Wrong.NOT_TO_USE, number))
            return False
        if device is not None and (customer is None or device.salon.customer_id != customer.id):
            self.problems.append(Problem(line.line, None, Wrong.ELSEWHERE, line.serial))
            return False
        if self._salon(line) is None and not all(getattr(line, column) for column in ADDRESS):
            self.problems.append(Problem(line.line, None, Wrong.NO_ADDRESS, line.salon_name[:30]))
            return False
        return True

    def _salon(self, line: Line) -> Salon | None:
        customer = self.customers.get(line.customer_number)
        return self.salons.get((customer.id, searchable(line.salon_name))) if customer else None

    def _device(self, line: Line) -> Device | None:
        return self.devices.get(line.serial) or self.devices.get(searchable(line.serial))

    def touched(self) -> set[Touched]:
        """Return what would be new and what would change, each row once."""
        found: set[Touched] = set()
        for line in self.lines:
            if line.customer_number not in self.customers:
                found.add(("customers_new", line.customer_number))
            if self._salon(line) is None:
                found.add(("salons_new", salon_key(line)))
            if line.serial and self._device(line) is None:
                found.add(("devices_new", line.serial))
            for kind, row, changes in self._changes(line):
                if row is not None and changes:
                    found.add((f"{kind}_changed", row.id))
        return found

    def tell(self, told: Changes) -> None:
        """Add what would change, by column with old and new value, until there is enough to show."""
        for line in self.lines:
            for kind, row, changes in self._changes(line) if len(told) < TOLD else ():
                if row is not None and changes and (kind, row.id) not in told:
                    columns = [
                        (_COLUMNS[kind].get(name, name), _plainly(getattr(row, name)), _plainly(value))
                        for name, value in changes.items()
                        if name != "search_name"
                    ]
                    told[kind, row.id] = {"kind": kind, "name": _name(kind, row, line), "columns": columns}

    def apply(self) -> Counter[str]:
        """Write what is new and what changed, and return how much; inside the caller's transaction."""
        found = _counted(self.touched())
        self._add_customers()
        self._add_salons()
        self._change()
        self._add_devices()
        return found

    def _change(self) -> None:
        """Write what changed; of two lines about the same row the later one holds."""
        different: dict[Any, dict[str, Any]] = {}
        for line in self.lines:
            for _kind, row, changes in self._changes(line):
                if row is not None and changes:
                    for name, value in changes.items():
                        setattr(row, name, value)
                    different.setdefault(row, {}).update(changes)
        for table in (Customer, Salon, Device):
            bulk.update(table, [(row.id, said) for row, said in different.items() if isinstance(row, table)])

    def _changes(self, line: Line) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        """Yield kind, row (None: to be added) and what the line says differently about it."""
        customer = self.customers.get(line.customer_number)
        yield "customers", customer, _different(customer, _named(line.customer_name))
        salon = self._salon(line)
        yield "salons", salon, _different(salon, _address(line))
        device = self._device(line)
        facts = _device_facts(line)
        if device is not None and salon is not None:
            facts["salon"] = salon
        yield "devices", device, _different(device, facts)

    def _add_customers(self) -> None:
        new = {
            line.customer_number: {
                "number": line.customer_number,
                "created_at": self.now,
                **_named(line.customer_name),
            }
            for line in self.lines
            if line.customer_number not in self.customers
        }
        if new:
            bulk.insert(Customer, list(new.values()))
            for customer in Customer.select().where(Customer.number.in_(list(new))):
                self.customers[customer.number] = customer

    def _add_salons(self) -> None:
        new = {
            (self.customers[line.customer_number].id, searchable(line.salon_name)): {
                "customer": self.customers[line.customer_number],
                "name": line.salon_name,
                "search_name": search_name(line.salon_name),
                "country": line.country or "DE",
                "phone": line.phone,
                **{column.value: getattr(line, column) for column in ADDRESS},
            }
            for line in self.lines
            if self._salon(line) is None
        }
        if new:
            bulk.insert(Salon, list(new.values()))
            ids = {customer for customer, _name in new}
            for salon in Salon.select().where(Salon.customer.in_(ids)):
                self.salons.setdefault((salon.customer_id, searchable(salon.name)), salon)

    def _add_devices(self) -> None:
        defaults = {"name": "Kassenserver", "origin": Origin.UNKNOWN}
        facts = [field.name for field in fields(Line) if field.name in _FACTS]
        new = [
            {
                "salon": self._salon(line),
                "serial": line.serial,
                "created_at": self.now,
                **dict.fromkeys(facts),
                **defaults,
                **_device_facts(line),
            }
            for line in self.lines
            if line.serial and self._device(line) is None
        ]
        if new:
            bulk.insert(Device, new)


def _name(kind: str, row: Any, line: Line) -> str:
    """Return by what a row is known in the register."""
    return {"salons": f"{row.name} ({line.customer_number})", "devices": getattr(row, "serial", "")}.get(
        kind, line.customer_number
    )


_COLUMNS: dict[str, dict[str, str]] = {
    "customers": {"name": Column.CUSTOMER_NAME},
    "salons": {},
    "devices": {"name": Column.DEVICE_NAME, "salon": Column.SALON_NAME},
}
"""Where a row's field is called otherwise than the list's column."""
_FACTS = ("purchased_on", "delivered_on", "origin", "tse_in_server", "backup_booked")


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "search_name": search_name(name)}


def _address(line: Line) -> dict[str, Any]:
    told = {column.value: getattr(line, column) for column in ADDRESS}
    return {
        name: value for name, value in {**told, "country": line.country, "phone": line.phone}.items() if value
    }


def _device_facts(line: Line) -> dict[str, Any]:
    told = {name: getattr(line, name) for name in _FACTS}
    known = {name: value for name, value in told.items() if value is not None}
    return known | ({"name": line.device_name} if line.device_name else {})


def _different(row: Any, told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told otherwise than it stands in the row."""
    return {} if row is None else {name: value for name, value in told.items() if getattr(row, name) != value}
