"""Deeds at the same moment: real threads, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from portal.models import db


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Start all deeds together; return what each returned or raised, in their order."""
    start = Barrier(len(deeds), timeout=30)

    def run(deed: Callable[[], Any]) -> Any:
        with db.connection_context():
            start.wait()
            try:
                return deed()
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def kinds(results: list[Any]) -> list[str]:
    """Return the names of what came out, sorted."""
    return sorted(type(result).__name__ for result in results)
