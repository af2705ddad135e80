"""What the worker does with people's data: copies piece by piece, deletions, retention, lost files (P3)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from flask import current_app

from portal.actions import deletions, retention, rounds, takeouts
from portal.actions.erasing import Files
from portal.models import Account, Round, Takeout
from portal.models.own_data import cases_of
from portal.outside import archives, clock, files, leftovers
from portal.outside.archives import NoSpace
from portal.rules.retention import Brief, expired_from
from portal.web import own_data

PIECES = 3  # cases in one round; each may have half a dozen papers to be made
NO_SPACE, TROUBLE = "no_space", "trouble"
LOST_AND_FOUND = "lost files"
LOOKED_FOR_EVERY = timedelta(days=1)
MOST_LOST = 50
"""If more are lost than that, and than half of all, the folder belongs to another database."""
log = structlog.get_logger()


def make_due(*, now: datetime) -> bool:
    """Go on with the copy that has waited longest; returns whether there was one.

    A full disk is nobody's fault: it is said on the page and tried again. Anything else is raised.
    """
    held = takeouts.claim(now=now)
    if held is None:
        return False
    try:
        go_on(held)
    except NoSpace:
        _put_off(held, NO_SPACE)
    except Exception:
        _put_off(held, TROUBLE)
        raise
    return True


def go_on(held: Takeout, *, pieces: int = PIECES) -> None:
    """Add the next pieces to the copy; after the last one it gets its name, and its person is told."""
    account = Account.get_by_id(held.account_id)
    cases = cases_of(account)
    total, done = 1 + len(cases), _begun(held)
    with own_data.speaking_to(account):
        for number in range(done, min(done + pieces, total)):
            archives.add(_folder(), held.file_name, _piece(account, cases, number))
            done = number + 1
            if not takeouts.note_progress(held, done=done, total=total):
                return  # another worker has it now
    if done >= total:
        size = archives.finish(_folder(), held.file_name)
        takeouts.finish(held, size=size, now=clock.now())
    else:
        takeouts.give_back(held, now=clock.now())


def _begun(held: Takeout) -> int:
    """Return how many pieces are in the file; what a crash has torn is begun anew."""
    if held.done and archives.is_there(_folder(), held.file_name):
        return held.done
    archives.remove(_folder(), held.file_name)
    return 0


def _piece(account: Account, cases: list[int], number: int) -> Iterable[own_data.Member]:
    return own_data.of_case(account, cases[number - 1]) if number else own_data.of_person(account)


def _put_off(held: Takeout, problem: str) -> None:
    archives.remove(_folder(), held.file_name)
    takeouts.put_off(held, problem, now=clock.now())


def end_due(*, now: datetime) -> None:
    """Remove the files of copies whose time is up."""
    takeouts.expire_due(_remove_copy, now=now)


def delete_due(*, now: datetime) -> None:
    """Carry out the deletions whose time has come; files go once the database knows of nobody any more."""
    gone = Files()
    try:
        deletions.work_due(now=now, files=gone)
    finally:
        _each(_remove_copy, gone.copies)
        _each(_remove_photo, gone.photos)
    deletions.forget_goodbyes(now=now)


def retain(*, now: datetime) -> None:
    """Let go of what is over, a piece in each round, and once a day of files that belong to nothing."""
    _each(_remove_photo, retention.work_due(now=now))
    turn = Round.get_or_none(Round.name == LOST_AND_FOUND)
    if turn is None or abs(now - turn.at) >= LOOKED_FOR_EVERY:
        remove_strays(now=now)
        rounds.finish(now=now, name=LOST_AND_FOUND)


def remove_strays(*, now: datetime) -> int:
    """Remove photos and copies that no row knows of: what a crash has left. Returns how many."""
    old = leftovers.names_before(_photos(), files.NAME, expired_from(Brief.STRAYS, now))
    lost = retention.strays(old)
    if len(lost) > max(MOST_LOST, len(old) // 2):
        log.error("the photos are not this database's: none is removed", lost=len(lost), photos=len(old))
        lost = []
    _each(_remove_photo, lost)
    copies = takeouts.strays(archives.names(_folder()))
    _each(_remove_copy, copies)
    return len(lost) + len(copies)


def _each(remove: Callable[[str], object], names: Iterable[str]) -> None:
    for name in names:
        remove(name)


def _remove_copy(name: str) -> None:
    archives.remove(_folder(), name)


def _remove_photo(name: str) -> None:
    if files.NAME.fullmatch(name):
        files.delete_photo(_photos(), name)


def _folder() -> Path:
    return current_app.config["PORTAL"].takeouts


def _photos() -> Path:
    return current_app.config["PORTAL"].photos
