"""A clock that a test moves while the portal's processes run: they see it at once."""

import site
from datetime import timedelta
from pathlib import Path

import pytest

from tests.needs import lacking


class Clock:
    """What processes are started with (`settings`), and by how much their clock is moved (`move`)."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self.settings = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # or waiting would never end
        }
        self.move(timedelta(0))

    def move(self, by: timedelta) -> None:
        """Let it be that much later than it really is, in every process started with `settings`."""
        moved = self._file.with_suffix(".new")
        moved.write_text(f"+{by.total_seconds():.0f}s")
        moved.replace(self._file)  # nobody reads half a number


@pytest.fixture
def movable(tmp_path: Path) -> Clock:
    """Give the clock of processes started with `**movable.settings`."""
    places = [Path(place) for place in site.getsitepackages()]
    found = (file for place in places for file in place.glob("libfaketime/**/libfaketime.so.1"))
    library = next(found, None)
    if library is None:
        lacking("libfaketime (a package of requirements-dev.txt)")
    return Clock(tmp_path / "faketime", library)
