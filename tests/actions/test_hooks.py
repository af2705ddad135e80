"""Who hears of which change, with what, and until when?"""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from standardwebhooks import Webhook

from portal.actions import back_end, doors, hooks, link_steps, links, warnings
from portal.actions.hooks import HookUnfit
from portal.models import History, Hook, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.outside import signatures
from portal.rules.keys import hook_secret
from portal.rules.links import Mode, door_token
from portal.rules.workflow import StepRefused
from portal.web.api.bodies import CaseEvent, LinkEvent
from tests.builders import (
    NOW,
    SECRET,
    a_link_request,
    a_sent_case,
    a_staff_member,
    a_waiting_case,
    an_active_link,
    an_admin,
    an_owner,
)
from tests.web.api import a_locked_link

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def admin(database):
    return an_admin()


def a_hook(admin, *topics, url="https://kasse.example/hooks"):
    return hooks.make(url, topics or ("link", "case"), by=admin, now=NOW)


def told(hook=None):
    """Return what waits for the address, in its order."""
    lane = Letter.lane.is_null(False) if hook is None else Letter.lane == hooks.lane_of(hook)
    found = Letter.select().where(Letter.channel == Channel.HOOK, lane).order_by(Letter.id)
    return [letter.context["body"] for letter in found]


def test_only_admins_manage_webhooks(admin):  # rule P1
    hook = a_hook(admin)
    for person in (a_staff_member(), an_owner()):
        for deed in (
            lambda by: hooks.make("https://x.example/", ["link"], by=by, now=NOW),
            lambda by: hooks.renew_secret(hook, by=by, now=NOW),
            lambda by: hooks.note_secret_shown(hook, by=by, now=NOW),
            lambda by: hooks.send_test(hook, by=by, now=NOW),
            lambda by: hooks.end(hook, by=by, now=NOW),
        ):
            with pytest.raises(StepRefused):
                deed(person)
    assert (Hook.get().ended_at, Hook.get().generation, Hook.select().count()) == (None, 1, 1)
    assert told() == []


@pytest.mark.parametrize(
    ("url", "topics"), [("", ["link"]), ("https://x.example/", []), ("https://x.example/", ["door"])]
)
def test_a_webhook_needs_an_address_and_a_topic(admin, url, topics):
    with pytest.raises(HookUnfit):
        hooks.make(url, topics, by=admin, now=NOW)


def test_each_hears_of_its_topics_only_and_once(admin):
    of_links, of_cases = a_hook(admin, "link"), a_hook(admin, "case", url="https://x.example/")
    case = a_sent_case()
    a_link_request(case=case)
    assert {body["type"] for body in told(of_links)} == {"link.requested"}
    assert {body["type"].partition(".")[0] for body in told(of_cases)} == {"case"}


def test_every_event_is_as_the_contract_says_and_is_documented(admin):
    a_hook(admin)
    staff = a_staff_member()
    asked = a_link_request()
    back_end.report_backup(asked.device, NOW, now=LATER, api_key="x")
    links.refuse(SubstituteLink.get_by_id(asked.id), "Kein Backup", by=staff, now=NOW)
    link = a_locked_link(by_hand=False)
    back_end.report_failed_read_out(link.id, "Klackert", now=LATER, api_key="x")
    back_end.report_read_out(link.id, LATER, now=LATER, api_key="x")
    link = back_end.report_loaded(link.id, LATER, now=LATER, api_key="x")
    doors.renew(link, secret=SECRET, by=staff, now=LATER)
    warnings.warn_due(now=link.ends_at - timedelta(days=1))
    link_steps.expire_due(now=link.ends_at)
    a_waiting_case()
    names = set()
    for body in told():
        kind = LinkEvent if body["type"].startswith("link.") else CaseEvent
        kind.model_validate(body)
        assert set(kind.model_fields["data"].annotation.model_fields) == set(body["data"]), body["type"]
        names.add(body["type"])
    assert {"link.requested", "link.corrected", "link.granted", "link.activated", "link.refused",
            "link.read_out", "link.read_out_failed", "link.loaded", "link.lock_lifted", "link.renewed",
            "link.ends_soon", "link.ended", "case.received", "case.submitted"} <= names  # fmt: skip
    for name in {
        f"link.{name}" for name in {*link_steps.PAST.values(), "requested", "read_out", "till_changed"}
    }:
        assert f"`{name}`" in DOCUMENT, name


def test_a_receiver_can_tell_which_state_is_newer(admin):
    a_hook(admin, "link")
    link = an_active_link()
    links.withdraw(link, by=an_owner(link.customer), now=LATER)
    counted = [body["data"]["sequence"] for body in told()]
    assert counted == sorted(set(counted))


