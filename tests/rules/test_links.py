"""The substitute link: what to expect, what staff may do, and when it is over.  Rules B1a, B3, L1-L9, L12."""

import inspect
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.backups import last_slot
from portal.rules.links import (
    LINK_STEPS,
    MAX_DAYS,
    WARNING_DAYS,
    Answer,
    Ending,
    Expectation,
    LinkReason,
    LinkState,
    Mode,
    Reason,
    door_token,
    end_of,
    expected,
    for_third_party,
    is_open,
    link_steps_for,
    may_grant,
    may_lift_lock,
    may_request,
    shows_tse_notice,
    take_link_step,
    token_hash,
)
from portal.rules.workflow import Role, StepRefused

lean = settings(deadline=None, max_examples=80)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
TICK = timedelta(microseconds=1)
MAYBE = (None, True, False)

SLOT = datetime(2026, 3, 10, 6, tzinfo=UTC)
ONLINE = SLOT + timedelta(hours=3)
OLDER, NEWER = SLOT - timedelta(hours=1), SLOT + timedelta(hours=1)
ENTERED = {
    False: (Answer.FULL, Reason.NOTHING_ENTERED),
    True: (Answer.VIEW_ONLY, Reason.DATA_ENTERED),
    None: (Answer.VIEW_ONLY, Reason.ENTERED_UNKNOWN),
}


WITH_A_BACKUP = [
    # booked, last online, uploaded, the backup, where it is from
    (True, ONLINE, None, SLOT, Reason.BACKUP_FROM_SLOT),
    (True, ONLINE, OLDER, SLOT, Reason.BACKUP_FROM_SLOT),
    (True, ONLINE, NEWER, NEWER, Reason.BACKUP_FROM_UPLOAD),
    (True, None, OLDER, OLDER, Reason.BACKUP_FROM_UPLOAD),
    (True, None, NEWER, NEWER, Reason.BACKUP_FROM_UPLOAD),
    *(
        (booked, online, uploaded, uploaded, Reason.BACKUP_FROM_UPLOAD)
        for booked in (False, None)
        for online in (None, ONLINE)
        for uploaded in (OLDER, NEWER)
    ),
]
WITHOUT_A_BACKUP = [
    # booked, last online, the answer, why
    (False, None, Answer.NONE, (Reason.BACKUP_NOT_BOOKED,)),
    (False, ONLINE, Answer.NONE, (Reason.BACKUP_NOT_BOOKED,)),
    (None, ONLINE, Answer.STAFF, (Reason.BACKUP_BOOKING_UNKNOWN,)),
    (None, None, Answer.STAFF, (Reason.BACKUP_BOOKING_UNKNOWN, Reason.LAST_ONLINE_UNKNOWN)),
    (True, None, Answer.STAFF, (Reason.LAST_ONLINE_UNKNOWN,)),
]


@pytest.mark.parametrize("entered", MAYBE)
@pytest.mark.parametrize(("booked", "online", "uploaded", "backup_at", "source"), WITH_A_BACKUP)
def test_with_a_backup_the_data_entered_since_decides(
    booked, online, uploaded, backup_at, source, entered
):  # rules L4, L4a, B3
    answer, why = ENTERED[entered]
    assert expected(booked, online, uploaded, entered) == Expectation(answer, backup_at, (source, why))


@pytest.mark.parametrize("entered", MAYBE)
@pytest.mark.parametrize(("booked", "online", "answer", "reasons"), WITHOUT_A_BACKUP)
def test_without_a_backup_it_is_none_or_for_staff(booked, online, answer, reasons, entered):  # rules B1a, L4a
    assert expected(booked, online, None, entered) == Expectation(answer, None, reasons)


def test_the_two_tables_above_are_the_full_product_of_answers():  # rule L4a
    product_of_answers = set(product(MAYBE, (None, ONLINE), (None, OLDER, NEWER)))
    listed = [row[:3] for row in WITH_A_BACKUP] + [(*row[:2], None) for row in WITHOUT_A_BACKUP]
    assert len(listed) == len(set(listed)) == len(product_of_answers)
    assert set(listed) == product_of_answers


@lean
@given(st.sampled_from(MAYBE), st.none() | instants, st.none() | instants, st.sampled_from(MAYBE))
def test_something_not_known_never_becomes_full(booked, online, uploaded, entered):  # rule L4a
    found = expected(booked, online, uploaded, entered)
    slot = last_slot(online) if booked and online else None
    backups = [backup for backup in (slot, uploaded) if backup]
    assert found.backup_at == max(backups, default=None)
    assert (found.answer is Answer.FULL) is (entered is False and bool(backups))
    assert (found.answer is Answer.VIEW_ONLY) is (entered is not False and bool(backups))
    assert (found.answer is Answer.NONE) is (booked is False and not backups)
    assert found.reasons


