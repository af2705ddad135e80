"""Let go of what is no longer needed: closed cases after their years, and what is brief after its days (P3).

The worker calls `work_due`. Nothing is held in it: each row is erased in a transaction of its own and only
once, so it may be killed at any moment, and two may do it at once. Files are not touched here: names of
photos that may go are returned, and what is left over is found by `strays`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.actions import erasing, history, rounds
from portal.models import (
    Account,
    Attachment,
    Case,
    Customer,
    Draft,
    EmailChange,
    History,
    ImportRun,
    Letter,
    Operator,
    Quote,
    Registration,
    Round,
    SignIn,
    SubstituteLink,
    Swap,
)
from portal.models.base import transaction
from portal.rules import berlin, retention
from portal.rules.links import LinkState
from portal.rules.quotes import QuoteState
from portal.rules.retention import Brief, CaseFacts, Kind
from portal.rules.workflow import CLOSED

EVERY = timedelta(hours=1)
ROUND = "retention"
PIECE = 500  # rows of one question
CASES = 20  # erased in one round, less than a second, before the others' turn


def work_due(*, now: datetime) -> list[str]:
    """Do a piece of what is to be done, and return which photos' files may go; once an hour to the end."""
    turn = Round.get_or_none(Round.name == ROUND)
    if turn is not None and abs(now - turn.at) < EVERY:
        return []
    photos: list[str] = []
    left = [set_periods(now=now) == PIECE]
    for part in (erase_cases, forget_drafts):
        gone, has_more = part(now=now)
        photos += gone
        left.append(has_more)
    left += [part(now=now) for part in BRIEF_ONES]
    if not any(left):
        rounds.finish(now=now, name=ROUND)
    return photos


def set_periods(*, now: datetime, limit: int = PIECE) -> int:
    """Note on closed cases until when they are kept; returns on how many. Old rows are found as well."""
    years = Operator.current().retention_years
    unset = Case.keep_until.is_null() & Case.erased_at.is_null() & Case.state.in_(list(CLOSED))
    cases = list(Case.select(Case.id, Case.state_since, Case.final_cents).where(unset).limit(limit))
    by_day: dict[Any, list[int]] = {}
    for case, facts in zip(cases, facts_of(cases), strict=True):
        by_day.setdefault(retention.keep_until(facts, years), []).append(case.id)
    with transaction():
        for day, ids in by_day.items():
            Case.update(keep_until=day).where(Case.id.in_(ids)).execute()
    return len(cases)


def facts_of(cases: Sequence[Case]) -> list[CaseFacts]:
    """Return what decides how long each of these closed cases is kept; three questions."""
    ids = [case.id for case in cases]
    vouchers = {
        *_cases_of(Quote, ids, Quote.state == QuoteState.ACCEPTED),
        *_cases_of(Swap, ids, Swap.withdrawn_at.is_null()),
    }
    links = _cases_of(SubstituteLink, ids, SubstituteLink.activated_at.is_null(False))
    return [
        CaseFacts(case.state_since, case.id in vouchers or case.final_cents is not None, case.id in links)
        for case in cases
    ]


def _cases_of(table: Any, ids: Iterable[int], which: Any) -> set[int]:
    rows = table.select(table.case).where(table.case.in_(list(ids)), which)
    return {number for (number,) in rows.tuples()}


def set_years(years: dict[Kind, int], *, by: Account, now: datetime) -> None:
    """Set how many years each kind is kept; the worker works the cases' periods out anew (rule P3).

    Raises ValueError for a number out of bounds.
    """
    if not all(retention.is_sane(number) for number in years.values()):
        raise ValueError("out of bounds")
    operator = Operator.current()
    before = retention.years(operator.retention_years)
    operator.retention_years = {kind.value: number for kind, number in years.items()}
    with transaction():
        operator.save(force_insert=operator.id is None)
        set_anew = Case.keep_until.is_null(False) & Case.erased_at.is_null()
        Case.update(keep_until=None).where(set_anew).execute()
        Round.delete().where(Round.name == ROUND).execute()
        history.record(None, "set_retention", by=by, at=now, old=_plain(before), new=_plain(years))


def _plain(years: dict[Kind, int]) -> dict[str, int]:
    return {kind.value: number for kind, number in years.items()}


def erase_cases(*, now: datetime, limit: int = CASES) -> tuple[list[str], bool]:
    """Erase the closed cases whose period is over; returns their photos, and whether there are more."""
    over = (Case.keep_until < berlin.day_of(now)) & Case.erased_at.is_null()
    due = list(Case.select().where(over).order_by(Case.keep_until).limit(limit))
    photos: list[str] = []
    rounds.for_each(due, lambda case: photos.extend(erasing.erase_case(case, now=now)))
    return photos, len(due) == limit


def forget_drafts(*, now: datetime) -> tuple[list[str], bool]:
    """Throw away reports that nobody went on with, and the drafts of those that were sent long ago."""
    old = Draft.changed_at < retention.expired_from(Brief.DRAFTS, now)
    ids = [draft.id for draft in Draft.select(Draft.id).where(old).order_by(Draft.changed_at).limit(PIECE)]
    with transaction():
        photos = Attachment.select().where(Attachment.draft.in_(ids), Attachment.case.is_null())
        names = [photo.name for photo in photos]
        Attachment.delete().where(Attachment.draft.in_(ids), Attachment.case.is_null()).execute()
        Draft.delete().where(Draft.id.in_(ids), old).execute()
    return names, len(ids) == PIECE


