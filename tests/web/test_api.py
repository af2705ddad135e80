"""Does the API tell and take what the back end needs, once, and nothing else?  (rules B2, L6, L9)"""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
import time_machine
from flask import abort
from openapi_spec_validator import validate
from peewee import OperationalError

from portal.actions import back_end, doors, keys, link_steps, links
from portal.models import ApiKey, Case, Device, History, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.rules.keys import Scope
from portal.rules.links import Answer, Ending, LinkState, Mode, Reason, TillState
from portal.rules.workflow import State
from tests import builders as build
from tests.actions.parallel import at_once
from tests.builders import NOW, SECRET
from tests.queries import counted
from tests.web.api import KEY_NAME, LATER, Machine, a_key, a_locked_link, refused

READ_OUT_AT = NOW + timedelta(hours=2)
ADDRESSES = {
    ("GET", "/openapi.json"),
    ("GET", "/links"),
    ("GET", "/links/{link}"),
    ("POST", "/links/{link}/read-out"),
    ("POST", "/links/{link}/load"),
    ("POST", "/devices/{serial}/backups"),
}


@pytest.fixture(autouse=True)
def later():
    with time_machine.travel(LATER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def machine(app):
    return Machine(app, a_key())


def text(moment):
    return moment.isoformat()


def backups_of(device):
    return f"/devices/{device.serial}/backups"


def fresh(row):
    return type(row).get_by_id(row.id)


def told(link):
    """Return what the history says of a link, with the keys that did it."""
    return [(row.what, row.account_id, row.facts.get("api_key")) for row in History.of_link(link)]


# The contract.


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


# Who may.


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
    assert len(queries) == 2
    assert ApiKey.get().last_used_at == LATER
    later.shift(1)
    machine.get("/links")
    assert ApiKey.get().last_used_at == LATER + timedelta(minutes=1)


# Reading links.


def test_a_link_tells_how_it_stands(machine):
    link = a_locked_link()
    assert machine.get(f"/links/{link.id}").json == {
        "id": link.id,
        "sequence": fresh(link).revision,
        "state": "active",
        "mode": "view_only",
        "can_cash": False,
        "ending": None,
        "case": link.case.number,
        "device_serial": link.device.serial,
        "till_id": None,
        "till_wanted": "locked",
        "till_confirmed": "locked",
        "requested_at": "2026-11-21T09:14:00Z",
        "activated_at": "2026-11-21T09:14:00Z",
        "ends_at": "2026-12-21T09:14:00Z",
        "read_out_at": None,
        "loaded_at": None,
        "lock_lifted_at": None,
        "ended_at": None,
    }


def test_neither_doors_nor_people_nor_tills_addresses_are_told(machine, app):  # rule L9
    link = build.an_active_link()
    answer = machine.get(f"/links/{link.id}").text + machine.get("/links").text
    from portal.rules.links import door_token

    for secret in (door_token(SECRET, link.id, 1), link.token_hash, "till.example", "Muster", "Haarwerk"):
        assert secret not in answer


def test_past_its_end_a_link_is_ended_without_any_worker(machine, later):  # rule L9
    link = build.an_active_link(days=1)
    later.move_to(link.ends_at - timedelta(microseconds=1))
    assert machine.get(f"/links/{link.id}").json["state"] == "active"
    later.move_to(link.ends_at)
    answer = machine.get(f"/links/{link.id}").json
    assert (answer["state"], answer["ending"], answer["can_cash"]) == ("ended", "expired", False)
    later.move_to(link.ends_at - timedelta(hours=5))  # the first refusal is written down
    assert machine.get(f"/links/{link.id}").json["state"] == "ended"
    assert [what for what, _by, _key in told(link)].count("expire") == 1


@pytest.mark.both_engines
def test_the_list_judges_by_the_clock_too(machine, later):  # rule L9
    over, running = build.an_active_link(days=1), build.an_active_link()
    asked = build.a_link_request()
    later.move_to(over.ends_at)

    def ids(state):
        return [one["id"] for one in machine.get("/links", state=state).json["links"]]

    assert ids("active") == [running.id]
    assert ids("requested") == [asked.id]
    assert fresh(over).state is LinkState.ACTIVE
    assert ids("ended") == [over.id]
    assert fresh(over).ending is Ending.EXPIRED


def test_an_ended_link_cannot_cash_although_its_till_is_still_open(machine):
    link = build.an_active_link()
    links.delete(link, "Nicht mehr nötig", by=build.a_staff_member(), now=LATER)
    answer = machine.get(f"/links/{link.id}").json
    assert (answer["till_confirmed"], answer["till_wanted"]) == ("open", "gone")
    assert answer["can_cash"] is False


@pytest.mark.both_engines
def test_the_list_is_paged_by_key(machine):
    made = [build.a_link_request().id for _number in range(5)]
    first = machine.get("/links", limit=2).json
    second = machine.get("/links", limit=2, after=first["next"]).json
    third = machine.get("/links", limit=2, after=second["next"]).json
    pages = [[one["id"] for one in page["links"]] for page in (first, second, third)]
    assert pages == [made[:2], made[2:4], made[4:]]
    assert third["next"] is None


def test_a_page_of_links_costs_three_questions(machine):
    for _number in range(4):
        a_locked_link()
    machine.get("/links")
    with counted() as queries:
        assert len(machine.get("/links").json["links"]) == 4
    assert len(queries) <= 3, str(queries)


BAD_QUERIES = [
    "limit=0", "limit=101", "limit=x", "limit=", "limit=1.0", "limit=%201", "after=-1",
    "after=2147483648", "after=9223372036854775808", "after=1&after=2", "state=", "state=open",
    "stat=active", "limit=٣", "after=%00",
]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_query_that_is_not_understood_is_refused_not_guessed(machine):
    for query in BAD_QUERIES:
        answer = machine.call("GET", f"/links?{query}")
        assert refused(answer) == (422, "unfit"), query
        assert answer.json["errors"][0]["where"] in ("limit", "after", "state", "stat")


NO_IDS = ["0", "4711", "-1", "x", "1.0", "2147483648", str(2**63), "%00", "1%2F2"]


def test_a_link_that_is_none_is_not_found(machine):
    for id, (method, path) in product(NO_IDS, (("GET", ""), ("POST", "/read-out"), ("POST", "/load"))):
        body = {"read_out_at": text(NOW)} if path == "/read-out" else {"loaded_at": text(NOW)}
        answer = machine.call(method, f"/links/{id}{path}", **({"json": body} if method == "POST" else {}))
        assert answer.status_code == 404


# Backups.


def test_a_backups_real_time_changes_the_expected_answer_by_rule(machine):  # rules B2, L4a
    link = build.a_link_request(entered_since=False)
    assert link.expected is Answer.FULL
    older = link.backup_at - timedelta(hours=10)
    answer = machine.post(backups_of(link.device), {"taken_at": text(older)})
    assert answer.json == {
        "device_serial": link.device.serial,
        "last_backup_at": text(older).replace("+00:00", "Z"),
        "requested_link": link.id,
        "expected": "view_only",
    }
    assert Reason.BACKUP_OLDER_THAN_THOUGHT in fresh(link).reasons
    assert told(link)[-1] == ("correct", None, KEY_NAME)


def test_the_same_backup_twice_is_one_and_answered_the_same(machine):
    link = build.a_link_request()
    first = machine.post(backups_of(link.device), {"taken_at": "2026-11-21T10:00:00+01:00"})
    before = (fresh(link).revision, History.select().count(), Letter.select().count())
    second = machine.post(backups_of(link.device), {"taken_at": "2026-11-21T09:00:00.000Z"})
    assert first.json == second.json
    assert (fresh(link).revision, History.select().count(), Letter.select().count()) == before


def test_the_newest_backup_counts_in_whatever_order_they_are_reported(machine):
    link = build.a_link_request()
    machine.post(backups_of(link.device), {"taken_at": text(NOW)})
    answer = machine.post(backups_of(link.device), {"taken_at": text(NOW - timedelta(hours=1))})
    assert answer.json["last_backup_at"] == "2026-11-21T09:14:00Z"
    assert fresh(link).real_backup_at == NOW


def test_what_staff_found_out_about_completeness_stays(machine):  # rules B2, L5
    link = build.a_link_request(entered_since=False)
    staff = build.a_staff_member()
    links.correct(link, real_backup_at=NOW, complete=False, why="Zwei Belege fehlen", by=staff, now=NOW)
    newer = NOW + timedelta(hours=1)
    assert machine.post(backups_of(link.device), {"taken_at": text(newer)}).json["expected"] == "view_only"
    found = fresh(link)
    assert (found.real_backup_at, found.complete, found.corrected_why) == (newer, False, "Zwei Belege fehlen")


@pytest.mark.parametrize("again", [timedelta(0), timedelta(hours=-3)])
def test_a_report_that_comes_again_leaves_what_staff_found_out_since(machine, again):  # rule B2
    link = build.a_link_request()
    machine.post(backups_of(link.device), {"taken_at": text(NOW)})
    real, staff = NOW - timedelta(days=1), build.a_staff_member()
    links.correct(fresh(link), real_backup_at=real, complete=None, why="Defekt", by=staff, now=LATER)
    assert machine.post(backups_of(link.device), {"taken_at": text(NOW + again)}).status_code == 200
    assert (fresh(link).real_backup_at, fresh(link).corrected_why) == (real, "Defekt")


def test_a_backup_without_a_request_is_kept_for_the_next_one(machine):  # rule B2
    device = build.a_device()
    answer = machine.post(backups_of(device), {"taken_at": text(NOW)})
    assert (answer.json["requested_link"], answer.json["expected"]) == (None, None)
    assert build.a_link_request(fresh(device)).real_backup_at == NOW


def test_a_decided_link_is_not_changed_by_a_backup(machine):  # rule L5
    link = build.an_active_link()
    answer = machine.post(backups_of(link.device), {"taken_at": text(NOW - timedelta(days=9))})
    assert answer.json["requested_link"] is None
    assert fresh(link).revision == link.revision


def test_a_clock_a_minute_ahead_is_fine_and_more_is_not(machine):
    device = build.a_device()
    just = LATER + timedelta(minutes=1)
    assert machine.post(backups_of(device), {"taken_at": text(just)}).status_code == 200
    ahead = text(just + timedelta(microseconds=1))
    assert refused(machine.post(backups_of(device), {"taken_at": ahead})) == (422, "in_the_future")
    assert fresh(device).last_backup_at == just


def test_a_device_that_is_none_is_not_found(machine):
    for serial in ("JC-0", "%00", "a%00b", "x" * 5000, "%FF", "'", "%20", "JC%2F1"):
        assert machine.post(f"/devices/{serial}/backups", {"taken_at": text(NOW)}).status_code == 404


def test_a_device_whose_serial_has_odd_characters_is_found(machine):
    device = build.a_device(serial="KS 12 #4?ö%")
    answer = machine.post("/devices/KS%2012%20%234%3F%C3%B6%25/backups", {"taken_at": text(NOW)})
    assert answer.json["device_serial"] == device.serial


def test_reports_at_once_are_one_correction(app, machine):  # rule S3
    link = build.a_link_request()

    def report(hours):
        taken_at = NOW + timedelta(hours=hours)
        return back_end.report_backup(link.device, taken_at, now=LATER, api_key=KEY_NAME)

    results = at_once(*[lambda: report(1)] * 3, *[lambda: report(2)] * 3)
    assert [type(result).__name__ for result in results] == ["tuple"] * 6
    assert fresh(link.device).last_backup_at == fresh(link).real_backup_at == NOW + timedelta(hours=2)
    assert 1 <= [what for what, _by, _key in told(link)].count("correct") <= 2


# Read-out and loading.


def test_read_out_and_loaded_lift_the_lock_and_the_end_stays(machine):  # rule L6
    link = a_locked_link(by_hand=False)
    answer = machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)})
    assert (answer.json["read_out_at"], answer.json["mode"]) == ("2026-11-21T11:14:00Z", "view_only")
    answer = machine.post(f"/links/{link.id}/load", {"loaded_at": text(LATER)})
    assert (answer.json["mode"], answer.json["till_wanted"]) == ("full", "open")
    assert (answer.json["till_confirmed"], answer.json["can_cash"]) == ("locked", False)
    assert (answer.json["lock_lifted_at"], answer.json["ends_at"]) == (
        "2026-11-21T12:14:00Z", "2026-12-21T09:14:00Z",
    )  # fmt: skip
    deeds = told(link)
    assert ("read_out", None, KEY_NAME) in deeds
    assert ("load", None, KEY_NAME) in deeds
    unlock = Letter.get(Letter.channel == Channel.TILL, Letter.event == "unlock")
    assert unlock.context["link_id"] == link.id


