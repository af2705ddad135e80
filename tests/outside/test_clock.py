"""The one place that asks for the time."""

from datetime import UTC, datetime

import time_machine

from portal.outside import clock


def test_now_is_aware_and_in_utc():
    with time_machine.travel(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), tick=False):
        assert clock.now() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert clock.now().tzinfo is UTC
