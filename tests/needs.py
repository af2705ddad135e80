"""What a test machine may lack: left out with the reason at home, a failure where nothing may be left out."""

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test that needs `what`; fail it when CI is set, where `make test` installs everything."""
    reason = f"{what} is missing; `make test` installs it"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