def test_the_same_report_twice_changes_nothing(machine):
    link = a_locked_link()
    steps = [
        ("read-out", {"failed": "Die Platte klackert."}),
        ("read-out", {"read_out_at": text(READ_OUT_AT)}),
        ("load", {"loaded_at": text(LATER)}),
    ]
    for path, body in steps:
        first = machine.post(f"/links/{link.id}/{path}", body)
        before = (History.select().count(), Letter.select().count())
        second = machine.post(f"/links/{link.id}/{path}", body)
        assert (first.status_code, first.json) == (second.status_code, second.json) == (200, first.json)
        assert (History.select().count(), Letter.select().count()) == before
    again = machine.post(f"/links/{link.id}/read-out", {"read_out_at": "2026-11-21T12:14:00+01:00"})
    assert again.status_code == 200  # also after the loading: it may have waited somewhere


def test_a_failed_read_out_leaves_the_lock_and_may_be_followed_by_a_good_one(machine):  # rule L6
    link = a_locked_link()
    answer = machine.post(f"/links/{link.id}/read-out", {"failed": "  Die Platte\x00 klackert. "})
    assert (answer.status_code, answer.json["mode"]) == (200, "view_only")
    assert fresh(link).read_out_problem == "Die Platte klackert."
    assert told(link)[-1] == ("fail_read_out", None, KEY_NAME)
    assert Letter.select().where(Letter.event == "link_read_out_failed").count() == 1
    answer = machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)})
    assert answer.status_code == 200
    answer = machine.post(f"/links/{link.id}/read-out", {"failed": "Doch nicht."})
    assert refused(answer) == (409, "already_read_out")


