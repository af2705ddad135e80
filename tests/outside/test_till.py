"""Which till's address may an owner's browser be sent to?"""

import pytest

from portal.outside.till import MAX_LENGTH, clean_address


@pytest.mark.parametrize(
    "address",
    [
        "https://kasse.beispiel.de",
        "http://192.168.2.10:8080/till?salon=7#start",
        "https://[2001:db8::7]/",
        "https://kasse-köln.de/ä",
        "https://kasse.beispiel.de./",
    ],
)
def test_a_web_address_is_kept_as_it_is(address):  # rule L9
    assert clean_address(f"  {address}\n") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kasse.beispiel.de",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://kasse.beispiel.de",
        "//kasse.beispiel.de",
        "https://",
        "https:///pfad",
        "https://...",
        "https://name:geheim@kasse.beispiel.de",
        "https://kasse.beispiel.de@boese.example",
        "https://kasse.beispiel.de:99999",
        "https://kasse.beispiel.de:0",
        "https://kasse.beispiel.de:abc",
        "https://kasse.beispiel.de/\r\nSet-Cookie: a=b",
        "https://kasse beispiel.de",
        "https://kasse.beispiel.de\\@boese.example",
        "https://kasse.beispiel.de/\u202egnp.exe",
        "https://[kaputt/",
        "https://kasse.beispiel.de/" + "a" * MAX_LENGTH,
    ],
)
def test_anything_else_is_refused(address):  # rule L9
    with pytest.raises(ValueError):
        clean_address(address)
