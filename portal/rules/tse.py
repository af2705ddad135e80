"""How are a TSE's serial and certificate number written, read and kept?  Rule C4a.

The serial is the SHA-256 of the TSE's public key: 32 bytes, written as 64 hex digits or as 44 characters
of Base64. The certificate's number looks like `BSI-K-TR-0490-2021`.
"""

import binascii
import re
from base64 import b64decode, b64encode

from portal.rules.numbers import compact

BYTES = 32

_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_BSI = re.compile(r"BSIKTR([0-9]{4})(20[0-9]{2})")


def parse_serial(text: str) -> str:
    """Return the serial as 64 hex digits in small letters; blanks and line breaks do not count (rule C4a).

    ValueError for anything but 64 hex digits or the Base64 of 32 bytes in its one spelling.
    """
    written = compact(text)
    if _HEX.fullmatch(written):
        return written.lower()
    try:
        key = b64decode(written.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not a TSE serial") from error
    if len(key) != BYTES or b64encode(key).decode() != written:
        raise ValueError("not a TSE serial")
    return key.hex()


def parse_bsi_number(text: str) -> str:
    """Return the certificate number in its one spelling: `BSI-K-TR-0490-2021` (rule C4a).

    Forgives case, blanks and dashes of every kind. ValueError for anything else.
    """
    found = _BSI.fullmatch(compact(text).upper())
    if not found:
        raise ValueError("not the number of a BSI certificate")
    return f"BSI-K-TR-{found[1]}-{found[2]}"