def test_what_does_not_fit_is_refused_with_the_present_state(machine):  # rules L3, L5, L6
    full, away, asked = build.an_active_link(), a_locked_link(at_workshop=False), build.a_link_request()
    granted = links.grant(
        build.a_link_request(entered_since=True), Mode.VIEW_ONLY, days=3, secret=SECRET,
        by=build.a_staff_member(), now=NOW,
    )  # fmt: skip
    refusals = {full: "no_receipt_lock", away: "server_not_here", asked: "link_not_active",
                granted: "link_not_active"}  # fmt: skip
    for link, code in refusals.items():
        for path, body in (
            ("read-out", {"read_out_at": text(READ_OUT_AT)}),
            ("read-out", {"failed": "Geht nicht"}),
            ("load", {"loaded_at": text(READ_OUT_AT)}),
        ):
            answer = machine.post(f"/links/{link.id}/{path}", body)
            assert refused(answer) == (409, code)
            assert answer.json["link"] == machine.get(f"/links/{link.id}").json
    assert refused(machine.post(f"/links/{a_locked_link().id}/load", {"loaded_at": text(LATER)})) == (
        409, "not_read_out",
    )  # fmt: skip


def test_another_instant_for_what_is_recorded_does_not_fit(machine):
    link = a_locked_link()
    machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)})
    other = {"read_out_at": text(READ_OUT_AT + timedelta(seconds=1))}
    assert refused(machine.post(f"/links/{link.id}/read-out", other)) == (409, "already_read_out")
    machine.post(f"/links/{link.id}/load", {"loaded_at": text(READ_OUT_AT)})
    assert refused(machine.post(f"/links/{link.id}/read-out", other)) == (409, "already_loaded")
    answer = machine.post(f"/links/{link.id}/load", {"loaded_at": text(LATER)})
    assert refused(answer) == (409, "already_loaded")


