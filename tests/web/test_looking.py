"""Who came in and went, and who of the staff looked at whose data: it is written down."""

from datetime import timedelta

import pytest
from peewee import OperationalError

from portal.actions import looks
from portal.models import History
from portal.rules.signing_in import By
from tests import builders as build

FROM = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}


def rows(*whats: str) -> list[History]:
    return list(History.select().where(History.what.in_(whats)).order_by(History.id))


def test_coming_in_and_going_is_written_down_with_the_way_and_the_address(client, owner, come_in):
    come_in(client, owner)
    client.send(client.get("/cases"), form="/sign-out")
    came, left = rows("sign_in", "sign_out")
    assert (came.account, came.about, came.facts["way"]) == (owner, f"account:{owner.id}", By.PASSWORD)
    assert (came.address, left.account) == ("127.0.0.1", owner)


def test_sessions_that_are_ended_by_hand_are_written_down(signed_in, owner, sign_in, app):
    sign_in(app.test_client(), owner)
    signed_in.send(signed_in.get("/account"), form="/account/sessions/end")
    assert [row.about for row in rows("end_sessions")] == [f"account:{owner.id}"]


@pytest.mark.parametrize("is_known", [True, False])
def test_guessing_is_written_down_once_it_is_slowed_and_never_for_each_try(client, owner, is_known):
    email = owner.email if is_known else "niemand@salon.example"
    for _try in range(60):
        client.send(client.get("/sign-in"), {"email": email, "password": "falsch"}, form="/sign-in")
    found = rows("shut_out")
    assert 1 <= len(found) < 10
    assert {row.about for row in found} == {f"account:{owner.id}" if is_known else None}
    assert not any(email in str(row.facts) for row in found)  # a mistyped password may stand there


def test_a_wrong_proof_before_a_dangerous_deed_is_written_down(signed_in, owner):
    page = signed_in.get("/account/confirm")
    signed_in.send(page, {"password": "falsch"}, form="/account/confirm", button=("by", "password"))
    assert [row.account for row in rows("not_confirmed")] == [owner]


def test_what_staff_look_at_is_written_down_once_in_a_quarter_of_an_hour(client, staff, app):
    case = build.a_case()
    seen = {f"/staff/cases/{case.number}": f"case:{case.id}", "/staff/customers/1": "customer:1"}
    for address in seen:
        client.head(address, **FROM)
        assert f"{seen[address]}" not in {row.about for row in rows("look")}
        client.get(address, **FROM)
        client.get(address, **FROM)
        app.extensions["looks"].clear()  # another process
        client.get(address, **FROM)
    assert [(row.about, row.account, row.address) for row in rows("look")] == [
        (about, staff, "192.0.2.7") for about in seen.values()
    ]
    assert not any(row.case_id for row in rows("look"))  # the case's own history is what was done with it


def test_an_owner_who_looks_at_their_own_case_leaves_no_trace(signed_in, device):
    case = build.a_case(device)
    signed_in.get(f"/cases/{case.number}")
    signed_in.get(f"/cases/{case.number}/slip.pdf")
    assert not rows("look", "fetch_paper")


def test_a_look_that_cannot_be_written_costs_nobody_the_page(client, staff, monkeypatch):
    def busy(*_subject, **_facts):
        raise OperationalError("database is locked")

    monkeypatch.setattr(looks, "note", busy)
    answer = client.get(f"/staff/cases/{build.a_case().number}")
    assert answer.status_code == 200


def test_after_a_quarter_of_an_hour_the_same_look_counts_again(database):
    case, staff = build.a_case(), build.a_staff_member()
    minutes = (0, 5, 14, 15, 20)
    noted = [looks.note(case, "look", by=staff, at=build.NOW + timedelta(minutes=one)) for one in minutes]
    assert noted == [True, False, False, True, False]
