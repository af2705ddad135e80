"""What all tests share; the fixtures themselves are in the modules named here."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ROOM = 6 * 1024**3  # bytes; a run needs about one


def _keep_files_in_memory() -> None:
    """Let databases of tests live where writing through to the disk costs nothing: half the time."""
    is_there = "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK)
    if is_there and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


_keep_files_in_memory()  # before anybody asks for a temporary folder

pytest_plugins = [
    "tests.engines",
    "tests.made_once",
    "tests.clients",
    "tests.servers",
    "tests.tills",
    "tests.movable",
    "tests.browser",
]

# The quick ones first: a broken rule is told in seconds, not after the browser's journeys.
ORDER = ("rules", "models", "actions", "web", "outside", "faults", "journeys")
# Among the last the longest come first: at the end no process works alone at one of them.
LONGEST = ("test_every_page.py", "test_main_journey.py", "test_workshop_journeys.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by layer and mark what needs a browser or PostgreSQL."""
    items.sort(key=_place)
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if "postgresql" in _parameters(item):
            item.add_marker("postgres")


def _place(item: pytest.Item) -> tuple[int, int]:
    if "browser" in getattr(item, "fixturenames", ()):
        return len(ORDER), LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST)
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return ORDER.index(folder) if folder in ORDER else -1, 0


def _parameters(item: pytest.Item) -> list[object]:
    call = getattr(item, "callspec", None)
    return list(call.params.values()) if call else []
