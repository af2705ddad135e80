"""What became of the repair is known by the state from which the server was made ready.  Rules W3, R5."""

from portal.rules.returns import GOING_HOME, Homecoming, homecoming
from portal.rules.workflow import STEPS, State


def test_each_way_out_of_the_workshop_has_its_homecoming():  # rules W3, R5
    ways = {homecoming(state) for state in STEPS["make_ready"].source}
    assert ways == set(Homecoming)
    assert {one for one in Homecoming if one.is_unrepaired} == {
        homecoming(State.QUOTE_DECLINED),
        homecoming(State.NOT_REPAIRABLE),
    }


def test_without_a_history_nothing_alarming_is_said():
    assert homecoming("") is Homecoming.REPAIRED


def test_everything_behind_the_workshop_goes_home():
    behind, ahead = set(), {State.READY_TO_RETURN}
    while ahead:
        behind |= ahead
        ahead = {step.target for step in STEPS.values() if step.source & ahead} - behind
    assert behind == GOING_HOME
