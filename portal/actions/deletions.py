"""Ask that one's data goes, take that back in time, and do it: the person goes, records stay locked (P3)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.actions import erasing, history, letters, queue, retention, rounds
from portal.actions.erasing import Files
from portal.models import Account, Case, Customer, Deletion, Letter, Operator, SubstituteLink
from portal.models.base import transaction
from portal.models.privacy import Scope
from portal.rules import berlin
from portal.rules import retention as rules
from portal.rules.retention import GOODBYE, GRACE, Kind
from portal.rules.workflow import CLOSED, Role

PIECE = 10
AGAIN = timedelta(days=1)  # so long a request waits that something open holds up
WAITS = "something is open"


class AlreadyAsked(Exception):
    """A deletion was asked for already and is still to come (rule S3)."""


class DeletionMoved(Exception):
    """It was carried out or taken back meanwhile (rule S3)."""


class NotForStaff(ValueError):
    """The accounts of the team are the management's matter."""


@dataclass(frozen=True)
class Kept:
    """Records of one kind that stay locked: until when, and of how many cases."""

    kind: Kind
    until: date
    cases: int


@dataclass(frozen=True)
class Outlook:
    """What a deletion would do: what holds it up, what goes and what stays locked."""

    scope: Scope
    open_cases: list[Case]
    open_links: int
    kept: list[Kept]
    erased_cases: int  # whose period is over already

    @property
    def waits(self) -> bool:
        """Tell whether something must come to its end first."""
        return bool(self.open_cases or self.open_links)


def is_last(account: Account) -> bool:
    """Tell whether nobody else of the business can sign in."""
    others = (Account.customer == account.customer_id) & Account.closed_at.is_null()
    return not Account.select(Account.id).where(others, Account.id != account.id).exists()


def outlook(account: Account, scope: Scope, *, now: datetime) -> Outlook:
    """Return what would become of the data if it were to go now (rule P3)."""
    customer = account.customer_id
    holds = scope is Scope.BUSINESS or is_last(account)
    is_open = Case.state.not_in(list(CLOSED))
    cases = list(Case.select().where(Case.customer == customer, is_open).order_by(Case.id)) if holds else []
    links = SubstituteLink.select().where(
        SubstituteLink.customer == customer, SubstituteLink.open_device.is_null(False)
    )
    kept, gone = _fates(customer, now) if scope is Scope.BUSINESS else ([], 0)
    return Outlook(scope, cases, links.count() if holds else 0, kept, gone)


def _fates(customer: int, now: datetime) -> tuple[list[Kept], int]:
    years, today = Operator.current().retention_years, berlin.day_of(now)
    closed = Case.select(Case.id, Case.state_since, Case.final_cents).where(
        Case.customer == customer, Case.state.in_(list(CLOSED)), Case.erased_at.is_null()
    )
    fates = [rules.fate(facts, today, years) for facts in retention.facts_of(list(closed))]
    counted = Counter((one.kind, one.until) for one in fates if one.kind and one.until)
    kept = [Kept(kind, until, cases) for (kind, until), cases in counted.items() if kind and until]
    return sorted(kept, key=lambda one: (one.until, one.kind)), sum(one.goes_now for one in fates)


def open_for(account: Account) -> Deletion | None:
    """Return the request that is still to come: the person's own, or the one for the whole business."""
    mine = Deletion.account == account
    if account.customer_id:
        mine |= (Deletion.customer == account.customer_id) & (Deletion.scope == Scope.BUSINESS)
    return Deletion.select().where(mine, Deletion.due_at.is_null(False)).order_by(Deletion.id.desc()).first()


def waiting() -> Iterable[Deletion]:
    """Select the requests that are still to come, the next first, with their people and businesses."""
    found: Any = Deletion.select(Deletion, Account, Customer)
    found = found.left_outer_join(Account, on=(Deletion.account == Account.id)).switch(Deletion)
    found = found.left_outer_join(Customer, on=(Deletion.customer == Customer.id))
    return found.where(Deletion.due_at.is_null(False)).order_by(Deletion.due_at, Deletion.id)


def ask(account: Account, scope: Scope, *, now: datetime) -> Deletion:
    """Ask that the person's data goes, or the whole business's; it can be taken back for three days (P3).

    Raises AlreadyAsked, and NotForStaff.
    """
    if account.role is not Role.OWNER:
        raise NotForStaff
    with transaction():
        queue.held(account.customer)  # two of one business at once take turns
        if open_for(account):
            raise AlreadyAsked
        asked = Deletion.create(
            account=account,
            customer=account.customer_id,
            scope=scope,
            asked_at=now,
            due_at=now + GRACE,
            kept=plain(outlook(account, scope, now=now).kept),
        )
        history.record(_subject(asked), "ask_deletion", by=account, at=now, scope=scope, deletion=asked.id)
        _tell(asked, "deletion_asked", now, until=(now + GRACE).isoformat())
    return asked


