"""The desk: the queue by harm, and the other lists (rules S5, S6)."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, abort, request
from flask_login import current_user

from portal.models import Case, SubstituteLink, desk
from portal.models.desk import Place
from portal.rules import berlin
from portal.rules.urgency import Harm
from portal.web.addresses import LARGEST_ID
from portal.web.fragments import page
from portal.web.staff import bp, navigation, reckoning, sheets
from portal.web.staff.words import Row, row_of_case, row_of_link


@bp.get("/")
def queue() -> Response:
    """Show what needs a decision, worst harm first, and the first decision beside it (rule S5)."""
    found, more = desk.queue(_me(), _place(request.args.get("after", "")))
    rows, links = rows_of(found, navigation.QUEUE)
    older = navigation.address_of(navigation.QUEUE, after=_written(desk.place_of(found[-1]))) if more else ""
    first = _first_sheet(found, links)
    return page(
        "staff/list.html",
        list_name=navigation.QUEUE,
        rows=rows,
        older=older,
        sheet=first,
        paged="after" in request.args,
    )


@bp.get("/lists/<name>")
def listed(name: str) -> Response:
    """Show one of the other lists, newest first; links by harm (rule S5)."""
    if name == navigation.LINKS:
        rows, older = _links(name)
    elif name in navigation.GROUPS or name == "all":
        rows, older = _cases(name)
    else:
        abort(404)
    return page(
        "staff/list.html", list_name=name, rows=rows, older=older, sheet=None, paged=bool(request.args)
    )


def _cases(name: str) -> tuple[list[Row], str]:
    before = request.args.get("before", type=int)
    before = before if before and 0 < before <= LARGEST_ID else None
    found, more = desk.cases_in(_me(), navigation.GROUPS.get(name, ()), before)
    rows, _links_of = rows_of(found, name)
    return rows, navigation.address_of(name, before=found[-1].id) if more else ""


def _links(name: str) -> tuple[list[Row], str]:
    """Return the open links by harm, each with why it stands there; two questions more at most (rule S5)."""
    found, more = desk.open_links(_me(), _place(request.args.get("after", "")))
    short = [link.case for place, link in found if place.harm == Harm.LINK_ENDS_FIRST]
    reckoned = reckoning.of_flagged(short)
    rows = [row_of_link(link, name, reckoned.get(link.case_id)) for _place_of_it, link in found]
    return rows, navigation.address_of(name, after=_written(found[-1][0])) if more else ""


def rows_of(found: Sequence[Case | SubstituteLink], at: str) -> tuple[list[Row], dict[int, SubstituteLink]]:
    """Return the rows of what was found, and the open links of the cases among it; three queries at most."""
    cases = [row for row in found if isinstance(row, Case)]
    links = desk.open_links_of(cases)
    said = desk.last_words([case for case in cases if case.harm == Harm.ANSWER_OPEN])
    reckoned = reckoning.of_flagged(cases)
    rows = [
        row_of_case(row, links.get(row.id), said.get(row.id), at, reckoned.get(row.id))
        if isinstance(row, Case)
        else row_of_link(row, at)
        for row in found
    ]
    return rows, links


def _first_sheet(
    found: Sequence[Case | SubstituteLink], links: dict[int, SubstituteLink]
) -> sheets.Sheet | None:
    if not found:
        return None
    first = found[0]
    if isinstance(first, SubstituteLink):
        return sheets.of_link(first, at=navigation.QUEUE)
    return sheets.of_case(first, links.get(first.id), at=navigation.QUEUE)


def _me():
    return current_user._get_current_object()


def _written(place: Place) -> str:
    return f"{place.harm}_{place.since.isoformat()}_{int(place.is_link)}_{place.id}"


def _place(text: str) -> Place | None:
    """Return the place a page begins behind; what is no place begins at the top."""
    try:
        harm, since, is_link, row = text.split("_")
        moment = berlin.aware(datetime.fromisoformat(since))
        place = Place(int(harm), moment, is_link == "1", int(row))
    except (ValueError, OverflowError):  # a moment before the year 1, in UTC
        return None
    return place if 0 <= place.id <= LARGEST_ID and 0 <= place.harm <= 100 else None
