"""Pages about people's own data: the copy, the deletion, and what admins see of both (rule P3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.actions import deletions, erasing, takeouts
from portal.actions.erasing import Files
from portal.models import Account, Customer, Deletion
from portal.models.privacy import Scope
from portal.rules.retention import GRACE
from tests import builders
from tests.actions.closed_cases import a_closed_case


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the rows, and return each page's name, its address and who looks at it."""
    staff, admin = builders.a_staff_member(), builders.an_admin()
    with_cases = a_closed_case(quote=True, now=now - timedelta(days=40)).reporter
    yield "owner-own-data", "/account/data", with_cases
    yield "owner-own-data-staff", "/account/data", staff
    yield "owner-own-data-running", "/account/data", _with_copy(now, done=2)
    yield "owner-own-data-no-space", "/account/data", _with_copy(now, problem="no_space")
    yield "owner-own-data-ready", "/account/data", _with_copy(now, is_ready=True)
    yield "owner-delete", "/account/delete", with_cases
    yield "owner-delete-staff", "/account/delete", staff
    several = builders.an_owner()
    builders.an_owner(several.customer)
    yield "owner-delete-choice", "/account/delete", several
    asked = builders.an_owner()
    deletions.ask(asked, Scope.BUSINESS, now=now)
    yield "owner-delete-asked", "/account/delete", asked
    yield "staff-customer-deleted-soon", f"/staff/customers/{asked.customer_id}", staff
    yield "staff-retention", "/staff/retention", admin
    yield "staff-locked", f"/staff/retention/customers/{_locked(now).id}", admin
    yield "staff-anonymise", f"/staff/people/{several.id}/anonymise", staff
    yield "staff-customer-anonymised", f"/staff/customers/{_anonymised(now).id}", staff


def _with_copy(now: datetime, *, done: int = 0, problem: str = "", is_ready: bool = False) -> Account:
    owner = builders.an_owner()
    takeouts.ask(owner, now=now)
    held = takeouts.claim(now=now)
    assert held is not None
    takeouts.note_progress(held, done=done, total=5)
    if problem:
        takeouts.put_off(held, problem, now=now)
    if is_ready:
        takeouts.finish(held, size=4_200_000, now=now)
    return owner


def _locked(now: datetime) -> Customer:
    case = a_closed_case(now=now - timedelta(days=60))
    asked = deletions.ask(case.reporter, Scope.BUSINESS, now=now - GRACE)
    deletions.carry_out(Deletion.get_by_id(asked.id), now=now)
    return Customer.get_by_id(case.customer_id)


def _anonymised(now: datetime) -> Customer:
    owner = builders.an_owner()
    assert isinstance(erasing.anonymise(owner, by=builders.an_admin(), now=now, why="Auf Wunsch"), Files)
    return owner.customer
