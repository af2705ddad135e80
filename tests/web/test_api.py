"""Does the API keep its contract, and open to none but the keys that may?  (rule P1)"""

from datetime import timedelta

import pytest
from openapi_spec_validator import validate

from portal.actions import keys
from portal.models import ApiKey
from portal.rules.keys import Scope
from tests import builders as build
from tests.builders import NOW
from tests.queries import counted
from tests.web.api import LATER, READ_OUT_AT, Machine, a_key, a_locked_link, backups_of, fresh, refused, text

pytestmark = pytest.mark.usefixtures("later")
ADDRESSES = {
    ("GET", "/openapi.json"),
    ("GET", "/links"),
    ("GET", "/links/{link}"),
    ("POST", "/links/{link}/read-out"),
    ("POST", "/links/{link}/load"),
    ("POST", "/devices/{serial}/backups"),
}


def test_the_document_lists_exactly_the_routes_there_are(app, machine):
    document = Machine(app, None).get("/openapi.json").json
    validate(document)
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(method, f"/api/v1{path}") for method, path in ADDRESSES}
    routes = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert len(routes) == len(described)


def test_the_document_loads_nothing_from_elsewhere_and_names_each_scope(app):
    document = Machine(app, None).get("/openapi.json")
    assert "http://" not in document.text
    assert "https://" not in document.text
    needed = {
        tuple(need.get("key", ()))
        for methods in document.json["paths"].values()
        for operation in methods.values()
        for need in operation["security"] or [{}]
    }
    assert needed == {(), *[(scope,) for scope in Scope]}


def test_without_a_key_nothing_is_told(app, client, sign_in):
    link = a_locked_link()
    sign_in(client, build.an_admin())  # a session's cookie means nothing here
    for method, path in sorted(ADDRESSES - {("GET", "/openapi.json")}):
        address = "/api/v1" + path.format(link=link.id, serial=link.device.serial)
        for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
            answer = client.open(address, method=method, headers=headers, json={})
            assert (answer.status_code, answer.json["code"]) == (401, "key_missing"), headers
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="portal"'


def test_a_wrong_key_opens_nothing_and_costs_one_question(app, machine):
    for wrong in ("x", "portal_", "portal_" + "A" * 43, "ä", "%00", "a" * 5000, ApiKey.get().key_hash):
        stranger = Machine(app, wrong)
        with counted() as queries:
            answer = stranger.get("/links")
        assert refused(answer) == (401, "key_unknown")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert len(queries) == 1, str(queries)


def test_a_revoked_key_opens_nothing_any_more(app, machine):
    assert machine.get("/links").status_code == 200
    keys.revoke(ApiKey.get(), by=build.an_admin(), now=LATER)
    assert refused(machine.get("/links")) == (401, "key_unknown")


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_may_do_what_its_scope_says_and_no_more(app, scope):
    link = a_locked_link()
    machine = Machine(app, a_key(scope))
    asked = {
        Scope.LINKS_READ: [machine.get("/links"), machine.get(f"/links/{link.id}")],
        Scope.BACKUPS_WRITE: [machine.post(backups_of(link.device), {"taken_at": text(NOW)})],
        Scope.READ_OUTS_WRITE: [
            machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)}),
            machine.post(f"/links/{link.id}/load", {"loaded_at": text(LATER)}),
        ],
    }
    for needed, answers in asked.items():
        for answer in answers:
            if needed == scope:
                assert answer.status_code == 200
            else:
                assert refused(answer) == (403, "scope_missing")
                assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]
    if scope is not Scope.READ_OUTS_WRITE:
        assert fresh(link).read_out_at is None


def test_when_a_key_was_last_used_is_noted_once_a_minute(machine, later):
    machine.get("/links")
    assert ApiKey.get().last_used_at == LATER
    later.shift(59)
    with counted() as queries:
        machine.get("/links")
    assert len(queries) == 4  # the key, its quota twice, the links
    assert ApiKey.get().last_used_at == LATER
    later.shift(1)
    machine.get("/links")
    assert ApiKey.get().last_used_at == LATER + timedelta(minutes=1)
