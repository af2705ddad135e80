"""The history of the whole portal: who did what, when, from where and about what (rule S).

Rows are only ever read here. Who signed in, who looked at what, and from where people worked is shown to
admins alone: it says how colleagues work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import history as written
from portal.models import Account, Case, Customer, History, Seal, past
from portal.outside import clock
from portal.rules import berlin, numbers
from portal.web import confirm
from portal.web.csv_file import download
from portal.web.fragments import page
from portal.web.staff import bp
from portal.web.staff import past as in_words
from portal.web.staff.history_form import Question, is_admin, key_of, kinds, question, text_of

HEADER = (
    _l("Nummer"), _l("Zeit"), _l("Person"), _l("E-Mail"), _l("Was"), _l("Kürzel"), _l("Betrifft"),
    _l("Einzelheiten"), _l("Grund"), _l("Adresse"), _l("Siegel"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One row in words, and where it leads."""

    entry: in_words.Entry
    about: str
    href: str
    address: str
    year: str  # of another year than this one


@bp.get("/history")
def history() -> Response:
    """Show the newest of what is searched for; the address says what that is."""
    asked = question()
    after = key_of(request.args.get("after", ""))
    found = past.Found([]) if asked.errors else past.search(asked.sought, after)
    return page(
        "staff/history.html",
        status=422 if asked.errors else 200,
        typed=asked.typed,
        asked=asked.asked,
        errors=asked.errors,
        kinds=kinds(),
        lines=_lines(found.rows),
        is_admin=is_admin(),
        is_first=after is None,
        newest=url_for("staff.history", **asked.asked),
        older=url_for("staff.history", **asked.asked, after=text_of(found.next)) if found.next else "",
        looked_until=found.looked_until,
    )


def _lines(rows: list[History]) -> list[Line]:
    subjects = past.subjects(rows)
    return [_line(row, subjects) for row in rows]


def _line(row: History, subjects: dict[str, Any]) -> Line:
    subject = subjects.get(past.name_of(row))
    about, href = ("", "") if isinstance(subject, Account) and subject == row.account else _about(subject)
    return Line(in_words.entry(row), about, href, row.address if is_admin() else "", _other_year(row))


def _other_year(row: History) -> str:
    year = berlin.day_of(row.at).year
    return "" if year == berlin.day_of(clock.now()).year else str(year)


def _about(subject: Any) -> tuple[str, str]:
    """Return what a row is about, and the page of it."""
    if isinstance(subject, Case):
        if not subject.number:
            return "", ""
        return numbers.group(subject.number), url_for("staff.case", number=subject.number)
    if isinstance(subject, Customer):
        if subject.locked_at:  # rule P3
            return _("gesperrter Kunde"), ""
        return subject.name, url_for("staff.customer", customer=subject.id)
    if isinstance(subject, Account):
        href = url_for("staff.customer", customer=subject.customer_id) if subject.customer_id else ""
        return subject.name, href
    if subject is not None:
        return _("Ersatzlink %(id)s", id=subject.id), url_for("staff.link", link=subject.id)
    return "", ""


@bp.route("/history/export", methods=["GET", "POST"])
def history_export() -> Response:
    """Give what is searched for as CSV, to admins who have just proved who they are; it is recorded."""
    if not is_admin():
        abort(404)
    if again := confirm.needed():
        return again
    asked = question()
    if request.method != "POST" or asked.errors:
        return _export_page(asked)
    lines = past.count(asked.sought)
    written.record(None, "export_history", by=_me(), at=clock.now(), asked=asked.recorded, lines=lines)
    return download("verlauf", [str(name) for name in HEADER], _cells(asked))


def _export_page(asked: Question) -> Response:
    return page(
        "staff/history_export.html",
        status=422 if asked.errors else 200,
        errors=asked.errors,
        asked=asked.asked,
        back=url_for("staff.history", **asked.asked),
    )


def _cells(asked: Question) -> Iterator[list[str]]:
    for rows in past.everything(asked.sought):
        digests = Seal.digests_of(rows)
        for row, line in zip(rows, _lines(rows), strict=True):
            entry = line.entry
            yield [
                str(row.id),
                berlin.to_berlin(row.at).isoformat(timespec="seconds"),
                entry.who,
                row.account.email if row.account else "",
                entry.what,
                row.what,
                line.about,
                entry.change,
                row.why,
                row.address,
                digests.get(row.id, ""),
            ]


def _me() -> Account:
    return current_user._get_current_object()
