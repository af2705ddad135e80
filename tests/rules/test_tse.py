"""Are a TSE's numbers read as people scan and type them, and never guessed?  Rule C4a."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.tse import parse_bsi_number, parse_serial

lean = settings(deadline=None, max_examples=80)
keys = st.binary(min_size=32, max_size=32)
BSI = "BSI-K-TR-0490-2021"
FOREIGN = "OoIl08BSÄ.,;/?x²٣"


@lean
@given(keys)
def test_a_serial_is_kept_as_hex_however_it_is_written(key):  # rule C4a
    assert parse_serial(key.hex()) == key.hex()
    assert parse_serial(key.hex().upper()) == key.hex()
    assert parse_serial(b64encode(key).decode()) == key.hex()


@lean
@given(keys, st.integers(0, 63))
def test_blanks_and_line_breaks_of_a_print_do_not_count(key, place):  # rule C4a
    written = key.hex()
    assert parse_serial(f" {written[:place]}\n{written[place:]} ") == written


@lean
@given(keys, st.data())
def test_a_serial_too_short_too_long_or_with_a_foreign_character_is_refused(key, data):  # rule C4a
    for written in (key.hex(), b64encode(key).decode()):
        place = data.draw(st.integers(0, len(written) - 1))
        for garbled in (
            written[:place] + written[place + 1 :],
            written[:place] + "0" + written[place:],
            written[:place] + "!" + written[place + 1 :],
        ):
            with pytest.raises(ValueError, match="TSE serial"):
                parse_serial(garbled)


@pytest.mark.parametrize("written", ["", "12345", "A" * 43 + "=", "A" * 42 + "B=", "A" * 44, "ä" * 44])
def test_only_the_one_spelling_of_32_bytes_is_base64(written):  # rule C4a
    if written == "A" * 43 + "=":
        assert parse_serial(written) == "00" * 32
        return
    with pytest.raises(ValueError, match="TSE serial"):
        parse_serial(written)


@pytest.mark.parametrize(
    "written", [BSI, BSI.lower(), "BSI K TR 0490 2021", "BSI–K–TR–0490–2021", f" {BSI}\n"]
)
def test_a_certificates_number_has_one_spelling(written):  # rule C4a
    assert parse_bsi_number(written) == BSI


@pytest.mark.parametrize("place", range(len(BSI)))
def test_every_garbled_character_of_a_certificates_number_is_refused(place):  # rule C4a
    for character in FOREIGN:
        _refused(BSI[:place] + character + BSI[place + 1 :])
    _refused(BSI[:place] + "5" + BSI[place:])
    if BSI[place] != "-":
        _refused(BSI[:place] + BSI[place + 1 :])


def _refused(written):
    """Expect a refusal; only a digit in a digit's place cannot be told, for such a number exists as well."""
    try:
        found = parse_bsi_number(written)
    except ValueError:
        return
    changed = [(new, old) for new, old in zip(found, BSI, strict=True) if new != old]
    assert all(new.isdigit() and old.isdigit() for new, old in changed), written
    assert len(changed) <= 1, written


@pytest.mark.parametrize("written", ["BSI-K-TR-0490-1999", "BSI-K-TR-490-2021", "BSI-DSZ-CC-1133-2020", ""])
def test_other_certificates_are_none_of_a_tse(written):  # rule C4a
    with pytest.raises(ValueError, match="certificate"):
        parse_bsi_number(written)
