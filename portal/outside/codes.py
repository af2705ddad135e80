"""Codes a machine reads from paper: QR and Code 128 as small pictures, and read from a photo (rule C2).

The pictures are 8-bit grey, all black and white: WeasyPrint blows 1-bit ones up to colour first. The codes
hold a case's number or address and nothing else: what that is, is up to the caller.
"""

from base64 import b64encode
from functools import lru_cache
from io import BytesIO

import segno
from barcode import Code128
from PIL import Image, ImageOps
from zxingcpp import BarcodeFormat, BarcodeFormats, read_barcodes

QR_DOT = 4  # pixels; a whole number keeps every edge sharp at any print size
QR_MARGIN = 4  # the quiet zone ISO 18004 asks for, in dots
QR_MASK = 3  # always the same: choosing the best of eight costs more than drawing the code
BAR = 2  # pixels of the narrowest bar
BAR_MARGIN = 10  # the quiet zone ISO 15417 asks for, in bars
BAR_HEIGHT = 2  # pixels; the page stretches it
READ = BarcodeFormats((BarcodeFormat.QRCode, BarcodeFormat.Code128))


@lru_cache(maxsize=256)
def qr_png(text: str) -> bytes:
    """Return a QR code with 15 % error correction and its quiet zone as PNG.

    Never a Micro QR, which many readers do not know. ValueError for more than a QR code can hold.
    """
    code = segno.make(text, error="m", micro=False, boost_error=False, mask=QR_MASK)
    dots = Image.new("L", (len(code.matrix), len(code.matrix)))
    dots.putdata([0 if dot else 255 for row in code.matrix for dot in row])
    return _png(ImageOps.expand(dots, QR_MARGIN, fill=255), QR_DOT, QR_DOT)


def code128_png(text: str) -> bytes:
    """Return the bars of a Code 128 with their quiet zones as PNG, to be stretched upwards.

    ValueError for an empty text or characters beyond printable ASCII.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("Code 128 holds printable ASCII only")
    (bars,) = Code128(text).build()
    line = bytes(0 if bar == "1" else 255 for bar in bars)
    dots = Image.frombytes("L", (len(line), 1), line)
    return _png(ImageOps.expand(dots, (BAR_MARGIN, 0), fill=255), BAR, BAR_HEIGHT)


def read_codes(picture: Image.Image) -> list[str]:
    """Return what the QR codes and Code 128 bars in a photo say; nothing if none can be read."""
    found = read_barcodes(picture, formats=READ)
    return [code.text for code in found if code.text]


def _png(dots: Image.Image, across: int, down: int) -> bytes:
    """Return the picture with every dot as large as told."""
    large = dots.resize((dots.width * across, dots.height * down), Image.Resampling.NEAREST)
    stored = BytesIO()
    large.save(stored, "PNG")
    return stored.getvalue()


def data_uri(png: bytes) -> str:
    """Return the picture as an address that holds it, so that a page need not fetch it."""
    return "data:image/png;base64," + b64encode(png).decode("ascii")
