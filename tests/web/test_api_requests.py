"""Is everything that is no request refused, and told as a problem?"""

from datetime import timedelta
from itertools import product

import pytest
from flask import abort
from peewee import OperationalError

from portal.actions import back_end, keys
from portal.rules.quotas import QUOTAS, Kind, Quota
from tests.web.api import READ_OUT_AT, a_locked_link, backups_of, refused, text

pytestmark = pytest.mark.usefixtures("later")


@pytest.fixture
def paths(app):
    link = a_locked_link()
    return [f"/links/{link.id}/read-out", f"/links/{link.id}/load", backups_of(link.device)]


NO_JSON = [
    b"", b"{", b"nothing", b"\x00", b"\xff\xfe", b"[" * 5000, b'{"a":' * 3000, b"{'a': 1}",
    b"\xef\xbb\xbf{}", b'{"failed": "\\ud800 lone"}', b"NaN x", b'{"failed": "a\nb"}',
]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_body_that_is_no_json_is_refused(machine, paths):
    for body in NO_JSON:
        for path in paths:
            answer = machine.call("POST", path, data=body, content_type="application/json")
            assert refused(answer) == (400, "no_json"), body[:20]


OTHER_TYPES = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/xml",
    "application/json-patch+json",
]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_another_content_type_is_refused(machine, paths):
    for kind in OTHER_TYPES:
        for path in paths:
            answer = machine.call("POST", path, data=b'{"failed": "x"}', content_type=kind or None)
            assert answer.status_code == 415


def test_a_charset_in_the_content_type_is_fine(machine, paths):
    body = f'{{"read_out_at": "{text(READ_OUT_AT)}"}}'
    answer = machine.call("POST", paths[0], data=body, content_type="application/json; charset=utf-8")
    assert answer.status_code == 200


def test_a_body_that_is_too_large_is_refused(machine, paths):
    large = b'{"failed": "' + b"x" * 10_000_000 + b'"}'
    for path in paths:
        answer = machine.call("POST", path, data=large, content_type="application/json")
        assert answer.status_code == 413


NO_INSTANTS = [
    None, 1, 1795339800, 1.5, True, [], {}, "", "gestern", "2026-11-21", "2026-11-21T10:00:00",
    "2026-11-21 10:00:00Z", "20261121T100000Z", "2026-13-01T00:00:00Z", "2026-11-21T24:00:01Z",
    "2026-11-21T10:00:00+25:00", "2026-11-21T23:59:60Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "1795339800", "2026-11-21T10:00Z", "٢٠٢٦-11-21T10:00:00Z",
    "2026-W47-6T10:00:00Z", "2026-11-21T10:00:00Z\n", "2026-11-21T10:00:00Europe/Berlin", str(2**63),
]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_instant_without_a_zone_or_none_at_all_is_refused(machine, paths):
    for value in NO_INSTANTS:
        for path, name in zip(paths, ("read_out_at", "loaded_at", "taken_at"), strict=True):
            answer = machine.post(path, {name: value})
            assert refused(answer) == (422, "unfit"), value
            assert answer.json["errors"][0]["where"] == name


OTHER_SHAPES = [[], "x", 1, {}, {"taken": 1}, {"failed": "x", "more": 1}, [{}]]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_json_of_another_shape_is_refused(machine, paths):
    for body in OTHER_SHAPES:
        for path in paths:
            assert refused(machine.post(path, body)) == (422, "unfit"), body
        answer = machine.call("POST", path, data=b"null", content_type="application/json")
        assert refused(answer) == (422, "unfit")


def test_a_read_out_is_done_or_failed_not_both_and_has_a_reason(machine, paths):
    for body in (
        {"failed": "x", "read_out_at": text(READ_OUT_AT)}, {"failed": ""}, {"failed": " \t"},
        {"failed": None}, {"failed": 7}, {"failed": "x" * 501}, {"failed": "\x00"},
    ):  # fmt: skip
        assert refused(machine.post(paths[0], body)) == (422, "unfit"), body
    assert machine.post(paths[0], {"failed": "x" * 500}).status_code == 200


NO_ADDRESSES = ["", "/", "/nothing", "/links/", "/openapi.yaml", "/../v2/links"]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_address_that_is_none_is_told_as_a_problem(machine):
    for path in NO_ADDRESSES:
        assert machine.get(path).status_code == 404
        assert machine.post(path, {}).status_code == 404


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_another_method_is_refused_and_the_right_ones_are_named(machine, paths):
    for method, path in product(("PUT", "DELETE", "PATCH", "TRACE"), (*paths, "/links", "/openapi.json")):
        answer = machine.call(method, path, headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code == 405
        assert "OPTIONS" in answer.headers["Allow"]


def test_too_many_requests_and_what_is_broken_are_problems_too(machine, monkeypatch):
    def fail(*_given, **_named):
        raise error

    monkeypatch.setattr(back_end, "links_now", lambda **_named: abort(429))
    assert refused(machine.get("/links")) == (429, "too_many_requests")
    monkeypatch.setattr(back_end, "links_now", fail)
    error = RuntimeError("a secret of ours")
    answer = machine.get("/links")
    assert refused(answer) == (500, "internal_server_error")
    assert "secret" not in answer.text
    error = OperationalError("database is locked")
    answer = machine.get("/links")
    assert refused(answer) == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "10"


def test_the_database_being_away_is_a_problem_before_any_key_is_asked(machine, monkeypatch):
    def away(*_given, **_named):
        raise OperationalError("away")

    monkeypatch.setattr(keys, "open_with", away)
    assert refused(machine.get("/links")) == (503, "service_unavailable")


def test_pages_keep_their_pages_of_errors(client):
    assert client.get("/nothing").mimetype == "text/html"
    assert client.get("/apiary").mimetype == "text/html"


def test_a_key_that_asks_too_often_is_told_when_to_come_again(machine, monkeypatch):
    monkeypatch.setitem(QUOTAS, Kind.API, Quota(2, timedelta(seconds=60)))
    assert [machine.get("/links").status_code for _ in range(3)] == [200, 200, 429]
    answer = machine.get("/links")
    assert refused(answer) == (429, "too_many_requests")
    assert 25 <= int(answer.headers["Retry-After"]) <= 30
