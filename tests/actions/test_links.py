"""Is a link asked for, granted and ended as section L says, and does its door obey the clock?"""

from datetime import timedelta

import pytest

from portal.actions import doors, letters, link_steps, links
from portal.actions.link_steps import LinkMoved
from portal.actions.links import (
    BackupFacts,
    Findings,
    LinkAlreadyOpen,
    LinkWouldBeIncomplete,
    RefusalNeedsReason,
)
from portal.models import Case, Consent, History, Letter, SubstituteLink
from portal.rules import links as rules
from portal.rules.links import Answer, Ending, LinkReason, LinkState, Mode, Reason
from portal.rules.triage import Origin
from portal.rules.workflow import StepRefused
from tests.builders import (
    NOW,
    SECRET,
    a_case,
    a_device,
    a_link_request,
    a_staff_member,
    an_active_link,
    an_owner,
)

LATER = NOW + timedelta(hours=2)
TICK = timedelta(microseconds=1)
TILL = "https://till.example/42"


def grant(link, mode=Mode.VIEW_ONLY, *, days=30, by=None, now=NOW):
    by = by or a_staff_member()
    return links.grant(link, mode, till_address=TILL, days=days, secret=SECRET, by=by, now=now)


def correct(link, *, complete, by=None, now=NOW):
    return links.correct(
        link, real_backup_at=LATER, complete=complete, why="Nachgesehen", by=by or a_staff_member(), now=now
    )


def token_of(link) -> str:
    return rules.door_token(SECRET, link.id, link.generation)


def everything() -> tuple:
    tables = (SubstituteLink, History, Letter)
    return tuple(list(table.select().order_by(table.id).dicts()) for table in tables)


@pytest.mark.parametrize(
    ("booked", "online", "uploaded", "entered", "answer", "reasons"),
    [
        (True, True, False, False, Answer.FULL, [Reason.BACKUP_FROM_SLOT, Reason.NOTHING_ENTERED]),
        (False, True, False, False, Answer.NONE, [Reason.BACKUP_NOT_BOOKED]),
        (None, True, False, False, Answer.STAFF, [Reason.BACKUP_BOOKING_UNKNOWN]),
        (True, False, False, False, Answer.STAFF, [Reason.LAST_ONLINE_UNKNOWN]),
        (False, True, True, None, Answer.VIEW_ONLY, [Reason.BACKUP_FROM_UPLOAD, Reason.ENTERED_UNKNOWN]),
    ],
)
def test_a_request_keeps_the_expected_answer_with_its_reasons(  # rule L4a
    database, booked, online, uploaded, entered, answer, reasons
):
    device = a_device()
    facts = BackupFacts(booked, NOW if online else None, NOW if uploaded else None, entered)
    owner = an_owner(device.salon.customer)
    links.request(device, facts, by=owner, now=NOW, reason=LinkReason.MOVING, reason_text="Umzug")
    link = SubstituteLink.get()
    assert (link.expected, link.reasons, link.state) == (answer, reasons, LinkState.REQUESTED)
    assert (link.customer, link.requester, link.reason_text) == (device.salon.customer, owner, "Umzug")
    row = History.get()
    assert (row.link, row.what, row.target, row.account) == (link, "request_link", "requested", owner)
    assert [letter.event for letter in Letter.select()] == ["link_requested"]


def test_what_the_owner_acknowledged_is_kept_with_the_request(database):  # rule S7, rule L8
    device = a_device()
    shown = {"kind": "link_devices", "wording": "Drucker …", "version": "2", "language": "en"}
    facts = BackupFacts(True, NOW, None, False)
    owner = an_owner(device.salon.customer)
    link = links.request(
        device, facts, by=owner, now=NOW, reason=LinkReason.OTHER, consents=[{**shown, "at": "irgendwann"}]
    )
    kept = Consent.select().dicts().get()
    assert {name: kept[name] for name in shown} == shown
    assert (kept["link"], kept["account"], kept["at"], kept["case"]) == (link.id, owner.id, NOW, None)


