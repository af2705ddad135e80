"""Every address, every method, everybody: does each let in whom it should, and nobody else?  Rule P1."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.actions import emergencies, keys, outages
from portal.models import Account, Appointment, Attachment, Case, OutageLine, ParcelItem, SignIn
from portal.outside import clock
from portal.rules.keys import Scope
from tests import builders
from tests.actions import emergency_made
from tests.builders import NOW
from tests.web.doors import BY_SECRET, DOORS, PASSES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KNOWN = {endpoint: kind for kind, endpoints in DOORS.items() for endpoint in endpoints}
PEOPLE = ("nobody", "owner", "stranger", "half", "staff", "admin", "key")


@pytest.fixture
def world(app: Flask) -> dict[str, Any]:
    """Make a business with something behind every kind of address."""
    app.config["WTF_CSRF_ENABLED"] = False  # the token is another test's matter; here it would hide the guard
    case = builders.a_case_at_commissioning()
    owner = Account.get(Account.customer == case.customer_id)
    link = builders.a_link_request(device=builders.a_device(case.salon), by=owner)
    line = outages.add_line(case, "Strom weg", NOW, by=owner, now=NOW)
    photo = Attachment.create(case=case, name="x", width=1, height=1, size=1, at=NOW)
    item = ParcelItem.of_case(case).first()
    booked = Appointment.get(Appointment.case == case)
    return {
        "owner": owner, "stranger": builders.an_owner(), "staff": builders.a_staff_member(),
        "half": builders.a_staff_member(),
        "admin": builders.an_admin(), "case": case, "link": link, "line": line, "photo": photo, "item": item,
        "secret": _a_case_secret(app),
        "appointment": booked,
    }  # fmt: skip


def _a_case_secret(app: Flask) -> str:
    """Return the secret of a case that somebody without an account has just reported (rule P1a)."""
    secret = app.config["PORTAL"].secret
    return emergencies.token_of(emergency_made.an_emergency(clock.now(), secret), secret)


@pytest.fixture
def values(world: dict[str, Any]) -> dict[str, Any]:
    """Give what stands in the addresses: ids of that business, and words that exist."""
    case: Case = world["case"]
    return {
        "number": case.number, "link": world["link"].id, "line": world["line"].id, "photo": world["photo"].id,
        "appointment": world["appointment"].id, "salon": case.salon_id, "device": case.device_id,
        "customer": case.customer_id, "account": world["owner"].id, "item": world["item"].id, "which": 1,
        "quote": 1, "hook": 1, "key": 1, "letter": 1, "run": 1, "swap": 1, "holiday": 1, "session": 1,
        "kind": "commissioning", "page": "device", "name": "workshop", "deed": "close", "step": "release",
        "answer": "accept", "token": "x", "proof": "x", "takeout": 1, "registration": 1, "invitation": 1,
        "digest": "x", "serial": case.device.serial, "filename": "x",
    }  # fmt: skip


@pytest.fixture
def browsers(app: Flask, world: dict[str, Any], sign_in, come_in) -> dict[str, Any]:
    """Give a browser for each of the people, and one program with a key that may do everything."""
    found = {"nobody": app.test_client(), "key": app.test_client(), "holder": app.test_client()}
    assert found["holder"].get(f"/c/{world['secret']}").status_code == 200
    for who in ("owner", "stranger", "staff", "admin"):
        found[who] = app.test_client()
        sign_in(found[who], world[who])
    found["half"] = app.test_client()
    come_in(found["half"], world["half"], second_factor=False)
    _key, secret = keys.make("alles", list(Scope), by=world["admin"], now=NOW)
    found["key"].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return found


def addresses(app: Flask, values: dict[str, Any]) -> Iterator[tuple[Rule, str]]:
    """Yield each rule with an address made of the values; words that a rule limits are its first."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        chosen = {name: values[name] for name in rule.arguments}
        if "deed" in chosen and "any(" in rule.rule:
            chosen["deed"] = rule.rule.partition("any(")[2].partition(",")[0]
        yield rule, adapter.build(rule.endpoint, chosen)


def test_every_address_stands_in_the_table_once(app):  # rule P1
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert there - KNOWN.keys() == set(), "new addresses: say in tests/web/doors.py who may"
    assert KNOWN.keys() - there == set(), "addresses that are gone"
    assert sum(map(len, DOORS.values())) == len(KNOWN)


