"""What keeps a repair from beginning, when parts are swapped, and who is waited for.  Rules W0-W4, O2, S6."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.parcel import Part
from portal.rules.warranty import Decision, may_repair
from portal.rules.workflow import AT_THE_WORKSHOP, STEPS, Actor, State, next_actor
from portal.rules.workshop import (
    MAY_DECIDE,
    ON_FACTS_SHEET,
    WAITS_FOR_PARTS,
    Obstacle,
    SwapPart,
    may_swap,
    obstacles,
    waits_for_owner,
)

lean = settings(deadline=None, max_examples=100)
days = st.dates(date(2015, 1, 1), date(2040, 12, 31))
BOUGHT = date(2024, 5, 2)


@lean
@given(st.none() | st.sampled_from(Decision), st.none() | days, st.booleans())
def test_a_repair_begins_only_where_nothing_is_in_its_way(decision, bought_on, accepted):  # rules W0, W2-W4
    found = obstacles(decision, bought_on, quote_accepted=accepted)
    assert (not found) == (
        may_repair(decision, accepted) and bought_on is not None and bought_on >= date(2020, 1, 1)
    )
    assert list(found) == sorted(found, key=list(Obstacle).index)


@pytest.mark.parametrize(
    ("decision", "bought_on", "accepted", "found"),
    [
        (None, BOUGHT, False, {Obstacle.DECISION_OPEN}),  # rule W0
        (Decision.GOODWILL, None, False, {Obstacle.PURCHASE_UNKNOWN}),  # rule W4
        (Decision.GOODWILL, date(2019, 12, 31), False, {Obstacle.NO_SPARE_PARTS}),  # rule W2
        (Decision.GOODWILL, date(2020, 1, 1), False, set()),
        (Decision.NO_SPARE_PARTS, BOUGHT, True, {Obstacle.NO_SPARE_PARTS}),  # rule W2
        (Decision.CHARGEABLE, BOUGHT, False, {Obstacle.QUOTE_OPEN}),  # rule W3
        (Decision.CHARGEABLE, BOUGHT, True, set()),
        (Decision.WARRANTY, BOUGHT, False, set()),
        (Decision.FULL_COVER, BOUGHT, False, set()),
        (None, None, True, {Obstacle.DECISION_OPEN, Obstacle.PURCHASE_UNKNOWN}),
    ],
)
def test_each_obstacle_is_named(decision, bought_on, accepted, found):  # rules W0, W2-W4
    assert set(obstacles(decision, bought_on, quote_accepted=accepted)) == found


def test_the_decision_is_open_until_the_repair_begins_and_never_while_it_runs():  # rule W0
    assert STEPS["start_repair"].source <= MAY_DECIDE
    assert State.IN_REPAIR not in MAY_DECIDE
    assert State.AWAITING_QUOTE_DECISION not in MAY_DECIDE
    assert MAY_DECIDE <= AT_THE_WORKSHOP


def test_parts_are_swapped_in_the_repair_and_what_was_forgotten_is_added_in_time():  # rules O2, W3
    allowed = {
        (state, worked)
        for state, worked in product(State, (True, False))
        if may_swap(state, was_worked_on=worked)
    }
    repair = {
        (state, worked) for state in (State.IN_REPAIR, State.NOT_REPAIRABLE) for worked in (True, False)
    }
    assert allowed == {*repair, (State.READY_TO_RETURN, True)}


def test_server_main_board_and_tse_go_onto_the_facts_sheet():  # rule O2
    assert {SwapPart.SERVER, SwapPart.MAIN_BOARD, SwapPart.TSE} == ON_FACTS_SHEET


@pytest.mark.parametrize("state", State)
def test_a_missing_part_stands_still_only_what_needs_it(state):  # rules S6, C5
    cable = waits_for_owner(state, [Part.POWER_CABLE])
    tse = waits_for_owner(state, [Part.TSE_USB, Part.LAN_CABLE])
    assert (cable, tse) == (state is State.RECEIVED, state in WAITS_FOR_PARTS)
    assert not waits_for_owner(state, [])
    if tse:
        assert next_actor(state) is Actor.STAFF  # else it is the owner's turn anyway
