"""Ask for a copy of one's own data; the worker makes it piece by piece (rule P3).

Which piece is next stands in the row, and a worker holds it by a lease: one that dies leaves the rest to
the next, and two never write into the same file.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex

from portal.actions import history, letters, queue, rounds
from portal.models import Account, Takeout
from portal.models.base import transaction
from portal.rules.retention import DAYS, Brief

LEASE = timedelta(minutes=2)  # far longer than one piece takes
PAUSE = timedelta(minutes=15)  # while the disk is full, or something else is wrong
GIVEN_UP_AFTER = timedelta(days=1)
GLANCE = 5
KEPT = timedelta(days=DAYS[Brief.COPIES])


class AlreadyAsked(Exception):
    """A copy is being made already (rule S3)."""


def ask(account: Account, *, now: datetime) -> Takeout:
    """Ask for a copy. One that is there stays until the next is there. Raises AlreadyAsked."""
    with transaction():
        queue.held(account)  # two at once take turns
        newest = Takeout.newest_of(account)
        if newest and newest.due_at is not None:
            raise AlreadyAsked
        asked = Takeout.create(account=account, asked_at=now, due_at=now, file_name=f"{token_hex(16)}.zip")
        history.record(account, "ask_takeout", by=account, at=now, takeout=asked.id)
    return asked


def claim(*, now: datetime) -> Takeout | None:
    """Take the copy that has waited longest, so that no other worker writes it meanwhile."""
    due = Takeout.select().where(Takeout.due_at <= now).order_by(Takeout.due_at, Takeout.id).limit(GLANCE)
    for row in list(due):
        unmoved = (Takeout.id == row.id) & (Takeout.due_at == row.due_at)
        if Takeout.update(due_at=now + LEASE).where(unmoved).execute():
            return Takeout.get_by_id(row.id)
    return None


def note_progress(held: Takeout, *, done: int, total: int) -> bool:
    """Write down how far it is; False if the copy is not ours any more."""
    return bool(_update(held, {"done": done, "total": total, "last_error": ""}))


def give_back(held: Takeout, *, now: datetime) -> None:
    """Leave the rest to the next round, after the others' turn."""
    _update(held, {"due_at": now})


def put_off(held: Takeout, problem: str, *, now: datetime) -> bool:
    """Try again later, or give up after a day; returns whether it was given up."""
    is_over = now - held.asked_at > GIVEN_UP_AFTER
    columns = {"due_at": None if is_over else now + PAUSE, "last_error": problem, "done": 0}
    if is_over:
        columns |= {"file_name": "", "total": 0}
    _update(held, columns)
    return is_over


def finish(held: Takeout, *, size: int, now: datetime) -> None:
    """Note that the copy is there, and tell its person; earlier ones go, or copies would fill the disk."""
    columns = {
        "due_at": None, "size": size, "finished_at": now, "expires_at": now + KEPT, "last_error": "",
    }  # fmt: skip
    with transaction():
        if _update(held, columns):
            earlier = (Takeout.account == held.account_id) & (Takeout.id < held.id)
            Takeout.update(expires_at=now).where(earlier, Takeout.expires_at > now).execute()
            key = f"takeout_ready:{held.id}"
            letters.tell(held.account, "takeout_ready", now=now, key=key, until=(now + KEPT).isoformat())


def _update(held: Takeout, columns: dict) -> int:
    """Write only while the lease is ours: whoever came after it has another one."""
    ours = (Takeout.id == held.id) & (Takeout.due_at == held.due_at)
    return Takeout.update(columns).where(ours).execute()


def note_download(takeout: Takeout, *, by: Account, now: datetime) -> None:
    """Write down that somebody fetched the copy."""
    history.record(by, "fetch_takeout", by=by, at=now, takeout=takeout.id)


def expire_due(remove: Callable[[str], object], *, now: datetime) -> int:
    """Remove the files of copies whose time is up; the worker calls it. The file goes first."""
    over = Takeout.select().where(Takeout.expires_at <= now).order_by(Takeout.expires_at).limit(100)

    def end(takeout: Takeout) -> None:
        remove(takeout.file_name)
        Takeout.update(file_name="", expires_at=None).where(Takeout.id == takeout.id).execute()

    return rounds.for_each(over, end)


def file_of(account: Account, number: int, *, now: datetime) -> Takeout | None:
    """Return the account's own copy of this number, if it is there to be fetched (rule P1)."""
    mine = (Takeout.id == number) & (Takeout.account == account) & (Takeout.expires_at > now)
    return Takeout.get_or_none(mine, Takeout.file_name != "")


def strays(names: list[str]) -> list[str]:
    """Return which of these files belong to no copy."""
    known = {row.file_name for row in Takeout.select(Takeout.file_name).where(Takeout.file_name.in_(names))}
    return [name for name in names if name not in known]