@pytest.mark.parametrize("who", PEOPLE)
def test_whom_a_door_is_closed_to_is_not_let_in_by_any_method(app, values, browsers, who):  # rule P1
    wrong = []
    sessions = SignIn.select().where(SignIn.ended_at.is_null()).count()
    for (rule, address), method in product(list(addresses(app, values)), METHODS):
        if _may_pass(who, rule):
            continue
        answer = browsers[who].open(address, method=method)
        if not _is_refused(answer, is_known=method in rule.methods):
            wrong.append(f"{method} {rule.endpoint}: {answer.status_code}")
    assert wrong == []
    assert Account.select().where(Account.closed_at.is_null(False)).count() == 0  # and nothing happened
    assert SignIn.select().where(SignIn.ended_at.is_null()).count() == sessions
    assert OutageLine.select().where(OutageLine.withdrawn_at.is_null()).count() == 1


def _may_pass(who: str, rule: Rule) -> bool:
    kind = KNOWN[rule.endpoint]
    if kind == "by secret":
        return True  # whoever has it; that a wrong one opens nothing is the next test's matter
    if who == "stranger":
        is_open = kind in PASSES["owner"]
        return is_open and not (kind in ("owner", "owner and staff") and _names_something_of_ours(rule))
    return kind in PASSES[who]


def _names_something_of_ours(rule: Rule) -> bool:
    return bool({"number", "link", "salon", "account"} & rule.arguments)


def _is_refused(answer: Any, *, is_known: bool) -> bool:
    """Tell whether the answer gives nothing away: sign in first, no such page, no such method."""
    if answer.status_code == 302:
        target = answer.headers["Location"]  # staff who scanned a slip are led to their own page of the case
        return target.startswith(("/sign-in?next=", "/second-factor?next=", "/staff/cases/"))
    return answer.status_code in ((401, 404) if is_known else (401, 404, 405))


@pytest.mark.parametrize("who", ["owner", "half", "staff", "admin", "key"])
def test_whom_a_door_is_open_to_is_not_turned_away(app, values, browsers, who):  # rule P1
    wrong = []
    for rule, address in addresses(app, values):
        if "GET" not in rule.methods or KNOWN[rule.endpoint] not in PASSES[who]:
            continue
        answer = browsers[who].get(address)
        away = answer.headers.get("Location", "").startswith("/sign-in")
        if away or answer.status_code in (401, 403) or (answer.status_code >= 500 and rule.endpoint != READY):
            wrong.append(f"{rule.endpoint}: {answer.status_code}")
        if answer.status_code == 404 and rule.endpoint not in MISSING_HERE:
            wrong.append(f"{rule.endpoint}: 404")
    assert wrong == []


READY = "machines.ready"  # no worker runs here, and it says so
MISSING_HERE = {
    "papers.facts", "papers.quote", "papers.earlier_quote",  # nothing was swapped, nothing quoted
    "account.passkey_name", "account.passkey_remove",
    "privacy.fetch", "staff.locked_customer",
    "owner.quote", "owner.answer_quote", "owner.tse_disposal", "owner.photo", "staff.photo",
    "staff.photo_preview", "owner.outage_line_withdraw", "staff.interfaces_hook", "staff.import_run",
    "staff.quote_preview", "staff.quote_pdf_preview", "owner.appointment_confirm", "owner.link_outage_record",
    "owner.link_question", "report.question", "staff.registration", "public.logo",
}  # fmt: skip
"""What this business has nothing of: there the guard is passed and then nothing is found."""


@pytest.mark.parametrize("who", PEOPLE)
def test_a_wrong_secret_opens_nothing(app, values, browsers, who):  # rules P1, L9
    for rule, address in addresses(app, values):
        if rule.endpoint in BY_SECRET:
            for method in rule.methods & {"GET", "POST"}:
                answer = browsers[who].open(address, method=method)
                is_own = rule.endpoint == "report.sent" and who == "owner"
                assert answer.status_code in (302, 303, 400, 404, 410) or is_own, (rule.endpoint, method)


def test_a_secret_opens_its_own_case_and_no_other(app, browsers, world):  # rule P1a
    other = _a_case_secret(app)
    renew = f"/c/{world['secret']}/renew"
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint in DOORS["by case secret"]]
    for rule in sorted(rules, key=lambda rule: rule.endpoint == "emergency.renew"):
        for method in sorted(rule.methods & {"GET", "POST"}):
            address = rule.rule.replace("<token>", world["secret"])
            answer = browsers["holder"].open(address, method=method)
            assert answer.status_code in (200, 303, 409, 422), address
    assert browsers["holder"].post(renew).status_code == 404  # the old secret has ended
    assert browsers["owner"].get(f"/c/{other}").status_code == 200  # it is the secret that counts


def test_a_door_left_open_is_noticed(app, values, browsers, world, monkeypatch):  # rule P1
    monkeypatch.setitem(app.before_request_funcs, "staff", [])
    answer = browsers["owner"].get("/staff/customers")
    assert not _is_refused(answer, is_known=True)
