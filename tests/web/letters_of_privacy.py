"""How the letters about one's own data come about (rule P3); test_letters reads them."""

from portal.actions import deletions, takeouts
from portal.actions.erasing import Files
from portal.models import Account, Deletion
from portal.models.privacy import Scope
from portal.rules.retention import GRACE
from tests.actions.closed_cases import a_closed_case
from tests.builders import NOW, a_case, an_owner


def _takeout_ready() -> None:
    takeouts.ask(an_owner(), now=NOW)
    held = takeouts.claim(now=NOW)
    assert held is not None
    takeouts.finish(held, size=1, now=NOW)


def _asked(owner: Account | None = None) -> Deletion:
    return deletions.ask(owner or an_owner(), Scope.BUSINESS, now=NOW)


def _withdrawn() -> None:
    owner = an_owner()
    deletions.withdraw(_asked(owner), by=owner, now=NOW)


def _carried_out(owner: Account) -> None:
    _asked(owner)
    deletions.work_due(now=NOW + GRACE, files=Files())


EVENTS = {
    "takeout_ready": _takeout_ready,
    "deletion_asked": lambda: _asked() and None,
    "deletion_withdrawn": _withdrawn,
    "deletion_waits": lambda: _carried_out(a_case().reporter),
    "deletion_done": lambda: _carried_out(a_closed_case(quote=True).reporter),
}