def test_a_link_past_its_end_takes_nothing_and_is_ended_by_the_report(machine, later):  # rules L3, L9
    link = a_locked_link()
    later.move_to(link.ends_at)
    answer = machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)})
    assert refused(answer) == (409, "link_ended")
    assert (answer.json["link"]["state"], answer.json["link"]["ending"]) == ("ended", "expired")
    assert (fresh(link).ending, fresh(link).read_out_at) == (Ending.EXPIRED, None)


def test_an_instant_that_cannot_be_is_refused(machine):
    link = a_locked_link()
    early, late = text(NOW - timedelta(seconds=1)), text(LATER + timedelta(minutes=2))
    read_out, load = f"/links/{link.id}/read-out", f"/links/{link.id}/load"
    assert refused(machine.post(read_out, {"read_out_at": early})) == (422, "before_activation")
    assert refused(machine.post(read_out, {"read_out_at": late})) == (422, "in_the_future")
    machine.post(read_out, {"read_out_at": text(READ_OUT_AT)})
    before = text(READ_OUT_AT - timedelta(seconds=1))
    assert refused(machine.post(load, {"loaded_at": early})) == (422, "before_activation")
    assert refused(machine.post(load, {"loaded_at": before})) == (422, "before_read_out")
    assert refused(machine.post(load, {"loaded_at": late})) == (422, "in_the_future")
    assert fresh(link).loaded_at is None