def forget_letters(*, now: datetime) -> bool:
    """Throw away old letters; those of open cases stay, or an event could be told twice (rule S6)."""
    before = retention.expired_from(Brief.LETTERS, now)
    rows = Letter.select(Letter.id, Letter.written_at, Letter.due_at, Case.state)
    rows = rows.left_outer_join(Case).order_by(Letter.id)
    last = 0
    while True:
        page = list(rows.where(Letter.id > last).limit(PIECE))
        old = [row for row in page if row.written_at < before]
        gone = [row.id for row in old if row.due_at is None and not _is_about_an_open_case(row)]
        if gone:
            Letter.delete().where(Letter.id.in_(gone)).execute()
            return True
        if len(old) < PIECE:
            return False
        last = page[-1].id


def _is_about_an_open_case(letter: Letter) -> bool:
    case = getattr(letter, "case", None)
    return case is not None and case.state not in CLOSED


def forget_sign_ins(*, now: datetime) -> bool:
    """Throw away where people were signed in, and in the history from where, when that is long over."""
    before = retention.expired_from(Brief.SIGN_INS, now)
    is_old = (SignIn.ended_at < before) | (SignIn.created_at < before - timedelta(days=90))
    SignIn.delete().where(is_old).execute()
    old = History.case.is_null() & (History.at < before) & History.erased_at.is_null()
    rows = History.select(History.id).where(old, History.what.in_(erasing.SIGNING_IN)).limit(PIECE)
    ids = [row.id for row in rows]
    erasing.erase_words(History.id.in_(ids), now=now)
    return len(ids) == PIECE


_NAMING_STRANGERS = ("refuse_registration", "invite_colleague", "withdraw_invitation")
"""What names people who may have no account that could be anonymised."""


def forget_requests(*, now: datetime) -> bool:
    """Throw away who asked for an account or another address, and what came of customers' lists."""
    before = retention.expired_from(Brief.REQUESTS, now)
    Registration.delete().where(Registration.decided_at < before).execute()
    erasing.erase_words(History.what.in_(_NAMING_STRANGERS) & (History.at < before), now=now)
    EmailChange.delete().where(EmailChange.expires_at < before).execute()
    ImportRun.delete().where(ImportRun.created_at < retention.expired_from(Brief.LISTS, now)).execute()
    return False


def erase_links(*, now: datetime) -> bool:
    """Erase the words of links that never had a case, when their own period is over."""
    years, today = retention.years(Operator.current().retention_years), berlin.day_of(now)
    ran = SubstituteLink.activated_at.is_null(False)
    long_ago = {kind: retention.closed_before(today, number) for kind, number in years.items()}
    is_over = (ran & (SubstituteLink.ended_at < long_ago[Kind.BOOKS])) | (
        ~ran & (SubstituteLink.requested_at < long_ago[Kind.CORRESPONDENCE])
    )
    is_closed = SubstituteLink.state.in_([LinkState.ENDED, LinkState.REFUSED])
    alone = SubstituteLink.case.is_null() & is_closed & ~erasing.is_erased_link()
    due = list(SubstituteLink.select().where(alone, is_over).limit(CASES))
    rounds.for_each(due, lambda link: erasing.erase_link(link, now=now))
    return len(due) == CASES


def erase_locked_customers(*, now: datetime) -> bool:
    """Erase who a locked business was, once no record of it is left (rule P3)."""
    kept = Case.select(Case.id).where(Case.customer == Customer.id, Case.erased_at.is_null())
    links = SubstituteLink.select(SubstituteLink.id).where(
        SubstituteLink.customer == Customer.id, SubstituteLink.case.is_null(), ~erasing.is_erased_link()
    )
    unlocked = Customer.locked_at.is_null(False) & (Customer.name != "")
    due = list(Customer.select().where(unlocked, ~erasing.exists(kept), ~erasing.exists(links)).limit(CASES))
    rounds.for_each(due, lambda customer: erasing.erase_customer(customer, now=now))
    return len(due) == CASES


BRIEF_ONES = (forget_letters, forget_sign_ins, forget_requests, erase_links, erase_locked_customers)
"""What is done besides cases and drafts; each tells whether there is more."""


def strays(names: Sequence[str]) -> list[str]:
    """Return which of these photos' files belong to nothing."""
    known: set[str] = set()
    for start in range(0, len(names), PIECE):
        piece = list(names[start : start + PIECE])
        known.update(row.name for row in Attachment.select().where(Attachment.name.in_(piece)))
    return [name for name in names if name not in known]


def overdue(*, now: datetime) -> bool:
    """Tell whether a case should have been erased a week ago: the worker did not come to it."""
    late = Case.keep_until < berlin.day_of(now - timedelta(days=7))
    return Case.select(Case.id).where(late, Case.erased_at.is_null()).exists()


def preview(years: dict[Kind, int], *, now: datetime) -> int:
    """Count the closed cases that would be erased now with these years: those over for all their kinds."""
    today = berlin.day_of(now)
    before = {kind: Case.state_since < retention.closed_before(today, years[kind]) for kind in Kind}
    accepted = _any_of(Quote, Quote.state == QuoteState.ACCEPTED)
    swapped = _any_of(Swap, Swap.withdrawn_at.is_null())
    ran = _any_of(SubstituteLink, SubstituteLink.activated_at.is_null(False))
    is_kept = Case.state.in_(list(CLOSED)) & Case.erased_at.is_null()
    over = before[Kind.CORRESPONDENCE] & (before[Kind.BOOKS] | ~ran)
    over &= before[Kind.VOUCHERS] | (Case.final_cents.is_null() & ~accepted & ~swapped)
    return Case.select().where(is_kept, over).count()


def _any_of(table: Any, which: Any) -> Any:
    return erasing.exists(table.select(table.id).where(table.case == Case.id, which))
