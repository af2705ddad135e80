"""Has each hook a secret of its own, in the form that receivers' libraries take?"""

import re
from base64 import b64decode

import pytest

from portal.rules.keys import hook_secret

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
