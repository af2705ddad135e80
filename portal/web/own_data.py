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

from portal.models import (
    Account,
    Authenticator,
    Case,
    Consent,
    Customer,
    Device,
    History,
    Letter,
    Operator,
    Passkey,
    Salon,
    SignIn,
    SubstituteLink,
)
from portal.outside import clock, files
from portal.rules.returns import GOING_HOME
from portal.web import context, own_cases
from portal.web.documents import facts_sheet, outage, return_note, slip
from portal.web.documents import quote as quote_paper

VERSION = 1  # of the plain data's form; a change that breaks readers makes it one more
Member = tuple[str, bytes]


def cases_of(account: Account) -> list[int]:
    """Return the ids of the cases that are the account's own, the oldest first; staff have none."""
    if account.customer_id is None:
        return []
    return [case.id for case in Case.visible_to(account).order_by(Case.id)]


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
    yield "data.json", plain({"version": VERSION, "made_at": clock.now(), **_about(account)})


def of_case(account: Account, case_id: int) -> Iterator[Member]:
    """Yield what belongs to one case: its data, papers and photos. Nothing for one that is not theirs."""
    case = Case.visible_to(account).where(Case.id == case_id).first()
    if case is None or account.customer_id is None:
        return
    folder = f"cases/{case.number}"
    photos = list(own_cases.photos_of(case))
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
    if case.is_send_in:
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


def _about(account: Account) -> dict[str, Any]:
    told = {
        "operator": own_cases.chosen(Operator.current(), "company", "street", "postal_code", "city", "email"),
        "account": {
            **own_cases.chosen(account, "id", "name", "email", "role", "language", "created_at"),
            "has_password": bool(account.password_hash),
        },
        "sign_ins": [
            own_cases.chosen(row, "device", "address", "by", "created_at", "last_used_at", "ended_at")
            for row in SignIn.select().where(SignIn.account == account).order_by(SignIn.id)
        ],
        "passkeys": [
            own_cases.chosen(row, "name", "created_at", "last_used_at") for row in Passkey.of(account)
        ],
        "code_app_since": getattr(Authenticator.of(account), "confirmed_at", None),
        "own_deeds": [own_cases.chosen(row, "at", "what", "address") for row in _deeds(account)],
        "letters": [own_cases.letter(row) for row in _letters(account)],
        "consents": [own_cases.consent(row) for row in consents_of(account)],
    }
    return {**told, **_business(account, account.customer)} if account.customer else told


def _deeds(account: Account) -> Any:
    return History.select().where(History.account == account).order_by(History.id)


def _letters(account: Account) -> Any:
    return Letter.select().where(Letter.account == account, Letter.case.is_null()).order_by(Letter.id)


def consents_of(account: Account) -> Any:
    """Select what the person agreed to, with its case, the latest first (rule S7)."""
    mine = Consent.select(Consent, Case).left_outer_join(Case)
    return mine.where(Consent.account == account).order_by(Consent.id.desc())


def _business(account: Account, customer: Customer) -> dict[str, Any]:
    links = SubstituteLink.visible_to(account).where(SubstituteLink.case.is_null())
    return {
        "customer": own_cases.chosen(customer, "number", "name", "created_at"),
        "salons": [own_cases.salon(row) for row in Salon.of(customer)],
        "devices": [own_cases.device(row) for row in Device.of(customer)],
        "links_without_a_case": [own_cases.link(row) for row in links.order_by(SubstituteLink.id)],
    }


def plain(told: dict[str, Any]) -> bytes:
    """Return data as JSON that people can read as well: moments in UTC, days as days."""
    return json.dumps(told, default=_plain, ensure_ascii=False, indent=2).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"nothing to write down: {type(value)}")
