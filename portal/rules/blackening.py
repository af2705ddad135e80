"""Which part of a photo is to be blackened?  Two corners make a box, in the photo's own pixels (rule C4a)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

MOST_BOXES = 40
SMALLEST = 4  # pixels; less was a slip of the hand


class Point(NamedTuple):
    """A pixel of the photo."""

    x: int
    y: int


class Box(NamedTuple):
    """A part of the photo; right and bottom are not in it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Plan:
    """What is to be blackened so far, and the first corner of the next box if one was chosen."""

    boxes: tuple[Box, ...] = ()
    corner: Point | None = None

    def clicked(self, at: Point) -> "Plan":
        """Return the plan after a click: a first corner, or the box between it and this one."""
        if self.corner is None:
            return Plan(self.boxes, at)
        return Plan(self.boxes, None).with_box(box_between(self.corner, at))

    def with_box(self, box: Box) -> "Plan":
        """Return the plan with one more box; one too many, or one too small to be meant, changes nothing."""
        is_meant = box.right - box.left >= SMALLEST and box.bottom - box.top >= SMALLEST
        if not is_meant or len(self.boxes) >= MOST_BOXES:
            return self
        return Plan((*self.boxes, box), None)

    def taken_back(self) -> "Plan":
        """Return the plan without what was chosen last."""
        return Plan(self.boxes, None) if self.corner else Plan(self.boxes[:-1], None)


def box_between(one: Point, other: Point) -> Box:
    """Return the box with these two corners, in whatever order they were chosen."""
    return Box(min(one.x, other.x), min(one.y, other.y), max(one.x, other.x), max(one.y, other.y))


def within(box: Box, width: int, height: int) -> Box:
    """Return the part of the box that lies in a photo of this size; it may be empty."""

    def kept(value: int, most: int) -> int:
        return max(0, min(value, most))

    return Box(kept(box.left, width), kept(box.top, height), kept(box.right, width), kept(box.bottom, height))


def of_percent(left: float, top: float, width: float, height: float, size: tuple[int, int]) -> Box:
    """Return the box of four shares in percent of a photo of this size: without any pointing."""
    across, down = size
    corners = (left * across, top * down, (left + width) * across, (top + height) * down)
    return within(Box(*(round(corner / 100) for corner in corners)), across, down)


def read_boxes(texts: Iterable[str], width: int, height: int) -> tuple[Box, ...]:
    """Return the boxes of their texts "left,top,right,bottom" within the photo; nonsense is left out."""
    plan = Plan()
    for text in texts:
        numbers = _numbers(text, 4)
        if numbers:
            plan = plan.with_box(within(Box(*numbers), width, height))
    return plan.boxes


def read_point(text: str, width: int, height: int) -> Point | None:
    """Return the point of its text "x,y" if it lies in the photo."""
    numbers = _numbers(text, 2)
    if not numbers or not (0 <= numbers[0] <= width and 0 <= numbers[1] <= height):
        return None
    return Point(*numbers)


def _numbers(text: str, count: int) -> list[int]:
    parts = text.split(",")
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in parts):
        return []
    return [int(part) for part in parts]