def test_a_device_has_one_open_link_at_most(database):  # rule L1
    first = a_link_request()
    with pytest.raises(LinkAlreadyOpen):
        a_link_request(first.device, first.requester)
    active = correct(first, complete=True)
    grant(active, Mode.FULL)
    before = everything()
    with pytest.raises(LinkAlreadyOpen):
        a_link_request(first.device, first.requester)
    assert everything() == before


def test_a_refused_request_does_not_spoil_the_deed_around_it(database):  # rule L1
    first = a_link_request()
    with database.atomic():
        with pytest.raises(LinkAlreadyOpen):
            a_link_request(first.device, first.requester)
        assert SubstituteLink.select().count() == 1


def test_a_request_for_a_case_shows_on_the_case(database):
    case = a_case()
    link = a_link_request(case=case)
    assert link.case == case
    assert Case.get_by_id(case.id).revision > case.revision
    assert "request_link" in [row.what for row in History.of_case(case)]


@pytest.mark.parametrize("complete", [None, False])
def test_a_full_link_is_refused_unless_all_data_is_known_to_be_there(database, complete):  # rule L5
    link = a_link_request()  # the owner said: nothing entered since; that alone is not enough
    if complete is not None:
        link = correct(link, complete=complete)
    before = everything()
    with pytest.raises(LinkWouldBeIncomplete):
        grant(link, Mode.FULL)
    assert everything() == before


def test_only_corrected_facts_make_it_full_and_they_are_on_the_record(database):  # rule L4, rule L5
    staff, link = a_staff_member(), a_link_request(entered_since=True)
    corrected = correct(link, complete=True, by=staff)
    assert (corrected.real_backup_at, corrected.complete, corrected.state) == (
        LATER,
        True,
        LinkState.REQUESTED,
    )
    assert corrected.expected is Answer.FULL  # by rule, from the facts
    row = History.select().order_by(History.id.desc()).get()
    assert (row.what, row.why, row.account) == ("correct", "Nachgesehen", staff)
    assert row.facts == {
        "real_backup_at": LATER.isoformat(),
        "complete": True,
        "expected": "full",
        "expected_before": "view_only",
    }
    assert grant(corrected, Mode.FULL).mode is Mode.FULL


def test_a_correction_needs_a_reason(database):  # rule L5
    with pytest.raises(RefusalNeedsReason):
        links.correct(
            a_link_request(), real_backup_at=None, complete=True, why=" ", by=a_staff_member(), now=NOW
        )


def test_a_grant_made_from_facts_that_changed_meanwhile_is_refused(database):  # rule L5, rule S3
    known = correct(a_link_request(), complete=True)
    correct(SubstituteLink.get_by_id(known.id), complete=False)
    with pytest.raises(LinkMoved):
        grant(known, Mode.FULL)
    assert SubstituteLink.get().state is LinkState.REQUESTED


@pytest.mark.parametrize("days", [1, 7, 30])
def test_a_link_lasts_its_days_from_the_grant_to_the_microsecond(database, days):  # rule L2
    link = grant(a_link_request(), days=days, now=LATER)
    assert (link.activated_at, link.ends_at, link.days) == (LATER, LATER + timedelta(days=days), days)
    assert [letter.event for letter in Letter.select().order_by(Letter.id)] == [
        "link_requested",
        "link_granted",
    ]


@pytest.mark.parametrize("days", [0, 31, -1, 30.5, 1000])
def test_a_link_never_lasts_longer_nor_shorter(database, days):  # rule L2
    link = a_link_request()
    before = everything()
    with pytest.raises(ValueError, match="1 to 30"):
        grant(link, days=days)
    assert everything() == before


def test_the_database_holds_the_hash_of_the_token_only(database):  # rule L9
    link = an_active_link()
    row = SubstituteLink.select().dicts().get()
    assert row["token_hash"] == rules.token_hash(token_of(link))
    assert token_of(link) not in map(str, row.values())


def test_owners_grant_nothing_and_staff_withdraw_nothing(database):
    link = a_link_request()
    for deed in (
        lambda: grant(link, by=link.requester),
        lambda: links.refuse(link, "Nein", by=link.requester, now=NOW),
        lambda: correct(link, complete=True, by=link.requester),
        lambda: links.withdraw(link, by=a_staff_member(), now=NOW),
        lambda: links.delete(link, "Zu früh", by=a_staff_member(), now=NOW),
        lambda: link_steps.expire(link, now=NOW + timedelta(days=400)),
    ):
        with pytest.raises(StepRefused):
            deed()
    assert SubstituteLink.get().state is LinkState.REQUESTED


