"""What a copy of one's own data holds (rule P3): plain data for machines, papers and photos for people.

Only what its person may see (rule P1): no note of the team, no other business, no secret. It is made outside
of any request, piece by piece: first what belongs to the person and the business, then case by case.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from typing import Any

from flask import current_app, g, render_template

from portal.models import Account, Case, own_cases, own_data
from portal.outside import clock, files
from portal.rules.returns import GOING_HOME
from portal.rules.workflow import CLOSED
from portal.web import context
from portal.web.documents import facts_sheet, outage, return_note, slip
from portal.web.documents import quote as quote_paper

VERSION = 1  # of the plain data's form; a change that breaks readers makes it one more
Member = tuple[str, bytes]


@contextmanager
def speaking_to(account: Account) -> Iterator[None]:
    """Do the block as if the person asked for a page: in their language, with the portal's addresses."""
    with current_app.test_request_context(base_url=current_app.config["PORTAL"].url):
        g.keep_connection = True  # the connection is the worker's
        g.language = account.language if account.language in context.LANGUAGES else context.LANGUAGES[0]
        yield


def of_person(account: Account) -> Iterator[Member]:
    """Yield what says what all this is, and what belongs to the person and the business."""
    yield "README.txt", render_template("account/data_readme.txt", account=account).encode()
    yield "data.json", plain({"version": VERSION, "made_at": clock.now(), **own_data.of(account)})


def of_case(account: Account, case_id: int) -> Iterator[Member]:
    """Yield what belongs to one case: its data, papers and photos. Nothing for one that is not theirs."""
    case = own_cases.seen_by(account, case_id)
    if case is None:
        return
    folder = f"cases/{case.number}"
    photos = own_cases.photos_of(case)
    yield f"{folder}/case.json", plain(own_cases.told(case, account, photos))
    if case.erased_at is not None:
        return
    for name, paper in _papers(case):
        yield f"{folder}/{name}.pdf", paper
    for number, photo in enumerate(photos, start=1):
        try:
            with files.open_photo(current_app.config["PORTAL"].photos, photo.name) as file:
                yield f"{folder}/{own_cases.photo_name(number)}", file.read()
        except FileNotFoundError:
            continue  # its file is gone; the case still says that there was one


def _papers(case: Case) -> Iterator[tuple[str, bytes]]:
    if case.is_send_in and case.released_at:
        yield "slip", slip.as_released(case, case.released_at)
    elif case.is_send_in and case.state not in CLOSED:  # one that is over and never was released has none
        yield "slip", slip.made(case)
    if case.state in GOING_HOME:
        yield "return-note", return_note.made(case)
    for quote in own_cases.quotes_of(case):
        if quote.frozen:
            yield f"quote-{quote.number}", quote_paper.made(quote)
    swaps = facts_sheet.swaps_of(case)
    if swaps:
        yield "facts", facts_sheet.made(case, swaps)
    yield "outage-record", outage.made(case)


def plain(told: dict[str, Any]) -> bytes:
    """Return data as JSON that people can read as well: moments in UTC, days as days."""
    return json.dumps(told, default=_plain, ensure_ascii=False, indent=2).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"nothing to write down: {type(value)}")