@pytest.mark.parametrize("booked", MAYBE)
@pytest.mark.parametrize("uploaded", [None, NEWER])
def test_not_sure_whether_anything_was_entered_counts_as_yes(booked, uploaded):  # rule B3
    unsure = expected(booked, ONLINE, uploaded, None)
    sure = expected(booked, ONLINE, uploaded, True)
    assert (unsure.answer, unsure.backup_at) == (sure.answer, sure.backup_at)


def test_an_upload_made_by_hand_can_turn_view_only_into_full():  # rules C0, B2
    assert expected(True, ONLINE, None, True).answer is Answer.VIEW_ONLY
    assert expected(True, ONLINE, ONLINE + timedelta(minutes=5), False).answer is Answer.FULL


@pytest.mark.parametrize("entered", MAYBE)
def test_a_backup_that_only_the_schedule_promises_can_be_told_from_a_sure_one(entered):  # rule B2a
    assert Reason.BACKUP_FROM_SLOT in expected(True, ONLINE, OLDER, entered).reasons
    assert Reason.BACKUP_FROM_SLOT not in expected(True, ONLINE, NEWER, entered).reasons


def test_an_upload_at_the_very_slot_is_the_same_backup():  # rule B2
    assert expected(True, ONLINE, SLOT, False).backup_at == SLOT


@pytest.mark.parametrize(
    "unknown", [{"last_online": datetime(2026, 1, 1)}, {"uploaded_at": datetime(2026, 1, 1)}]
)
def test_naive_answers_are_refused(unknown):
    given = {"backup_booked": True, "last_online": ONLINE, "uploaded_at": None, "entered_since": False}
    with pytest.raises(ValueError, match="naive"):
        expected(**given | unknown)


@pytest.mark.parametrize(("booked", "uploaded", "entered"), [*product(MAYBE, (None, NEWER), MAYBE)])
def test_for_a_third_party_server_staff_decide(booked, uploaded, entered):  # rule L12
    own = expected(booked, ONLINE, uploaded, entered)
    other = for_third_party(own)
    assert other.answer is Answer.STAFF
    assert other.reasons == (Reason.THIRD_PARTY_SERVER, *own.reasons)
    assert other.backup_at == own.backup_at


def test_a_link_can_be_requested_for_a_defect_and_for_other_reasons():  # rule L1
    assert set(LinkReason) == {"defect", "moving", "renovation", "other"}


@pytest.mark.parametrize("count", range(4))
def test_a_device_has_one_open_request_or_active_link_at_most(count):  # rule L1
    for states in product(LinkState, repeat=count):
        is_free = all(state in ("ended", "refused") for state in states)
        assert may_request(states) is is_free


@pytest.mark.parametrize("days", range(1, 31))
def test_a_link_ends_after_its_days_of_24_hours(days):  # rule L2
    start = datetime(2026, 3, 15, 10, 30, 15, 123_456, tzinfo=UTC)  # summer time begins two weeks later
    assert (end_of(start, days) - start).total_seconds() == days * 86_400