def test_a_refusal_names_its_reason_and_is_for_good(database):  # rule L3
    staff, link = a_staff_member(), a_link_request()
    with pytest.raises(RefusalNeedsReason):
        links.refuse(link, "\t", by=staff, now=NOW)
    refused = links.refuse(link, "Es gibt kein Backup.", by=staff, now=NOW)
    assert (refused.state, refused.refusal, refused.open_device) == (
        LinkState.REFUSED,
        "Es gibt kein Backup.",
        None,
    )
    assert Letter.get(Letter.event == "link_refused").context["why"] == "Es gibt kein Backup."
    for deed in (
        lambda: grant(refused),
        lambda: correct(refused, complete=True),
        lambda: links.withdraw(refused, by=link.requester, now=NOW),
    ):
        with pytest.raises(StepRefused):
            deed()


def test_what_has_ended_stays_ended(database):  # rule L3
    link = an_active_link()
    ended = links.delete(link, "Der Server ist zurück.", by=a_staff_member(), now=LATER)
    assert (ended.state, ended.ending, ended.ended_at) == (LinkState.ENDED, Ending.DELETED, LATER)
    for stale in (link, ended):
        with pytest.raises((StepRefused, LinkMoved)):
            links.withdraw(stale, by=an_owner(), now=LATER)
        with pytest.raises((StepRefused, LinkMoved)):
            grant(stale)
    with pytest.raises(RefusalNeedsReason):
        links.delete(an_active_link(), "", by=a_staff_member(), now=LATER)


def test_the_owner_withdraws_request_or_link(database):
    request, active = a_link_request(), an_active_link()
    for link in (request, active):
        ended = links.withdraw(link, by=link.requester, now=LATER)
        assert (ended.state, ended.ending) == (LinkState.ENDED, Ending.WITHDRAWN)


def test_the_slower_of_two_changes_nothing(database):  # rule S3
    slower = a_link_request()
    grant(SubstituteLink.get_by_id(slower.id))
    before = everything()
    staff = a_staff_member()
    for deed in (
        lambda: grant(slower, by=staff),
        lambda: links.refuse(slower, "Nein", by=staff, now=LATER),
        lambda: links.withdraw(slower, by=slower.requester, now=LATER),
        lambda: correct(slower, complete=True, by=staff),
    ):
        with pytest.raises(LinkMoved):
            deed()
    assert everything() == before


def test_a_grant_that_is_refused_leaves_no_findings_behind(database):  # rule L5, rule S3
    link, staff = a_link_request(), a_staff_member()
    before, found = everything(), Findings(LATER, False, "Nachgesehen")
    with pytest.raises(LinkWouldBeIncomplete):
        links.grant(
            link, Mode.FULL, till_address=TILL, days=30, secret=SECRET, by=staff, now=NOW, found=found
        )
    assert everything() == before


def test_findings_and_grant_are_one_deed(database):  # rules L4, L5
    link, staff = a_link_request(), a_staff_member()
    found = Findings(LATER, True, "Nachgesehen")
    granted = links.grant(
        link, Mode.FULL, till_address=TILL, days=30, secret=SECRET, by=staff, now=NOW, found=found
    )
    assert (granted.state, granted.mode, granted.real_backup_at) == (LinkState.ACTIVE, Mode.FULL, LATER)
    assert [row.what for row in History.of_link(granted)][-3:] == ["correct", "grant", "activate"]


def test_a_failing_letter_undoes_the_grant(database, monkeypatch):  # rule S4
    link = a_link_request(case=a_case())
    before = (everything(), list(Case.select().dicts()))

    def broken(*_args, **_columns):
        raise RuntimeError("no ink")

    monkeypatch.setattr(letters, "tell_owners_of_link", broken)
    with pytest.raises(RuntimeError):
        grant(link)
    assert (everything(), list(Case.select().dicts())) == before


