"""Five scores, a bounded text, and 14 days to change one's mind."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.rules.feedback import CHANGED_FOR, LONGEST, FeedbackUnfit, check, may_change

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(("score", "text"), [(0, ""), (6, ""), (-1, ""), (3, "x" * (LONGEST + 1))])
def test_what_is_no_answer_is_refused(score, text):
    with pytest.raises(FeedbackUnfit):
        check(score, text)


def test_an_answer_can_be_changed_for_fourteen_days():
    assert timedelta(days=14) == CHANGED_FOR
    assert may_change(NOW, NOW + CHANGED_FOR - timedelta(microseconds=1))
    assert not may_change(NOW, NOW + CHANGED_FOR)
