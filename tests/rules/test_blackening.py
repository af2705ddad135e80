"""Which part of a photo is to be blackened?  Rule C4a."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.blackening import MOST_BOXES, Box, Plan, Point, of_percent, read_boxes, read_point, within

numbers = st.integers(0, 99999)


def test_two_clicks_in_any_order_make_the_same_box():  # rule C4a
    for one, other in ((Point(10, 40), Point(50, 20)), (Point(50, 20), Point(10, 40))):
        assert Plan().clicked(one).clicked(other) == Plan((Box(10, 20, 50, 40),))


def test_the_last_step_is_taken_back():
    plan = Plan((Box(0, 0, 9, 9),), Point(1, 1))
    assert plan.taken_back() == Plan((Box(0, 0, 9, 9),))
    assert plan.taken_back().taken_back() == Plan()


def test_two_clicks_at_one_spot_are_no_box():
    assert Plan().clicked(Point(5, 5)).clicked(Point(6, 6)) == Plan()


def test_there_is_an_end_to_boxes():
    assert len(read_boxes(["0,0,9,9"] * 99, 100, 100)) == MOST_BOXES


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "-1,0,9,9", "1;2;3;4", "٣,٣,٩,٩", "9999999,0,1,1"])
def test_nonsense_is_no_box(text):
    assert read_boxes([text], 100, 100) == ()


@given(numbers, numbers, numbers, numbers)
def test_every_box_lies_within_the_photo(left, top, right, bottom):
    for box in read_boxes([f"{left},{top},{right},{bottom}"], 300, 200):
        assert 0 <= box.left < box.right <= 300
        assert 0 <= box.top < box.bottom <= 200


def test_shares_in_percent_are_pixels_of_the_photo():
    assert of_percent(50, 0, 60, 25, (200, 100)) == Box(100, 0, 200, 25)
    assert within(Box(-5, 2, 900, 9), 10, 10) == Box(0, 2, 10, 9)
    assert read_point("11,0", 10, 10) is None