def test_the_same_read_out_six_times_at_once_is_one(app, machine):  # rule S3
    link = a_locked_link()

    def report():
        return back_end.report_read_out(link.id, READ_OUT_AT, now=LATER, api_key=KEY_NAME)

    results = at_once(*[report] * 6)
    assert {result.read_out_at for result in results} == {READ_OUT_AT}
    assert [what for what, _by, _key in told(link)].count("read_out") == 1


def test_loaded_or_ended_but_not_both(app, machine):  # rules L3, L6, S3
    link = a_locked_link()
    back_end.report_read_out(link.id, READ_OUT_AT, now=LATER, api_key=KEY_NAME)

    def load():
        return back_end.report_loaded(link.id, LATER, now=link.ends_at, api_key=KEY_NAME)

    results = at_once(load, lambda: link_steps.expire_due(now=link.ends_at), load)
    assert [type(result).__name__ for result in results] == ["DoesNotFit", "int", "DoesNotFit"]
    assert (fresh(link).state, fresh(link).loaded_at) == (LinkState.ENDED, None)
    assert [what for what, _by, _key in told(link)].count("expire") == 1


def test_a_renewed_address_meanwhile_does_not_stop_a_report(app, machine, monkeypatch):  # rule S3
    link = a_locked_link()
    renewed = []

    def judged(found, *, now, real=link_steps.judged):
        if not renewed:  # between reading the link and writing to it
            renewed.append(doors.renew(fresh(link), secret=SECRET, by=build.a_staff_member(), now=LATER))
        return real(found, now=now)

    monkeypatch.setattr(link_steps, "judged", judged)
    done = back_end.report_read_out(link.id, READ_OUT_AT, now=LATER, api_key=KEY_NAME)
    assert (done.read_out_at, done.generation) == (READ_OUT_AT, 2)


# What is no request at all.


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


def test_what_was_read_is_utc_whatever_zone_it_came_in(machine):
    device = build.a_device()
    machine.post(backups_of(device), {"taken_at": "2026-11-21T03:00:00.123456789-05:30"})
    expected = datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=UTC)
    assert Device.get_by_id(device.id).last_backup_at == expected


def test_a_case_after_the_workshop_takes_no_read_out(machine):  # rule L6
    link = a_locked_link()
    Case.update(state=State.ON_ITS_WAY_BACK).where(Case.id == link.case_id).execute()
    answer = machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)})
    assert refused(answer) == (409, "server_not_here")
    assert SubstituteLink.get_by_id(link.id).till_confirmed is TillState.LOCKED
