"""Has each hook a secret of its own, in the form that receivers' libraries take?"""

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from portal.rules.keys import Scope, hook_secret, key_hash, use_is_noted

NOW = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)
SECRET = "a secret for tests, long enough to be one"


def test_a_hooks_secret_is_32_bytes_in_the_form_of_standard_webhooks():
    made = hook_secret(SECRET, 1, 1)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made)
    assert len(b64decode(made.removeprefix("whsec_"))) == 32
    assert made == hook_secret(SECRET, 1, 1), "it can be shown again"


def test_every_hook_generation_and_portal_has_a_secret_of_its_own():
    made = {hook_secret(*parts) for parts in [(SECRET, 1, 1), (SECRET, 1, 2), (SECRET, 2, 1), ("x", 1, 1)]}
    assert len(made) == 4
    assert hook_secret(SECRET, 1, 11) != hook_secret(SECRET, 11, 1)


def test_without_a_secret_there_is_no_key():
    with pytest.raises(ValueError, match="secret"):
        hook_secret("", 1, 1)


def test_a_key_is_kept_as_its_sha256():
    assert key_hash("portal_x") == sha256(b"portal_x").hexdigest()
    assert key_hash("\udcff") != key_hash("\udcfe")  # whatever a header holds is no error


def test_a_use_is_noted_once_a_minute_also_when_the_clock_goes_back():
    assert not use_is_noted(None, NOW)
    assert use_is_noted(NOW, NOW + timedelta(seconds=59))
    assert not use_is_noted(NOW, NOW + timedelta(seconds=60))
    assert not use_is_noted(NOW, NOW - timedelta(hours=1))


def test_a_naive_clock_is_refused():
    with pytest.raises(ValueError):
        use_is_noted(NOW, NOW.replace(tzinfo=None))


def test_scopes_are_the_contract_and_stay():
    assert {scope.value for scope in Scope} == {"links:read", "backups:write", "read-outs:write"}
