"""The one table of states and steps against the rulebook's arrow diagram.  Section S, rules S1-S3, S6."""

from itertools import product

import pytest

from portal.rules.workflow import (
    CLOSED,
    STEPS,
    Actor,
    Need,
    Role,
    State,
    StepRefused,
    needs_for,
    next_actor,
    steps_for,
    take_step,
)

O, T, Y = "owner", "staff admin", "system"  # noqa: E741  (who: owner, team, system)

# from, step, to, who – read off the rulebook's arrows
ARROWS = [
    ("draft", "submit", "submitted", O),
    # submitted → (awaiting information | declined | solved remotely | cancelled)
    ("submitted", "ask_back", "awaiting_information", T),
    ("awaiting_information", "answer", "submitted", O),
    ("submitted", "decline", "declined", T),
    ("awaiting_information", "decline", "declined", T),
    ("submitted", "solve_remotely", "solved_remotely", T),
    ("awaiting_information", "solve_remotely", "solved_remotely", T),
    ("awaiting_shipment", "solve_remotely", "solved_remotely", T),
    ("submitted", "cancel", "cancelled", f"{O} {T}"),
    ("awaiting_information", "cancel", "cancelled", f"{O} {T}"),
    ("awaiting_shipment", "cancel", "cancelled", f"{O} {T}"),
    ("on_its_way_to_us", "cancel", "cancelled", f"{O} {T}"),
    # → awaiting shipment → on its way to us → received → in diagnosis
    ("submitted", "release", "awaiting_shipment", f"{T} {Y}"),
    ("awaiting_information", "release", "awaiting_shipment", f"{T} {Y}"),
    ("awaiting_shipment", "lapse", "cancelled", Y),
    ("awaiting_shipment", "mark_sent", "on_its_way_to_us", f"{O} {T}"),
    ("awaiting_shipment", "receive", "received", T),
    ("on_its_way_to_us", "receive", "received", T),
    ("received", "start_diagnosis", "in_diagnosis", T),
    # → (awaiting quote decision → accepted | declined)
    ("in_diagnosis", "send_quote", "awaiting_quote_decision", T),
    ("quote_accepted", "send_quote", "awaiting_quote_decision", T),
    ("in_repair", "send_quote", "awaiting_quote_decision", T),
    ("awaiting_quote_decision", "accept_quote", "quote_accepted", O),
    ("awaiting_quote_decision", "decline_quote", "quote_declined", O),
    ("awaiting_quote_decision", "lapse_quote", "quote_declined", Y),
    # → in repair | no fault found | not repairable
    ("in_diagnosis", "start_repair", "in_repair", T),
    ("quote_accepted", "start_repair", "in_repair", T),
    ("in_diagnosis", "no_fault_found", "no_fault_found", T),
    ("in_diagnosis", "not_repairable", "not_repairable", T),
    ("quote_accepted", "not_repairable", "not_repairable", T),  # rule W0: no spare part after all
    ("in_repair", "not_repairable", "not_repairable", T),
    # → ready to return → on its way back → delivered → commissioning booked → commissioned
    ("in_repair", "make_ready", "ready_to_return", T),
    ("no_fault_found", "make_ready", "ready_to_return", T),
    ("not_repairable", "make_ready", "ready_to_return", T),
    ("quote_declined", "make_ready", "ready_to_return", T),
    ("ready_to_return", "dispatch", "on_its_way_back", T),
    ("on_its_way_back", "confirm_delivery", "delivered", f"{O} {T}"),
    ("delivered", "book_commissioning", "commissioning_booked", f"{O} {T}"),
    ("commissioning_booked", "unbook_commissioning", "delivered", f"{O} {T}"),
    ("commissioning_booked", "commission", "commissioned", T),
]
PERMITTED = {(source, step, who): target for source, step, target, roles in ARROWS for who in roles.split()}


def reachable(start, roles=tuple(Role)):
    """Return every state that some sequence of steps leads to."""
    found, open_ends = set(), [start]
    while open_ends:
        state = open_ends.pop()
        nexts = {take_step(step, state, role) for role in roles for step in steps_for(state, role)}
        open_ends += nexts - found
        found |= nexts
    return found


def test_every_step_from_every_state_by_every_role_is_as_the_table_says():
    for name, state, role in product(STEPS, State, Role):
        step = STEPS[name]
        if state in step.source and role in step.roles:
            assert name in steps_for(state, role)
            assert take_step(name, state, role) is step.target
        else:
            assert name not in steps_for(state, role)
            with pytest.raises(StepRefused):
                take_step(name, state, role)


def test_the_table_is_the_rulebooks_diagram_and_nothing_more():
    table = {
        (str(source), name, str(role)): str(step.target)
        for name, step in STEPS.items()
        for source in step.source
        for role in step.roles
    }
    assert table == PERMITTED


