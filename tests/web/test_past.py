"""Does the history speak of everything in words, whatever can happen to a case or a link?"""

import pytest

from portal.rules.links import LINK_STEPS, TillDeed
from portal.rules.workflow import STEPS
from portal.web.labels import TILL_DEEDS
from portal.web.staff.past import DONE
from portal.web.staff.past_appointments import OF_APPOINTMENTS

OTHERS = [
    "request_link", "extend", "correct_tracking", "note", "tick", "confirm_till", "till_problem",
    "decide", "set_purchase_date", "diagnose", "take_back_read_out", "swap", "withdraw_swap",
]  # fmt: skip
OTHERS += sorted(OF_APPOINTMENTS)


@pytest.mark.parametrize("step", [*sorted({*STEPS, *LINK_STEPS}), *OTHERS])
def test_each_thing_that_happens_has_words_of_its_own(step):  # rules S, L3
    assert step in DONE


def test_each_deed_asked_of_the_back_end_has_words():
    assert set(TILL_DEEDS) == set(TillDeed)
