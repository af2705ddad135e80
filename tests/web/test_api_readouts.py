"""Does the API take read-outs and loadings once, and only where they fit?  (rules L3, L6)"""

from datetime import timedelta

import pytest

from portal.actions import back_end, doors, link_steps, links
from portal.models import Case, History, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.rules.links import Ending, LinkState, Mode, TillState
from portal.rules.workflow import State
from tests import builders as build
from tests.actions.parallel import at_once
from tests.builders import NOW, SECRET
from tests.web.api import KEY_NAME, LATER, READ_OUT_AT, a_locked_link, fresh, refused, text, told

pytestmark = pytest.mark.usefixtures("later")


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


def test_a_case_after_the_workshop_takes_no_read_out(machine):  # rule L6
    link = a_locked_link()
    Case.update(state=State.ON_ITS_WAY_BACK).where(Case.id == link.case_id).execute()
    answer = machine.post(f"/links/{link.id}/read-out", {"read_out_at": text(READ_OUT_AT)})
    assert refused(answer) == (409, "server_not_here")
    assert SubstituteLink.get_by_id(link.id).till_confirmed is TillState.LOCKED
