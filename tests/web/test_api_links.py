"""Does the API tell how links stand, and nothing else?  (rule L9)"""

from datetime import timedelta
from itertools import product

import pytest

from portal.actions import links
from portal.rules.links import Ending, LinkState
from tests import builders as build
from tests.builders import NOW, SECRET
from tests.queries import counted
from tests.web.api import LATER, a_locked_link, fresh, refused, text, told

pytestmark = pytest.mark.usefixtures("later")


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


def test_a_page_of_links_costs_three_questions_and_the_count_of_calls(machine):
    for _number in range(4):
        a_locked_link()
    machine.get("/links")
    with counted() as queries:
        assert len(machine.get("/links").json["links"]) == 4
    assert len(queries) <= 3 + 2, str(queries)  # the count is read and moved on; ADR 023


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
