"""What all tests share; the fixtures themselves are in the modules named here."""

from pathlib import Path

import pytest

pytest_plugins = [
    "tests.engines",
    "tests.clients",
    "tests.servers",
    "tests.tills",
    "tests.movable",
    "tests.browser",
]

# The quick ones first: a broken rule is told in seconds, not after the browser's journeys.
ORDER = ("rules", "models", "actions", "web", "outside", "faults", "journeys")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by layer and mark what needs a browser or PostgreSQL."""
    items.sort(key=_place)
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if "postgresql" in _parameters(item):
            item.add_marker("postgres")


def _place(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    place = ORDER.index(folder) if folder in ORDER else -1
    return len(ORDER) if "browser" in getattr(item, "fixturenames", ()) else place


def _parameters(item: pytest.Item) -> list[object]:
    call = getattr(item, "callspec", None)
    return list(call.params.values()) if call else []