def test_what_is_told_holds_no_token_no_person_and_no_address(admin):  # rules L9, P1
    a_hook(admin)
    link = an_active_link(mode=Mode.VIEW_ONLY)
    text = json.dumps(told())
    for secret in (door_token(SECRET, link.id, 1), link.token_hash, "till.example", "Muster", "Haarwerk"):
        assert secret not in text


def test_an_ended_link_cannot_cash_whatever_its_till_is(admin):  # rules L3, L5
    a_hook(admin, "link")
    link = an_active_link()
    links.delete(link, "Fertig", by=a_staff_member(), now=LATER)
    assert [body["data"]["can_cash"] for body in told()[-2:]] == [True, False]
    assert told()[-1]["data"]["till_confirmed"] == "open"


def test_a_webhook_that_is_off_hears_nothing_and_what_waits_is_called_off(admin):
    hook = a_hook(admin, "link")
    a_link_request()
    first = hooks.end(hook, "HTTP 410", by=None, now=LATER)
    again = hooks.end(hook, "noch einmal", by=admin, now=LATER + timedelta(hours=1))
    assert (first.ended_at, first.ended_why) == (again.ended_at, again.ended_why) == (LATER, "HTTP 410")
    assert Letter.get(Letter.channel == Channel.HOOK).due_at is None
    a_link_request()
    assert len(told()) == 1
    assert [row.account_id for row in History.select().where(History.what == "end_hook")] == [None]
    assert list(Hook.active()) == []


def test_a_rolled_back_deed_tells_nobody(admin, monkeypatch):
    a_hook(admin, "link")
    link = a_link_request()
    monkeypatch.setattr(link_steps, "show_on_case", lambda _link: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        links.refuse(link, "Kein Backup", by=a_staff_member(), now=NOW)
    assert [body["type"] for body in told()] == ["link.requested"]
    assert SubstituteLink.get().state == "requested"


def test_a_renewed_secret_is_another_one(admin):
    hook = a_hook(admin)
    renewed = hooks.renew_secret(hook, by=admin, now=NOW)
    assert renewed.generation == 2
    assert hook_secret(SECRET, hook.id, 1) != hook_secret(SECRET, hook.id, 2)


def test_a_test_message_may_be_sent_again(admin):
    hook = a_hook(admin)
    hooks.send_test(hook, by=admin, now=NOW)
    hooks.send_test(hook, by=admin, now=NOW + timedelta(seconds=1))
    assert [body["type"] for body in told(hook)] == ["portal.test", "portal.test"]
    assert told()[0]["data"] == {"hook": hook.id}


# The example in docs/api.md, word by word.


def example():
    """Return secret, headers and body of the documented webhook."""
    secret = re.search(r"secret `(whsec_\S+)`", DOCUMENT)[1]
    block = re.search(r"```http\n(.*?)\n\n(\{.*?\})\n```", DOCUMENT, re.DOTALL)
    headers = dict(line.split(": ", 1) for line in block[1].splitlines() if ": " in line)
    return secret, headers, block[2]


def test_the_documented_webhook_is_signed_as_standard_webhooks_are():
    secret, headers, body = example()
    with time_machine.travel(int(headers["webhook-timestamp"]), tick=False):
        assert Webhook(secret).verify(body, headers) == json.loads(body)
        from portal.outside import clock

        signed = signatures.sign(secret, body.encode(), id=headers["webhook-id"], at=clock.now())
    assert signed.items() <= headers.items()
    LinkEvent.model_validate_json(body)


def test_a_documented_webhook_that_was_changed_is_refused():
    secret, headers, body = example()
    with time_machine.travel(int(headers["webhook-timestamp"]), tick=False):
        from standardwebhooks import WebhookVerificationError

        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body.replace("true", "false"), headers)


def test_trying_again_what_was_given_up_lets_its_address_hear_again(admin):
    hook = a_hook(admin, "link")
    a_link_request()
    letter = Letter.get(Letter.channel == Channel.HOOK)
    Letter.update(due_at=None, gave_up_at=NOW).execute()
    ended = hooks.end(hook, "HTTP 410", by=None, now=NOW)
    assert hooks.try_again(ended, letter, by=a_staff_member(), now=LATER)
    assert [one.id for one in Hook.active()] == [hook.id]
    assert Letter.get_by_id(letter.id).due_at == LATER
    assert History.select().where(History.what == "resume_hook").count() == 1


def test_what_an_admin_has_ended_stays_ended(admin):
    hook = a_hook(admin, "link")
    a_link_request()
    letter = Letter.get(Letter.channel == Channel.HOOK)
    ended = hooks.end(hook, by=admin, now=NOW)
    Letter.update(due_at=None, gave_up_at=NOW).execute()
    assert not hooks.try_again(ended, letter, by=a_staff_member(), now=LATER)
    assert list(Hook.active()) == []