def withdraw(asked: Deletion, *, by: Account, now: datetime) -> None:
    """Take a request back; for the whole business any of its people may. Raises DeletionMoved."""
    with transaction():
        unmoved = (Deletion.id == asked.id) & Deletion.due_at.is_null(False)
        if not Deletion.update(due_at=None, withdrawn_at=now).where(unmoved).execute():
            raise DeletionMoved
        history.record(_subject(asked), "withdraw_deletion", by=by, at=now, deletion=asked.id)
        _tell(asked, "deletion_withdrawn", now)


def _subject(asked: Deletion) -> Account | Customer | None:
    return asked.customer if asked.scope is Scope.BUSINESS else asked.account


def _people(asked: Deletion) -> list[Account]:
    """Return whom the request is about: one person, or all of the business, closed accounts too."""
    if asked.scope is Scope.PERSON:
        return [asked.account] if asked.account else []
    known = (Account.customer == asked.customer_id) & Account.anonymised_at.is_null()
    return list(Account.select().where(known).order_by(Account.id))


def _tell(asked: Deletion, event: str, now: datetime, **context: Any) -> None:
    for person in _people(asked):
        if person.closed_at is None:
            key = f"{event}:{asked.id}:{person.id}"
            letters.tell(person, event, now=now, key=key, business=asked.scope is Scope.BUSINESS, **context)


def plain(kept: Iterable[Kept]) -> list[dict[str, Any]]:
    """Return what stays as it is written down with the request."""
    return [{"kind": one.kind, "until": one.until.isoformat(), "cases": one.cases} for one in kept]


def work_due(*, now: datetime, files: Files) -> int:
    """Carry out the requests whose time has come; the worker calls it. Adds to `files` what may go."""
    due = Deletion.due(now).limit(PIECE)
    return rounds.for_each(due, lambda asked: files.add(carry_out(asked, now=now)))


def carry_out(asked: Deletion, *, now: datetime) -> Files:
    """Do what was asked for, wholly and once; what something open holds up waits another day (rule P3)."""
    with transaction():
        asked = queue.held(asked)
        if asked.due_at is None or asked.due_at > now:
            return Files()
        people = _people(asked)
        if not people:
            _done(asked, [], now)
            return Files()
        found = outlook(people[0], asked.scope, now=now)
        if found.waits:
            return _wait(asked, now)
        return _let_go(asked, people, found, now)


def _wait(asked: Deletion, now: datetime) -> Files:
    columns = {"due_at": now + AGAIN, "last_error": WAITS}
    Deletion.update(columns).where(Deletion.id == asked.id).execute()
    _tell(asked, "deletion_waits", now)
    return Files()


def _let_go(asked: Deletion, people: list[Account], found: Outlook, now: datetime) -> Files:
    files, kept = Files(), plain(found.kept)
    for person in people:
        email, language, was_open = person.email, person.language, person.closed_at is None
        files.add(erasing.anonymise(person, by=None, now=now))
        if was_open:
            about: dict[str, Any] = {"business": asked.scope is Scope.BUSINESS, "kept": kept}
            key = goodbye_key(asked, person)
            letters.tell_address(email, "deletion_done", now=now, key=key, language=language, **about)
    if asked.scope is Scope.BUSINESS and asked.customer:
        files.photos += _lock(asked.customer, now)
    _done(asked, kept, now)
    return files


def goodbye_key(asked: Deletion, person: Account) -> str:
    """Return by what the last letter to somebody is found again."""
    return f"deletion_done:{asked.id}:{person.id}"


def _lock(customer: Customer, now: datetime) -> list[str]:
    """Take the business out of the register: what must be kept of it is for admins only, with a reason."""
    Customer.update(locked_at=now).where(Customer.id == customer.id).execute()
    history.record(customer, "lock_customer", by=None, at=now)
    return erasing.erase_pictures_and_opinions(customer, now=now)


def look_into(customer: Customer, why: str, *, by: Account, now: datetime) -> None:
    """Write down that somebody looks into a locked business, and why (rule P3)."""
    history.record(customer, "look", by=by, at=now, why=why)


def _done(asked: Deletion, kept: list[dict[str, Any]], now: datetime) -> None:
    columns = {"due_at": None, "done_at": now, "kept": kept, "last_error": ""}
    Deletion.update(columns).where(Deletion.id == asked.id).execute()


def forget_goodbyes(*, now: datetime) -> int:
    """Forget the address a last letter went to, some days after it left; the worker calls it."""
    recent = (Deletion.done_at < now - GOODBYE) & (Deletion.done_at > now - 10 * GOODBYE)
    gone = 0
    for asked in list(Deletion.select(Deletion.id).where(recent)):
        mine = Letter.event_key.startswith(f"address:deletion_done:{asked.id}:")
        gone += Letter.delete().where(mine, Letter.due_at.is_null()).execute()
    return gone
