"""What is left of a case whose time is over: its number, its end, and that it was erased (rule P3)."""

from flask import abort

from portal.models import Case
from portal.web.fragments import page


def refused(case: Case) -> Case:
    """Return the case, or answer every question about one that was erased with the page that says so."""
    if case.erased_at is not None:
        abort(page("errors/erased.html", status=410, case=case))
    return case
