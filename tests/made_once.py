"""The portal inside the test's process, put together once for all tests that need the same.

To make it for each test anew took most of the time until a test could begin. A test finds it as it was made:
with its own settings and database, and with nothing of what others set.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from jinja2 import Undefined

from portal import config
from portal.app import create_app
from portal.config import Settings
from portal.models import base


@dataclass
class _Made:
    """A portal, and how it was when it was new."""

    app: Flask
    config: dict[str, Any]
    log: dict[str, Any]


class Portals:
    """The portals of this process: one for all tests whose settings differ only in where things are kept."""

    def __init__(self) -> None:
        self._made: dict[tuple[Settings, type[Undefined]], _Made] = {}

    def take(self, settings: dict[str, Any], undefined: type[Undefined]) -> Flask:
        """Return the portal for these settings, as if it were new, on the settings' database."""
        chosen = config.found_good(replace(Settings(testing=True, demo=True), **settings))
        nowhere = Path()
        alike = replace(chosen, database="", photos=nowhere, takeouts=nowhere, mail_folder=nowhere)
        kind = (alike, undefined)
        if kind not in self._made:
            app = create_app(chosen)
            app.jinja_env.undefined = undefined
            self._made[kind] = _Made(app, dict(app.config), structlog.get_config())
            return app
        made = self._made[kind]
        made.app.config.clear()
        made.app.config.update(made.config, PORTAL=chosen)
        made.app.extensions["looks"].clear()
        structlog.configure(**made.log)
        base.connect(chosen.database, pool=chosen.threads * 2 + 4)
        return made.app


@pytest.fixture(scope="session")
def portals() -> Portals:
    """Keep what was put together for all tests of this process."""
    return Portals()