def test_the_worker_ends_what_is_over_and_nothing_else(database):  # rule L2
    over, other = an_active_link(days=1), an_active_link(days=2)
    end = over.ends_at
    assert link_steps.expire_due(now=end - TICK) == 0
    assert link_steps.expire_due(now=end) == 1
    assert link_steps.expire_due(now=end) == 0
    states = {link.id: (link.state, link.ending) for link in SubstituteLink.select()}
    assert states == {over.id: (LinkState.ENDED, Ending.EXPIRED), other.id: (LinkState.ACTIVE, None)}
    assert Letter.select().where(Letter.event == "link_ended").count() == 1


def test_a_link_is_not_expired_before_its_end(database):  # rule L2
    link = an_active_link()
    with pytest.raises(ValueError, match="not reached"):
        link_steps.expire(link, now=link.ends_at - TICK)


# The door (rule L9)


def test_the_door_leads_on_until_the_end_to_the_microsecond(database):  # rule L9
    link = an_active_link(days=1)
    token = token_of(link)
    assert doors.open_door(token, now=link.ends_at - TICK).is_open
    assert doors.open_door(token, now=link.ends_at - TICK).link.till_address == TILL
    assert not doors.open_door(token, now=link.ends_at).is_open


def test_the_first_refusal_is_written_down_and_no_clock_revives_the_link(database):  # rule L9
    link = an_active_link(days=1)
    token = token_of(link)
    refused = doors.open_door(token, now=link.ends_at)
    found = SubstituteLink.get()
    assert (found.state, found.ending, found.ended_at) == (LinkState.ENDED, Ending.EXPIRED, link.ends_at)
    assert refused.link == found
    for earlier in (link.ends_at - TICK, NOW, NOW - timedelta(days=400)):
        assert not doors.open_door(token, now=earlier).is_open
    assert History.select().where(History.what == "expire").count() == 1
    assert Letter.select().where(Letter.event == "link_ended").count() == 1


@pytest.mark.parametrize("how", ["withdraw", "delete"])
def test_the_door_is_shut_at_once_when_the_link_ends_early(database, how):  # rule L9
    link = an_active_link()
    if how == "withdraw":
        links.withdraw(link, by=link.requester, now=LATER)
    else:
        links.delete(link, "Doppelt", by=a_staff_member(), now=LATER)
    assert not doors.open_door(token_of(link), now=LATER).is_open


def test_a_request_has_no_door(database):  # rule L9
    link = a_link_request()
    for generation in (0, 1):
        assert doors.open_door(rules.door_token(SECRET, link.id, generation), now=NOW) is None


@pytest.mark.parametrize("wrong", ["", "x", "hash", "other secret", "other generation", "other link"])
def test_any_other_token_opens_nothing(database, wrong):  # rule L9
    link = an_active_link()
    token = {
        "hash": link.token_hash,
        "other secret": rules.door_token(SECRET + "!", link.id, link.generation),
        "other generation": rules.door_token(SECRET, link.id, link.generation + 1),
        "other link": rules.door_token(SECRET, link.id + 1, link.generation),
    }.get(wrong, wrong)
    assert doors.open_door(token, now=NOW) is None


def test_each_passing_of_the_door_is_counted(database):
    link = an_active_link()
    for hours in (1, 3):
        doors.count_opening(link, now=NOW + timedelta(hours=hours))
    found = SubstituteLink.get()
    assert (found.opened_count, found.last_opened_at) == (2, NOW + timedelta(hours=3))
    assert found.ends_at == link.ends_at


def test_staff_are_shown_the_decision_the_facts_lead_to(database):  # rule L4, rule L5
    assert links.suggested_mode(a_link_request()) is Mode.FULL
    assert links.suggested_mode(a_link_request(entered_since=None)) is Mode.VIEW_ONLY
    assert links.suggested_mode(a_link_request(a_device(origin=Origin.ELSEWHERE))) is None
    assert links.suggested_mode(correct(a_link_request(), complete=False)) is Mode.VIEW_ONLY
    assert links.suggested_mode(correct(a_link_request(entered_since=True), complete=True)) is Mode.FULL
