"""Codes a machine reads from paper: QR and Code 128 as small black-and-white pictures (rule C2).

They hold a case's number or address and nothing else: what they are given is up to the caller.
"""

from base64 import b64encode
from io import BytesIO

import segno
from barcode import Code128
from PIL import Image

QR_DOT = 6  # pixels; a whole number keeps every edge sharp at any print size
QR_MARGIN = 4  # the quiet zone ISO 18004 asks for, in dots
QR_MASK = 3  # always the same: choosing the best of eight costs more than drawing the code
BAR = 6  # pixels of the narrowest bar
BAR_MARGIN = 10  # the quiet zone ISO 15417 asks for, in bars
BAR_HEIGHT = 8  # pixels; the page stretches it


def qr_png(text: str) -> bytes:
    """Return a QR code with 15 % error correction and its quiet zone as a 1-bit PNG.

    Never a Micro QR, which many readers do not know. ValueError for more than a QR code can hold.
    """
    code = segno.make(text, error="m", micro=False, boost_error=False, mask=QR_MASK)
    picture = BytesIO()
    code.save(picture, kind="png", scale=QR_DOT, border=QR_MARGIN)
    return picture.getvalue()


def code128_png(text: str) -> bytes:
    """Return the bars of a Code 128 with their quiet zones as a 1-bit PNG, to be stretched upwards.

    ValueError for an empty text or characters beyond printable ASCII.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("Code 128 holds printable ASCII only")
    (bars,) = Code128(text).build()
    quiet = "0" * BAR_MARGIN
    line = bytes(0 if bar == "1" else 255 for bar in quiet + bars + quiet)
    picture = Image.frombytes("L", (len(line), 1), line)
    picture = picture.resize((len(line) * BAR, BAR_HEIGHT), Image.Resampling.NEAREST).convert("1")
    stored = BytesIO()
    picture.save(stored, "PNG")
    return stored.getvalue()


def data_uri(png: bytes) -> str:
    """Return the picture as an address that holds it, so that a page need not fetch it."""
    return "data:image/png;base64," + b64encode(png).decode("ascii")