@pytest.mark.parametrize("step", ["", "reopen", "SUBMIT", "activate"])
def test_a_step_that_is_not_in_the_table_is_refused(step):
    for state, role in product(State, Role):
        with pytest.raises(StepRefused) as refused:
            take_step(step, state, role)
        assert (refused.value.step, refused.value.state, refused.value.role) == (step, state, role)


def test_no_path_leaves_a_closed_state_and_every_other_has_a_way_on():
    assert {"declined", "solved_remotely", "cancelled", "commissioned"} == CLOSED
    for state in State:
        assert (reachable(state) == set()) is (state in CLOSED)


def test_every_state_is_reached_from_a_draft_and_every_case_can_be_closed():
    assert reachable(State.DRAFT) | {State.DRAFT} == set(State)
    for state in set(State) - CLOSED:
        assert reachable(state) & CLOSED


def test_a_report_that_need_not_wait_is_released_by_the_portal_itself():  # rule S1
    assert take_step("release", State.SUBMITTED, Role.SYSTEM) is State.AWAITING_SHIPMENT
    assert needs_for("release", Role.SYSTEM) == frozenset()
    assert "release" not in steps_for(State.SUBMITTED, Role.OWNER)


BEFORE_ARRIVAL = {"submitted", "awaiting_information", "awaiting_shipment", "on_its_way_to_us"}


@pytest.mark.parametrize("state", State)
def test_the_owner_can_cancel_until_the_parcel_is_received(state):  # rule S2
    may_cancel = "cancel" in steps_for(state, Role.OWNER)
    assert may_cancel is (state in BEFORE_ARRIVAL)
    if State.RECEIVED in reachable(state) and state is not State.DRAFT:
        assert may_cancel
    else:
        assert not may_cancel


def test_only_staff_give_a_reason_for_cancelling():  # rule S2
    assert needs_for("cancel", Role.OWNER) == frozenset()
    assert needs_for("cancel", Role.STAFF) == needs_for("cancel", Role.ADMIN) == {Need.REASON}


@pytest.mark.parametrize("name", STEPS)
def test_the_slower_of_two_finds_the_step_no_longer_there(name):  # rule S3
    step = STEPS[name]
    for source, role in product(step.source, step.roles):
        moved = take_step(name, source, role)
        with pytest.raises(StepRefused):
            take_step(name, moved, role)


ASKED_FOR = {
    "ask_back": {Need.QUESTION},
    "answer": {Need.ANSWER},
    "decline": {Need.REASON},
    "solve_remotely": {Need.REASON},
    "cancel": {Need.REASON},
    "mark_sent": {Need.TRACKING},
    "send_quote": {Need.CONDITION},  # rule P4: there is a quote
    "accept_quote": {Need.CONDITION},
    "decline_quote": {Need.CONDITION},
    "lapse_quote": {Need.CONDITION},
    "start_repair": {Need.CONDITION},  # rules W3, W4
    "make_ready": {Need.CONDITION},  # rule P4: not above the quote
    "dispatch": {Need.TRACKING, Need.CONDITION},  # rule C5
    "book_commissioning": {Need.CONDITION},  # rule R4
    "commission": {Need.CONDITION},  # rule R5
}


@pytest.mark.parametrize("name", STEPS)
def test_every_step_asks_for_what_it_needs_and_for_nothing_else(name):
    assert STEPS[name].needs == ASKED_FOR.get(name, set())
    for role in STEPS[name].roles - {Role.OWNER}:
        assert needs_for(name, role) == STEPS[name].needs


def test_a_quote_is_never_accepted_by_silence():  # rules W3, P4
    accepting = {
        role for name, step in STEPS.items() if step.target == "quote_accepted" for role in step.roles
    }
    assert accepting == {Role.OWNER}
    assert take_step("lapse_quote", State.AWAITING_QUOTE_DECISION, Role.SYSTEM) is State.QUOTE_DECLINED


WHOSE_TURN = {
    Actor.NOBODY: "declined solved_remotely cancelled commissioned",
    Actor.OWNER: "draft awaiting_information awaiting_shipment awaiting_quote_decision delivered",
    Actor.CARRIER: "on_its_way_to_us on_its_way_back",
    Actor.STAFF: "submitted received in_diagnosis quote_accepted quote_declined in_repair no_fault_found "
    "not_repairable ready_to_return commissioning_booked",
}


def test_every_state_says_whose_turn_it_is():  # rule S6
    listed = {state: actor for actor, states in WHOSE_TURN.items() for state in states.split()}
    assert {str(state): next_actor(state) for state in State} == listed


def test_whose_turn_it_is_can_go_on():  # rule S6
    for state in set(State) - CLOSED:
        actor = next_actor(state)
        roles = (Role.OWNER,) if actor is Actor.OWNER else (Role.STAFF,)
        assert any(steps_for(state, role) for role in roles)