@lean
@given(instants, st.integers(-12, 12))
def test_a_link_lasts_30_days_unless_staff_set_less(activated_at, hours):  # rule L2
    elsewhere = activated_at.astimezone(timezone(timedelta(hours=hours)))
    assert end_of(elsewhere) == activated_at + timedelta(hours=30 * 24) == end_of(activated_at, MAX_DAYS)
    assert end_of(elsewhere).tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 12, 15, tzinfo=UTC), datetime(2027, 1, 14, tzinfo=UTC)),
        (datetime(2028, 1, 30, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_thirty_days_cross_months_leap_days_and_years(start, end):  # rule L2
    assert end_of(start) == end


@pytest.mark.parametrize("days", [0, 31, -1, 365, 10**12, 1.5])
def test_never_more_than_30_days_and_never_less_than_one(days):  # rule L2
    with pytest.raises(ValueError, match="1 to 30"):
        end_of(SLOT, days)


def test_a_naive_activation_is_refused():
    with pytest.raises(ValueError, match="naive"):
        end_of(datetime(2026, 1, 1))


@lean
@given(instants, st.integers(1, 30), st.timedeltas(-timedelta(days=40), timedelta(days=40)))
def test_the_door_is_open_only_while_active_and_before_the_end(start, days, offset):  # rule L9
    end = end_of(start, days)
    assert is_open(LinkState.ACTIVE, end, end + offset) is (offset < timedelta(0))
    for state in (LinkState.REQUESTED, LinkState.ENDED, LinkState.REFUSED):
        assert not is_open(state, end, end + offset)


def test_the_door_closes_at_the_deadline_exactly():  # rule L9
    end = end_of(SLOT)
    assert is_open(LinkState.ACTIVE, end, end - TICK)
    assert not is_open(LinkState.ACTIVE, end, end)
    assert not is_open(LinkState.ACTIVE, None, SLOT)


@lean
@given(st.text(min_size=1, max_size=40), st.integers(1, 2**63 - 1), st.integers(0, 10_000))
def test_a_door_token_is_unguessable_repeatable_and_renewable(secret, link_id, generation):  # rule L9
    token = door_token(secret, link_id, generation)
    assert token == door_token(secret, link_id, generation)
    assert len(token) >= 32
    assert token.replace("-", "").replace("_", "").isalnum()
    others = {
        door_token(secret + "x", link_id, generation),
        door_token(secret, link_id + 1, generation),
        door_token(secret, link_id, generation + 1),
    }
    assert len(others | {token}) == 4
    assert len(token_hash(token)) == 64
    assert token not in token_hash(token)


def test_link_and_generation_cannot_be_confused():  # rule L9
    assert door_token("s", 1, 11) != door_token("s", 11, 1)


def test_no_token_is_made_without_a_secret():  # rule L9
    with pytest.raises(ValueError, match="no secret"):
        door_token("", 1, 0)


def test_warnings_come_7_3_and_1_days_before_the_end():  # rule L10
    assert WARNING_DAYS == (7, 3, 1)


OWNER, STAFF, ADMIN, SYSTEM = Role.OWNER, Role.STAFF, Role.ADMIN, Role.SYSTEM
TEAM = (Role.STAFF, Role.ADMIN)
OPEN = ("requested", "granted", "active")
PERMITTED = {
    *((step, "requested", target, role) for role in TEAM for step, target in [
        ("correct", "requested"), ("grant", "granted"), ("refuse", "refused"), ("hand_back", "ended"),
    ]),
    *((step, "granted", target, role) for role in TEAM for step, target in [
        ("activate", "active"), ("delete", "ended"), ("hand_back", "ended"),
    ]),
    *((step, "active", "active", role) for role in TEAM for step in [
        "read_out", "fail_read_out", "load", "lift_lock", "lock", "renew",
    ]),
    *((step, "active", "ended", role) for role in TEAM for step in ("delete", "hand_back")),
    *(("withdraw", state, "ended", Role.OWNER) for state in OPEN),
    ("renew", "active", "active", Role.OWNER),
    ("correct", "requested", "requested", Role.SYSTEM),
    ("activate", "granted", "active", Role.SYSTEM),
    *((step, "active", "active", Role.SYSTEM) for step in [
        "read_out", "fail_read_out", "load", "lift_lock", "warn",
    ]),
    ("expire", "active", "ended", Role.SYSTEM),
}  # fmt: skip


def test_the_links_table_is_the_rulebooks_and_nothing_else_is_possible():  # rules L1, L3
    taken = set()
    for step, state, role in product(LINK_STEPS, LinkState, Role):
        if step in link_steps_for(state, role):
            taken.add((step, str(state), str(take_link_step(step, state, role)), role))
        else:
            with pytest.raises(StepRefused):
                take_link_step(step, state, role)
    assert taken == PERMITTED


@pytest.mark.parametrize("state", [LinkState.ENDED, LinkState.REFUSED])
def test_an_ended_link_can_never_be_active_again(state):  # rule L3
    for role, step in product(Role, [*LINK_STEPS, "activate", "reopen", ""]):
        assert link_steps_for(state, role) == []
        with pytest.raises(StepRefused):
            take_link_step(step, state, role)
    assert set(Ending) == {"expired", "deleted", "withdrawn", "commissioned"}


@pytest.mark.parametrize(
    ("mode", "complete", "allowed"),
    [
        (Mode.FULL, True, True),  # rule L4
        (Mode.FULL, False, False),
        (Mode.FULL, None, False),
        (Mode.VIEW_ONLY, True, True),
        (Mode.VIEW_ONLY, False, True),
        (Mode.VIEW_ONLY, None, True),
    ],
)
def test_a_full_link_is_refused_while_data_is_missing(mode, complete, allowed):  # rule L5
    assert may_grant(mode, complete) is allowed


@pytest.mark.parametrize(("mode", "read_out", "loaded"), [*product(Mode, (None, OLDER), (None, NEWER))])
def test_the_lock_is_lifted_only_after_reading_out_and_loading(mode, read_out, loaded):  # rule L6
    both = read_out is not None and loaded is not None
    assert may_lift_lock(mode, read_out, loaded) is (both and mode is Mode.VIEW_ONLY)


def test_lifting_the_lock_leaves_the_link_active():  # rule L6
    assert take_link_step("lift_lock", LinkState.ACTIVE, STAFF) is LinkState.ACTIVE


def test_a_tse_out_of_service_does_not_stand_in_the_way_of_a_full_link():  # rule L7
    for question in (expected, may_grant, is_open):
        assert not [name for name in inspect.signature(question).parameters if "tse" in name]
    assert may_grant(Mode.FULL, complete=True)


@pytest.mark.parametrize(("tse_in_server", "shown"), [(True, True), (None, True), (False, False)])
def test_owners_with_a_usb_tse_are_told_so(tse_in_server, shown):  # rule L7
    assert shows_tse_notice(tse_in_server) is shown
