"""Who runs this portal: name, address, texts, fees and limits; for admins only (section Operator)."""

from datetime import date

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import operator as deeds
from portal.actions.operator import OperatorUnfit
from portal.models import Account, Operator
from portal.outside import clock
from portal.rules import berlin
from portal.web.fragments import go_to, page
from portal.web.staff import admins, bp
from portal.web.staff.operator_form import FIELDS, GROUPS, Kind, beyond, mark_of, read, shown

TEXTS = tuple(name for name, asked in FIELDS.items() if asked.kind is Kind.TEXT)


@bp.route("/operator", methods=["GET", "POST"])
def operator() -> Response:
    """Show the record, show what its texts would look like, or change it."""
    if asked := admins.only():
        return asked
    record = Operator.current()
    if request.method != "POST":
        return _page(shown(record), mark_of(record))
    typed = {name: request.form.get(name, "") for name in FIELDS}
    values, wrong = read(typed, today())
    if wrong:
        return _page(typed, request.form.get("seen", ""), wrong)
    if request.form.get("seen") != mark_of(record):
        return _page(typed, mark_of(record), status=409)
    if request.form.get("do") == "preview":
        return _page(typed, mark_of(record), preview={name: values[name] for name in TEXTS})
    return _change(record, values, typed)


def _change(record: Operator, values: dict[str, str], typed: dict[str, str]) -> Response:
    before = shown(record)
    after, _wrong = read(before, today())
    different = {name: value for name, value in values.items() if value != after[name]}
    try:
        if different:
            deeds.change(different, by=me(), now=clock.now())
    except OperatorUnfit as problem:
        said = beyond(problem.name) if problem.name in deeds.LIMITS else str(problem)
        return _page(typed, mark_of(record), {problem.name: said})
    flash(_("Gespeichert. Es gilt ab sofort überall."), "good")
    return go_to(url_for("staff.operator"))


def with_error(name: str, said: str) -> Response:
    """Show the record as it stands, and what was wrong with a file that was sent."""
    record = Operator.current()
    return _page(shown(record), mark_of(record), {name: said})


def _page(
    typed: dict[str, str],
    mark: str,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
    preview: dict[str, str] | None = None,
) -> Response:
    return page(
        "staff/operator.html",
        status=422 if errors else status,
        groups=GROUPS,
        typed=typed,
        seen_mark=mark,
        errors=errors or {},
        is_moved=status == 409,
        logo=Operator.current().logo,
        preview=preview or {},
        labels_of={name: asked.label for name, asked in FIELDS.items()},
    )


def today() -> date:
    """Return the day on which this is read."""
    return berlin.day_of(clock.now())


def me() -> Account:
    """Return the admin who is here."""
    return current_user._get_current_object()
